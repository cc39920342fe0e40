//! This host's figures: processes, memory and filesystems by system calls, the rest as `kstat` prints it.

use super::kstat::Kstat;
use super::process::Stat;
use crate::platform::paths::host_name;
use crate::platform::unix::filesystem::Filesystems;
use crate::sampler::{ApplicationProcesses, OwnUse, ProcessUse, Schedule, Table};
use crate::supervisor::ApplicationView;
use nix::sys::utsname::uname;
use std::time::Duration;
use topmast_model::catalogue::{
    HOST_MEMORY_AVAILABLE_BYTES, HOST_MEMORY_FREE_BYTES, HOST_MEMORY_TOTAL_BYTES,
};
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;
use topmast_model::time::UnixMillis;
use topmast_probe::solaris::filesystem;
use topmast_probe::{Machine, ProcessRanking, ProcessReading, ProcessState, scan_period};

/// Times here are counted in nanoseconds, and memory in KiB.
const MACHINE: Machine = Machine { ticks_per_second: 1_000_000_000, page_bytes: 1_024 };
/// `kstat` is a script: once in so many seconds is a thousandth of a processor.
const KSTAT_PERIOD: Duration = Duration::from_secs(10);
const FILESYSTEM_PERIOD: Duration = Duration::from_secs(10);
const PROCESS_PERIOD: Duration = Duration::from_secs(5);

/// Reads the facts of this host; what cannot be read stays unknown.
pub(crate) fn read_facts() -> ServerFacts {
    let system = uname().ok();
    let told = |part: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        system.as_ref().map(|system| part(system).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let release = std::fs::read_to_string("/etc/release").unwrap_or_default();
    let booted = Stat::read(0).map_or(0, |first| first.start_ticks / 1_000_000);
    ServerFacts {
        hostname: host_name().unwrap_or_default(),
        os: release.lines().next().map(str::trim).unwrap_or_default().to_owned(),
        os_family: "solaris".to_owned(),
        kernel: told(|system| system.version()),
        architecture: std::env::consts::ARCH.to_owned(),
        virtualisation: String::new(),
        cpu_count: ask(libc::_SC_NPROCESSORS_ONLN).and_then(|count| count.try_into().ok()).unwrap_or(0),
        memory_bytes: pages(libc::_SC_PHYS_PAGES).unwrap_or(0),
        boot_time: UnixMillis(i64::try_from(booted).unwrap_or(0)),
        addresses: Vec::new(),
    }
}

fn ask(variable: libc::c_int) -> Option<u64> {
    #[expect(unsafe_code, reason = "nix does not know these variables")]
    // SAFETY: it takes a number and gives one; a variable that is not known gives -1, which is no size.
    let value = unsafe { libc::sysconf(variable) };
    u64::try_from(value).ok()
}

/// Pages as bytes.
fn pages(variable: libc::c_int) -> Option<u64> {
    ask(variable)?.checked_mul(ask(libc::_SC_PAGESIZE)?)
}

/// One subsystem.
struct Part {
    name: Subsystem,
    group: usize,
    schedule: Schedule,
}

#[derive(Debug, Clone, Copy)]
enum Subsystem {
    Memory,
    Kstat,
    Filesystem,
    Process,
}

impl Subsystem {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Kstat => "kstat",
            Self::Filesystem => "filesystem",
            Self::Process => "process",
        }
    }
}

/// Reads this host.
pub(crate) struct Host {
    parts: [Part; 4],
    kstat: Kstat,
    filesystems: Filesystems,
    ranking: ProcessRanking,
    applications: ApplicationProcesses,
}

impl Host {
    /// Reads nothing yet.
    pub(crate) fn new(table: &mut Table) -> Self {
        let parts = [
            (Subsystem::Memory, Duration::ZERO),
            (Subsystem::Kstat, KSTAT_PERIOD),
            (Subsystem::Filesystem, FILESYSTEM_PERIOD),
            (Subsystem::Process, PROCESS_PERIOD),
        ];
        let part = |(name, period)| Part { name, group: table.group(), schedule: Schedule::every(period) };
        Self {
            parts: parts.map(part),
            kstat: Kstat::default(),
            filesystems: Filesystems::default(),
            ranking: ProcessRanking::default(),
            applications: ApplicationProcesses::default(),
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
                    Subsystem::Memory => memory(sink),
                    Subsystem::Kstat => self.kstat.read(sink),
                    Subsystem::Filesystem => std::fs::read_to_string(filesystem::FILE)
                        .map(|text| self.filesystems.emit(&filesystem::select(&text), sink))
                        .map_err(|error| format!("read {}: {error}", filesystem::FILE)),
                    Subsystem::Process => {
                        let count = processes(&mut self.ranking, &mut self.applications, sink);
                        part.schedule.period = Duration::from_secs(scan_period(count).into());
                        Ok(())
                    }
                };
            });
            if read.is_err() {
                // Half a reading would be taken for a whole one.
                table.clear(part.group);
                errors += 1;
            }
            part.schedule.note(part.name.as_str(), read);
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

fn usage(pid: u32) -> Option<ProcessUse> {
    let stat = Stat::read(pid)?;
    Some(ProcessUse { ticks: stat.info.ran_ns, pages: stat.info.resident_kib })
}

fn memory(sink: &mut dyn SampleSink) -> Result<(), String> {
    let total = pages(libc::_SC_PHYS_PAGES).ok_or("sysconf does not tell the memory")?;
    sink.sample(HOST_MEMORY_TOTAL_BYTES, &[], total as f64);
    if let Some(free) = pages(libc::_SC_AVPHYS_PAGES) {
        sink.sample(HOST_MEMORY_FREE_BYTES, &[], free as f64);
        sink.sample(HOST_MEMORY_AVAILABLE_BYTES, &[], free as f64);
    }
    Ok(())
}

/// Reads every process; returns how many there are.
fn processes(
    ranking: &mut ProcessRanking,
    applications: &mut ApplicationProcesses,
    sink: &mut dyn SampleSink,
) -> u32 {
    let all = Stat::all();
    for (pid, stat) in &all {
        ranking.add(&ProcessReading {
            pid: *pid,
            name: stat.info.name.as_bytes(),
            // Its threads have a state each.
            state: if stat.alive { ProcessState::Other } else { ProcessState::Zombie },
            start: stat.start_ticks,
            cpu_seconds: MACHINE.seconds(stat.info.ran_ns),
            resident_bytes: MACHINE.bytes(stat.info.resident_kib),
        });
        applications.scanned(*pid, stat.parent, stat.session);
    }
    ranking.finish(sink);
    applications.assign();
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}
