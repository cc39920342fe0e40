//! The master's clock: wall time that never runs backwards, and never stands still.
//!
//! Events and deadlines are stamped with it, and a later event never carries an earlier time. A system clock may be
//! behind the newest event: it was set back, or another master's clock was ahead of this one's. Then time goes on
//! here at half its speed until the system clock has caught up, so that deadlines still come.

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use topmast_model::time::UnixMillis;

/// Source of time for the whole master; one per process.
#[derive(Debug, Default)]
pub struct Clock {
    anchor: Mutex<Anchor>,
}

/// What the time was, and when that was, by a clock that is never set.
#[derive(Debug, Default)]
struct Anchor {
    time: i64,
    at: Option<Instant>,
}

impl Anchor {
    /// The time at `at`, when the system clock says `system`.
    fn read(&mut self, system: i64, at: Instant) -> i64 {
        let passed = self.at.map_or(0, |since| at.saturating_duration_since(since).as_millis());
        let least = self.time.saturating_add(i64::try_from(passed / 2).unwrap_or(i64::MAX));
        if system >= least {
            (self.time, self.at) = (system, Some(at));
        }
        system.max(least)
    }
}

impl Clock {
    /// The time now, never earlier than any time given before.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.read(0))
    }

    /// Makes sure that no later time is before `floor`, e.g. the newest event's.
    pub fn not_before(&self, floor: UnixMillis) {
        self.read(floor.0);
    }

    fn read(&self, floor: i64) -> i64 {
        let system = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis());
        let system = i64::try_from(system).unwrap_or(i64::MAX);
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        anchor.read(system.max(floor), Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_goes_on_at_half_its_speed_while_the_system_clock_is_behind() {
        let (mut anchor, begun) = (Anchor::default(), Instant::now());
        let after = |millis| begun + Duration::from_millis(millis);
        assert_eq!(anchor.read(10_000, after(0)), 10_000);
        assert_eq!(anchor.read(10_400, after(400)), 10_400);
        // Set back by an hour: no look is lost, however short after the last.
        for millis in 400..=2_400 {
            assert_eq!(anchor.read(0, after(millis)), 10_400 + i64::try_from(millis - 400).unwrap() / 2);
        }
        assert_eq!(anchor.read(11_399, after(2_400)), 11_400);
        assert_eq!(anchor.read(11_500, after(2_500)), 11_500, "it has caught up");
        assert_eq!(anchor.read(12_500, after(3_500)), 12_500);
    }

    #[test]
    fn no_time_is_before_the_newest_event() {
        let clock = Clock::default();
        let future = UnixMillis(clock.now().0 + 3_600_000);
        clock.not_before(future);
        assert!(clock.now() >= future);
    }
}
