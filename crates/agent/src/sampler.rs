//! Reads this host every tick and puts what it read into the spool.
//!
//! ```text
//! Grid (when) -> Sampler: the platform's Host -> Table -> frame -> Spool
//!                         applications, services, the agent itself --'
//! ```
//!
//! Elsewhere: what to read and how to understand it (`topmast_probe`); reading it (`platform`); sending frames
//! (`transport`).

mod application;
mod grid;
mod schedule;
mod table;

pub(crate) use self::application::{ApplicationProcesses, ProcessUse};
pub(crate) use self::schedule::Schedule;
pub(crate) use self::table::Table;
pub(crate) use crate::platform::host::read_facts;

use self::grid::Grid;
use crate::containers::ContainerBoard;
use crate::platform::host::Host;
use crate::service::Board;
use crate::spool::Spool;
use crate::supervisor::ApplicationView;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use topmast_model::catalogue;
use topmast_model::time::UnixMillis;

/// Time between two sums of the applications' processes.
const APPLICATION_PERIOD: Duration = Duration::from_secs(2);

/// The wall clock.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What the agent itself uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OwnUse {
    /// Processor time of it and of the processes that it waited for.
    pub(crate) cpu_seconds: f64,
    /// Resident memory.
    pub(crate) memory_bytes: f64,
}

/// Reads the host.
pub struct Sampler {
    host: Host,
    table: Table,
    board: Arc<Mutex<Board>>,
    spool: Arc<Spool>,
    application_group: usize,
    container_group: usize,
    service_group: usize,
    own_group: usize,
    containers: Arc<ContainerBoard>,
    /// The revision of what was last taken of them.
    containers_seen: u64,
    applications_due: Duration,
    began: Instant,
    last_took: Duration,
    missed_ticks: u64,
    read_errors: u64,
}

impl Sampler {
    /// Reads nothing yet.
    pub fn new(board: Arc<Mutex<Board>>, containers: Arc<ContainerBoard>, spool: Arc<Spool>) -> Self {
        let mut table = Table::default();
        Self {
            host: Host::new(&mut table),
            application_group: table.group(),
            container_group: table.group(),
            service_group: table.group(),
            own_group: table.group(),
            table,
            board,
            spool,
            containers,
            containers_seen: 0,
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
        self.read_errors += self.host.read(since, &mut self.table);
        self.emit_applications(since, views);
        let (table, group) = (&mut self.table, self.container_group);
        self.containers.news(&mut self.containers_seen, |containers| match containers {
            Some(containers) => table.run(group, |sink| containers.emit(sink)),
            None => table.clear(group),
        });
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
        let host = &mut self.host;
        self.table.run(self.application_group, |sink| host.applications(views, sink));
    }

    fn emit_own(&mut self) {
        let own = self.host.own();
        let (spool, refused) = (&self.spool, self.table.refused());
        let (took, missed, errors) = (self.last_took, self.missed_ticks, self.read_errors);
        self.table.run(self.own_group, |sink| {
            if let Some(own) = own {
                sink.sample(catalogue::AGENT_CPU_SECONDS, &[], own.cpu_seconds);
                sink.sample(catalogue::AGENT_MEMORY_BYTES, &[], own.memory_bytes);
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

#[cfg(test)]
mod tests;
