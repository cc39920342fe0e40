//! The largest or smallest value of windows that slide over one series, each sample looked at once.
//!
//! Of the samples that the window has seen, only those are kept that can still become the extreme: each is better than
//! all behind it. What is no number counts only where there is nothing else.

use crate::promql::grid::Span;
use std::collections::VecDeque;

/// The windows of one series, asked in ascending order.
pub(super) struct Extreme<'a> {
    values: &'a [f64],
    largest: bool,
    /// Places of samples, ascending, their values falling (or rising, for the smallest).
    candidates: VecDeque<usize>,
    seen: usize,
}

impl<'a> Extreme<'a> {
    pub(super) fn new(values: &'a [f64], largest: bool) -> Self {
        Self { values, largest, candidates: VecDeque::new(), seen: 0 }
    }

    /// The extreme of a span of samples; none when it is empty.
    pub(super) fn at(&mut self, span: Span) -> Option<f64> {
        if span.from >= span.until {
            return None;
        }
        self.seen = self.seen.max(span.from);
        while self.seen < span.until {
            let value = self.value(self.seen);
            if !value.is_nan() {
                while self.candidates.back().is_some_and(|last| !self.is_better(*last, value)) {
                    self.candidates.pop_back();
                }
                self.candidates.push_back(self.seen);
            }
            self.seen += 1;
        }
        while self.candidates.front().is_some_and(|first| *first < span.from) {
            self.candidates.pop_front();
        }
        Some(self.candidates.front().map_or(f64::NAN, |first| self.value(*first)))
    }

    fn value(&self, place: usize) -> f64 {
        self.values.get(place).copied().unwrap_or(f64::NAN)
    }

    fn is_better(&self, place: usize, value: f64) -> bool {
        if self.largest { self.value(place) > value } else { self.value(place) < value }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are samples")]
mod tests {
    use super::*;

    #[test]
    fn extremes_equal_what_a_scan_finds() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..200 {
            let value = |random: &mut fastrand::Rng| {
                if random.u8(0..6) == 0 { f64::NAN } else { f64::from(random.u8(0..9)) }
            };
            let values: Vec<f64> = (0..60).map(|_| value(&mut random)).collect();
            let (length, step) = (random.usize(1..20), random.usize(1..8));
            let (mut max, mut min) = (Extreme::new(&values, true), Extreme::new(&values, false));
            for until in (0..values.len()).step_by(step) {
                let span = Span { from: until.saturating_sub(length), until };
                let seen = &values[span.from..span.until];
                let same = |found: Option<f64>, expected: f64| match found {
                    None => seen.is_empty(),
                    Some(found) => found == expected || (found.is_nan() && expected.is_nan()),
                };
                assert!(same(max.at(span), seen.iter().copied().fold(f64::NAN, f64::max)), "{seen:?}");
                assert!(same(min.at(span), seen.iter().copied().fold(f64::NAN, f64::min)), "{seen:?}");
            }
        }
    }
}
