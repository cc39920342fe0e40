//! Scraping: targets that the master asks for their metrics by itself, as Prometheus does.
//!
//! ```text
//! [[scrape]] ─► Job ─► discovery (static, files) ─► relabel ─► Target ─► round: fetch ─► topmast_ingest::scrape ─► history
//!                            ▲ every second │                    └─ one task each, spread over the interval
//! ```
//!
//! Invariants
//! - R-1: every scrape that was begun ends within its timeout, and says by `up` how it ended.
//! - R-2: a target that fails, vanishes or loses a series leaves staleness markers: no value outlives its source.
//! - R-3: bodies that are held at a time fit into `BODY_BYTES`, whatever the targets answer.
//! - R-4: a file that cannot be read leaves its last good list, and that is said once.
//!
//! Elsewhere: what a page means, and relabelling (`topmast_ingest`); which labels all get (`crate::ingest`).

pub(crate) mod config;
mod discovery;
mod fetch;
mod round;
mod target;

pub(crate) use target::State;

use crate::http::Context;
use config::Job;
use discovery::{Discovery, Group};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use target::{Found, Target};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use topmast_ingest::relabel::Labels;

/// Time between two looks at the files of targets: a `stat` each.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Targets that are asked at one time: each may take its whole timeout.
const AT_ONCE: usize = 1_000;
/// Bytes of all bodies that are held at a time (R-3), in KiB.
const BODY_KIB: usize = 256 << 10;
/// Targets of one job; more are left out, and that is said.
const TARGETS_MAX: usize = 20_000;

/// What is scraped now, for whoever asks, and what all scrapes share.
pub(crate) struct Scrapes {
    jobs: Mutex<BTreeMap<String, Shown>>,
    at_once: Semaphore,
    body_kib: Arc<Semaphore>,
    done: AtomicU64,
    failed: AtomicU64,
}

/// The targets of a job.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    pub(crate) active: Vec<Active>,
    /// Labels of those that relabelling dropped, as they were found.
    pub(crate) dropped: Vec<Labels>,
    /// Files that cannot be read now.
    broken: u64,
}

/// A target that is scraped.
#[derive(Clone)]
pub(crate) struct Active {
    pub(crate) target: Arc<Target>,
    /// Its labels as they were found, before relabelling.
    pub(crate) discovered: Labels,
}

/// Numbers about all jobs.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) targets: u64,
    pub(crate) up: u64,
    pub(crate) broken_files: u64,
    pub(crate) done: u64,
    pub(crate) failed: u64,
}

impl Default for Scrapes {
    fn default() -> Self {
        Self {
            jobs: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
            body_kib: Arc::new(Semaphore::new(BODY_KIB)),
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }
}

impl Scrapes {
    /// The targets by job.
    pub(crate) fn shown(&self) -> BTreeMap<String, Shown> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn figures(&self) -> Figures {
        let mut figures = Figures {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            ..Figures::default()
        };
        for shown in self.jobs.lock().unwrap_or_else(PoisonError::into_inner).values() {
            figures.targets += shown.active.len() as u64;
            let up = shown.active.iter().filter(|active| active.target.health().state == State::Up);
            figures.up += up.count() as u64;
            figures.broken_files += shown.broken;
        }
        figures
    }

    fn count(&self, failed: bool) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
    }

    fn show(&self, job: &str, shown: Shown) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(job.to_owned(), shown);
    }
}

/// Scrapes the targets of a job for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>, job: Arc<Job>) {
    let mut discovery = Discovery::new(&job);
    let mut running = Running::default();
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let looked = tokio::task::spawn_blocking(move || {
            let changed = discovery.look();
            (discovery, changed)
        });
        let Ok((looked, changed)) = looked.await else { return };
        discovery = looked;
        if let Some(groups) = changed {
            running.set(&context, &job, &groups, discovery.broken());
        }
        // What has ended need not be held.
        while running.tasks.try_join_next().is_some() {}
    }
}

/// The tasks of a job's targets.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    targets: BTreeMap<String, (Arc<Target>, oneshot::Sender<()>)>,
}

impl Running {
    /// Starts what is new, and ends what is there no more.
    fn set(&mut self, context: &Arc<Context>, job: &Arc<Job>, groups: &[Group], broken: u64) {
        let mut shown = Shown { broken, ..Shown::default() };
        let mut before = std::mem::take(&mut self.targets);
        let (mut faults, mut first) = (0_u64, None);
        for (address, group) in
            groups.iter().flat_map(|group| group.targets.iter().map(move |one| (one, group)))
        {
            if shown.active.len() + shown.dropped.len() == TARGETS_MAX {
                tracing::error!(job = job.name(), "more than {TARGETS_MAX} targets; the others are left out");
                break;
            }
            match target::find(job, address, &group.labels) {
                Ok(Found { discovered, target: None }) => shown.dropped.push(discovered),
                Ok(Found { discovered, target: Some(target) }) => {
                    let key = target.key();
                    if self.targets.contains_key(&key) {
                        continue;
                    }
                    let (target, removed) = before.remove(&key).unwrap_or_else(|| {
                        let (removed, signal) = oneshot::channel();
                        let target = Arc::new(target);
                        let round =
                            round::run(Arc::clone(context), Arc::clone(job), Arc::clone(&target), signal);
                        self.tasks.spawn(round);
                        (target, removed)
                    });
                    shown.active.push(Active { target: Arc::clone(&target), discovered });
                    self.targets.insert(key, (target, removed));
                }
                Err(fault) => {
                    faults += 1;
                    first.get_or_insert(fault);
                }
            }
        }
        if let Some(first) = first {
            tracing::error!(job = job.name(), faults, first, "targets that cannot be are left out");
        }
        for (_, removed) in before.into_values() {
            // Its task tells the ends of its series (R-2).
            let _ = removed.send(());
        }
        context.scrapes.show(job.name(), shown);
    }
}
