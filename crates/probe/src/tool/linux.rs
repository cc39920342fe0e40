//! Linux: procps, sysstat, busybox, nmon, libvirt and the kernel's own files.

mod top;

use super::{Tool, uptime};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "linux top", parse: top::parse },
    Tool { name: "top-interactive", origin: "linux top-interactive", parse: top::parse },
    Tool { name: "uptime", origin: "linux uptime", parse: uptime::parse },
];
