//! The end-of-day task: settles the day's transactions once every simulated day.
//!
//! ```text
//! due or asked for -> RUNNING -> OK
//!                       |  \---> FAILED (the database broke)
//!                       \------> LATE while it takes longer than allowed
//! ```

use crate::fault::FaultCode;
use serde::Serialize;

/// Name of the task in the interfaces.
pub(crate) const NAME: &str = "end-of-day";
/// Work of one run on a healthy database.
const WORK_MS: f64 = 3_000.0;
/// A run that takes longer than this is late: twenty times the usual.
const ALLOWED_MS: u64 = 60_000;

/// What the task does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum TaskStatus {
    /// The last run went well, or none was due yet.
    Ok,
    /// A run is in progress.
    Running,
    /// The last run failed.
    Failed,
    /// A run is in progress and over its time.
    Late,
}

/// A step worth a line in the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A run began.
    Started,
    /// A run ended well.
    Finished,
    /// A run failed, for this reason.
    Failed(String),
}

/// The task's clockwork and last outcome. All times are ms since the Unix epoch.
#[derive(Debug)]
pub(crate) struct EndOfDay {
    day_ms: u64,
    work_left_ms: Option<f64>,
    failure: Option<String>,
    /// Start of the last run.
    pub(crate) last_started: Option<u64>,
    /// End of the last run.
    pub(crate) last_finished: Option<u64>,
    /// When the next run begins by itself.
    pub(crate) next_due: u64,
}

impl EndOfDay {
    /// A task whose first run is due one day of `day_ms` after `now`.
    pub(crate) fn new(day_ms: u64, now: u64) -> Self {
        Self {
            day_ms,
            work_left_ms: None,
            failure: None,
            last_started: None,
            last_finished: None,
            next_due: now + day_ms,
        }
    }

    /// What the task does now.
    pub(crate) fn status(&self, now: u64) -> TaskStatus {
        let running_ms = self.last_started.map_or(0, |start| now.saturating_sub(start));
        match (self.work_left_ms, &self.failure) {
            (Some(_), _) if running_ms > ALLOWED_MS => TaskStatus::Late,
            (Some(_), _) => TaskStatus::Running,
            (None, Some(_)) => TaskStatus::Failed,
            (None, None) => TaskStatus::Ok,
        }
    }

    /// Why the last run failed.
    pub(crate) fn message(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Begins a run now; false when one is in progress.
    pub(crate) fn start(&mut self, now: u64) -> bool {
        if self.work_left_ms.is_some() {
            return false;
        }
        self.work_left_ms = Some(WORK_MS);
        self.failure = None;
        self.last_started = Some(now);
        true
    }

    /// Works for `elapsed_ms`, against a database that may be broken or slow.
    pub(crate) fn tick(
        &mut self,
        now: u64,
        elapsed_ms: u64,
        database: Option<FaultCode>,
        slowness: f64,
    ) -> Option<Step> {
        if now >= self.next_due {
            // Days that went by while the machine slept are not made up for.
            self.next_due += ((now - self.next_due) / self.day_ms + 1) * self.day_ms;
            if self.start(now) {
                return Some(Step::Started);
            }
        }
        let left = self.work_left_ms?;
        if let Some(code) = database {
            let reason = format!("AcqDB {}", code.text());
            self.finish(now, Some(reason.clone()));
            return Some(Step::Failed(reason));
        }
        let left = left - elapsed_ms as f64 / slowness;
        if left > 0.0 {
            self.work_left_ms = Some(left);
            return None;
        }
        self.finish(now, None);
        Some(Step::Finished)
    }

    fn finish(&mut self, now: u64, failure: Option<String>) {
        self.work_left_ms = None;
        self.failure = failure;
        self.last_finished = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 10_000;

    #[test]
    fn runs_every_day_and_on_demand_but_never_twice_at_once() {
        let mut task = EndOfDay::new(DAY, 0);
        assert_eq!(task.tick(9_999, 10, None, 1.0), None);
        assert_eq!(task.tick(10_000, 10, None, 1.0), Some(Step::Started));
        assert_eq!((task.status(10_000), task.next_due), (TaskStatus::Running, 20_000));
        assert!(!task.start(10_001), "one run at a time");
        assert_eq!(task.tick(13_000, 3_000, None, 1.0), Some(Step::Finished));
        assert_eq!((task.status(13_000), task.last_finished), (TaskStatus::Ok, Some(13_000)));
        assert!(task.start(14_000));
        assert_eq!(task.next_due, 20_000, "a run on demand does not move the schedule");
    }

    #[test]
    fn a_broken_database_fails_the_run_and_a_slow_one_makes_it_late() {
        let mut task = EndOfDay::new(1_000_000, 0);
        assert!(task.start(0));
        assert_eq!(
            task.tick(10, 10, Some(FaultCode::Disconnected), 1.0),
            Some(Step::Failed("AcqDB is disconnected".to_owned()))
        );
        assert_eq!((task.status(10), task.message()), (TaskStatus::Failed, Some("AcqDB is disconnected")));
        assert!(task.start(20));
        assert_eq!(task.message(), None);
        assert_eq!(task.tick(60_020, 60_000, None, 100.0), None);
        assert_eq!(task.status(60_020), TaskStatus::Running);
        assert_eq!(task.status(60_021), TaskStatus::Late);
    }

    #[test]
    fn days_slept_through_are_skipped() {
        let mut task = EndOfDay::new(DAY, 0);
        assert_eq!(task.tick(57_000, 10, None, 1.0), Some(Step::Started));
        assert_eq!(task.next_due, 60_000);
    }
}
