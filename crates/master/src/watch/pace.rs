//! Pace: when a watch looks again, so that many of them are no burden.
//!
//! A watch that has just cost `c` waits for 2 √c Σ√c, the sum over all watches, itself among them. So all
//! together take half of one processor's time at most, whatever each costs: Σ (c / 2 √c Σ√c) = 1/2. One alone
//! waits for twice what it costs; beside costly ones, a cheap one is put off by the root of their costs only.
//! Shares by the cost itself would have it wait as long as the others.
//!
//! A cost is processor time. Counted by the clock on the wall, watches of a busy machine would seem dear, be put off,
//! and tell late what is cheap to look at.
//!
//! Those that are due at the same time look one after the other, so that what they cost is theirs alone.

use crate::http::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use topmast_api::watch::DELTA_INTERVAL;
use topmast_model::event::Event;

/// Shortest time between two deltas when something changed its status.
const URGENT_INTERVAL: Duration = Duration::from_millis(20);

/// What all watches cost.
pub(crate) struct Load {
    /// Sum of the roots of their costs, which are in nanoseconds.
    roots: AtomicU64,
    turns: Arc<Semaphore>,
}

/// Does something on this thread; what came of it, and its processor time.
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = thread_time();
    let done = work();
    (done, thread_time().saturating_sub(before))
}

/// Processor time of this thread so far.
fn thread_time() -> Duration {
    // Every system that we run on has this clock; without one nothing is put off.
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID)
        .map_or(Duration::ZERO, Duration::from)
}

impl Default for Load {
    fn default() -> Self {
        Self { roots: AtomicU64::new(0), turns: Arc::new(Semaphore::new(1)) }
    }
}

impl Load {
    /// Waits until nobody else looks.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

fn root_of(cost: Duration) -> u64 {
    u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX).isqrt()
}

/// How often to look again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Shortest time between two looks when only numbers changed.
    pub(crate) numbers: Duration,
    /// The same when something changed its status.
    pub(crate) events: Duration,
}

impl Pace {
    /// That of rows.
    pub(crate) const ROWS: Self = Self { numbers: DELTA_INTERVAL, events: URGENT_INTERVAL };
}

/// Wakes when a row may have changed, but not too often.
pub(crate) struct Changes {
    pace: Pace,
    numbers: watch::Receiver<u64>,
    events: broadcast::Receiver<Arc<Event>>,
    last: Instant,
    share: Share,
}

/// The part that one watch has in the load.
pub(crate) struct Share {
    load: Arc<Load>,
    /// Root of the nanoseconds that the last look cost.
    root: u64,
}

impl Share {
    /// None, before the first look.
    pub(crate) fn of(load: Arc<Load>) -> Self {
        Self { load, root: 0 }
    }

    /// Says what a look cost.
    pub(crate) fn cost(&mut self, cost: Duration) {
        self.count(root_of(cost));
    }

    /// Replaces this part of the load.
    fn count(&mut self, root: u64) {
        let before = std::mem::replace(&mut self.root, root);
        // Less is a sum that wraps around.
        self.load.roots.fetch_add(root.wrapping_sub(before), Ordering::Relaxed);
    }

    /// How long to wait because of what the last look cost, and those of others.
    pub(crate) fn rest(&self) -> Duration {
        rest(self.root, self.load.roots.load(Ordering::Relaxed))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.count(0);
    }
}

impl Changes {
    pub(crate) fn new(context: &Context, pace: Pace) -> Self {
        let (numbers, events) = (context.live.changes(), context.bus.events());
        let share = Share::of(Arc::clone(&context.watches.load));
        Self { pace, numbers, events, last: Instant::now(), share }
    }

    /// Waits for anything at all, then until the time for it has come; `None` when nothing more can come.
    ///
    /// - `concerns`: whether an event may change what is watched at once; the others do so with the next numbers.
    pub(crate) async fn next(&mut self, concerns: impl Fn(&Event) -> bool) -> Option<()> {
        let rest = self.share.rest();
        let Self { pace, numbers, events, last, .. } = self;
        let (mut numbered, mut urgent) = (false, false);
        // Not woken by each of many events that are of no concern.
        let mut deaf_until = None;
        loop {
            let due = (numbered || urgent).then(|| {
                let pause = if urgent { pace.events } else { pace.numbers };
                *last + pause.max(rest)
            });
            if due.is_some_and(|due| due <= Instant::now()) {
                break;
            }
            tokio::select! {
                () = until(due) => {}
                () = until(deaf_until) => deaf_until = None,
                changed = numbers.changed(), if !numbered => {
                    changed.ok()?;
                    numbered = true;
                }
                event = events.recv(), if !urgent && deaf_until.is_none() => {
                    urgent = concerning(event, &concerns)?;
                    while !urgent && let Ok(event) = events.try_recv() {
                        urgent = concerns(&event);
                    }
                    deaf_until = Some(Instant::now() + pace.events);
                    // It changes something, though nothing that anybody waits for.
                    numbered = true;
                }
            }
        }
        // What arrives from here on counts as a new change.
        numbers.mark_unchanged();
        *events = events.resubscribe();
        *last = Instant::now();
        Some(())
    }

    /// Says what a look cost: the next one is put off accordingly.
    pub(crate) fn looked(&mut self, cost: Duration) {
        self.last = Instant::now();
        self.share.cost(cost);
    }
}

/// Whether what was received is of concern; one that was missed is. `None` when nothing more comes.
fn concerning(event: Result<Arc<Event>, RecvError>, concerns: impl Fn(&Event) -> bool) -> Option<bool> {
    match event {
        Ok(event) => Some(concerns(&event)),
        Err(RecvError::Lagged(_)) => Some(true),
        Err(RecvError::Closed) => None,
    }
}

/// Until a time; for ever without one.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// How long one waits whose cost has this root, when those of all come to `roots`; in nanoseconds.
fn rest(root: u64, roots: u64) -> Duration {
    Duration::from_nanos(root.saturating_mul(roots).saturating_mul(2))
}

/// Pauses of watches that all have something to look at all the time, by what a look of each costs.
#[cfg(test)]
pub(crate) fn pauses(costs: &[Duration], shortest: Duration) -> Vec<Duration> {
    let roots = costs.iter().map(|cost| root_of(*cost)).sum();
    costs.iter().map(|cost| shortest.max(rest(root_of(*cost), roots))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The part of one processor's time that watches take.
    fn share(costs: &[Duration], shortest: Duration) -> f64 {
        let pauses = pauses(costs, shortest);
        let of = |(cost, pause): (&Duration, Duration)| cost.as_secs_f64() / (*cost + pause).as_secs_f64();
        costs.iter().zip(pauses).map(of).sum()
    }

    #[test]
    fn one_watch_waits_for_twice_its_cost_or_its_pace() {
        let ms = Duration::from_millis;
        assert_eq!(pauses(&[ms(1)], URGENT_INTERVAL), [URGENT_INTERVAL]);
        assert!(pauses(&[ms(40)], URGENT_INTERVAL)[0].abs_diff(ms(80)) < ms(1));
    }

    #[test]
    fn load_is_that_of_the_watches_there_are() {
        let load = Arc::new(Load::default());
        let share = |costs: &[u64]| {
            let mut share = Share::of(Arc::clone(&load));
            for cost in costs {
                share.cost(Duration::from_nanos(*cost));
            }
            share
        };
        let (one, other) = (share(&[900, 100, 400]), share(&[0, 2_500]));
        assert_eq!((one.rest(), other.rest()), (rest(20, 70), rest(50, 70)));
        drop(other);
        assert_eq!(one.rest(), Duration::from_nanos(800));
        drop(one);
        assert_eq!(load.roots.load(Ordering::Relaxed), 0);
    }

    proptest! {
        #[test]
        fn watches_together_take_half_of_one_processor(costs in prop::collection::vec(1_000_u64..200_000_000, 1..200)) {
            let costs: Vec<Duration> = costs.into_iter().map(Duration::from_nanos).collect();
            // Roots are whole numbers, so that it may be a little more.
            prop_assert!(share(&costs, URGENT_INTERVAL) < 0.52, "{}", share(&costs, URGENT_INTERVAL));
        }
    }
}
