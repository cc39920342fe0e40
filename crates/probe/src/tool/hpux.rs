//! HP-UX.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
