//! Windows and Hyper-V.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
