//! What is kept of the values of a metric in a span of time: their count, sum, extremes and how they are spread.
//!
//! Invariants
//! - SU-1: adding summaries in any order gives the same count, sum, minimum and maximum (sums to rounding), and the same
//!   spread while it has at most [`SPREAD_MAX`] values.
//! - SU-2: a spread is whole or absent: percentiles are of all values or there are none.

/// Most distinct values that are kept as they are; beyond, neighbours share one.
pub const SPREAD_MAX: usize = 512;

/// Values with how often each came, ascending.
pub type Spread = Vec<(f64, f64)>;

/// A summary of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// How many values.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
    /// The values themselves; `None` when only their statistics were told.
    pub spread: Option<Spread>,
}

impl Summary {
    /// Of values with how often each came; empty when there are none.
    pub fn of_values(values: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut spread: Spread = values.into_iter().filter(|(_, count)| *count > 0.0).collect();
        spread.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        spread.dedup_by(|later, kept| {
            let same = later.0.total_cmp(&kept.0).is_eq();
            if same {
                kept.1 += later.1;
            }
            same
        });
        thin(&mut spread);
        Self {
            count: spread.iter().map(|(_, count)| count).sum(),
            sum: spread.iter().map(|(value, count)| value * count).sum(),
            minimum: spread.first().map_or(0.0, |(value, _)| *value),
            maximum: spread.last().map_or(0.0, |(value, _)| *value),
            spread: Some(spread),
        }
    }

    /// Of statistics alone. All values are known when there is one, or when all are the same.
    pub fn of_statistics(count: f64, sum: f64, minimum: f64, maximum: f64) -> Self {
        let is_one = count > 0.0 && minimum.total_cmp(&maximum).is_eq() && is_near(sum, minimum * count);
        let spread = is_one.then(|| vec![(minimum, count)]);
        Self { count, sum, minimum, maximum, spread }
    }

    /// Adds the values of another one.
    pub fn add(&mut self, other: &Self) {
        if other.count <= 0.0 {
            return;
        }
        if self.count <= 0.0 {
            self.clone_from(other);
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.spread = match (self.spread.take(), &other.spread) {
            (Some(mine), Some(others)) => {
                Self::of_values(mine.into_iter().chain(others.iter().copied())).spread
            }
            _ => None,
        };
    }
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
}

/// Joins the values that are nearest to each other, relative to their size, until there are few enough.
fn thin(spread: &mut Spread) {
    if spread.len() <= SPREAD_MAX {
        return;
    }
    // Values within a step of each other become one, at their mean; the step doubles until they are few enough.
    let mut step = 1e-6;
    while spread.len() > SPREAD_MAX {
        spread.dedup_by(|later, kept| {
            let is_close = later.0 - kept.0 <= step * kept.0.abs().max(later.0.abs());
            if is_close {
                let count = kept.1 + later.1;
                *kept = ((kept.0 * kept.1 + later.0 * later.1) / count, count);
            }
            is_close
        });
        step *= 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn statistics_alone_have_a_spread_when_all_values_are_the_same() {
        assert_eq!(Summary::of_statistics(3.0, 6.0, 2.0, 2.0).spread, Some(vec![(2.0, 3.0)]));
        assert_eq!(Summary::of_statistics(3.0, 6.0, 1.0, 3.0).spread, None);
        let mut mixed = Summary::of_values([(1.0, 1.0)]);
        mixed.add(&Summary::of_statistics(3.0, 6.0, 1.0, 3.0));
        assert_eq!((mixed.count, mixed.sum, mixed.spread), (4.0, 7.0, None));
    }

    #[test]
    fn very_many_values_stay_few_and_near() {
        let summary = Summary::of_values((1..=100_000).map(|value| (f64::from(value), 1.0)));
        let spread = summary.spread.unwrap();
        assert!(spread.len() <= SPREAD_MAX, "{}", spread.len());
        assert!(is_near(spread.iter().map(|(_, count)| count).sum(), 100_000.0));
        let signed = Summary::of_values((-50_000..50_000).map(|value| (f64::from(value), 1.0)));
        assert!(signed.spread.unwrap().len() <= SPREAD_MAX);
    }

    proptest! {
        #[test]
        fn adding_in_any_order_is_the_same(values in prop::collection::vec((-100_i32..100, 1_u8..5), 1..40), at in 0_usize..40) {
            let values: Vec<(f64, f64)> = values.into_iter().map(|(value, count)| (f64::from(value), f64::from(count))).collect();
            let whole = Summary::of_values(values.iter().copied());
            let (one, other) = values.split_at(at.min(values.len()));
            let (one, other) = (Summary::of_values(one.iter().copied()), Summary::of_values(other.iter().copied()));
            for (first, second) in [(&one, &other), (&other, &one)] {
                let mut sum = first.clone();
                sum.add(second);
                prop_assert_eq!(&sum, &whole);
            }
        }
    }
}
