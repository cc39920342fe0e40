//! FreeBSD: top and the tools of the base system.

use super::{Tool, disk_free, net_stat, ps, uptime, vmstat};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "netstat", origin: "freebsd netstat", parse: net_stat::parse },
    Tool { name: "vmstat", origin: "freebsd vmstat", parse: |text| vmstat::table(text, 1024) },
    Tool { name: "ps", origin: "freebsd ps", parse: ps::parse },
    Tool { name: "df", origin: "freebsd df", parse: disk_free::parse },
    Tool { name: "uptime", origin: "freebsd uptime", parse: uptime::parse },
];
