//! Spans of time in which `CloudWatch` adds values up: periods, anchored at a start that is floored by its age.

use crate::summary::Summary;

const DAY: i64 = 86_400;

/// The start as `CloudWatch` takes it, in seconds: the older, the coarser; high resolutions to their own grid.
pub fn floored_start(start: i64, period: i64, now: i64) -> i64 {
    let grid = match now - start {
        age if age < 15 * DAY && period < 60 => period.max(1),
        age if age < 15 * DAY => 60,
        age if age <= 63 * DAY => 300,
        _ => 3_600,
    };
    start.div_euclid(grid) * grid
}

/// True for a period that `CloudWatch` knows.
pub fn is_period(period: i64) -> bool {
    matches!(period, 1 | 5 | 10 | 20 | 30) || (period > 0 && period % 60 == 0)
}

/// Adds summaries up by periods from `start` on: the beginning of each period that has any, ascending.
///
/// `points`: seconds and summaries, ascending, none before `start`.
pub fn by_period<'a>(
    points: impl IntoIterator<Item = (i64, &'a Summary)>,
    start: i64,
    period: i64,
) -> Vec<(i64, Summary)> {
    let mut spans: Vec<(i64, Summary)> = Vec::new();
    for (second, summary) in points {
        let begin = start + (second - start).div_euclid(period.max(1)) * period.max(1);
        match spans.last_mut() {
            Some((last, sum)) if *last == begin => sum.add(summary),
            _ => spans.push((begin, summary.clone())),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_coarser_the_older_it_is() {
        let now = 100 * DAY;
        for (start, period, expected) in [
            (now - 67, 60, now - 120),
            (now - 67, 1, now - 67),
            (now - 67, 30, now - 90),
            (now - 20 * DAY - 1, 60, now - 20 * DAY - 300),
            (now - 70 * DAY - 1, 60, now - 70 * DAY - 3_600),
        ] {
            assert_eq!(floored_start(start, period, now), expected, "{start} {period}");
        }
    }

    #[test]
    fn periods_begin_at_the_start_not_at_the_hour() {
        let values: Vec<(i64, Summary)> =
            [1_080, 2_000, 4_679, 4_680].map(|second| (second, Summary::of_values([(1.0, 1.0)]))).into();
        let spans = by_period(values.iter().map(|(second, summary)| (*second, summary)), 1_080, 3_600);
        let spans: Vec<(i64, f64)> = spans.into_iter().map(|(begin, sum)| (begin, sum.count)).collect();
        assert_eq!(spans, [(1_080, 3.0), (4_680, 1.0)]);
    }

    #[test]
    fn periods_are_those_of_cloudwatch() {
        assert!([1, 5, 10, 20, 30, 60, 120, 86_400].into_iter().all(is_period));
        assert!(![0, -60, 2, 45, 61].into_iter().any(is_period));
    }
}
