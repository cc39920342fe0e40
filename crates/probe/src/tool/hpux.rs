//! HP-UX 11.

mod swapinfo;
mod top;
mod vmstat;

use super::{Tool, disk_free, ps, uptime};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "hpux top", parse: top::parse },
    Tool { name: "vmstat", origin: "hpux vmstat", parse: vmstat::parse },
    Tool { name: "bdf", origin: "hpux bdf", parse: disk_free::parse },
    Tool { name: "ps", origin: "hpux ps", parse: ps::parse },
    Tool { name: "swapinfo", origin: "hpux swapinfo", parse: swapinfo::parse },
    Tool { name: "uptime", origin: "hpux uptime", parse: uptime::parse },
];
