//! Sums, means, spreads and quantiles of the values of a window, none of which is empty.
//!
//! Sums carry the part that rounding lost (Neumaier), as in Prometheus, so that long windows stay exact.

/// A sum and what rounding has lost of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(super) fn add(&mut self, value: f64) {
        let next = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { (self.sum - next) + value } else { (value - next) + self.sum };
        self.sum = next;
    }

    pub(super) fn value(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.lost }
    }

    /// The value even where the sum is infinite, which is then no number.
    pub(super) fn strict(self) -> f64 {
        self.sum + self.lost
    }
}

pub(super) fn sum(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    for value in values {
        sum.add(*value);
    }
    sum.value()
}

/// Mean; where the sum would overflow it is built up step by step, which takes a division each.
pub(super) fn average(values: &[f64]) -> f64 {
    let sum = sum(values);
    if sum.is_finite() {
        return sum / values.len() as f64;
    }
    let mut mean = Sum::default();
    let mut count = 0.0;
    for &value in values {
        count += 1.0;
        if mean.sum.is_infinite() {
            let same = value.is_infinite() && (mean.sum > 0.0) == (value > 0.0);
            if same || value.is_finite() {
                continue;
            }
        }
        mean.add(value / count - mean.sum / count);
    }
    mean.value()
}

/// Mean square of the distances from the mean.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mut mean = Sum::default();
    let mut squares = Sum::default();
    let mut count = 0.0;
    for &value in values {
        count += 1.0;
        let distance = value - mean.strict();
        mean.add(distance / count);
        squares.add(distance * (value - mean.strict()));
    }
    squares.strict() / count
}

/// The value below which a part of the values lies, interpolated; sorts them, what is no number first.
pub(in crate::promql) fn quantile(part: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || part.is_nan() {
        return f64::NAN;
    }
    if part < 0.0 {
        return f64::NEG_INFINITY;
    }
    if part > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|a, b| {
        b.is_nan().cmp(&a.is_nan()).then(a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal))
    });
    let rank = part * (values.len() - 1) as f64;
    let weight = rank - rank.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part between 0 and 1 of a length that fits"
    )]
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    at(lower) * (1.0 - weight) + at(upper) * weight
}

/// Median of the distances from the median.
pub(super) fn median_deviation(values: &[f64]) -> f64 {
    let median = quantile(0.5, &mut values.to_vec());
    let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    quantile(0.5, &mut distances)
}

/// How often a value differs from the one before it.
#[expect(clippy::float_cmp, reason = "any difference is a change")]
pub(super) fn changes(values: &[f64]) -> f64 {
    pairs(values, |before, after| after != before && !(after.is_nan() && before.is_nan()))
}

/// How often a value is lower than the one before it.
pub(super) fn resets(values: &[f64]) -> f64 {
    pairs(values, |before, after| after < before)
}

fn pairs(values: &[f64], counts: impl Fn(f64, f64) -> bool) -> f64 {
    values.windows(2).filter(|pair| matches!(pair, [before, after] if counts(*before, *after))).count() as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn sum_and_average_keep_what_rounding_loses() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert_eq!(average(&[f64::MAX, f64::MAX]), f64::MAX);
        assert!(average(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert_eq!(variance(&[1.0, 2.0, 3.0, 4.0]), 1.25);
    }

    #[test]
    fn quantile_interpolates_and_puts_what_is_no_number_first() {
        assert_eq!(quantile(0.5, &mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(1.0, &mut [f64::NAN, 7.0]), 7.0);
        assert_eq!(quantile(2.0, &mut [1.0]), f64::INFINITY);
        assert!(quantile(f64::NAN, &mut [1.0]).is_nan());
        assert_eq!(median_deviation(&[4.0, 6.0, 2.0, 1.0, 999.0, 1.0, 2.0]), 1.0);
    }
}
