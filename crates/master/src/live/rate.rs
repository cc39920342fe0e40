//! Rates from counters over a short window.

use std::collections::VecDeque;

/// A counter's recent values, from which its rate is derived.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    window_ms: i64,
    points: VecDeque<(i64, f64)>,
}

impl Rate {
    /// A rate over about `window_ms` milliseconds, and over two points at least.
    pub(crate) fn over(window_ms: i64) -> Self {
        Self { window_ms, points: VecDeque::with_capacity(4) }
    }

    /// Adds the counter's value at a time.
    ///
    /// A smaller value than before means that its source restarted, and an earlier
    /// time that the server's clock was set back: both begin a new window.
    pub(crate) fn push(&mut self, time_ms: i64, value: f64) {
        if let Some(&(last_time, last_value)) = self.points.back() {
            if time_ms == last_time {
                self.points.pop_back();
            } else if time_ms < last_time || value < last_value {
                self.points.clear();
            }
        }
        self.points.push_back((time_ms, value));
        // The oldest point goes once the second oldest covers the window alone.
        while self.points.len() > 2 && time_ms - self.points[1].0 >= self.window_ms {
            self.points.pop_front();
        }
    }

    /// Growth per second over the window; `None` with fewer than two points.
    pub(crate) fn per_second(&self) -> Option<f64> {
        let (&(first_time, first), &(last_time, last)) = (self.points.front()?, self.points.back()?);
        (last_time > first_time).then(|| (last - first) * 1_000.0 / (last_time - first_time) as f64)
    }

    /// Growth over the window; `None` with fewer than two points.
    pub(crate) fn growth(&self) -> Option<f64> {
        (self.points.len() > 1).then(|| self.points[self.points.len() - 1].1 - self.points[0].1)
    }

    /// Forgets everything, as when the series ended.
    pub(crate) fn clear(&mut self) {
        self.points.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(window_ms: i64, points: &[(i64, f64)]) -> Option<f64> {
        let mut rate = Rate::over(window_ms);
        for (time, value) in points {
            rate.push(*time, *value);
        }
        rate.per_second()
    }

    #[test]
    fn one_point_has_no_rate() {
        assert_eq!(rate(5_000, &[(0, 7.0)]), None);
    }

    #[test]
    fn rate_is_over_the_window_only() {
        let points: Vec<(i64, f64)> =
            (0..20).map(|second| (second * 1_000, (second * second) as f64)).collect();
        // From 14 s (196) to 19 s (361): 165 in 5 s.
        assert_eq!(rate(5_000, &points), Some(33.0));
    }

    #[test]
    fn restart_of_the_source_or_a_clock_set_back_begins_anew() {
        assert_eq!(rate(5_000, &[(0, 100.0), (1_000, 110.0), (2_000, 3.0)]), None);
        assert_eq!(rate(5_000, &[(0, 100.0), (1_000, 110.0), (2_000, 3.0), (3_000, 5.0)]), Some(2.0));
        assert_eq!(rate(5_000, &[(9_000, 1.0), (1_000, 2.0), (2_000, 4.0)]), Some(2.0));
    }

    #[test]
    fn sparse_points_still_give_a_rate() {
        assert_eq!(rate(5_000, &[(0, 0.0), (60_000, 600.0)]), Some(10.0));
    }
}
