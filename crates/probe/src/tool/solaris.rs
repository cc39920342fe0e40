//! Solaris 10 and 11, illumos, with their zones and logical domains.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
