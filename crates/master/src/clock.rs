//! The master's clock: wall time that never runs backwards.
//!
//! Events and deadlines are stamped with it. When the system clock is set back,
//! time stands still here until the system clock has caught up, so that a later
//! event never carries an earlier time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use topmast_model::time::UnixMillis;

/// Source of time for the whole master; one per process.
#[derive(Debug, Default)]
pub struct Clock {
    latest: AtomicI64,
}

impl Clock {
    /// The time now, never earlier than any time given before.
    pub fn now(&self) -> UnixMillis {
        let system = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis());
        let system = i64::try_from(system).unwrap_or(i64::MAX);
        UnixMillis(self.latest.fetch_max(system, Ordering::Relaxed).max(system))
    }

    /// Makes sure that no later time is before `floor`, e.g. the newest event's.
    pub fn not_before(&self, floor: UnixMillis) {
        self.latest.fetch_max(floor.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_stands_still_while_the_system_clock_is_behind() {
        let clock = Clock::default();
        let future = UnixMillis(clock.now().0 + 3_600_000);
        clock.not_before(future);
        assert_eq!(clock.now(), future);
    }
}
