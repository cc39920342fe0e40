//! macOS: its own top and `vm_stat`, and the BSD tools.

mod top;
mod vm_stat;

use super::cut::marked;
use super::{Tool, disk_free, net_stat, ps, uptime};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "macos top", parse: |text| marked(text, top::parse) },
    Tool { name: "vm_stat", origin: "macos vm_stat", parse: |text| marked(text, vm_stat::parse) },
    Tool { name: "netstat", origin: "macos netstat", parse: |text| marked(text, net_stat::parse) },
    Tool { name: "ps", origin: "macos ps", parse: |text| marked(text, ps::parse) },
    Tool { name: "df", origin: "macos df", parse: |text| marked(text, disk_free::parse_decimal) },
    Tool { name: "uptime", origin: "macos uptime", parse: |text| marked(text, uptime::parse) },
];
