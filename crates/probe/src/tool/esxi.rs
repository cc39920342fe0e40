//! ESXi: esxtop, esxcli, vim-cmd.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
