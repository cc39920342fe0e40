//! Time as data: the pure crates take it as an input and never ask a clock.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The time `later` minus `self`; zero when `later` is the earlier one, as after a clock was set back.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// This time moved forward by `span`; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_of_an_earlier_time_is_zero() {
        assert_eq!(UnixMillis(5_000).until(UnixMillis(2_000)), Duration::ZERO);
        assert_eq!(UnixMillis(2_000).until(UnixMillis(5_000)), Duration::from_secs(3));
    }

    #[test]
    fn plus_stops_at_the_end_of_time() {
        assert_eq!(UnixMillis(i64::MAX - 1).plus(Duration::MAX), UnixMillis(i64::MAX));
    }
}
