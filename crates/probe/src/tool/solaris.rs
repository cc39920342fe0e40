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

use super::cut::marked;
use super::{Tool, ps};

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "df", origin: "solaris df", parse: |text| marked(text, df::parse) },
    Tool { name: "dladm", origin: "solaris dladm", parse: |text| marked(text, dladm::parse) },
    Tool { name: "fsstat", origin: "solaris fsstat", parse: |text| marked(text, fsstat::parse) },
    Tool { name: "iostat", origin: "solaris iostat", parse: |text| marked(text, iostat::parse) },
    Tool { name: "kstat", origin: "solaris kstat", parse: |text| marked(text, kstat::parse) },
    Tool { name: "ldm", origin: "solaris ldm", parse: |text| marked(text, ldm::parse) },
    Tool { name: "memstat", origin: "solaris memstat", parse: |text| marked(text, memstat::parse) },
    Tool { name: "mpstat", origin: "solaris mpstat", parse: |text| marked(text, mpstat::parse) },
    Tool { name: "prstat", origin: "solaris prstat", parse: |text| marked(text, prstat::parse) },
    Tool { name: "ps", origin: "solaris ps", parse: |text| marked(text, ps::parse) },
    Tool { name: "release", origin: "solaris release", parse: identity::release },
    Tool { name: "swap", origin: "solaris swap", parse: |text| marked(text, swap::parse) },
    Tool { name: "top", origin: "solaris top", parse: |text| marked(text, top::parse) },
    Tool { name: "uptime", origin: "solaris uptime", parse: identity::uptime },
    Tool { name: "virtinfo", origin: "solaris virtinfo", parse: |text| marked(text, identity::virtinfo) },
    Tool { name: "vmstat", origin: "solaris vmstat", parse: |text| marked(text, vmstat::parse) },
    Tool { name: "zoneadm", origin: "solaris zoneadm", parse: zoneadm::parse },
];
