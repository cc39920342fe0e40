//! Docker: its command line and its Engine API.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
