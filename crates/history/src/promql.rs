//! `PromQL`: reads an expression and answers it for one time or for many.
//!
//! ```text
//! text ─► tokens ─► tree ─► checks ─► evaluator ─► value
//!                                        │
//!                                      Source: samples, or the answer to a part of the tree
//! ```
//!
//! A range query is not evaluated step by step. Each node of the tree answers for all steps at once: one column of
//! values for each series, so that labels are hashed once and windows slide over the samples.
//!
//! The semantics are those of Prometheus 2.42, with some functions of Prometheus 3 beside them; a test asks
//! Prometheus itself the same questions. Native histograms are refused.
//!
//! Invariants
//! - Q-1: no text makes the parser or the evaluator panic.
//! - Q-2: whoever evaluates charges the budget before memory is taken and in every long loop.
//! - Q-3: at each step a range query answers what an instant query at that time does.
//!
//! Elsewhere: where samples come from (`crate::source`); the shapes of the HTTP API (the master).

mod aggregate;
mod binary;
mod calendar;
mod check;
mod column;
mod error;
mod evaluator;
mod function;
mod grid;
mod histogram;
mod labels;
mod number;
mod over;
mod parser;
mod part;
mod relabel;
mod select;
mod syntax;
mod text;
mod token;
mod value;
mod vector;

#[cfg(test)]
mod tests;

pub use column::STALE_BITS;
pub use error::{EvalError, ParseError};
pub use part::QueryPart;
pub use text::selector;
pub use value::{Matrix, Sample, SampleSeries, Value};

use crate::budget::Budget;
use crate::matcher::Matcher;
use crate::source::Source;
use column::{Column, is_present};
use evaluator::{Evaluated, Evaluator};
use grid::Grid;
use syntax::{Expr, Kind};

/// Farthest time from the Unix epoch that a query may name, in ms: sums of a few of them cannot overflow, and
/// a double holds each exactly.
const TIME_MAX_MS: i64 = 1 << 53;

/// How queries are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How old the newest sample of a series may be and still be its value, in ms.
    pub lookback_ms: i64,
    /// Distance of the steps of a subquery that does not say it, in ms.
    pub subquery_step_ms: i64,
    /// Most steps of a range query, beyond its first.
    pub steps_max: u64,
    /// Most series of an answer.
    pub series_max: usize,
    /// Whether counters are stretched to the edges of their windows, as Prometheus does. Else a rate is what the
    /// samples grew by in the time between the first and the last of them, so that beside a gap it is not less.
    pub stretch: bool,
}

impl Default for Options {
    /// As Prometheus has them; it has no bound on series.
    fn default() -> Self {
        Self {
            lookback_ms: 300_000,
            subquery_step_ms: 60_000,
            steps_max: 11_000,
            series_max: 100_000,
            stretch: true,
        }
    }
}

/// An expression that was read and checked.
#[derive(Debug, Clone)]
pub struct Query {
    expr: Expr,
}

/// Reads an expression.
///
/// # Errors
/// [`ParseError`] with the place of the first trouble, and what to do about it where that is known.
pub fn parse(text: &str) -> Result<Query, ParseError> {
    let expr = parser::parse(text).map_err(|error| error.located(text))?;
    check::check(&expr).map_err(|error| error.located(text))?;
    Ok(Query { expr })
}

/// A length of time as queries write it, `1h30m`, in ms; none when the text is something else.
pub fn duration_ms(text: &str) -> Option<i64> {
    number::duration(text)?.ok()
}

impl Query {
    /// The matchers, when the expression is a selector and nothing else, as where series are asked for.
    pub fn matchers(&self) -> Option<&[Matcher]> {
        match &self.expr.kind {
            Kind::Selector(selector) if selector.shift.offset_ms.is_none() && selector.shift.at.is_none() => {
                Some(&selector.matchers)
            }
            _ => None,
        }
    }

    /// Answers for one time, in ms since the Unix epoch.
    ///
    /// A vector stands in the order that `sort` and `topk` made, if they did.
    ///
    /// # Errors
    /// [`EvalError`] when the samples cannot be read, the budget is used up, or labels do not fit together.
    pub fn instant(
        &self,
        source: &dyn Source,
        at_ms: i64,
        options: &Options,
        budget: &Budget,
    ) -> Result<Value, EvalError> {
        let evaluator = evaluator(source, (at_ms, at_ms), options, budget)?;
        let grid = Grid::at(at_ms);
        if matches!(self.expr.kind, Kind::Range(_) | Kind::Subquery(_)) {
            let windowed = evaluator.windowed(&self.expr, grid, None)?;
            let mut series = Vec::with_capacity(windowed.series.len());
            for one in &windowed.series {
                let points = over::samples_at(&windowed, one, at_ms);
                evaluator.charge(points.len())?;
                if !points.is_empty() {
                    series.push(SampleSeries { labels: one.labels.clone().into_packed(), points });
                }
            }
            bounded(series.len(), options)?;
            return Ok(Value::Matrix(Matrix { series }));
        }
        Ok(match evaluator.evaluate(&self.expr, grid)? {
            Evaluated::Scalar(scalar) => Value::Scalar(scalar.at(0)),
            Evaluated::Text(text) => Value::String(text),
            Evaluated::Vector(columns) => {
                let samples = columns.into_iter().filter_map(|column| {
                    let value = column.values.first().copied().filter(|value| is_present(*value))?;
                    Some(Sample { labels: column.labels.into_packed(), value })
                });
                let samples: Vec<Sample> = samples.collect();
                bounded(samples.len(), options)?;
                Value::Vector(samples)
            }
        })
    }

    /// Answers for the times from `start_ms` until `end_ms`, `step_ms` apart, all in ms since the Unix epoch.
    ///
    /// Series stand in the order of their labels and have a point at each step at which they have a value.
    ///
    /// # Errors
    /// As [`Self::instant`], and when the times make no range or too many steps.
    pub fn range(
        &self,
        source: &dyn Source,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        options: &Options,
        budget: &Budget,
    ) -> Result<Matrix, EvalError> {
        let evaluator = evaluator(source, (start_ms, end_ms), options, budget)?;
        if step_ms <= 0 {
            return Err(EvalError::Time("the step must be above zero"));
        }
        if end_ms < start_ms {
            return Err(EvalError::Time("the range ends before it starts"));
        }
        let steps = end_ms.abs_diff(start_ms) / step_ms.unsigned_abs();
        if steps > options.steps_max {
            return Err(EvalError::Steps { steps, limit: options.steps_max });
        }
        let grid = Grid::between(start_ms, end_ms, step_ms);
        let kind = self.expr.value_type();
        let mut columns = match evaluator.evaluate(&self.expr, grid)? {
            Evaluated::Scalar(scalar) => {
                evaluator.charge(grid.count)?;
                vec![Column { labels: labels::Labels::none(), values: scalar.into_steps(grid.count) }]
            }
            Evaluated::Text(_) => return Err(EvalError::NotOverTime(kind.name())),
            Evaluated::Vector(columns) => columns,
        };
        columns.retain(|column| !column.is_empty());
        bounded(columns.len(), options)?;
        columns.sort_by(|a, b| a.labels.cmp(&b.labels));
        let mut series = Vec::with_capacity(columns.len());
        for column in columns {
            evaluator.charge(grid.count)?;
            let points = grid.times().zip(column.values).filter(|(_, value)| is_present(*value)).collect();
            series.push(SampleSeries { labels: column.labels.into_packed(), points });
        }
        Ok(Matrix { series })
    }
}

fn evaluator<'a>(
    source: &'a dyn Source,
    (start, end): (i64, i64),
    options: &'a Options,
    budget: &'a Budget,
) -> Result<Evaluator<'a>, EvalError> {
    if start.unsigned_abs().max(end.unsigned_abs()) > TIME_MAX_MS.unsigned_abs() {
        return Err(EvalError::Time("the time is too far away: it is counted in ms since 1970"));
    }
    Ok(Evaluator::new(source, (start, end), options, budget))
}

fn bounded(found: usize, options: &Options) -> Result<(), EvalError> {
    if found > options.series_max {
        return Err(EvalError::Series { found, limit: options.series_max });
    }
    Ok(())
}
