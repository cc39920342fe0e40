//! Reads this host every tick and puts what it read into the spool.
//!
//! ```text
//! Grid (when) -> Sampler: plan of probe -> kept files -> parse -> Table -> frame -> Spool
//!                         applications, services, the agent itself --'
//! ```
//!
//! Nothing here starts a process. Files stay open and buffers are reused, so that a usual tick allocates
//! little more than its frame.
//!
//! Elsewhere: what to read and how to understand it (`topmast_probe`); sending frames (`transport`).

mod application;
mod file;
mod filesystem;
mod grid;
mod table;

use self::application::ApplicationProcesses;
use self::file::{KeptFile, read_whole};
use self::filesystem::Filesystems;
use self::grid::Grid;
use self::table::Table;
use crate::service::Board;
use crate::spool::Spool;
use crate::supervisor::ApplicationView;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use topmast_model::catalogue;
use topmast_model::server::ServerFacts;
use topmast_model::time::UnixMillis;
use topmast_probe::linux::COLLECTORS;
use topmast_probe::linux::facts::{FACT_FILES, FactFiles, facts};
use topmast_probe::linux::process::parse_stat;
use topmast_probe::{Collector, Machine, Period, ProcessRanking, Source, scan_period};

/// Time between two sums of the applications' processes.
const APPLICATION_PERIOD: Duration = Duration::from_secs(2);

/// The wall clock.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Reads the facts of this host; what cannot be read stays unknown.
pub fn read_facts() -> ServerFacts {
    let read = |path: &&'static str| Some((*path, std::fs::read(path).ok()?));
    facts(std::env::consts::ARCH, &FACT_FILES.iter().filter_map(read).collect::<FactFiles>())
}

/// One collector of the plan, with what it keeps from run to run.
struct Reader {
    collector: &'static Collector,
    state: ReaderState,
    group: usize,
    period: Duration,
    /// When it is due, in time since the sampler began; the wall clock may jump.
    due: Duration,
    /// True while its source cannot be read, so that it is said once.
    failing: bool,
}

enum ReaderState {
    File(KeptFile),
    Filesystems(KeptFile, Filesystems),
    Processes(ProcessRanking),
}

/// Reads the host.
pub struct Sampler {
    machine: Machine,
    readers: Vec<Reader>,
    table: Table,
    processes: ApplicationProcesses,
    board: Arc<Mutex<Board>>,
    spool: Arc<Spool>,
    own: KeptFile,
    buffer: Vec<u8>,
    application_group: usize,
    service_group: usize,
    own_group: usize,
    applications_due: Duration,
    began: Instant,
    last_took: Duration,
    missed_ticks: u64,
    read_errors: u64,
}

impl Sampler {
    /// Reads nothing yet.
    pub fn new(board: Arc<Mutex<Board>>, spool: Arc<Spool>) -> Self {
        let mut table = Table::default();
        let readers = COLLECTORS.iter().map(|collector| Reader::new(collector, table.group())).collect();
        Self {
            machine: machine(),
            readers,
            application_group: table.group(),
            service_group: table.group(),
            own_group: table.group(),
            table,
            processes: ApplicationProcesses::default(),
            board,
            spool,
            own: KeptFile::new("/proc/self/stat"),
            buffer: Vec::new(),
            applications_due: Duration::ZERO,
            began: Instant::now(),
            last_took: Duration::ZERO,
            missed_ticks: 0,
            read_errors: 0,
        }
    }

    /// Ticks until the future is dropped.
    ///
    /// - `interval`: time between two ticks.
    /// - `applications`: looked at once a tick.
    pub async fn run(mut self, interval: Duration, applications: watch::Receiver<Arc<Vec<ApplicationView>>>) {
        let mut grid = Grid::new(interval);
        loop {
            let planned = grid.plan(now());
            tokio::time::sleep(planned.wait).await;
            let Some(due) = grid.arrive(planned, now()) else { continue };
            self.missed_ticks += due.missed;
            let views = Arc::clone(&applications.borrow());
            self.tick(due.time, &views);
        }
    }

    /// Reads what is due and spools the tick.
    fn tick(&mut self, time: UnixMillis, views: &[ApplicationView]) {
        let started = Instant::now();
        let since = started.duration_since(self.began);
        for reader in &mut self.readers {
            if reader.due > since {
                continue;
            }
            reader.due = since + reader.period;
            let read = reader.run(self.machine, &mut self.table, &mut self.processes, &mut self.buffer);
            self.read_errors += u64::from(read.is_err());
            reader.note(read);
        }
        self.emit_applications(since, views);
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        self.table.run(self.service_group, |sink| board.sample(sink));
        drop(board);
        self.emit_own();
        if self.spool.begin_segment_if_needed() {
            self.table.restart();
        }
        for frame in self.table.tick(time) {
            self.spool.append(&frame);
        }
        self.last_took = started.elapsed();
    }

    fn emit_applications(&mut self, since: Duration, views: &[ApplicationView]) {
        if self.applications_due > since {
            return;
        }
        self.applications_due = since + APPLICATION_PERIOD;
        let (machine, processes) = (self.machine, &mut self.processes);
        self.table.run(self.application_group, |sink| processes.sample(views.iter(), machine, sink));
    }

    fn emit_own(&mut self) {
        let machine = self.machine;
        let own = self.own.read(&mut self.buffer).ok().and_then(|text| parse_stat(text).ok());
        let (spool, refused) = (&self.spool, self.table.refused());
        let (took, missed, errors) = (self.last_took, self.missed_ticks, self.read_errors);
        self.table.run(self.own_group, |sink| {
            if let Some(own) = own {
                sink.sample(catalogue::AGENT_CPU_SECONDS, &[], machine.seconds(own.tree_ticks()));
                sink.sample(catalogue::AGENT_MEMORY_BYTES, &[], machine.bytes(own.resident_pages));
            }
            sink.sample(catalogue::AGENT_TICK_SECONDS, &[], took.as_secs_f64());
            sink.sample(catalogue::AGENT_TICKS_MISSED_TOTAL, &[], missed as f64);
            sink.sample(catalogue::AGENT_READ_ERRORS_TOTAL, &[], errors as f64);
            sink.sample(catalogue::AGENT_REFUSED_SERIES_TOTAL, &[], refused as f64);
            spool.figures(|master, bytes, dropped| {
                sink.sample(catalogue::AGENT_SPOOL_BYTES, &[master], bytes as f64);
                sink.sample(catalogue::AGENT_DROPPED_TICKS_TOTAL, &[master], dropped as f64);
            });
        });
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
        Self { collector, state, group, period, due: Duration::ZERO, failing: false }
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
                        processes.scanned(&stat);
                    }
                })
                .map_err(|error| format!("read {directory}: {error}"))?;
                table.run(self.group, |sink| ranking.finish(sink));
                processes.assign();
                self.period = Duration::from_secs(scan_period(count).into());
                Ok(())
            }
            _ => Ok(()), // `new` makes the state that the source needs.
        }
    }

    /// Says an error once, and its end once.
    fn note(&mut self, read: Result<(), String>) {
        match (read, self.failing) {
            (Err(error), false) => {
                self.failing = true;
                tracing::warn!(collector = self.collector.name, error, "a part of the host cannot be read");
            }
            (Ok(()), true) => {
                self.failing = false;
                tracing::info!(collector = self.collector.name, "the host can be read again");
            }
            _ => {}
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
    use nix::unistd::{SysconfVar, sysconf};
    let ask = |variable| sysconf(variable).ok().flatten().and_then(|value| u32::try_from(value).ok());
    let usual = Machine::default();
    Machine {
        ticks_per_second: ask(SysconfVar::CLK_TCK).unwrap_or(usual.ticks_per_second),
        page_bytes: ask(SysconfVar::PAGE_SIZE).unwrap_or(usual.page_bytes),
    }
}

#[cfg(test)]
mod tests;
