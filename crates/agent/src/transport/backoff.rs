//! Waits between attempts: doubling, bounded, and different for each agent.

use std::time::Duration;

/// First wait after a connection was lost.
const FIRST: Duration = Duration::from_millis(500);
/// Longest wait: a master that is back is found within half a minute.
const LONGEST: Duration = Duration::from_secs(30);

/// The waits of one master's link.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait: between half and the whole of the doubled one, so that a fleet does not come back at once.
    pub(super) fn next(&mut self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        doubled / 2 + spread(doubled / 2)
    }

    /// The master answered: begin with short waits again.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A random span up to `most`.
pub(super) fn spread(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::default();
        for failure in 0..100 {
            let full = FIRST.saturating_mul(1 << failure.min(16)).min(LONGEST);
            let wait = backoff.next();
            assert!(wait >= full / 2 && wait <= full, "{failure}: {wait:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
