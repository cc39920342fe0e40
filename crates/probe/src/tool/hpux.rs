//! HP-UX 11.

mod swapinfo;
mod top;
mod vmstat;

use super::cut::marked;
use super::{Tool, disk_free, ps, uptime};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "hpux top", parse: |text| marked(text, top::parse) },
    Tool { name: "vmstat", origin: "hpux vmstat", parse: |text| marked(text, vmstat::parse) },
    Tool { name: "bdf", origin: "hpux bdf", parse: |text| marked(text, disk_free::parse) },
    Tool { name: "ps", origin: "hpux ps", parse: |text| marked(text, ps::parse) },
    Tool { name: "swapinfo", origin: "hpux swapinfo", parse: |text| marked(text, swapinfo::parse) },
    Tool { name: "uptime", origin: "hpux uptime", parse: |text| marked(text, uptime::parse) },
];
