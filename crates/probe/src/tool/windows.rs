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

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "cim", origin: "windows cim", parse: cim::parse },
    Tool { name: "get-counter", origin: "windows get-counter", parse: get_counter::parse },
    Tool { name: "get-vm", origin: "windows get-vm", parse: get_vm::parse },
    Tool { name: "systeminfo", origin: "windows systeminfo", parse: systeminfo::parse },
    Tool { name: "tasklist", origin: "windows tasklist", parse: tasklist::parse },
    Tool { name: "typeperf", origin: "windows typeperf", parse: typeperf::parse },
];
