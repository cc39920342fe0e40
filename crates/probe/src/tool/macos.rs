//! macOS: its own top and `vm_stat`, and the BSD tools.

mod top;
mod vm_stat;

use super::{Tool, disk_free, net_stat, ps, uptime};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "macos top", parse: top::parse },
    Tool { name: "vm_stat", origin: "macos vm_stat", parse: vm_stat::parse },
    Tool { name: "netstat", origin: "macos netstat", parse: net_stat::parse },
    Tool { name: "ps", origin: "macos ps", parse: ps::parse },
    Tool { name: "df", origin: "macos df", parse: disk_free::parse },
    Tool { name: "uptime", origin: "macos uptime", parse: uptime::parse },
];
