//! AIX 5.3 to 7.3, with its LPARs and WPARs.

mod configuration;
mod df;
mod entstat;
mod hmc;
mod identity;
mod iostat;
mod lparstat;
mod lswpar;
mod mpstat;
mod netstat;
mod nmon;
mod paging;
mod svmon;
mod topas;
mod vmstat;

use super::cut::marked;
use super::{Tool, ps};

/// What memory is counted in.
const PAGE_BYTES: u64 = 4096;

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "df", origin: "aix df", parse: |text| marked(text, df::parse) },
    Tool { name: "entstat", origin: "aix entstat", parse: |text| marked(text, entstat::parse) },
    Tool { name: "hmc", origin: "aix hmc", parse: |text| marked(text, hmc::parse) },
    Tool { name: "iostat", origin: "aix iostat", parse: |text| marked(text, iostat::parse) },
    Tool { name: "lparstat", origin: "aix lparstat", parse: |text| marked(text, lparstat::parse) },
    Tool { name: "lsps", origin: "aix lsps", parse: |text| marked(text, paging::lsps) },
    Tool { name: "lswpar", origin: "aix lswpar", parse: lswpar::parse },
    Tool { name: "mpstat", origin: "aix mpstat", parse: |text| marked(text, mpstat::parse) },
    Tool { name: "netstat", origin: "aix netstat", parse: |text| marked(text, netstat::parse) },
    Tool { name: "nmon", origin: "aix nmon", parse: |text| marked(text, nmon::parse) },
    Tool { name: "ps", origin: "aix ps", parse: |text| marked(text, ps::parse) },
    Tool { name: "svmon", origin: "aix svmon", parse: |text| marked(text, svmon::parse) },
    Tool { name: "swap", origin: "aix swap", parse: |text| marked(text, paging::swap) },
    Tool { name: "topas", origin: "aix topas", parse: |text| marked(text, topas::parse) },
    Tool { name: "uname", origin: "aix uname", parse: identity::uname },
    Tool { name: "uptime", origin: "aix uptime", parse: identity::uptime },
    Tool { name: "vmstat", origin: "aix vmstat", parse: |text| marked(text, vmstat::parse) },
];
