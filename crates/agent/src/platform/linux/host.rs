//! Linux as the plan of `topmast_probe::linux` reads it.
//!
//! Nothing here starts a process. Files stay open and buffers are reused, so that a usual tick allocates
//! little more than its frame.

use super::kept_file::{KeptFile, read_whole};
use crate::platform::unix::filesystem::Filesystems;
use crate::sampler::{ApplicationProcesses, OwnUse, ProcessUse, Schedule, Table};
use crate::supervisor::ApplicationView;
use nix::unistd::{SysconfVar, sysconf};
use std::fs::File;
use std::io;
use std::time::Duration;
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;
use topmast_probe::linux::COLLECTORS;
use topmast_probe::linux::facts::{FACT_FILES, FactFiles, facts};
use topmast_probe::linux::process::parse_stat;
use topmast_probe::{Collector, Machine, Period, ProcessRanking, Source, scan_period};

/// Reads the facts of this host; what cannot be read stays unknown.
pub(crate) fn read_facts() -> ServerFacts {
    let read = |path: &&'static str| Some((*path, std::fs::read(path).ok()?));
    facts(std::env::consts::ARCH, &FACT_FILES.iter().filter_map(read).collect::<FactFiles>())
}

/// Reads this host.
pub(crate) struct Host {
    machine: Machine,
    readers: Vec<Reader>,
    processes: ApplicationProcesses,
    own: KeptFile,
    /// Of a process of an application.
    member: Vec<u8>,
    buffer: Vec<u8>,
}

/// One collector of the plan, with what it keeps from run to run.
struct Reader {
    collector: &'static Collector,
    state: ReaderState,
    group: usize,
    schedule: Schedule,
}

enum ReaderState {
    File(KeptFile),
    Filesystems(KeptFile, Filesystems),
    Processes(ProcessRanking),
}

impl Host {
    /// Reads nothing yet.
    pub(crate) fn new(table: &mut Table) -> Self {
        let readers = COLLECTORS.iter().map(|collector| Reader::new(collector, table.group())).collect();
        Self {
            machine: machine(),
            readers,
            processes: ApplicationProcesses::default(),
            own: KeptFile::new("/proc/self/stat"),
            member: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Reads what is due into the table; returns how many sources could not be read.
    ///
    /// - `since`: time since the sampler began; the wall clock may jump.
    pub(crate) fn read(&mut self, since: Duration, table: &mut Table) -> u64 {
        let mut errors = 0;
        for reader in &mut self.readers {
            if !reader.schedule.is_due(since) {
                continue;
            }
            let read = reader.run(self.machine, table, &mut self.processes, &mut self.buffer);
            errors += u64::from(read.is_err());
            reader.schedule.note(reader.collector.name, read);
        }
        errors
    }

    /// Emits the sums of the applications' processes.
    pub(crate) fn applications(&mut self, views: &[ApplicationView], sink: &mut dyn SampleSink) {
        let (machine, buffer) = (self.machine, &mut self.member);
        let read = |pid| {
            let length =
                File::open(format!("/proc/{pid}/stat")).and_then(|file| read_whole(&file, buffer)).ok()?;
            let stat = parse_stat(buffer.get(..length)?).ok()?;
            Some(ProcessUse { ticks: stat.tree_ticks(), pages: stat.resident_pages })
        };
        self.processes.sample(views.iter(), machine, read, sink);
    }

    /// What the agent itself uses.
    pub(crate) fn own(&mut self) -> Option<OwnUse> {
        let stat = parse_stat(self.own.read(&mut self.buffer).ok()?).ok()?;
        let machine = self.machine;
        Some(OwnUse {
            cpu_seconds: machine.seconds(stat.tree_ticks()),
            memory_bytes: machine.bytes(stat.resident_pages),
        })
    }
}

impl Reader {
    fn new(collector: &'static Collector, group: usize) -> Self {
        let state = match collector.source {
            Source::File { path, .. } => ReaderState::File(KeptFile::new(path)),
            Source::Filesystems { path, .. } => {
                ReaderState::Filesystems(KeptFile::new(path), Filesystems::default())
            }
            Source::Processes { .. } => ReaderState::Processes(ProcessRanking::default()),
        };
        let period = match collector.period {
            Period::Tick => Duration::ZERO,
            Period::Seconds(seconds) => Duration::from_secs(seconds.into()),
        };
        Self { collector, state, group, schedule: Schedule::every(period) }
    }

    /// Reads its source into the table; an error is in words.
    fn run(
        &mut self,
        machine: Machine,
        table: &mut Table,
        processes: &mut ApplicationProcesses,
        buffer: &mut Vec<u8>,
    ) -> Result<(), String> {
        match (&mut self.state, &self.collector.source) {
            (ReaderState::File(file), Source::File { path, optional, parse }) => match file.read(buffer) {
                Ok(text) => {
                    let mut parsed = Ok(());
                    table.run(self.group, |sink| parsed = parse(machine, text, sink));
                    parsed.map_err(|error| error.to_string())
                }
                Err(error) => {
                    table.clear(self.group);
                    if *optional { Ok(()) } else { Err(format!("read {path}: {error}")) }
                }
            },
            (ReaderState::Filesystems(file, filesystems), Source::Filesystems { path, select }) => {
                let text = file.read(buffer).map_err(|error| format!("read {path}: {error}"))?;
                let selected = select(text).map_err(|error| error.to_string())?;
                table.run(self.group, |sink| filesystems.emit(&selected, sink));
                Ok(())
            }
            (ReaderState::Processes(ranking), Source::Processes { directory, file, parse }) => {
                let count = scan(directory, file, buffer, |text| {
                    // A process that ends while it is read gives a cut text; it is left out.
                    if let Ok(reading) = parse(machine, text) {
                        ranking.add(&reading);
                    }
                    if let Ok(stat) = parse_stat(text) {
                        processes.scanned(stat.pid, stat.parent, stat.session);
                    }
                })
                .map_err(|error| format!("read {directory}: {error}"))?;
                table.run(self.group, |sink| ranking.finish(sink));
                processes.assign();
                self.schedule.period = Duration::from_secs(scan_period(count).into());
                Ok(())
            }
            _ => Ok(()), // `new` makes the state that the source needs.
        }
    }
}

/// Hands over `DIRECTORY/PID/FILE` of every process; returns how many.
fn scan(directory: &str, file: &str, buffer: &mut Vec<u8>, mut each: impl FnMut(&[u8])) -> io::Result<u32> {
    use std::fmt::Write;
    let mut count = 0;
    let mut path = String::new();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else {
            continue;
        };
        path.clear();
        // Writing to a String cannot fail.
        let _ = write!(path, "{directory}/{pid}/{file}");
        let Ok(open) = File::open(&path) else { continue };
        if let Ok(length) = read_whole(&open, buffer) {
            count += 1;
            each(&buffer[..length]);
        }
    }
    Ok(count)
}

fn machine() -> Machine {
    let ask = |variable| sysconf(variable).ok().flatten().and_then(|value| u32::try_from(value).ok());
    let usual = Machine::default();
    Machine {
        ticks_per_second: ask(SysconfVar::CLK_TCK).unwrap_or(usual.ticks_per_second),
        page_bytes: ask(SysconfVar::PAGE_SIZE).unwrap_or(usual.page_bytes),
    }
}
