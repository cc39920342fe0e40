//! AIX 5.3 to 7.3, with its LPARs and WPARs.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
