//! Linux: procps, sysstat, busybox, nmon, libvirt and the kernel's own files.

mod busybox_top;
mod free;
mod interfaces;
mod iostat;
mod netstat;
mod nmon;
mod pidstat;
mod proc;
mod sadf;
mod sar;
mod sysstat;
mod top;
mod virsh;
mod vmstat;

use super::cut::marked;
use super::{Tool, disk_free, ps, uptime, zpool};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "linux top", parse: |text| marked(text, top::parse) },
    Tool { name: "top-interactive", origin: "linux top-interactive", parse: |text| marked(text, top::parse) },
    Tool { name: "busybox-top", origin: "linux busybox-top", parse: |text| marked(text, busybox_top::parse) },
    Tool { name: "vmstat", origin: "linux vmstat", parse: |text| marked(text, vmstat::parse) },
    Tool { name: "free", origin: "linux free", parse: |text| marked(text, free::parse) },
    Tool { name: "df", origin: "linux df", parse: |text| marked(text, disk_free::parse) },
    Tool { name: "ps", origin: "linux ps", parse: |text| marked(text, ps::parse) },
    Tool { name: "netstat", origin: "linux netstat", parse: |text| marked(text, netstat::parse) },
    Tool { name: "iostat", origin: "linux iostat", parse: |text| marked(text, iostat::parse) },
    Tool { name: "mpstat", origin: "linux mpstat", parse: |text| marked(text, sar::parse) },
    Tool { name: "pidstat", origin: "linux pidstat", parse: |text| marked(text, pidstat::parse) },
    Tool { name: "sar", origin: "linux sar", parse: |text| marked(text, sar::parse) },
    Tool { name: "sadf", origin: "linux sadf", parse: |text| marked(text, sadf::parse) },
    Tool { name: "nmon", origin: "linux nmon", parse: |text| marked(text, nmon::parse) },
    Tool { name: "proc", origin: "linux proc", parse: |text| marked(text, proc::parse) },
    Tool { name: "virsh", origin: "linux virsh", parse: |text| marked(text, virsh::parse) },
    Tool { name: "zpool", origin: "linux zpool", parse: |text| marked(text, zpool::parse) },
    Tool { name: "uptime", origin: "linux uptime", parse: |text| marked(text, uptime::parse) },
];
