//! `ESXi`: `esxtop`, `esxcli` and `vim-cmd`.

mod damage;
mod esxcli;
mod esxtop;
mod vim_cmd;

use super::Tool;
use super::cut::marked;

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "esxcli", origin: "esxi esxcli", parse: |text| marked(text, esxcli::parse) },
    Tool { name: "esxtop", origin: "esxi esxtop", parse: |text| marked(text, esxtop::parse) },
    Tool { name: "vim-cmd", origin: "esxi vim-cmd", parse: vim_cmd::parse },
];
