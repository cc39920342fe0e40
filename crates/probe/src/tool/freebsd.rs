//! FreeBSD: top and the tools of the base system.

mod swapinfo;
mod top;

use super::{Tool, disk_free, net_stat, ps, uptime, vmstat, zpool};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "freebsd top", parse: top::parse },
    Tool { name: "netstat", origin: "freebsd netstat", parse: net_stat::parse },
    Tool { name: "swapinfo", origin: "freebsd swapinfo", parse: swapinfo::parse },
    Tool { name: "vmstat", origin: "freebsd vmstat", parse: |text| vmstat::table(text, 1024) },
    Tool { name: "ps", origin: "freebsd ps", parse: ps::parse },
    Tool { name: "df", origin: "freebsd df", parse: disk_free::parse },
    Tool { name: "zpool", origin: "freebsd zpool", parse: zpool::parse },
    Tool { name: "uptime", origin: "freebsd uptime", parse: uptime::parse },
];
