//! Pace: when a watch looks again, so that many of them are no burden.
//!
//! A watch that has just cost `c` waits for 2 √c Σ√c, the sum over all watches, itself among them. So all
//! together take half of one processor's time at most, whatever each costs: Σ (c / 2 √c Σ√c) = 1/2. One alone
//! waits for twice what it costs; beside costly ones, a cheap one is put off by the root of their costs only.
//! Shares by the cost itself would have it wait as long as the others.
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

impl Default for Load {
    fn default() -> Self {
        Self { roots: AtomicU64::new(0), turns: Arc::new(Semaphore::new(1)) }
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
    load: Arc<Load>,
    /// Root of the nanoseconds that the last look took.
    root: u64,
}

impl Changes {
    pub(crate) fn new(context: &Context, pace: Pace) -> Self {
        let (numbers, events) = (context.live.changes(), context.bus.events());
        Self { pace, numbers, events, last: Instant::now(), load: context.watches.load(), root: 0 }
    }

    /// Waits for anything at all, then until the time for it has come; `None` when nothing more can come.
    pub(crate) async fn next(&mut self) -> Option<()> {
        let rest = self.rest();
        let Self { pace, numbers, events, last, .. } = self;
        let mut urgent = tokio::select! {
            changed = numbers.changed() => changed.map(|()| false).ok()?,
            event = events.recv() => match event { Err(RecvError::Closed) => return None, _ => true },
        };
        loop {
            let pause = if urgent { pace.events } else { pace.numbers };
            let due = *last + pause.max(rest);
            if due <= Instant::now() {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep_until(due.into()) => break,
                event = events.recv(), if !urgent => match event {
                    Err(RecvError::Closed) => return None,
                    _ => urgent = true,
                },
            }
        }
        // What arrives from here on counts as a new change.
        numbers.mark_unchanged();
        *events = events.resubscribe();
        *last = Instant::now();
        Some(())
    }

    /// Waits until no other watch looks.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.load.turns).acquire_owned().await.ok()
    }

    /// Says how long a look took: the next one is put off accordingly.
    pub(crate) fn looked(&mut self, cost: Duration) {
        self.last = Instant::now();
        self.count(root_of(cost));
    }

    /// Replaces this watch's part of the load.
    fn count(&mut self, root: u64) {
        let before = std::mem::replace(&mut self.root, root);
        // Less is a sum that wraps around.
        self.load.roots.fetch_add(root.wrapping_sub(before), Ordering::Relaxed);
    }

    /// How long to wait because of what the last look cost, and those of others.
    fn rest(&self) -> Duration {
        rest(self.root, self.load.roots.load(Ordering::Relaxed))
    }
}

/// How long one waits whose cost has this root, when those of all come to `roots`; in nanoseconds.
fn rest(root: u64, roots: u64) -> Duration {
    Duration::from_nanos(root.saturating_mul(roots).saturating_mul(2))
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.count(0);
    }
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
        let changes = |costs: &[u64]| {
            let mut changes = Changes {
                pace: Pace::ROWS,
                numbers: watch::channel(0).1,
                events: broadcast::channel(1).1,
                last: Instant::now(),
                load: Arc::clone(&load),
                root: 0,
            };
            for cost in costs {
                changes.looked(Duration::from_nanos(*cost));
            }
            changes
        };
        let (one, other) = (changes(&[900, 100, 400]), changes(&[0, 2_500]));
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
