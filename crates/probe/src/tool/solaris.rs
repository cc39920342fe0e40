//! Solaris 10 and 11 and illumos, with their zones and logical domains.

mod df;
mod dladm;
mod fsstat;
mod identity;
mod iostat;
mod kstat;
mod ldm;
mod memstat;
mod mpstat;
mod prstat;
mod swap;
mod top;
mod vmstat;
mod zoneadm;

use super::{Tool, defunct};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "df", origin: "solaris df", parse: df::parse },
    Tool { name: "dladm", origin: "solaris dladm", parse: dladm::parse },
    Tool { name: "fsstat", origin: "solaris fsstat", parse: fsstat::parse },
    Tool { name: "iostat", origin: "solaris iostat", parse: iostat::parse },
    Tool { name: "kstat", origin: "solaris kstat", parse: kstat::parse },
    Tool { name: "ldm", origin: "solaris ldm", parse: ldm::parse },
    Tool { name: "memstat", origin: "solaris memstat", parse: memstat::parse },
    Tool { name: "mpstat", origin: "solaris mpstat", parse: mpstat::parse },
    Tool { name: "prstat", origin: "solaris prstat", parse: prstat::parse },
    Tool { name: "ps", origin: "solaris ps", parse: |text| defunct::ps("solaris ps", text) },
    Tool { name: "release", origin: "solaris release", parse: identity::release },
    Tool { name: "swap", origin: "solaris swap", parse: swap::parse },
    Tool { name: "top", origin: "solaris top", parse: top::parse },
    Tool { name: "uptime", origin: "solaris uptime", parse: identity::uptime },
    Tool { name: "virtinfo", origin: "solaris virtinfo", parse: identity::virtinfo },
    Tool { name: "vmstat", origin: "solaris vmstat", parse: vmstat::parse },
    Tool { name: "zoneadm", origin: "solaris zoneadm", parse: zoneadm::parse },
];
