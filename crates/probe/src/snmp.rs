//! A host by SNMP: which objects to ask for, and what they say in the catalogue's terms.
//!
//! ```text
//! SCALARS ─get──┐
//! COLUMNS ─walk─┴─► Objects ─► HostReader::read ─► SampleSink
//!                          └─► facts ─► ServerFacts
//! ```
//!
//! HOST-RESOURCES-MIB and IF-MIB, which most systems have, and UCD-SNMP-MIB, which Net-SNMP adds. Where only the share
//! of busy time of the last minute is given (`hrProcessorLoad`), it is summed over the time between two readings.
//!
//! Invariants
//! - SN-1: a counter of 32 bits that wraps goes on; one that begins anew after a restart of the system does so here.
//! - SN-2: what a host can lengthen is bounded, and what was left out is counted.
//! - SN-3: what is not there is left out, with one exception: the space of a filesystem that ordinary users can still
//!   fill is taken to be all that is free, for SNMP does not tell them apart.
//!
//! Elsewhere: asking (the master's `neighbour`).

mod counter;
mod interface;
mod object;
mod processor;
mod storage;

pub use object::{COLUMNS, Objects, SCALARS, Value};

use counter::Counters;
use object::oid;
use std::time::Duration;
use topmast_model::catalogue as metric;
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;
use topmast_model::time::UnixMillis;

/// Rows of a table with series of their own.
const ROWS_MAX: usize = 256;
/// Longest name that becomes a label, in bytes.
const NAME_MAX: usize = 255;
/// Time is told in hundredths of a second, and so is processor time.
const TICKS_PER_SECOND: f64 = 100.0;
const KIB: f64 = 1_024.0;

/// What is known of a host between two readings.
#[derive(Debug, Clone, Default)]
pub struct HostReader {
    counters: Counters,
    processor: processor::Shares,
}

impl HostReader {
    /// Emits what the objects say.
    ///
    /// - `elapsed`: since the reading before; `None` at the first.
    pub fn read(&mut self, objects: &Objects, elapsed: Option<Duration>, sink: &mut dyn SampleSink) {
        self.counters.begin(uptime_ticks(objects));
        if let Some(ticks) = uptime_ticks(objects) {
            sink.sample(metric::HOST_UPTIME_SECONDS, &[], f64::from(ticks) / TICKS_PER_SECOND);
        }
        for (column, metric) in
            [(1, metric::HOST_LOAD_1), (2, metric::HOST_LOAD_5), (3, metric::HOST_LOAD_15)]
        {
            // In hundredths.
            if let Some(load) = objects.number(&[oid::LOAD, &[column]].concat()) {
                sink.sample(metric, &[], load / 100.0);
            }
        }
        self.processor.read(objects, &mut self.counters, elapsed, sink);
        storage::memory(objects, sink);
        storage::filesystems(objects, sink);
        storage::disks(objects, &mut self.counters, sink);
        interface::read(objects, &mut self.counters, sink);
        self.counters.end();
    }
}

/// Time since the system started; of its network part when it does not tell more.
fn uptime_ticks(objects: &Objects) -> Option<u32> {
    let ticks = |oid| match objects.get(oid) {
        Some(Value::Ticks(ticks)) => Some(*ticks),
        _ => None,
    };
    ticks(oid::HOST_UPTIME).or_else(|| ticks(oid::AGENT_UPTIME))
}

/// What the objects tell of the host.
pub fn facts(objects: &Objects) -> ServerFacts {
    let text = |oid| objects.text(oid).unwrap_or_default();
    let description = text(oid::DESCRIPTION);
    let first_line = description.lines().next().unwrap_or_default().trim().to_owned();
    let words: Vec<&str> = first_line.split_whitespace().collect();
    let family = match words.first().copied().unwrap_or_default() {
        "Linux" => "linux",
        "FreeBSD" => "freebsd",
        "OpenBSD" => "openbsd",
        "NetBSD" => "netbsd",
        "Darwin" => "macos",
        "SunOS" => "solaris",
        _ if first_line.contains("Windows") => "windows",
        _ => "",
    };
    // `Linux db1 6.1.0-18-amd64 #1 SMP … x86_64`, as `uname -a`.
    let of_uname = |word: Option<&&str>| match family {
        "" | "windows" => String::new(),
        _ => word.copied().unwrap_or_default().to_owned(),
    };
    let memory = objects.number(oid::MEMORY_TOTAL).or_else(|| objects.number(oid::MEMORY_SIZE));
    ServerFacts {
        hostname: text(oid::NAME),
        os_family: family.to_owned(),
        kernel: of_uname(words.get(2)),
        architecture: of_uname(words.last()),
        os: first_line,
        virtualisation: String::new(),
        cpu_count: processor::count(objects),
        memory_bytes: whole(memory.unwrap_or_default() * KIB),
        boot_time: UnixMillis::default(),
        addresses: Vec::new(),
    }
}

/// A number that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn whole(number: f64) -> u64 {
    number as u64
}

/// True for devices of memory, or of a file on another device, whose work would count twice.
fn is_of_memory(name: &str) -> bool {
    ["loop", "ram", "zram", "fd", "sr", "dm-", "md"].iter().any(|kind| {
        name.strip_prefix(kind).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests;
