//! The age of a server's data, although its clock may be wrong.
//!
//! A tick carries the server's own time. How far that clock is from ours is not
//! known, but the smallest difference between a tick's arrival and its time, over
//! the last minute, is the offset plus the shortest transport: everything beyond
//! it is age. So data replayed from a spool is old, however fast it arrives, and a
//! wrong clock makes nothing look stale. A clock that is set back is believed at once:
//! on one connection time runs backwards for no other reason. Set back while the
//! agent was not connected, it is believed within a minute.

use std::time::{Duration, Instant};
use topmast_model::time::UnixMillis;

/// How long a smallest difference counts: one to two such spans.
const SPAN: Duration = Duration::from_secs(30);

/// Arrival of a server's ticks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Freshness {
    newest: Option<Tick>,
    span_began: Option<Instant>,
    smallest: Option<i64>,
    smallest_before: Option<i64>,
    /// True on a new connection until it brings something newer: what was under way when the old one
    /// broke comes again.
    repeating: bool,
}

#[derive(Debug, Clone, Copy)]
struct Tick {
    time: UnixMillis,
    arrived: Instant,
    arrived_at: UnixMillis,
}

impl Freshness {
    /// A new connection begins.
    pub(crate) fn connected(&mut self) {
        self.repeating = true;
    }

    /// A tick of the server's time `time` arrived at `arrived`, which is `arrived_at` by our clock.
    pub(crate) fn tick(&mut self, time: UnixMillis, arrived: Instant, arrived_at: UnixMillis) {
        let difference = arrived_at.0.saturating_sub(time.0);
        let is_newer = self.newest.is_none_or(|newest| time > newest.time);
        if is_newer {
            self.repeating = false;
        } else if !self.repeating {
            (self.smallest, self.smallest_before) = (None, None);
        }
        match self.span_began {
            Some(began) if arrived.saturating_duration_since(began) < SPAN => {
                self.smallest = Some(self.smallest.map_or(difference, |smallest| smallest.min(difference)));
            }
            _ => {
                self.span_began = Some(arrived);
                self.smallest_before = self.smallest.replace(difference);
            }
        }
        self.newest = Some(Tick { time, arrived, arrived_at });
    }

    /// Age of the newest tick; `None` before the first.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        let newest = self.newest?;
        let offset = self.smallest.into_iter().chain(self.smallest_before).min().unwrap_or(0);
        let late = newest.arrived_at.0.saturating_sub(newest.time.0).saturating_sub(offset);
        let late = Duration::from_millis(u64::try_from(late).unwrap_or(0));
        Some(late + now.saturating_duration_since(newest.arrived))
    }

    /// The newest tick, in the server's time.
    pub(crate) fn newest(&self) -> Option<UnixMillis> {
        self.newest.map(|tick| tick.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn second(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// Feeds ticks (server's time, our time), both in seconds after NOW; gives the age at `at`.
    fn age(ticks: &[(i64, u64)], at: u64) -> Option<Duration> {
        let (mut freshness, start) = (Freshness::default(), Instant::now());
        for (time, arrival) in ticks {
            let arrived_at = UnixMillis(NOW + i64::try_from(*arrival).unwrap() * 1_000);
            freshness.tick(UnixMillis(NOW + time * 1_000), start + second(*arrival), arrived_at);
        }
        freshness.age(start + second(at))
    }

    #[test]
    fn age_grows_from_the_last_arrival() {
        assert_eq!(age(&[], 0), None);
        assert_eq!(age(&[(0, 0), (1, 1)], 4), Some(second(3)));
    }

    #[test]
    fn wrong_clock_does_not_make_data_old() {
        assert_eq!(age(&[(3_600, 0), (3_601, 1)], 1), Some(second(0)));
        assert_eq!(age(&[(-3_600, 0), (-3_599, 1)], 1), Some(second(0)));
    }

    #[test]
    fn replayed_ticks_are_as_old_as_they_are() {
        assert_eq!(age(&[(0, 0), (1, 20), (2, 20), (3, 20)], 20), Some(second(17)));
    }

    #[test]
    fn clock_set_forward_and_back_is_believed_at_once() {
        assert_eq!(age(&[(0, 0), (3_601, 1), (3_602, 2)], 2), Some(second(0)));
        assert_eq!(age(&[(0, 0), (3_601, 1), (2, 2), (3, 3)], 3), Some(second(0)));
    }

    #[test]
    fn clock_set_back_between_two_connections_is_believed_after_a_minute() {
        let (mut freshness, start) = (Freshness::default(), Instant::now());
        let mut age_at = |time: i64, arrival: u64| {
            let arrived_at = UnixMillis(NOW + i64::try_from(arrival).unwrap() * 1_000);
            freshness.tick(UnixMillis(NOW + time * 1_000), start + second(arrival), arrived_at);
            let age = freshness.age(start + second(arrival));
            freshness.connected();
            age
        };
        assert_eq!(age_at(3_600, 0), Some(second(0)));
        assert_eq!(age_at(1, 1), Some(second(3_600)));
        for second in 2..70_u32 {
            age_at(i64::from(second), u64::from(second));
        }
        assert_eq!(age_at(70, 70), Some(second(0)));
    }
}
