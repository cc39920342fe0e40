//! When the next tick is, and what time it carries: points of the wall clock's grid.
//!
//! All servers tick at the same moments, so that their series line up. The clock is an input: it may jump.
//!
//! Invariants
//! - G-1: a tick's time is a multiple of the interval, and never the time of the tick before.
//! - G-2: after a jump of the clock, forward or back, the very next tick is on the new grid.

use std::time::Duration;
use topmast_model::time::UnixMillis;

/// Plans ticks one after the other.
#[derive(Debug)]
pub(crate) struct Grid {
    interval_ms: i64,
    last: Option<i64>,
}

/// A tick to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planned {
    /// How long to wait for it, on the monotonic clock.
    pub(crate) wait: Duration,
    at: i64,
}

/// A tick that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// The time it carries.
    pub(crate) time: UnixMillis,
    /// Ticks that were left out before it.
    pub(crate) missed: u64,
}

impl Grid {
    /// - `interval`: at least a millisecond.
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval_ms: i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1), last: None }
    }

    /// The next point of the grid after `now`, and not the one of the last tick: a clock that is slewed
    /// reaches a point a little before or after the timer does.
    pub(crate) fn plan(&self, now: UnixMillis) -> Planned {
        let mut at = self.point_before(now).saturating_add(self.interval_ms);
        if self.last == Some(at) {
            at = at.saturating_add(self.interval_ms);
        }
        let wait = Duration::from_millis(u64::try_from(at.saturating_sub(now.0)).unwrap_or(0));
        Planned { wait, at }
    }

    /// The wait is over and the wall clock shows `now`. `None`: the clock was set to the last tick's own
    /// point, so plan again.
    pub(crate) fn arrive(&mut self, planned: Planned, now: UnixMillis) -> Option<Due> {
        // Half an interval of lateness is a busy machine; more is another point of the grid, or a jump.
        let on_time = planned.at.abs_diff(now.0) <= self.interval_ms.unsigned_abs() / 2;
        let at = if on_time { planned.at } else { self.point_before(now) };
        if self.last == Some(at) {
            return None;
        }
        let steps = self.last.map_or(1, |last| at.saturating_sub(last) / self.interval_ms);
        self.last = Some(at);
        Some(Due { time: UnixMillis(at), missed: u64::try_from(steps - 1).unwrap_or(0) })
    }

    fn point_before(&self, now: UnixMillis) -> i64 {
        now.0.div_euclid(self.interval_ms).saturating_mul(self.interval_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn second() -> Grid {
        Grid::new(Duration::from_secs(1))
    }

    /// Plans at `now`, arrives when the clock shows `then`.
    fn step(grid: &mut Grid, now: i64, then: i64) -> (u64, Option<(i64, u64)>) {
        let planned = grid.plan(UnixMillis(now));
        let due = grid.arrive(planned, UnixMillis(then)).map(|due| (due.time.0, due.missed));
        (u64::try_from(planned.wait.as_millis()).unwrap(), due)
    }

    #[test]
    fn ticks_are_whole_seconds() {
        let mut grid = second();
        assert_eq!(step(&mut grid, 10_300, 11_004), (700, Some((11_000, 0))));
        assert_eq!(step(&mut grid, 11_010, 12_001), (990, Some((12_000, 0))));
    }

    #[test]
    fn slewed_clock_neither_repeats_nor_skips_a_tick() {
        // G-1
        let mut grid = second();
        assert_eq!(step(&mut grid, 10_300, 10_999).1, Some((11_000, 0)));
        assert_eq!(step(&mut grid, 10_999, 12_000), (1_001, Some((12_000, 0))));
    }

    #[test]
    fn jumps_continue_on_the_new_grid_at_once() {
        // G-2
        let mut grid = second();
        assert_eq!(step(&mut grid, 10_300, 11_000).1, Some((11_000, 0)));
        assert_eq!(step(&mut grid, 11_000, 3_611_700).1, Some((3_611_000, 3_599)));
        assert_eq!(step(&mut grid, 3_611_700, 5_200).1, Some((5_000, 0)));
        assert_eq!(step(&mut grid, 5_200, 6_000).1, Some((6_000, 0)));
    }

    #[test]
    fn late_ticks_are_counted_as_missed() {
        let mut grid = second();
        step(&mut grid, 10_300, 11_000);
        assert_eq!(step(&mut grid, 11_000, 14_200).1, Some((14_000, 2)));
    }

    proptest! {
        #[test]
        fn no_two_ticks_carry_the_same_time(clock in prop::collection::vec(-100_000_i64..100_000, 2..50)) {
            let mut grid = Grid::new(Duration::from_millis(700));
            let mut last = None;
            for pair in clock.windows(2) {
                let planned = grid.plan(UnixMillis(pair[0]));
                if let Some(due) = grid.arrive(planned, UnixMillis(pair[1])) {
                    prop_assert_eq!(due.time.0.rem_euclid(700), 0);
                    prop_assert_ne!(Some(due.time), last);
                    last = Some(due.time);
                }
            }
        }
    }
}
