//! Quantiles of histograms whose buckets are series with a label `le`.

use super::column::{Column, is_present};
use super::error::EvalError;
use super::evaluator::Evaluator;
use super::grid::Grid;
use super::labels::{Groups, Projection};
use super::syntax::Call;

/// Upper bound of a bucket, and how many observations were at most that.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    bound: f64,
    count: f64,
}

impl Evaluator<'_> {
    pub(super) fn histogram_quantile(&self, call: &Call, grid: Grid) -> Result<Vec<Column>, EvalError> {
        let part = self.parameter(call, 0, grid)?;
        let columns = self.argument(call, 1, grid)?;
        let projection = Projection::Without(vec!["le".into()]);
        let mut groups = Groups::new(&projection);
        let mut members: Vec<Vec<(f64, &Column)>> = Vec::new();
        for column in &columns {
            // A series whose bound is no number is no bucket.
            let Ok(bound) = column.labels.get("le").parse::<f64>() else { continue };
            let group = groups.insert(&column.labels);
            if group == members.len() {
                members.push(Vec::new());
            }
            if let Some(members) = members.get_mut(group) {
                members.push((bound, column));
            }
        }
        let mut result = Vec::with_capacity(members.len());
        let mut buckets = Vec::new();
        for (first, mut members) in groups.first.iter().zip(members) {
            members.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut values = self.blank(grid.count)?;
            for (step, slot) in values.iter_mut().enumerate() {
                self.charge(members.len())?;
                buckets.clear();
                for (bound, column) in &members {
                    if let Some(&count) = column.values.get(step).filter(|value| is_present(**value)) {
                        buckets.push(Bucket { bound: *bound, count });
                    }
                }
                if !buckets.is_empty() {
                    *slot = quantile(part.at(step), &mut buckets);
                }
            }
            result.push(Column { labels: projection.of(first), values });
        }
        Ok(result)
    }
}

/// The bound below which a part of the observations lies, with those of a bucket spread evenly over it.
///
/// - `buckets`: ascending by bound, at least one.
#[expect(clippy::float_cmp, reason = "bounds are equal when they were written so")]
fn quantile(part: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if part.is_nan() {
        return f64::NAN;
    }
    if part < 0.0 {
        return f64::NEG_INFINITY;
    }
    if part > 1.0 {
        return f64::INFINITY;
    }
    if buckets.last().is_none_or(|last| last.bound != f64::INFINITY) {
        return f64::NAN;
    }
    buckets.dedup_by(|next, kept| {
        let same = next.bound == kept.bound;
        if same {
            kept.count += next.count;
        }
        same
    });
    // Series are not read at one instant, so a bucket may lag behind a smaller one.
    let mut most = f64::NEG_INFINITY;
    for bucket in buckets.iter_mut() {
        if bucket.count > most {
            most = bucket.count;
        } else if bucket.count < most {
            bucket.count = most;
        }
    }
    let [bounded @ .., all] = buckets.as_slice() else { return f64::NAN };
    let Some(highest) = bounded.last() else { return f64::NAN };
    if all.count == 0.0 {
        return f64::NAN;
    }
    let rank = part * all.count;
    let place = bounded.partition_point(|bucket| bucket.count < rank || bucket.count.is_nan());
    let Some(bucket) = bounded.get(place) else { return highest.bound };
    let below = place.checked_sub(1).and_then(|below| bounded.get(below));
    match below {
        None if bucket.bound <= 0.0 => bucket.bound,
        None => bucket.bound * (rank / bucket.count),
        Some(below) => {
            below.bound + (bucket.bound - below.bound) * ((rank - below.count) / (bucket.count - below.count))
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    fn check(part: f64, buckets: &[(f64, f64)], expected: f64) {
        let mut buckets: Vec<_> = buckets.iter().map(|&(bound, count)| Bucket { bound, count }).collect();
        let found = quantile(part, &mut buckets);
        assert!(found == expected || (found.is_nan() && expected.is_nan()), "{found} instead of {expected}");
    }

    #[test]
    fn quantile_interpolates_within_the_bucket() {
        let inf = f64::INFINITY;
        check(0.5, &[(1.0, 10.0), (2.0, 20.0), (inf, 20.0)], 1.0);
        check(0.75, &[(1.0, 10.0), (2.0, 20.0), (inf, 20.0)], 1.5);
        check(0.99, &[(1.0, 10.0), (inf, 20.0)], 1.0);
        check(0.5, &[(-1.0, 10.0), (inf, 10.0)], -1.0);
        check(0.5, &[(1.0, 10.0)], f64::NAN);
        check(0.5, &[(1.0, 0.0), (inf, 0.0)], f64::NAN);
        check(1.5, &[(1.0, 1.0), (inf, 1.0)], inf);
    }

    #[test]
    fn quantile_lifts_buckets_that_lag_behind() {
        check(0.75, &[(1.0, 10.0), (2.0, 8.0), (4.0, 20.0), (f64::INFINITY, 20.0)], 3.0);
    }
}
