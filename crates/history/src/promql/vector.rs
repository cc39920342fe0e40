//! Functions of an instant vector: each sample by itself, or all of a step together.

use super::column::{Column, is_present};
use super::error::EvalError;
use super::evaluator::{Evaluator, Scalar};
use super::function::Work;
use super::grid::Grid;
use super::labels::Labels;
use super::syntax::{Call, Expr, Kind};
use crate::matcher::{METRIC_NAME, Matcher, Operator};
use std::cmp::Ordering;

impl Evaluator<'_> {
    pub(super) fn vector_function(&self, call: &Call, grid: Grid) -> Result<Vec<Column>, EvalError> {
        match call.function.work {
            Work::Math(work) => {
                let columns = self.argument(call, 0, grid)?;
                Ok(columns.into_iter().map(|column| column.map(work).without_name()).collect())
            }
            Work::Calendar(calendar) => {
                let columns = if call.arguments.is_empty() {
                    self.charge(grid.count)?;
                    let values = grid.times().map(|time| time as f64 / 1e3).collect();
                    vec![Column { labels: Labels::none(), values }]
                } else {
                    self.argument(call, 0, grid)?
                };
                Ok(columns
                    .into_iter()
                    .map(|c| c.map(|seconds| calendar.of(seconds)).without_name())
                    .collect())
            }
            Work::Clamp => {
                let (low, high) = (self.parameter(call, 1, grid)?, self.parameter(call, 2, grid)?);
                self.stepwise(call, grid, |step, value| {
                    let (low, high) = (low.at(step), high.at(step));
                    (high >= low || low.is_nan() || high.is_nan()).then(|| larger(low, smaller(high, value)))
                })
            }
            Work::ClampMax => {
                let high = self.parameter(call, 1, grid)?;
                self.stepwise(call, grid, |step, value| Some(smaller(high.at(step), value)))
            }
            Work::ClampMin => {
                let low = self.parameter(call, 1, grid)?;
                self.stepwise(call, grid, |step, value| Some(larger(low.at(step), value)))
            }
            Work::Round => {
                let nearest = if call.arguments.len() > 1 {
                    self.parameter(call, 1, grid)?
                } else {
                    Scalar::Constant(1.0)
                };
                self.stepwise(call, grid, |step, value| {
                    // Not divided by the nearest: 0.1 has no exact inverse, and Prometheus multiplies.
                    let inverse = 1.0 / nearest.at(step);
                    Some((value * inverse + 0.5).floor() / inverse)
                })
            }
            Work::Sort { descending } => Ok(sorted(self.argument(call, 0, grid)?, descending)),
            Work::SortByLabel { descending } => {
                let names: Vec<&str> = call.arguments.iter().skip(1).filter_map(text).collect();
                Ok(sorted_by_labels(self.argument(call, 0, grid)?, &names, descending))
            }
            Work::Absent => {
                let columns = self.argument(call, 0, grid)?;
                let labels = match call.arguments.first().map(|argument| &argument.kind) {
                    Some(Kind::Selector(selector)) => absent_labels(&selector.matchers),
                    _ => Labels::none(),
                };
                self.absent(&columns, labels, grid)
            }
            Work::Timestamp => {
                let argument = call.arguments.first().map(|argument| &argument.kind);
                let columns = if let Some(Kind::Selector(selector)) = argument {
                    self.selected_times(selector, grid)?
                } else {
                    let mut columns = self.argument(call, 0, grid)?;
                    for column in &mut columns {
                        for (value, time) in column.values.iter_mut().zip(grid.times()) {
                            if is_present(*value) {
                                *value = time as f64 / 1e3;
                            }
                        }
                    }
                    columns
                };
                Ok(columns.into_iter().map(Column::without_name).collect())
            }
            Work::HistogramQuantile => self.histogram_quantile(call, grid),
            Work::LabelReplace => self.label_replace(call, grid),
            Work::LabelJoin => self.label_join(call, grid),
            // The evaluator answers these, or the checks refuse them.
            Work::NativeHistogram | Work::Over(_) | Work::Pi | Work::Scalar | Work::Time | Work::Vector => {
                Ok(Vec::new())
            }
        }
    }

    /// One value of each sample and its step; none leaves the sample out.
    fn stepwise(
        &self,
        call: &Call,
        grid: Grid,
        work: impl Fn(usize, f64) -> Option<f64>,
    ) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.argument(call, 0, grid)?;
        for column in &mut columns {
            self.charge(grid.count)?;
            for (step, value) in column.values.iter_mut().enumerate() {
                if is_present(*value) {
                    *value = work(step, *value).unwrap_or(super::column::NOTHING);
                }
            }
            column.labels = column.labels.without_name();
        }
        columns.retain(|column| !column.is_empty());
        Ok(columns)
    }

    fn absent(&self, columns: &[Column], labels: Labels, grid: Grid) -> Result<Vec<Column>, EvalError> {
        let mut values = self.blank(grid.count)?;
        values.fill(1.0);
        for column in columns {
            self.charge(grid.count)?;
            for (value, found) in values.iter_mut().zip(&column.values) {
                if is_present(*found) {
                    *value = super::column::NOTHING;
                }
            }
        }
        Ok(vec![Column { labels, values }])
    }
}

/// The text of an argument.
pub(super) fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        Kind::Text(text) => Some(text),
        _ => None,
    }
}

/// The labels that a series would have if there were one: those that are asked to be equal, once each.
pub(super) fn absent_labels(matchers: &[Matcher]) -> Labels {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for matcher in matchers.iter().filter(|matcher| *matcher.name != *METRIC_NAME) {
        if matches!(matcher.operator, Operator::Equal) && !seen.contains(&&*matcher.name) {
            found.push((&matcher.name, &matcher.value));
            seen.push(&matcher.name);
        } else {
            found.retain(|(name, _)| *name != &*matcher.name);
        }
    }
    Labels::none().with(found)
}

/// In the order of values when there is one step; what is no number comes last either way.
fn sorted(mut columns: Vec<Column>, descending: bool) -> Vec<Column> {
    let value = |column: &Column| column.values.first().copied().unwrap_or(f64::NAN);
    if columns.iter().all(|column| column.values.len() == 1) {
        columns.sort_by(|a, b| {
            let (a, b) = (value(a), value(b));
            match (a.is_nan(), b.is_nan()) {
                (false, false) if descending => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
                (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
                (a, b) => a.cmp(&b),
            }
        });
    }
    columns
}

/// In the order of labels, with runs of digits in them taken as numbers; equal ones by all labels.
fn sorted_by_labels(mut columns: Vec<Column>, names: &[&str], descending: bool) -> Vec<Column> {
    columns.sort_by(|a, b| {
        let by_name = names.iter().map(|name| natural(a.labels.get(name), b.labels.get(name)));
        let order = by_name.fold(Ordering::Equal, Ordering::then).then_with(|| a.labels.cmp(&b.labels));
        if descending { order.reverse() } else { order }
    });
    columns
}

/// Order in which `node2` comes before `node10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (a_digits, b_digits) = (digits(a), digits(b));
        if a_digits > 0 && b_digits > 0 {
            let ((a_number, a_rest), (b_number, b_rest)) = (a.split_at(a_digits), b.split_at(b_digits));
            let (a_plain, b_plain) = (a_number.trim_start_matches('0'), b_number.trim_start_matches('0'));
            let order = a_plain.len().cmp(&b_plain.len()).then_with(|| a_plain.cmp(b_plain));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (a_rest, b_rest);
            continue;
        }
        let (mut a_next, mut b_next) = (a.chars(), b.chars());
        match (a_next.next(), b_next.next()) {
            (Some(a_first), Some(b_first)) if a_first == b_first => {
                (a, b) = (a_next.as_str(), b_next.as_str());
            }
            (a_first, b_first) => return a_first.cmp(&b_first),
        }
    }
}

/// The larger of two; no number when one is none, but for infinity, which is larger than all.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// The smaller of two, likewise.
fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn natural_compares_runs_of_digits_as_numbers() {
        for (less, more) in [("node2", "node10"), ("a", "b"), ("", "a"), ("1.9", "1.10"), ("x1y2", "x1y10")] {
            assert_eq!(natural(less, more), Ordering::Less, "{less} {more}");
        }
        assert_eq!(natural("a01", "a1"), Ordering::Equal);
    }

    #[test]
    fn larger_and_smaller_carry_what_is_no_number() {
        assert!(larger(1.0, f64::NAN).is_nan() && smaller(f64::NAN, 1.0).is_nan());
        assert_eq!(larger(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert_eq!(smaller(2.0, 1.0), 1.0);
    }
}
