//! A span of time as it is asked for: samples, or what stands for a minute or an hour of them.

use super::seconds;
use topmast_history::{Aggregate, Selection, promql};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Values a series in one answer: stores refuse more than 11,000 of those that they make.
const STEPS_MAX: i64 = 10_000;
/// Shortest span of samples that is asked for, in ms: an answer that is too long for it holds too many series.
const SPAN_MIN: i64 = 1_000;
/// Span of samples that is asked for first, in ms.
const SPAN_FIRST: i64 = 6 * HOUR_MS;

/// From a time until a time, both included, in ms; by a step or, with none, as samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) step: Option<i64>,
}

/// Cuts a span: whole hours where those are enough, whole minutes beside them, samples at its edges.
pub(super) fn pieces((from, until): (i64, i64), resolution: i64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    cut((from, until), &[HOUR_MS, MINUTE_MS].map(|step| (step <= resolution).then_some(step)), &mut pieces);
    pieces
}

fn cut((from, until): (i64, i64), steps: &[Option<i64>], pieces: &mut Vec<Piece>) {
    if from > until {
        return;
    }
    let Some((step, finer)) = steps.split_first() else {
        return pieces.push(Piece { from, until, step: None });
    };
    let Some(step) = *step else { return cut((from, until), finer, pieces) };
    let begin = from.saturating_add(step - 1).div_euclid(step) * step;
    let end = until.saturating_add(1).div_euclid(step) * step;
    if begin >= end {
        return cut((from, until), finer, pieces);
    }
    cut((from, begin - 1), finer, pieces);
    pieces.push(Piece { from: begin, until: end - 1, step: Some(step) });
    cut((end, until), finer, pieces);
}

impl Piece {
    /// The span of the first question.
    pub(super) fn first_span(&self) -> i64 {
        self.step.map_or(SPAN_FIRST, |step| step * STEPS_MAX)
    }

    /// A shorter one, when an answer was too long; none when there is none.
    pub(super) fn shorter(&self, span: i64) -> Option<i64> {
        let grain = self.step.unwrap_or(SPAN_MIN);
        Some(span / 2 / grain * grain).filter(|half| *half > 0)
    }

    /// A longer one, when an answer was short.
    pub(super) fn longer(&self, span: i64) -> i64 {
        let doubled = span.saturating_mul(2);
        self.step.map_or(doubled, |step| doubled.min(step * STEPS_MAX))
    }

    /// The part from a time on.
    pub(super) fn part(self, from: i64, span: i64) -> Self {
        Self { from, until: self.until.min(from.saturating_add(span - 1)), ..self }
    }

    /// What is asked, and how.
    pub(super) fn question(&self, selection: &Selection<'_>) -> (&'static str, Vec<(&'static str, String)>) {
        let selector = promql::selector(selection.matchers);
        let Some(step) = self.step else {
            // One more than the span: whether the first moment is inside is answered differently.
            let query = format!("{selector}[{}ms]", self.until - self.from + 1);
            return ("query", vec![("query", query), ("time", seconds(self.until))]);
        };
        let function = match selection.aggregate {
            Aggregate::Last => "last",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
            Aggregate::Sum => "sum",
            Aggregate::Count => "count",
            Aggregate::Mean => "avg",
        };
        let form = vec![
            ("query", format!("{function}_over_time({selector}[{step}ms])")),
            // Each looks back over its own minute or hour.
            ("start", seconds(self.from + step - 1)),
            ("end", seconds(self.until)),
            ("step", seconds(step)),
        ];
        ("query_range", form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_cover_every_moment_once_and_are_no_coarser_than_asked(
            from in 0..10 * HOUR_MS,
            span in 0..400 * HOUR_MS,
            resolution in prop::sample::select(vec![0, MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS]),
            shrink in any::<bool>(),
        ) {
            let until = from + span;
            let mut next = from;
            for piece in pieces((from, until), resolution) {
                let grain = piece.step.unwrap_or(1);
                prop_assert!(grain == 1 || grain <= resolution);
                let mut span = piece.first_span();
                while next <= piece.until {
                    let part = piece.part(next, span);
                    prop_assert!(part.from == next && part.until >= next && part.until <= piece.until);
                    prop_assert!(part.from % grain == 0 && (part.until + 1) % grain == 0);
                    prop_assert!(grain == 1 || (part.until + 1 - part.from) / grain <= STEPS_MAX);
                    // Now too long, now short, and in the end as it is.
                    span = if shrink { piece.shorter(span).unwrap_or(span) } else { piece.longer(span) };
                    next = part.until + 1;
                }
            }
            prop_assert_eq!(next, until + 1);
        }
    }

    #[test]
    fn ends_of_a_long_span_are_samples_and_the_rest_is_made_by_the_store() {
        let found = pieces((MINUTE_MS - 1, 3 * HOUR_MS + 5), HOUR_MS);
        let steps: Vec<_> = found.iter().map(|piece| (piece.from, piece.step)).collect();
        let expected = [
            (MINUTE_MS - 1, None),
            (MINUTE_MS, Some(MINUTE_MS)),
            (HOUR_MS, Some(HOUR_MS)),
            (3 * HOUR_MS, None),
        ];
        assert_eq!(steps, expected);
    }
}
