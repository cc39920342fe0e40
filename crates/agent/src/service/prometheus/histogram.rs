//! Cumulative buckets of a latency histogram, and quantiles between two readings of them.

/// Most buckets kept; client libraries make 10 to 70.
const BUCKETS_MAX: usize = 256;

/// Buckets by upper bound; counts are cumulative, as the format has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram {
    /// Ascending by bound; the last bound is usually infinite.
    buckets: Vec<(f64, f64)>,
}

impl Histogram {
    /// Adds a bucket's count to what is there for the same bound: several series make one histogram.
    pub(super) fn add(&mut self, bound: f64, count: f64) {
        if bound.is_nan() || !count.is_finite() {
            return;
        }
        match self.buckets.binary_search_by(|(known, _)| known.total_cmp(&bound)) {
            Ok(index) => self.buckets[index].1 += count,
            Err(index) if self.buckets.len() < BUCKETS_MAX => self.buckets.insert(index, (bound, count)),
            Err(_) => {}
        }
    }

    fn at(&self, bound: f64) -> f64 {
        self.buckets
            .binary_search_by(|(known, _)| known.total_cmp(&bound))
            .map_or(0.0, |index| self.buckets[index].1)
    }

    /// The quantile of what was observed since `earlier`, linear inside a bucket as Prometheus does it.
    ///
    /// `None` when nothing was observed in between. After a restart of the source the counts are lower than
    /// before; then everything counted since the restart is taken. In the infinite bucket the answer is its lower bound.
    pub(super) fn quantile_since(&self, earlier: &Self, quantile: f64) -> Option<f64> {
        let restarted = self.buckets.iter().any(|(bound, count)| *count < earlier.at(*bound));
        let fresh = |bound: f64, count: f64| if restarted { count } else { count - earlier.at(bound) };
        let (last_bound, last_count) = *self.buckets.last()?;
        let total = fresh(last_bound, last_count);
        if total <= 0.0 {
            return None;
        }
        let rank = quantile * total;
        let (mut lower, mut below) = (0.0, 0.0);
        for (bound, count) in &self.buckets {
            let upto = fresh(*bound, *count);
            if upto >= rank && upto > below {
                if bound.is_infinite() {
                    return Some(lower);
                }
                return Some(lower + (bound - lower) * (rank - below) / (upto - below));
            }
            (lower, below) = (*bound, upto);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(buckets: &[(f64, f64)]) -> Histogram {
        let mut histogram = Histogram::default();
        for (bound, count) in buckets {
            histogram.add(*bound, *count);
        }
        histogram
    }

    #[test]
    fn quantile_is_of_what_came_since_the_earlier_reading() {
        let earlier = histogram(&[(0.1, 1000.0), (0.5, 1000.0), (f64::INFINITY, 1000.0)]);
        let later = histogram(&[(f64::INFINITY, 1010.0), (0.1, 1000.0), (0.5, 1010.0)]);
        // All ten new ones are between 0.1 and 0.5: the median is in their middle.
        let median = later.quantile_since(&earlier, 0.5).unwrap();
        assert!((median - 0.3).abs() < 1e-12, "{median}");
        assert_eq!(later.quantile_since(&later, 0.5), None);
    }

    #[test]
    fn quantile_after_a_restart_counts_from_zero() {
        let earlier = histogram(&[(0.1, 1000.0), (f64::INFINITY, 1000.0)]);
        let later = histogram(&[(0.1, 4.0), (f64::INFINITY, 4.0)]);
        assert_eq!(later.quantile_since(&earlier, 0.5), Some(0.05));
    }

    #[test]
    fn quantile_in_the_infinite_bucket_is_its_lower_bound() {
        let later = histogram(&[(0.1, 1.0), (f64::INFINITY, 100.0)]);
        assert_eq!(later.quantile_since(&Histogram::default(), 0.99), Some(0.1));
        assert_eq!(Histogram::default().quantile_since(&later, 0.5), None);
    }

    #[test]
    fn buckets_beyond_the_bound_are_dropped() {
        let mut histogram = Histogram::default();
        for number in 0..10_000 {
            histogram.add(f64::from(number), 1.0);
        }
        assert_eq!(histogram.buckets.len(), BUCKETS_MAX);
    }
}
