//! The fleet as of a time in the past: the state folded from the journal, the numbers read from the history.
//!
//! ```text
//! at ─► last event then ─► nearest earlier state (kept past, snapshot, nothing) ─ events ─► State ─┐
//!  └──► samples of the seconds before ─► LiveModel ────────────────────────────────────────────────┴─► Past
//! ```
//!
//! Invariants
//! - P-1: a past is what the master showed then: the same events, applied by the same code.
//! - P-2: at most [`KEPT`] pasts are in memory, and one is folded at a time.
//! - P-3: what the history does not have any more is unknown, never zero.
//!
//! Elsewhere: rows of a past (`view`, as those of the present).

use crate::bus::{CommandBus, state_of};
use crate::http::problem::Refusal;
use crate::http::{Context, JournalAccess};
use crate::live::{LiveModel, lock};
use crate::registry::Registry;
use crate::view::{Recent, Sight};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use topmast_api::problem::ProblemCode;
use topmast_api::time::Timestamp;
use topmast_engine::State;
use topmast_history::{
    Aggregate, Budget, METRIC_NAME, Matcher, Selection, SeriesSamples, Source as _, SourceError,
};
use topmast_journal::RecordQuery;
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink as _;

/// Pasts kept: the one that is looked at, and the one before, to compare them.
const KEPT: usize = 2;
/// How far before the time samples are read: rates are over five seconds, and most servers tick each second.
const NUMBERS_MS: i64 = 15_000;
/// Most events of one fold: some seconds' work.
const EVENTS_MAX: u64 = 5_000_000;

/// Everything that rows were made of at one moment.
pub(crate) struct Past {
    at: UnixMillis,
    state: Arc<State>,
    live: LiveModel,
    registry: Registry,
    /// Nothing happens in it any more.
    recent: Recent,
    /// What ages are counted to.
    now: Instant,
}

impl Past {
    /// Calls `look` with everything as it was.
    pub(crate) fn see<T>(&self, look: impl FnOnce(&Sight<'_>) -> T) -> T {
        let Self { at, state, live, registry, recent, now } = self;
        look(&Sight { state, live, registry, recent, now: *now, time: *at })
    }

    /// The state as it was.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The moment.
    pub(crate) const fn at(&self) -> UnixMillis {
        self.at
    }
}

/// The pasts that were looked at last.
#[derive(Default)]
pub(crate) struct Pasts(Mutex<VecDeque<Arc<Past>>>);

impl Context {
    /// The fleet as of a time.
    ///
    /// # Errors
    /// A time before the journal's first event or after now, and what keeps the journal from being read.
    pub(crate) async fn past(&self, at: Timestamp) -> Result<Arc<Past>, Refusal> {
        let at = at.0;
        check(&self.bus, &self.journal, at).await?;
        // P-2: whoever comes meanwhile waits, and finds what was folded.
        let mut kept = self.pasts.0.lock().await;
        if let Some(found) = kept.iter().find(|past| past.at == at) {
            return Ok(Arc::clone(found));
        }
        let until = last_at(&self.journal, at).await?;
        let state = match kept.iter().find(|past| past.state.last_seq() == until) {
            Some(same) => Arc::clone(&same.state),
            None => Arc::new(self.fold(&kept, until).await?),
        };
        let live = self.numbers(&state, at).await;
        let (registry, recent) = (Registry::default(), Recent::since(state.last_seq()));
        let past = Arc::new(Past { at, state, live, registry, recent, now: Instant::now() });
        kept.push_front(Arc::clone(&past));
        kept.truncate(KEPT);
        Ok(past)
    }

    /// The state after an event, from the nearest one before it that is at hand.
    async fn fold(&self, kept: &VecDeque<Arc<Past>>, until: Seq) -> Result<State, Refusal> {
        let nearest = kept.iter().map(|past| &past.state).filter(|state| state.last_seq() <= until);
        let nearest = nearest.max_by_key(|state| state.last_seq()).map(|state| (**state).clone());
        let snapshot = self.journal.snapshot(until).await?;
        let snapshot = snapshot.as_ref().and_then(state_of);
        let state = nearest.into_iter().chain(snapshot).max_by_key(State::last_seq).unwrap_or_default();
        let events = until.0.saturating_sub(state.last_seq().0);
        if events > EVENTS_MAX {
            let detail = format!(
                "{events} events are between that time and the nearest state that is kept, of at most \
                 {EVENTS_MAX}; ask for a later time"
            );
            return Err(Refusal::invalid("at", detail));
        }
        self.journal.fold(state, until).await
    }

    /// The numbers of all servers as of a time; none where the history does not answer (P-3).
    async fn numbers(&self, state: &State, at: UnixMillis) -> LiveModel {
        let live = LiveModel::default();
        let intervals: BTreeMap<ObjectPath, Duration> = state
            .servers()
            .iter()
            .map(|(path, server)| (path.clone(), Duration::from_millis(server.registration.interval_ms)))
            .collect();
        // A server that is read once a minute was heard of within three of those.
        let longest = intervals.values().max().copied().unwrap_or_default() * 3;
        let before = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX).clamp(NUMBERS_MS, 600_000);
        let history = Arc::clone(&self.history);
        let read = move |budget: &Budget| -> Result<Vec<SeriesSamples>, SourceError> {
            let matchers = [Matcher::not_equal("server", "")];
            let (from, until) = (at.0.saturating_sub(before), at.0);
            let selection =
                Selection { matchers: &matchers, from, until, resolution: 0, aggregate: Aggregate::Last };
            history.select(&selection, budget)
        };
        match self.queries.run(None, &self.stop, read).await {
            Ok(Ok(samples)) => fill(&live, &samples, &intervals, at),
            Ok(Err(error)) => tracing::info!(%error, "the numbers of a past are unknown"),
            Err(unanswered) => tracing::info!(?unanswered, "the numbers of a past are unknown"),
        }
        live
    }
}

/// Refuses times of which the journal says nothing.
async fn check(bus: &CommandBus, journal: &JournalAccess, at: UnixMillis) -> Result<(), Refusal> {
    let now = bus.clock().now();
    if at > now {
        let detail = format!("{} is in the future; it is {} now", Timestamp(at), Timestamp(now));
        return Err(Refusal::invalid("at", detail));
    }
    let first = journal.read(Seq(0), 1).await?.first().map(|record| record.time);
    match first {
        Some(first) if at >= first => Ok(()),
        _ => {
            let begins = first.map_or_else(|| "it is empty".to_owned(), |time| Timestamp(time).to_string());
            let detail = format!("the journal begins later than {}: {begins}", Timestamp(at));
            Err(Refusal::invalid("at", detail))
        }
    }
}

/// The last event at or before a time. Clocks are set back now and then, so it is the last of all of them.
async fn last_at(journal: &JournalAccess, at: UnixMillis) -> Result<Seq, Refusal> {
    let until = Some(UnixMillis(at.0.saturating_add(1)));
    let query = RecordQuery { until, newest_first: true, limit: 1, ..RecordQuery::default() };
    let last = journal.select(query).await?;
    last.first().map(|event| event.seq).ok_or_else(|| {
        Refusal::new(ProblemCode::Internal, "the journal has no event at a time that it was to have one")
    })
}

/// Plays samples into the model as their agents sent them: tick by tick, each server by itself.
fn fill(
    live: &LiveModel,
    samples: &[SeriesSamples],
    intervals: &BTreeMap<ObjectPath, Duration>,
    at: UnixMillis,
) {
    let mut by_server: BTreeMap<ObjectPath, Vec<(Series, &SeriesSamples)>> = BTreeMap::new();
    for one in samples {
        if let Some((server, series)) = placed(one)
            && intervals.contains_key(&server)
        {
            by_server.entry(server).or_default().push((series, one));
        }
    }
    let now = Instant::now();
    for (path, all) in by_server {
        let mut ticks: BTreeMap<i64, Vec<(u32, f64)>> = BTreeMap::new();
        for (index, (_, one)) in (0_u32..).zip(&all) {
            for (time, value) in one.times.iter().zip(&one.values) {
                // The end of a series is not a number, as it is on the wire.
                ticks.entry(*time).or_default().push((index, *value));
            }
        }
        let Some(last) = ticks.keys().next_back().copied() else { continue };
        let age = Duration::from_millis(u64::try_from(at.0.saturating_sub(last)).unwrap_or(0));
        let server = live.server(&path);
        let mut server = lock(&server);
        server.connected(intervals.get(&path).copied().unwrap_or_default());
        let mut receiver = server.receive(now.checked_sub(age).unwrap_or(now), UnixMillis(last));
        for (index, (series, _)) in (0_u32..).zip(all) {
            receiver.series(index, series);
        }
        for (time, values) in ticks {
            receiver.tick(UnixMillis(time));
            for (index, value) in values {
                receiver.value(index, value);
            }
        }
        receiver.finish();
    }
}

/// A series as its agent named it, and the server that it is of.
fn placed(samples: &SeriesSamples) -> Option<(ObjectPath, Series)> {
    let label = |wanted: &str| samples.series.get(wanted);
    let server = format!("{}/{}/{}", label("tenant"), label("cluster"), label("server"));
    let own = |name: &str| !matches!(name, METRIC_NAME | "tenant" | "cluster" | "server");
    let labels = samples.series.pairs().filter(|(name, _)| own(name));
    Some((server.parse().ok()?, Series::new(samples.series.metric(), labels)))
}
