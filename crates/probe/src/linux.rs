//! Linux: what to read below `/proc`, `/sys` and `/etc`, kernel 2.6.32 and later.
//!
//! One file for each subsystem, each with one `parse` from the bytes of one source.
//! The order of the table is the order in which series first appear.

pub mod facts;
pub mod process;

mod address;
mod cpu;
mod disk;
mod filesystem;
mod limit;
mod load;
mod memory;
mod network;
mod os;
mod paging;
mod pressure;
mod uptime;
mod virtualisation;

use crate::collector::{Collector, Period, Source};
use crate::process::SHORTEST_SCAN_PERIOD;

/// Everything that is sampled on Linux.
pub const COLLECTORS: &[Collector] = &[
    Collector {
        name: "cpu",
        period: Period::Tick,
        source: Source::File { path: cpu::FILE, optional: false, parse: cpu::parse },
    },
    Collector {
        name: "memory",
        period: Period::Tick,
        source: Source::File { path: memory::FILE, optional: false, parse: memory::parse },
    },
    Collector {
        name: "paging",
        period: Period::Tick,
        source: Source::File { path: paging::FILE, optional: false, parse: paging::parse },
    },
    Collector {
        name: "load",
        period: Period::Tick,
        source: Source::File { path: load::FILE, optional: false, parse: load::parse },
    },
    Collector {
        name: "uptime",
        period: Period::Tick,
        source: Source::File { path: uptime::FILE, optional: false, parse: uptime::parse },
    },
    // Pressure came with kernel 4.20 and is compiled in but switched off by some distributions.
    Collector {
        name: "pressure_cpu",
        period: Period::Tick,
        source: Source::File { path: pressure::CPU_FILE, optional: true, parse: pressure::parse_cpu },
    },
    Collector {
        name: "pressure_memory",
        period: Period::Tick,
        source: Source::File { path: pressure::MEMORY_FILE, optional: true, parse: pressure::parse_memory },
    },
    Collector {
        name: "pressure_io",
        period: Period::Tick,
        source: Source::File { path: pressure::IO_FILE, optional: true, parse: pressure::parse_io },
    },
    // A kernel can be built without block devices, and some containers hide them.
    Collector {
        name: "disk",
        period: Period::Tick,
        source: Source::File { path: disk::FILE, optional: true, parse: disk::parse },
    },
    Collector {
        name: "network",
        period: Period::Tick,
        source: Source::File { path: network::FILE, optional: false, parse: network::parse },
    },
    // Limits exist inside a container with control groups of version 2 and change when an operator changes them.
    Collector {
        name: "memory_limit",
        period: Period::Seconds(10),
        source: Source::File { path: limit::MEMORY_FILE, optional: true, parse: limit::parse_memory },
    },
    Collector {
        name: "cpu_limit",
        period: Period::Seconds(10),
        source: Source::File { path: limit::CPU_FILE, optional: true, parse: limit::parse_cpu },
    },
    // Space fills in minutes, not in seconds, and each filesystem costs a system call.
    Collector {
        name: "filesystem",
        period: Period::Seconds(10),
        source: Source::Filesystems { path: filesystem::FILE, select: filesystem::select },
    },
    Collector {
        name: "process",
        period: Period::Seconds(SHORTEST_SCAN_PERIOD),
        source: Source::Processes { directory: "/proc", file: "stat", parse: process::parse_reading },
    },
];

#[cfg(test)]
mod tests;
