//! The history in the master: opened at the start, fed by agents' frames, synced and tidied up beside them.
//!
//! ```text
//! frames, batches ─► History ─┬─► embedded store                  ◄─┐
//!                             └─► outbox of a store outside         ├─ queries, of one of both
//!                                        (remote) archive         ◄─┘
//! ```
//!
//! Invariants
//! - Y-1: what was taken in is durable a second later; a history that takes nothing (a full disk) never holds
//!   up the live picture or the journal.
//!
//! Elsewhere: who may ask (`crate::query`).

mod store;

pub(crate) use store::{Feed, History};

use crate::clock::Clock;
use crate::config::{HistoryConfig, MasterConfig, StoreKind};
use crate::counters::Counters;
use crate::http::Context;
use crate::remote::{self, Remote};
use crate::tenant::Meters;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{Bounds, Kept, WriteError};
use tokio::time::{Interval, MissedTickBehavior};
use topmast_engine::State;
use topmast_history::{self as embedded, AppendError, Appended, Cuts, Options};
use topmast_model::error::with_sources;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink;

/// Time between two syncs: what a crash of the machine may take.
const SYNC_EVERY: Duration = Duration::from_secs(1);
const DAY_MS: i64 = 86_400_000;
/// Seconds between two looks at windows, segments and retention.
const MAINTAIN_EVERY: u32 = 20;

/// Lets as many files be open as the system allows: each segment is one, some hundreds after years, and each agent's
/// connection; shells and services often begin with 1,024.
fn allow_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) }
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "the number of files that may be open stays as it is");
    }
}

/// Why the history was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The embedded store.
    #[error(transparent)]
    Embedded(#[from] embedded::OpenError),
    /// The way to a store outside.
    #[error(transparent)]
    Remote(#[from] remote::OpenError),
    /// The master is stopping.
    #[error("the start was broken off")]
    BrokenOff(#[from] tokio::task::JoinError),
}

/// Opens the history that a configuration asks for, and logs what it found.
pub(crate) async fn open(config: &MasterConfig, clock: &Arc<Clock>) -> Result<Arc<History>, HistoryError> {
    allow_files();
    let (asked, clock) = (config.history.clone(), Arc::clone(clock));
    let folder = asked.data.clone().unwrap_or_else(|| config.data.join("history"));
    let spool = config.data.join("spool");
    tokio::task::spawn_blocking(move || {
        let opened = asked.remote.as_ref().map(|remote| Remote::open(remote, &spool, clock)).transpose()?;
        let (remote, archive) = opened.unzip();
        let kept = match archive.flatten().filter(|_| asked.store == StoreKind::Remote) {
            Some(archive) => Kept::Outside(archive),
            None => Kept::Embedded(embed(&asked, &folder)?),
        };
        let bounds = Bounds {
            late_ms: i64::from(asked.late_hours) * 3_600_000,
            future_ms: Options::default().future_ms,
            series: asked.max_series,
            server_series: asked.max_server_series,
        };
        Ok(Arc::new(History::new(kept, remote, bounds)))
    })
    .await?
}

fn embed(asked: &HistoryConfig, folder: &Path) -> Result<embedded::History, embedded::OpenError> {
    let days = |days: u32| i64::from(days) * 24 * 3_600_000;
    let options = Options {
        shards: std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)),
        series: asked.max_series,
        target_series: asked.max_server_series,
        late_ms: i64::from(asked.late_hours) * 3_600_000,
        keep_ms: [asked.raw_days, asked.minute_days, asked.hour_days].map(days),
        keep_bytes: asked.max_gib.map(|gib| u64::from(gib) << 30),
        ..Options::default()
    };
    let (history, report) = embedded::History::open(folder, options)?;
    for damage in &report.damaged {
        tracing::error!(damage, "the history is damaged; everything else of it serves");
    }
    tracing::info!(series = report.series, segments = report.segments, torn = report.torn, "history opened");
    Ok(history)
}

/// Which bounds new series broke, what they are, and what to do; `None` when none did.
pub(crate) fn refusals(appended: &Appended, bounds: Bounds) -> Option<String> {
    let by_target = appended.refused_by_target;
    let refused = [
        (
            by_target,
            format!(
                "a server or scrape target has at most {} at one time (history.max_server_series in master.toml)",
                bounds.server_series
            ),
        ),
        (
            appended.refused_series - by_target - appended.refused_single,
            format!(
                "this master, and so its tenant, has at most {} at one time (history.max_series in master.toml)",
                bounds.series
            ),
        ),
    ];
    let parts: Vec<String> = refused
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, limit)| format!("{count} new series were refused: {limit}"))
        .collect();
    let remedy = "drop labels whose values keep changing, or raise it; `topmast history status` shows what has the \
                  most series, and those that end make room within four hours";
    (!parts.is_empty()).then(|| format!("{}; {remedy}", parts.join("; ")))
}

/// Syncs and maintains the history for as long as it is polled. What takes long keeps nothing from the disk.
pub(crate) async fn run(context: Arc<Context>) {
    tokio::join!(keep_synced(&context), maintain(&context));
}

async fn keep_synced(context: &Context) {
    let mut timer = every_second();
    let (mut trouble, mut full) = (Trouble::default(), false);
    loop {
        timer.tick().await;
        let (history, now) = (Arc::clone(&context.history), context.bus.clock().now());
        let done = tokio::task::spawn_blocking(move || {
            let done = history.sync(now.0);
            let full = history.embedded().filter(|embedded| embedded.is_full());
            (done, full.map(embedded::History::waiting_bytes))
        });
        let Ok((done, waiting)) = done.await else { continue };
        context.count_brought(&Appended::default());
        // Once, not every second.
        if let Some(waiting) = waiting.filter(|_| !full) {
            tracing::error!(waiting, "the history takes no samples: too much waits for its disk");
        }
        full = waiting.is_some();
        trouble.note(done);
    }
}

async fn maintain(context: &Context) {
    let mut timer = every_second();
    let (mut seconds, mut trouble) = (0_u32, Trouble::default());
    loop {
        timer.tick().await;
        seconds = seconds.wrapping_add(1);
        let is_due = seconds.is_multiple_of(MAINTAIN_EVERY);
        let (history, now) = (Arc::clone(&context.history), context.bus.clock().now());
        if is_due {
            history.cut(cuts(&context.bus.state(), now));
        }
        let done = tokio::task::spawn_blocking(move || {
            history.make_chunks();
            is_due.then(|| history.maintain(now.0))
        });
        let Ok(Some(done)) = done.await else { continue };
        if let Ok(done) = &done
            && *done != embedded::Maintained::default()
        {
            let embedded::Maintained { sealed, merged, removed, cut } = done;
            tracing::debug!(sealed, merged, removed, cut, "history maintained");
        }
        trouble.note(done);
    }
}

fn every_second() -> Interval {
    let mut timer = tokio::time::interval(SYNC_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    timer
}

/// Whether writing fails, which is told once.
#[derive(Default)]
struct Trouble {
    fails: bool,
}

impl Trouble {
    fn note<T>(&mut self, done: Result<T, WriteError>) {
        match done {
            Err(error) if !self.fails => {
                tracing::error!(error = %with_sources(&error), "the history cannot write; it is tried again");
                self.fails = true;
            }
            Ok(_) if self.fails => {
                tracing::info!("the history writes again");
                self.fails = false;
            }
            _ => {}
        }
    }
}

/// What of tenants is not kept for as long as the rest.
pub(crate) fn cuts(state: &State, now: UnixMillis) -> Cuts {
    let first = |days: Option<u64>| {
        let millis = days.map(|days| i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS));
        millis.map_or(i64::MIN, |millis| now.0.saturating_sub(millis))
    };
    let kept = state.tenants().iter().map(|(name, tenant)| (name, tenant.quotas.keep_days()));
    let cut = kept.filter(|(_, days)| days.iter().any(Option::is_some));
    let mut first: BTreeMap<String, [i64; 3]> =
        cut.map(|(name, days)| (name.clone(), days.map(first))).collect();
    for (name, at) in state.removed_tenants() {
        let kept = first.entry(name.clone()).or_insert([i64::MIN; 3]);
        *kept = kept.map(|kept| kept.max(at.0));
    }
    let bytes = state.tenants().iter().map(|(name, tenant)| (name, tenant.quotas.keep_bytes()));
    let bounded = bytes.filter(|(_, bytes)| bytes.iter().any(Option::is_some));
    let most: BTreeMap<String, [u64; 3]> =
        bounded.map(|(name, bytes)| (name.clone(), bytes.map(|most| most.unwrap_or(u64::MAX)))).collect();
    // One tenant alone has all that there is.
    let weigh = !most.is_empty() || state.tenant_names().len() > 1;
    Cuts { label: "tenant".into(), first, most, weigh }
}

/// Makes all that was taken in durable: the last thing before a stop.
pub(crate) async fn sync(history: Arc<History>, now: UnixMillis) {
    let synced = tokio::task::spawn_blocking(move || history.sync(now.0)).await;
    if let Ok(Err(error)) = synced {
        tracing::error!(error = %with_sources(&error), "the last second of the history is not durable");
    }
}

/// The feed of a server's agent: its series get the labels of its path.
///
/// - `meters`: of tenants; the series count as the server's tenant's.
pub(crate) fn feed(history: &History, meters: &Meters, server: &ObjectPath) -> Feed {
    let levels = [("tenant", Level::Tenant), ("cluster", Level::Cluster), ("server", Level::Server)];
    let labels: Vec<_> =
        levels.into_iter().filter_map(|(label, level)| Some((label, server.name_at(level)?))).collect();
    history.feed(&labels, meters.of(server.name_at(Level::Tenant).unwrap_or_default()))
}

/// Gives the history what a feed gathered, and counts what became of it. The live picture goes on whatever the disk
/// takes.
///
/// - `samples`: how many were gathered.
///
/// # Errors
/// [`AppendError::Forgotten`] alone: a new feed begins with all its series.
pub(crate) fn commit(
    history: &History,
    counters: &Counters,
    feed: &mut Feed,
    samples: u64,
    now: UnixMillis,
) -> Result<Appended, AppendError> {
    let committed = history.commit(feed, now.0);
    match &committed {
        Ok(appended) => counters.history(appended),
        Err(AppendError::Forgotten) => {}
        Err(AppendError::Full) => {
            counters.history_lost(samples);
            return Ok(Appended::default());
        }
    }
    committed
}

/// Hands a frame's content to the live model and to the history.
pub(crate) struct Both<'a, S> {
    pub(crate) live: &'a mut S,
    pub(crate) feed: &'a mut Feed,
}

impl<S: FrameSink> FrameSink for Both<'_, S> {
    fn series(&mut self, index: u32, series: Series) {
        self.feed.define(index, &series);
        self.live.series(index, series);
    }

    fn retired(&mut self, index: u32) {
        self.feed.retire(index);
        self.live.retired(index);
    }

    fn tick(&mut self, time: UnixMillis) {
        self.feed.tick(time.0);
        self.live.tick(time);
    }

    fn value(&mut self, index: u32, value: f64) {
        self.feed.value(index, value);
        self.live.value(index, value);
    }
}
