//! Queries of the history: who sees which series, what a query may cost, and how many go on at one time.
//!
//! ```text
//! handler ─► Queries::run ─► a place ─► blocking thread: work(Budget) ─► answer
//!               └── time over, asker gone, master stopping ─► the budget ends the work at its next charge
//! ```
//!
//! Invariants
//! - W-1: no query outlives its time or its asker by more than one charge of its budget, and the thread that
//!   it holds is counted until it has ended.
//! - W-2: whoever is asked for nothing that a principal may not read cannot tell it: series are filtered before
//!   an expression sees them ([`Visible`]).
//!
//! Elsewhere: what expressions mean (`topmast_history::promql`); their HTTP form (`http::v1::query`).

mod visible;

pub(crate) use visible::{Paths, Visible};

use crate::config::HistoryConfig;
use crate::stop::StopSignal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use topmast_history::Budget;

/// Queries that wait for a place, for each place: a dashboard of 25 charts for each.
const WAITING_A_PLACE: usize = 25;

/// Places for queries.
pub(crate) struct Queries {
    /// Those that work.
    places: Arc<Semaphore>,
    /// Those that work or wait.
    admitted: Arc<Semaphore>,
    samples: u64,
    timeout: Duration,
}

/// Why a query was not answered at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Too many wait already.
    Full,
    /// It took longer than this.
    Late(Duration),
    /// The master stops.
    Stopping,
}

impl Queries {
    pub(crate) fn new(config: &HistoryConfig) -> Self {
        let places = config.query_concurrency as usize;
        Self {
            places: Arc::new(Semaphore::new(places)),
            admitted: Arc::new(Semaphore::new(places * (1 + WAITING_A_PLACE))),
            samples: config.query_max_samples,
            timeout: Duration::from_secs(u64::from(config.query_timeout_s)),
        }
    }

    /// Does what may take long on a thread of its own.
    ///
    /// - `timeout`: shortens the time that every query has.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        timeout: Option<Duration>,
        stop: &StopSignal,
        work: impl FnOnce(&Budget) -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Unanswered::Full)?;
        let timeout = timeout.map_or(self.timeout, |asked| asked.min(self.timeout));
        let end = EndWhenDropped::default();
        let budget = Budget::new(self.samples, Arc::clone(&end.0));
        let places = Arc::clone(&self.places);
        let worked = async move {
            let place = places.acquire_owned().await.map_err(|_| Unanswered::Stopping)?;
            let work = move || {
                let worked = work(&budget);
                drop((place, admitted)); // W-1
                worked
            };
            tokio::task::spawn_blocking(work).await.map_err(|_| Unanswered::Stopping)
        };
        tokio::select! {
            worked = worked => worked,
            () = tokio::time::sleep(timeout) => Err(Unanswered::Late(timeout)),
            () = stop.given() => Err(Unanswered::Stopping),
        }
    }
}

/// Tells a budget that nobody waits any more: the request ended, however it did.
#[derive(Default)]
struct EndWhenDropped(Arc<AtomicBool>);

impl Drop for EndWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Instant;

    fn queries(places: u32) -> Queries {
        Queries::new(&HistoryConfig { query_concurrency: places, ..HistoryConfig::default() })
    }

    /// Far longer than anything here takes on a busy machine.
    const DEADLINE: Duration = Duration::from_mins(1);

    /// Works until its budget ends it, and says so; gives up at some time, so that a failed test ends.
    fn endless(ended: mpsc::Sender<()>) -> impl FnOnce(&Budget) + Send + 'static {
        move |budget| {
            let begun = Instant::now();
            while begun.elapsed() < DEADLINE {
                if budget.charge(0).is_err() {
                    return ended.send(()).unwrap_or_default();
                }
                std::thread::yield_now();
            }
        }
    }

    #[tokio::test]
    async fn query_out_of_time_is_answered_and_ended() {
        // W-1
        let (ended, has_ended) = mpsc::channel();
        let timeout = Duration::from_millis(20);
        let answer = queries(1).run(Some(timeout), &StopSignal::default(), endless(ended)).await;
        assert_eq!(answer, Err(Unanswered::Late(timeout)));
        has_ended.recv_timeout(DEADLINE).unwrap();
    }

    #[tokio::test]
    async fn query_whose_asker_left_is_ended_and_its_place_given_on() {
        // W-1
        let queries = queries(1);
        let stop = StopSignal::default();
        let (ended, has_ended) = mpsc::channel();
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let work = endless(ended);
        let left = queries.run(None, &stop, move |budget| {
            began.send(()).unwrap();
            work(budget);
        });
        tokio::select! {
            _ = left => panic!("it has no end of its own"),
            _ = has_begun => {}
        }
        has_ended.recv_timeout(DEADLINE).unwrap();
        assert_eq!(queries.run(None, &stop, |_| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn those_who_cannot_even_wait_are_told_so() {
        let queries = queries(1);
        let _all = Arc::clone(&queries.admitted).acquire_many_owned(26).await.unwrap();
        assert_eq!(queries.run(None, &StopSignal::default(), |_| ()).await, Err(Unanswered::Full));
    }

    #[tokio::test]
    async fn stop_of_the_master_ends_queries() {
        let stop = StopSignal::default();
        stop.give();
        let (ended, _has_ended) = mpsc::channel();
        let answer = queries(1).run(None, &stop, endless(ended)).await;
        assert_eq!(answer, Err(Unanswered::Stopping));
    }
}
