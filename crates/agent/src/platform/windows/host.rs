//! This host's figures, from the counters of Windows itself.
//!
//! One file for each subsystem, each with what it keeps and one `read` into a sink.

mod cpu;
mod disk;
mod facts;
mod filesystem;
mod memory;
mod network;
mod process;

pub(crate) use facts::read_facts;

use super::process::OpenedProcess;
use crate::sampler::{ApplicationProcesses, OwnUse, ProcessUse, Schedule, Table};
use crate::supervisor::ApplicationView;
use std::time::Duration;
use topmast_model::sample::SampleSink;
use topmast_probe::{Machine, scan_period};

/// Times here are counted in units of 100 ns, and memory in bytes.
const MACHINE: Machine = Machine { ticks_per_second: 10_000_000, page_bytes: 1 };
/// Space fills in minutes, not in seconds.
const FILESYSTEM_PERIOD: Duration = Duration::from_secs(10);
/// Until it is known how many processes there are.
const PROCESS_PERIOD: Duration = Duration::from_secs(5);

/// Reads this host.
pub(crate) struct Host {
    parts: [Part; 6],
    processes: process::Ranking,
    applications: ApplicationProcesses,
    disks: disk::Disks,
}

/// One subsystem.
struct Part {
    name: Subsystem,
    group: usize,
    schedule: Schedule,
}

#[derive(Debug, Clone, Copy)]
enum Subsystem {
    Cpu,
    Memory,
    Disk,
    Network,
    Filesystem,
    Process,
}

impl Subsystem {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Network => "network",
            Self::Filesystem => "filesystem",
            Self::Process => "process",
        }
    }
}

impl Host {
    /// Reads nothing yet.
    pub(crate) fn new(table: &mut Table) -> Self {
        let parts = [
            (Subsystem::Cpu, Duration::ZERO),
            (Subsystem::Memory, Duration::ZERO),
            (Subsystem::Disk, Duration::ZERO),
            (Subsystem::Network, Duration::ZERO),
            (Subsystem::Filesystem, FILESYSTEM_PERIOD),
            (Subsystem::Process, PROCESS_PERIOD),
        ];
        let part = |(name, period)| Part { name, group: table.group(), schedule: Schedule::every(period) };
        Self {
            parts: parts.map(part),
            processes: process::Ranking::default(),
            applications: ApplicationProcesses::default(),
            disks: disk::Disks::default(),
        }
    }

    /// Reads what is due into the table; returns how many parts could not be read.
    ///
    /// - `since`: time since the sampler began; the wall clock may jump.
    pub(crate) fn read(&mut self, since: Duration, table: &mut Table) -> u64 {
        let mut errors = 0;
        for part in &mut self.parts {
            if !part.schedule.is_due(since) {
                continue;
            }
            let mut read = Ok(());
            table.run(part.group, |sink| {
                read = match part.name {
                    Subsystem::Cpu => cpu::read(sink),
                    Subsystem::Memory => memory::read(sink),
                    Subsystem::Disk => self.disks.read(since, sink),
                    Subsystem::Network => network::read(sink),
                    Subsystem::Filesystem => filesystem::read(sink),
                    Subsystem::Process => self.processes.read(&mut self.applications, sink).map(|count| {
                        part.schedule.period = Duration::from_secs(scan_period(count).into());
                    }),
                };
            });
            if read.is_err() {
                // Half a reading would be taken for a whole one.
                table.clear(part.group);
                errors += 1;
            }
            part.schedule.note(part.name.as_str(), read.map_err(|error| error.to_string()));
        }
        errors
    }

    /// Emits the sums of the applications' processes.
    pub(crate) fn applications(&mut self, views: &[ApplicationView], sink: &mut dyn SampleSink) {
        self.applications.sample(views.iter(), MACHINE, usage, sink);
    }

    /// What the agent itself uses.
    #[expect(clippy::unused_self, reason = "Linux keeps a file open for it")]
    pub(crate) fn own(&mut self) -> Option<OwnUse> {
        let own = usage(std::process::id())?;
        Some(OwnUse { cpu_seconds: MACHINE.seconds(own.ticks), memory_bytes: MACHINE.bytes(own.pages) })
    }
}

/// What a process uses; `None` when it is gone.
fn usage(pid: u32) -> Option<ProcessUse> {
    let process = OpenedProcess::to_look(pid).ok()?;
    let times = process.times().ok()?;
    Some(ProcessUse { ticks: times.kernel + times.user, pages: process.resident().ok()? })
}

/// Counts and sizes of Windows as numbers of samples.
fn float(value: i64) -> f64 {
    value as f64
}
