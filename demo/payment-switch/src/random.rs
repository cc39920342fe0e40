//! Seeded random numbers: the same seed gives the same day of transactions.
//!
//! `SplitMix64` (Steele, Lea and Flood, 2014): one addition and three mixing steps
//! a number, which is ample for a simulation and needs no outside crate.

use std::f64::consts::TAU;

/// A seeded stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Starts the stream that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `[0, 1)`, evenly spread.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits are what an f64 holds exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A standard normal number (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// A log-normal number with this median; `sigma` is the spread of its logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// How many independent arrivals fall into an interval that expects `mean` of them (Poisson).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded and clamped at zero; the rate's bound keeps it far below 2^32"
    )]
    pub(crate) fn arrivals(&mut self, mean: f64) -> u32 {
        // Knuth's product is exact and cheap for small means; past 30 the normal curve is
        // within a per cent of Poisson and costs the same for any mean.
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u32;
        }
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut arrivals = 0;
        while product > limit {
            product *= self.unit();
            arrivals += 1;
        }
        arrivals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_the_same_numbers_and_another_seed_others() {
        let take = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.next()).collect::<Vec<_>>()
        };
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
    }

    #[test]
    fn distributions_have_the_mean_and_median_asked_for() {
        let mut random = Random::new(1);
        for mean in [0.0, 0.5, 2.0, 29.0, 200.0] {
            let total: u64 = (0..20_000).map(|_| u64::from(random.arrivals(mean))).sum();
            let found = total as f64 / 20_000.0;
            assert!((found - mean).abs() <= 0.05 * mean, "mean {mean}, found {found}");
        }
        let below = (0..20_000).filter(|_| random.log_normal(0.040, 0.5) < 0.040).count();
        assert!((9_700..10_300).contains(&below), "{below} of 20000 below the median");
    }
}
