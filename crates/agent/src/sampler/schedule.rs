//! When a part of the host is due, and saying once that it cannot be read.

use std::time::Duration;

/// One part's schedule.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// Time between two readings; none for every tick.
    pub(crate) period: Duration,
    /// When it is due, in time since the sampler began; the wall clock may jump.
    due: Duration,
    /// True while it cannot be read, so that it is said once.
    failing: bool,
}

impl Schedule {
    /// Due at once, and then every `period`.
    pub(crate) const fn every(period: Duration) -> Self {
        Self { period, due: Duration::ZERO, failing: false }
    }

    /// True when it is to be read now; then it is due again a period later.
    pub(crate) fn is_due(&mut self, since: Duration) -> bool {
        if self.due > since {
            return false;
        }
        self.due = since + self.period;
        true
    }

    /// Says an error once, and its end once.
    pub(crate) fn note(&mut self, collector: &str, read: Result<(), String>) {
        match (read, self.failing) {
            (Err(error), false) => {
                self.failing = true;
                tracing::warn!(collector, error, "a part of the host cannot be read");
            }
            (Ok(()), true) => {
                self.failing = false;
                tracing::info!(collector, "the host can be read again");
            }
            _ => {}
        }
    }
}
