//! What was written down of readings: pages of one search, and looks that follow a log, are one reading in the audit.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use topmast_model::path::ObjectPath;

/// For how long a reading is written down once.
const LASTS_MS: i64 = 5 * 60_000;
/// Most readings that are remembered; a forgotten one is written down again.
const KEPT_MAX: usize = 1_000;

/// Who reads what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) actor: String,
    pub(super) pattern: Option<String>,
    pub(super) applications: Vec<ObjectPath>,
}

#[derive(Debug)]
struct Kept {
    reading: Reading,
    span: (i64, i64),
    at: i64,
}

/// The readings of the last minutes.
#[derive(Debug, Default)]
pub(in crate::aws::logs) struct Noted {
    kept: Mutex<VecDeque<Kept>>,
}

impl Noted {
    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when a reading of no less than this span of time was written down a little while ago.
    pub(super) fn has(&self, reading: &Reading, (since, before): (i64, i64), now: i64) -> bool {
        self.kept().iter().any(|kept| {
            now - kept.at < LASTS_MS
                && kept.span.0 <= since
                && before <= kept.span.1
                && kept.reading == *reading
        })
    }

    /// Remembers one that was written down.
    pub(super) fn add(&self, reading: Reading, span: (i64, i64), now: i64) {
        let mut kept = self.kept();
        kept.retain(|kept| now - kept.at < LASTS_MS);
        kept.push_front(Kept { reading, span, at: now });
        kept.truncate(KEPT_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reading_of_what_was_written_down_just_now_is_not_written_down_again() {
        let reading = |pattern: &str| Reading {
            actor: "access key admin/tool".into(),
            pattern: Some(pattern.into()),
            applications: vec!["acme/main/a/shop".parse().unwrap()],
        };
        let noted = Noted::default();
        assert!(!noted.has(&reading("x"), (5, 9), 0));
        noted.add(reading("x"), (5, 9), 0);
        assert!(noted.has(&reading("x"), (6, 9), LASTS_MS - 1));
        for (other, span, now) in
            [("y", (5, 9), 0), ("x", (4, 9), 0), ("x", (5, 10), 0), ("x", (5, 9), LASTS_MS)]
        {
            assert!(!noted.has(&reading(other), span, now), "{other} {span:?} {now}");
        }
        for number in 0..KEPT_MAX {
            noted.add(reading(&number.to_string()), (0, 0), 1);
        }
        assert!(!noted.has(&reading("x"), (5, 9), 1), "the oldest are forgotten");
    }
}
