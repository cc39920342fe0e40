//! Windows and Hyper-V: `typeperf`, `systeminfo`, `tasklist`, and what PowerShell prints.

mod cim;
mod counter;
mod get_counter;
mod get_vm;
mod systeminfo;
mod tasklist;
mod thousands;
mod typeperf;

use super::Tool;
use super::cut::marked;

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "cim", origin: "windows cim", parse: |text| marked(text, cim::parse) },
    Tool {
        name: "get-counter",
        origin: "windows get-counter",
        parse: |text| marked(text, get_counter::parse),
    },
    Tool { name: "get-vm", origin: "windows get-vm", parse: |text| marked(text, get_vm::parse) },
    Tool { name: "systeminfo", origin: "windows systeminfo", parse: |text| marked(text, systeminfo::parse) },
    Tool { name: "tasklist", origin: "windows tasklist", parse: |text| marked(text, tasklist::parse) },
    Tool { name: "typeperf", origin: "windows typeperf", parse: |text| marked(text, typeperf::parse) },
];
