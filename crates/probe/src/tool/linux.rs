//! Linux: procps, sysstat, busybox, nmon, libvirt and the kernel's own files.

mod busybox_top;
mod free;
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

use super::{Tool, disk_free, ps, uptime, zpool};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "linux top", parse: top::parse },
    Tool { name: "top-interactive", origin: "linux top-interactive", parse: top::parse },
    Tool { name: "busybox-top", origin: "linux busybox-top", parse: busybox_top::parse },
    Tool { name: "vmstat", origin: "linux vmstat", parse: vmstat::parse },
    Tool { name: "free", origin: "linux free", parse: free::parse },
    Tool { name: "df", origin: "linux df", parse: disk_free::parse },
    Tool { name: "ps", origin: "linux ps", parse: ps::parse },
    Tool { name: "netstat", origin: "linux netstat", parse: netstat::parse },
    Tool { name: "iostat", origin: "linux iostat", parse: iostat::parse },
    Tool { name: "mpstat", origin: "linux mpstat", parse: sar::parse },
    Tool { name: "pidstat", origin: "linux pidstat", parse: pidstat::parse },
    Tool { name: "sar", origin: "linux sar", parse: sar::parse },
    Tool { name: "sadf", origin: "linux sadf", parse: sadf::parse },
    Tool { name: "nmon", origin: "linux nmon", parse: nmon::parse },
    Tool { name: "proc", origin: "linux proc", parse: proc::parse },
    Tool { name: "virsh", origin: "linux virsh", parse: virsh::parse },
    Tool { name: "zpool", origin: "linux zpool", parse: zpool::parse },
    Tool { name: "uptime", origin: "linux uptime", parse: uptime::parse },
];
