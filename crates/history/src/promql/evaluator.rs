//! Walks the tree: each node answers for all steps at once.

use super::Options;
use super::column::{Column, NOTHING, merged};
use super::error::EvalError;
use super::function::{Type, Work};
use super::grid::Grid;
use super::labels::Labels;
use super::part::QueryPart;
use super::syntax::{Call, Expr, Kind};
use crate::budget::Budget;
use crate::source::{SeriesSamples, Source};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::select::Kept;

/// What a node answers.
#[derive(Debug)]
pub(super) enum Evaluated {
    Scalar(Scalar),
    Text(String),
    Vector(Vec<Column>),
}

/// One number at each step.
#[derive(Debug, Clone)]
pub(super) enum Scalar {
    Constant(f64),
    Steps(Vec<f64>),
}

impl Scalar {
    pub(super) fn at(&self, step: usize) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Steps(values) => values.get(step).copied().unwrap_or(f64::NAN),
        }
    }

    /// Works out one number of each; constants stay constants.
    pub(super) fn map(self, work: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(work(value)),
            Self::Steps(values) => Self::Steps(values.into_iter().map(work).collect()),
        }
    }

    /// All steps, written out.
    pub(super) fn into_steps(self, count: usize) -> Vec<f64> {
        match self {
            Self::Constant(value) => vec![value; count],
            Self::Steps(values) => values,
        }
    }
}

/// One evaluation of one query.
pub(super) struct Evaluator<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) options: &'a Options,
    pub(super) budget: &'a Budget,
    /// First and last time of the query, which `@` may name, in ms since the Unix epoch.
    pub(super) start: i64,
    pub(super) end: i64,
    /// What was read already.
    kept: Mutex<Vec<Arc<Kept>>>,
    /// What the source answered itself already.
    answers: Mutex<Vec<Arc<Answer>>>,
}

/// A part as the source answered it, kept for parts that are equal.
struct Answer {
    text: String,
    grid: Grid,
    series: Vec<SeriesSamples>,
}

impl<'a> Evaluator<'a> {
    /// - `start`, `end`: first and last time of the query.
    pub(super) fn new(
        source: &'a dyn Source,
        (start, end): (i64, i64),
        options: &'a Options,
        budget: &'a Budget,
    ) -> Self {
        Self { source, options, budget, start, end, kept: Mutex::default(), answers: Mutex::default() }
    }

    /// What was read already.
    pub(super) fn kept(&self) -> MutexGuard<'_, Vec<Arc<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node at every step.
    pub(super) fn evaluate(&self, expr: &Expr, grid: Grid) -> Result<Evaluated, EvalError> {
        match &expr.kind {
            Kind::Number(_) | Kind::Text(_) => self.worked_out(expr, grid),
            _ if grid.count > 1 && expr.is_fixed() => {
                let once = self.evaluate(expr, grid.first())?;
                self.repeated(once, grid.count)
            }
            _ => match self.answered(expr, grid)? {
                Some(columns) => Ok(Evaluated::Vector(columns)),
                None => self.worked_out(expr, grid),
            },
        }
    }

    /// A vector that the source answers itself.
    fn answered(&self, expr: &Expr, grid: Grid) -> Result<Option<Vec<Column>>, EvalError> {
        if expr.value_type() != Type::Vector {
            return Ok(None);
        }
        let Some(answer) = self.answer(expr, grid)? else { return Ok(None) };
        let mut columns = Vec::with_capacity(answer.series.len());
        for SeriesSamples { series, times, values: known } in &answer.series {
            let mut values = self.blank(grid.count)?;
            for (time, value) in times.iter().zip(known) {
                if let Some(slot) = grid.place(*time).and_then(|place| values.get_mut(place)) {
                    *slot = *value;
                }
            }
            columns.push(Column { labels: Labels::new(series.clone()), values });
        }
        Ok(Some(columns))
    }

    /// The source's own answer to a vector. Equal ones, as both sides of `sum(a) / count(a)` have, are asked once.
    fn answer(&self, expr: &Expr, grid: Grid) -> Result<Option<Arc<Answer>>, EvalError> {
        let part = QueryPart::new(expr, grid, self.options);
        let kept = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // Where the source answers nothing, as most do, no texts are made.
        if !kept().is_empty() {
            let text = part.text("", &[]);
            if let Some(known) = kept().iter().find(|answer| answer.grid == grid && answer.text == text) {
                return Ok(Some(Arc::clone(known)));
            }
        }
        let Some(series) = self.source.answer(&part, self.budget)? else { return Ok(None) };
        let answer = Arc::new(Answer { text: part.text("", &[]), grid, series });
        kept().push(Arc::clone(&answer));
        Ok(Some(answer))
    }

    fn worked_out(&self, expr: &Expr, grid: Grid) -> Result<Evaluated, EvalError> {
        match &expr.kind {
            Kind::Number(value) => Ok(Evaluated::Scalar(Scalar::Constant(*value))),
            Kind::Text(text) => Ok(Evaluated::Text(text.clone())),
            Kind::Selector(selector) => Ok(Evaluated::Vector(self.selected(selector, grid)?)),
            Kind::Negate(argument) => self.negated(argument, grid),
            Kind::Binary(binary) => self.binary(binary, grid),
            Kind::Aggregate(aggregation) => Ok(Evaluated::Vector(self.aggregated(aggregation, grid)?)),
            Kind::Call(call) => self.called(call, grid),
            Kind::Range(_) | Kind::Subquery(_) => Err(EvalError::NotOverTime("range vector")),
        }
    }

    /// A node that the checks know as a scalar.
    pub(super) fn scalar(&self, expr: &Expr, grid: Grid) -> Result<Scalar, EvalError> {
        match self.evaluate(expr, grid)? {
            Evaluated::Scalar(scalar) => Ok(scalar),
            Evaluated::Text(_) | Evaluated::Vector(_) => Ok(Scalar::Constant(f64::NAN)),
        }
    }

    /// A node that the checks know as a vector.
    pub(super) fn vector(&self, expr: &Expr, grid: Grid) -> Result<Vec<Column>, EvalError> {
        match self.evaluate(expr, grid)? {
            Evaluated::Vector(columns) => Ok(columns),
            Evaluated::Scalar(_) | Evaluated::Text(_) => Ok(Vec::new()),
        }
    }

    /// A column without values yet, paid for.
    pub(super) fn blank(&self, count: usize) -> Result<Vec<f64>, EvalError> {
        self.charge(count)?;
        Ok(vec![NOTHING; count])
    }

    /// Pays for values worked out, and ends a query that nobody waits for.
    pub(super) fn charge(&self, values: usize) -> Result<(), EvalError> {
        Ok(self.budget.charge(u64::try_from(values).unwrap_or(u64::MAX))?)
    }

    fn repeated(&self, once: Evaluated, count: usize) -> Result<Evaluated, EvalError> {
        Ok(match once {
            Evaluated::Scalar(scalar) => Evaluated::Scalar(Scalar::Constant(scalar.at(0))),
            Evaluated::Text(text) => Evaluated::Text(text),
            Evaluated::Vector(mut columns) => {
                for column in &mut columns {
                    self.charge(count)?;
                    column.values.resize(count, column.values.first().copied().unwrap_or(NOTHING));
                }
                Evaluated::Vector(columns)
            }
        })
    }

    fn negated(&self, argument: &Expr, grid: Grid) -> Result<Evaluated, EvalError> {
        Ok(match self.evaluate(argument, grid)? {
            Evaluated::Scalar(scalar) => Evaluated::Scalar(scalar.map(|value| -value)),
            Evaluated::Vector(columns) => Evaluated::Vector(super::column::distinct(
                columns.into_iter().map(|column| column.map(|value| -value).without_name()).collect(),
            )?),
            text @ Evaluated::Text(_) => text,
        })
    }

    fn called(&self, call: &Call, grid: Grid) -> Result<Evaluated, EvalError> {
        let seconds = |time: i64| time as f64 / 1e3;
        Ok(match call.function.work {
            Work::Pi => Evaluated::Scalar(Scalar::Constant(std::f64::consts::PI)),
            Work::Time => {
                self.charge(grid.count)?;
                Evaluated::Scalar(Scalar::Steps(grid.times().map(seconds).collect()))
            }
            Work::Scalar => {
                let columns = self.argument(call, 0, grid)?;
                Evaluated::Scalar(Scalar::Steps(self.only_values(&columns, grid)?))
            }
            Work::Vector => {
                self.charge(grid.count)?;
                let values = self.parameter(call, 0, grid)?.into_steps(grid.count);
                Evaluated::Vector(vec![Column { labels: Labels::none(), values }])
            }
            Work::Over(over) => Evaluated::Vector(self.over(call, over, grid)?),
            _ => Evaluated::Vector(merged(self.vector_function(call, grid)?)?),
        })
    }

    /// An argument that is a vector; empty when it is missing.
    pub(super) fn argument(
        &self,
        call: &Call,
        position: usize,
        grid: Grid,
    ) -> Result<Vec<Column>, EvalError> {
        call.arguments.get(position).map_or(Ok(Vec::new()), |argument| self.vector(argument, grid))
    }

    /// An argument that is a scalar; no number when it is missing.
    pub(super) fn parameter(&self, call: &Call, position: usize, grid: Grid) -> Result<Scalar, EvalError> {
        let argument = call.arguments.get(position);
        argument.map_or(Ok(Scalar::Constant(f64::NAN)), |argument| self.scalar(argument, grid))
    }

    /// The value of each step that has exactly one, and no number elsewhere.
    fn only_values(&self, columns: &[Column], grid: Grid) -> Result<Vec<f64>, EvalError> {
        self.charge(grid.count)?;
        let one = |step: usize| {
            let mut present = columns.iter().filter_map(|column| {
                column.values.get(step).copied().filter(|value| super::column::is_present(*value))
            });
            present.next().filter(|_| present.next().is_none()).unwrap_or(f64::NAN)
        };
        Ok((0..grid.count).map(one).collect())
    }
}
