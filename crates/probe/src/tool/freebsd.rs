//! FreeBSD: top and the tools of the base system.

mod swapinfo;
mod top;

use super::cut::marked;
use super::{Tool, disk_free, net_stat, ps, uptime, vmstat, zpool};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "top", origin: "freebsd top", parse: |text| marked(text, top::parse) },
    Tool { name: "netstat", origin: "freebsd netstat", parse: |text| marked(text, net_stat::parse) },
    Tool { name: "swapinfo", origin: "freebsd swapinfo", parse: |text| marked(text, swapinfo::parse) },
    Tool {
        name: "vmstat",
        origin: "freebsd vmstat",
        parse: |text| marked(text, |text| vmstat::table(text, 1024)),
    },
    Tool { name: "ps", origin: "freebsd ps", parse: |text| marked(text, ps::parse) },
    Tool { name: "df", origin: "freebsd df", parse: |text| marked(text, disk_free::parse) },
    Tool { name: "zpool", origin: "freebsd zpool", parse: |text| marked(text, zpool::parse) },
    Tool { name: "uptime", origin: "freebsd uptime", parse: |text| marked(text, uptime::parse) },
];
