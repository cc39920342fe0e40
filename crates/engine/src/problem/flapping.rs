//! Flapping: a problem that comes and goes, found with two bounds so that it does not come and go itself.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use topmast_model::time::UnixMillis;

/// How far back changes count.
pub const FLAPPING_WINDOW: Duration = Duration::from_mins(10);
/// Changes within the window with which it starts: come and gone three times.
pub const FLAPPING_STARTS: usize = 6;
/// Changes within the window with which it ends: come and gone once.
pub const FLAPPING_ENDS: usize = 2;

/// The last changes between firing and ok; at most [`FLAPPING_STARTS`], for more tell nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Changes(Vec<UnixMillis>);

impl Changes {
    pub(crate) fn add(&mut self, at: UnixMillis) {
        // A clock that was set back leaves no change in the future, which would count for ever.
        self.0.retain(|change| *change <= at && is_recent(*change, at));
        if self.0.len() >= FLAPPING_STARTS {
            self.0.remove(0);
        }
        self.0.push(at);
    }

    /// Changes that count at `now`.
    pub(crate) fn count(&self, now: UnixMillis) -> usize {
        self.0.iter().filter(|change| is_recent(**change, now)).count()
    }

    /// When so few count that it is over.
    pub(crate) fn ends_at(&self) -> UnixMillis {
        let last_to_go = self.0.len().checked_sub(FLAPPING_ENDS + 1).and_then(|index| self.0.get(index));
        last_to_go.map_or(UnixMillis(i64::MIN), |change| change.plus(FLAPPING_WINDOW))
    }

    /// True when no change counts any more.
    pub(crate) fn is_over(&self, now: UnixMillis) -> bool {
        self.count(now) == 0
    }
}

/// A change after `now`, as before a clock was set back, counts as one just now.
fn is_recent(change: UnixMillis, now: UnixMillis) -> bool {
    change.plus(FLAPPING_WINDOW) > now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_count_for_a_window_and_end_at_the_lower_bound() {
        let mut changes = Changes::default();
        let minute = |number: i64| UnixMillis(number * 60_000);
        for number in 0..20 {
            changes.add(minute(number));
        }
        assert_eq!(changes.0.len(), FLAPPING_STARTS);
        assert_eq!(changes.count(minute(19)), FLAPPING_STARTS);
        // Those of minutes 14 to 19 are kept; with that of 17 gone two are left.
        assert_eq!(changes.ends_at(), minute(27));
        assert_eq!((changes.count(minute(26)), changes.count(minute(27))), (3, FLAPPING_ENDS));
        assert!(!changes.is_over(minute(28)) && changes.is_over(minute(29)));
        changes.add(minute(2));
        assert_eq!(changes.count(minute(2)), 1, "what lies ahead is forgotten");
    }
}
