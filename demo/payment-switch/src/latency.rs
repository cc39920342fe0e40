//! Latencies of the last minute, for quantiles.
//!
//! Invariants
//! - At most [`SAMPLES_MAX`] latencies are kept, whatever the rate, and none older than [`WINDOW_MS`].

use std::collections::VecDeque;

/// Latencies kept of one service: the p99 then still rests on some twenty of them.
const SAMPLES_MAX: usize = 2_048;
/// Age at which a latency no longer counts.
const WINDOW_MS: u64 = 60_000;

/// A sliding window of latencies, and their running totals.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    window: VecDeque<(u64, f32)>,
    sum_s: f64,
}

impl Latencies {
    /// Records a latency of `seconds` at `now` (ms since the Unix epoch).
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a latency are ample")]
    pub(crate) fn record(&mut self, now: u64, seconds: f64) {
        if self.window.len() == SAMPLES_MAX {
            self.window.pop_front();
        }
        self.window.push_back((now, seconds as f32));
        self.sum_s += seconds;
    }

    /// Sum of all latencies since the start, in seconds.
    pub(crate) fn sum_s(&self) -> f64 {
        self.sum_s
    }

    /// Largest latency of the window, in seconds; 0 when it is empty.
    pub(crate) fn max_s(&self, now: u64) -> f64 {
        self.fresh(now).map(f64::from).fold(0.0, f64::max)
    }

    /// The value below which each share of the window lies, in seconds.
    /// Empty while the window is: a quantile of nothing is not zero.
    pub(crate) fn quantiles<const N: usize>(&self, now: u64, shares: [f64; N]) -> Option<[f64; N]> {
        let mut sorted: Vec<f32> = self.fresh(now).collect();
        sorted.sort_by(f32::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        Some(shares.map(|share| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of an index below 2048"
            )]
            let index = (share * last as f64).round() as usize;
            sorted.get(index.min(last)).copied().map_or(0.0, f64::from)
        }))
    }

    fn fresh(&self, now: u64) -> impl Iterator<Item = f32> {
        let oldest = now.saturating_sub(WINDOW_MS);
        self.window.iter().filter(move |(at, _)| *at >= oldest).map(|(_, seconds)| *seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_cover_the_window_and_forget_what_is_old() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantiles(0, [0.5]), None);
        for n in 1..=101_u32 {
            latencies.record(1_000, f64::from(n));
        }
        assert_eq!(latencies.quantiles(1_000, [0.0, 0.5, 0.95, 1.0]), Some([1.0, 51.0, 96.0, 101.0]));
        assert_eq!(latencies.max_s(1_000).to_bits(), 101.0_f64.to_bits());
        assert_eq!(latencies.quantiles(1_001 + WINDOW_MS, [0.5]), None);
    }

    #[test]
    fn memory_stays_bounded() {
        let mut latencies = Latencies::default();
        for n in 0..10 * SAMPLES_MAX as u64 {
            latencies.record(n, 1.0);
        }
        assert_eq!(latencies.window.len(), SAMPLES_MAX);
        assert!((latencies.sum_s() - 10.0 * SAMPLES_MAX as f64).abs() < 1e-6, "the sum covers all of them");
    }
}
