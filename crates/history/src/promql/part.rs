//! Parts of a query that a source may answer as a whole, and which of them it can answer piece by piece.
//!
//! Sources whose series differ in a label can each answer such a part for themselves, and what they answer is together
//! what one answers that has the series of all, when the part *keeps them apart*: each series of its answer comes of
//! series that have the same value of the label, and has it itself.

use super::Options;
use super::column::Column;
use super::error::EvalError;
use super::evaluator::Evaluator;
use super::function::{Over, Type, Work};
use super::grid::Grid;
use super::select::present;
use super::syntax::{Aggregation, Aggregator, At, Binary, Call, Expr, Kind, Selector, Shift};
use super::text::Text;
use crate::budget::Budget;
use crate::matcher::Matcher;
use crate::source::{SeriesSamples, Source};
use std::sync::Arc;

/// A vector within a query, and the times at which it is wanted.
#[derive(Clone, Copy)]
pub struct QueryPart<'a> {
    expr: &'a Expr,
    grid: Grid,
    options: &'a Options,
}

impl<'a> QueryPart<'a> {
    pub(super) fn new(expr: &'a Expr, grid: Grid, options: &'a Options) -> Self {
        Self { expr, grid, options }
    }

    /// The first time, in ms since the Unix epoch.
    pub fn start_ms(&self) -> i64 {
        self.grid.start
    }

    /// How many times there are, and how far apart in ms.
    pub fn steps(&self) -> (usize, i64) {
        (self.grid.count, self.grid.step)
    }

    /// How it is answered.
    pub fn options(&self) -> &Options {
        self.options
    }

    /// The matchers on a label that all of its selectors have, if it keeps what differs in that label apart; none when it
    /// does not, or when its selectors speak of different values.
    pub fn apart_by(&self, label: &str) -> Option<Vec<&'a Matcher>> {
        let mut apart = Apart { label, matchers: None };
        apart.vector(self.expr).then_some(apart.matchers).flatten()
    }

    /// Its text, with these matchers on a label in place of those that its selectors have.
    pub fn text(&self, label: &str, matchers: &[Matcher]) -> String {
        Text { expr: self.expr, label, matchers }.to_string()
    }

    /// Answers it from the samples of a source.
    ///
    /// # Errors
    /// As [`super::Query::range`].
    pub fn evaluate(&self, source: &dyn Source, budget: &Budget) -> Result<Vec<SeriesSamples>, EvalError> {
        let evaluator = Evaluator::new(source, (self.grid.start, self.grid.end()), self.options, budget);
        let columns = evaluator.vector(self.expr, self.grid)?;
        let times: Arc<[i64]> = self.grid.times().collect();
        let samples = |Column { labels, values }: Column| {
            let (times, values) = present(&times, values);
            SeriesSamples { series: labels.into_packed(), times, values }
        };
        Ok(columns.into_iter().map(samples).filter(|samples| !samples.times.is_empty()).collect())
    }
}

/// Whether nodes keep values of a label apart.
struct Apart<'a, 'e> {
    label: &'a str,
    /// Those of the selectors so far; none before the first one.
    matchers: Option<Vec<&'e Matcher>>,
}

impl<'e> Apart<'_, 'e> {
    /// A vector, over time or not.
    fn vector(&mut self, expr: &'e Expr) -> bool {
        match &expr.kind {
            Kind::Selector(selector) => self.selector(selector),
            Kind::Range(range) => self.selector(&range.selector),
            Kind::Subquery(subquery) => is_elsewhere(subquery.shift) && self.vector(&subquery.argument),
            Kind::Negate(argument) => self.vector(argument),
            Kind::Binary(binary) => self.binary(binary),
            Kind::Aggregate(aggregation) => self.aggregation(aggregation),
            Kind::Call(call) => self.call(call),
            Kind::Number(_) | Kind::Text(_) => false,
        }
    }

    fn selector(&mut self, selector: &'e Selector) -> bool {
        let found: Vec<&Matcher> =
            selector.matchers.iter().filter(|matcher| *matcher.name == *self.label).collect();
        let known = self.matchers.get_or_insert_with(|| found.clone());
        *known == found && is_elsewhere(selector.shift)
    }

    fn binary(&mut self, node: &'e Binary) -> bool {
        match (node.left.value_type(), node.right.value_type()) {
            (Type::Vector, Type::Scalar) => self.vector(&node.left) && is_alike(&node.right),
            (Type::Scalar, Type::Vector) => self.vector(&node.right) && is_alike(&node.left),
            (Type::Vector, Type::Vector) => {
                // Other operators refuse groups of several, but not where one side has nothing at all.
                let keeps =
                    node.matching.as_ref().is_none_or(|matching| matching.projection.keeps(self.label));
                node.operator.is_set() && keeps && self.vector(&node.left) && self.vector(&node.right)
            }
            _ => false,
        }
    }

    fn aggregation(&mut self, node: &'e Aggregation) -> bool {
        // The best of all are in the order of their values, and what is counted may get the label's name.
        !matches!(node.aggregator, Aggregator::Top | Aggregator::Bottom | Aggregator::CountValues)
            && node.parameter.as_ref().is_none_or(is_alike)
            && node.projection.keeps(self.label)
            && self.vector(&node.argument)
    }

    fn call(&mut self, node: &'e Call) -> bool {
        let works = match node.function.work {
            Work::Absent | Work::Over(Over::Absent) | Work::Sort { .. } | Work::SortByLabel { .. } => false,
            Work::LabelJoin | Work::LabelReplace => {
                let speaks_of =
                    |argument: &Expr| matches!(&argument.kind, Kind::Text(text) if *text == *self.label);
                !node.arguments.iter().any(speaks_of)
            }
            _ => true,
        };
        let is_vector = |argument: &Expr| matches!(argument.value_type(), Type::Vector | Type::Range);
        let (vectors, others): (Vec<&Expr>, Vec<&Expr>) =
            node.arguments.iter().partition(|argument| is_vector(argument));
        works
            && !vectors.is_empty()
            && others.into_iter().all(is_alike)
            && vectors.into_iter().all(|argument| self.vector(argument))
    }
}

/// False where a time of the whole query is meant, which a part does not have.
fn is_elsewhere(shift: Shift) -> bool {
    !matches!(shift.at, Some(At::Start | At::End))
}

/// True when it is the same wherever it is asked: it reads no series.
fn is_alike(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Number(_) | Kind::Text(_) => true,
        Kind::Negate(argument) => is_alike(argument),
        Kind::Binary(binary) => is_alike(&binary.left) && is_alike(&binary.right),
        Kind::Call(call) => matches!(call.function.work, Work::Pi | Work::Time),
        Kind::Selector(_) | Kind::Range(_) | Kind::Subquery(_) | Kind::Aggregate(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn parts_keep_a_label_apart_or_not() {
        let apart = |text: &str| {
            let query = parse(text).unwrap();
            let options = Options::default();
            let part = QueryPart::new(&query.expr, Grid::at(0), &options);
            part.apart_by("l").map(|matchers| matchers.len())
        };
        for (text, matchers) in [
            ("a", 0),
            ("a{l=~'b',l!='c'}", 2),
            ("rate(a{l='b'}[5m] offset 1h @ 5)", 1),
            ("max_over_time(rate(a[1m])[1h:1m])", 0),
            ("-a * time() > bool 2", 0),
            ("sum by (l, b) (a) unless on (l, b) avg without (c, d) (e)", 0),
            ("a{l='b'} or c{l='b'}", 1),
            ("quantile by (l) (0.5, a)", 0),
            ("histogram_quantile(.9, sum by (le, l) (rate(a[5m])))", 0),
            ("label_replace(a, 'b', '$1', 'c', '.*')", 0),
            ("clamp_max(timestamp(a), 2 * pi())", 0),
        ] {
            assert_eq!(apart(text), Some(matchers), "{text}");
        }
        for text in [
            "sum(a)",
            "sum without (l) (a)",
            "a / c",
            "a and on (b) c",
            "a and ignoring (l) c",
            "a{l='b'} or c",
            "absent(a)",
            "absent_over_time(a[1m])",
            "vector(1)",
            "hour()",
            "a or vector(1)",
            "a * scalar(b)",
            "sort(a)",
            "sort_by_label(a, 'b')",
            "topk by (l) (1, a)",
            "count_values by (l) ('b', a)",
            "label_replace(a, 'l', '$1', 'c', '.*')",
            "label_join(a, 'b', ',', 'l')",
            "a @ start()",
            "avg_over_time(a[1m:1s] @ end())",
        ] {
            assert_eq!(apart(text), None, "{text}");
        }
    }
}
