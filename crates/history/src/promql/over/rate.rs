//! Counters: how much they grew within a window, as Prometheus extrapolates it.
//!
//! The first and last sample rarely lie on the edges of the window. Their difference is stretched to the
//! edges when they are about as far as samples are apart, and else by half that distance; a counter is
//! not stretched below zero.

use crate::promql::grid::Span;

/// How much farther than the mean distance an edge may be and still count as near.
const NEAR: f64 = 1.1;

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Difference of a gauge.
    Delta,
    /// Growth of a counter.
    Increase,
    /// Growth of a counter a second.
    Rate,
}

/// The windows of one series, asked in ascending order.
pub(super) struct Rate<'a> {
    kind: Kind,
    times: &'a [i64],
    values: &'a [f64],
    range_ms: i64,
    /// Whether growth is stretched to the edges of the window.
    pub(super) stretch: bool,
    /// Places of samples before which the counter began again, ascending.
    resets: Vec<usize>,
    first_reset: usize,
    looked_at: usize,
}

impl<'a> Rate<'a> {
    pub(super) fn new(kind: Kind, times: &'a [i64], values: &'a [f64], range_ms: i64) -> Self {
        let resets = if kind == Kind::Delta { Vec::new() } else { resets(values) };
        Self { kind, times, values, range_ms, stretch: true, resets, first_reset: 0, looked_at: values.len() }
    }

    /// Values looked at so far.
    pub(super) fn work(&self) -> usize {
        self.looked_at
    }

    /// The value of the window over a span of samples that ends at a time; none with fewer than two.
    pub(super) fn at(&mut self, span: Span, end: i64) -> Option<f64> {
        let last_place = span.until.checked_sub(1).filter(|last| *last > span.from)?;
        let (first, last) = (*self.values.get(span.from)?, *self.values.get(last_place)?);
        let (first_time, last_time) = (*self.times.get(span.from)?, *self.times.get(last_place)?);
        let mut grown = last - first;
        if self.kind != Kind::Delta {
            grown += self.lost(span);
        }
        let seconds = |ms: i64| ms as f64 / 1e3;
        let sampled = seconds(last_time - first_time);
        if !self.stretch {
            return Some(if self.kind == Kind::Rate { grown / sampled } else { grown });
        }
        let mut to_start = seconds(first_time - (end - self.range_ms));
        let to_end = seconds(end - last_time);
        let between = sampled / (last_place - span.from) as f64;
        if self.kind != Kind::Delta && grown > 0.0 && first >= 0.0 {
            to_start = to_start.min(sampled * (first / grown));
        }
        let near = between * NEAR;
        let stretched = |edge: f64| if edge < near { edge } else { between / 2.0 };
        let mut factor = (sampled + stretched(to_start) + stretched(to_end)) / sampled;
        if self.kind == Kind::Rate {
            factor /= seconds(self.range_ms);
        }
        Some(grown * factor)
    }

    /// What the counter had reached each time before it began again within a span.
    fn lost(&mut self, span: Span) -> f64 {
        while self.resets.get(self.first_reset).is_some_and(|reset| *reset <= span.from) {
            self.first_reset += 1;
        }
        let within = self.resets.get(self.first_reset..).unwrap_or_default();
        let within = within.iter().take_while(|reset| **reset < span.until);
        let mut lost = 0.0;
        for reset in within {
            self.looked_at += 1;
            lost +=
                reset.checked_sub(1).and_then(|before| self.values.get(before)).copied().unwrap_or_default();
        }
        lost
    }
}

fn resets(values: &[f64]) -> Vec<usize> {
    let pairs = || values.iter().zip(values.iter().skip(1));
    // Most counters never begin again, which is seen without a branch a sample.
    if pairs().map(|(before, after)| u64::from(after < before)).sum::<u64>() == 0 {
        return Vec::new();
    }
    let fell = pairs().enumerate().filter(|(_, (before, after))| after < before);
    fell.map(|(place, _)| place + 1).collect()
}

/// Difference of the last two samples, or its rate a second when they are of a counter.
pub(super) fn last_two(times: &[i64], values: &[f64], counter: bool) -> Option<f64> {
    let (&[.., earlier, later], &[.., before, after]) = (times, values) else { return None };
    let difference = if counter && after < before { after } else { after - before };
    Some(if counter { difference / ((later - earlier) as f64 / 1e3) } else { difference })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_counts_on_over_resets_and_stretches_to_the_edges() {
        let times = [0, 10_000, 20_000, 30_000];
        let values = [0.0, 10.0, 5.0, 15.0];
        let whole = Span { from: 0, until: 4 };
        let at = |kind, end| Rate::new(kind, &times, &values, 30_000).at(whole, end);
        assert_eq!(at(Kind::Increase, 30_000), Some(25.0));
        assert_eq!(at(Kind::Rate, 30_000), Some(25.0 / 30.0));
        assert_eq!(at(Kind::Delta, 30_000), Some(15.0));
        assert_eq!(
            Rate::new(Kind::Rate, &times, &values, 30_000).at(Span { from: 1, until: 2 }, 20_000),
            None
        );
    }

    #[test]
    fn rate_that_is_not_stretched_is_no_less_where_samples_cover_a_part() {
        let (times, values) = ([0, 10_000, 20_000], [0.0, 10.0, 5.0]);
        let at = |kind, until| {
            let mut rate = Rate::new(kind, &times, &values, 60_000);
            rate.stretch = false;
            rate.at(Span { from: 0, until }, 60_000)
        };
        assert_eq!((at(Kind::Rate, 2), at(Kind::Rate, 3)), (Some(1.0), Some(0.75)));
        assert_eq!((at(Kind::Increase, 3), at(Kind::Rate, 1)), (Some(15.0), None));
    }

    #[test]
    fn last_two_needs_two_samples() {
        assert_eq!(last_two(&[0, 1000], &[5.0, 2.0], true), Some(2.0));
        assert_eq!(last_two(&[0, 2000], &[5.0, 2.0], false), Some(-3.0));
        assert_eq!(last_two(&[0], &[5.0], false), None);
    }
}
