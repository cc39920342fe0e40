//! What an expression is worth: operators over numbers, series and arrays of series.

use super::{Expression, MathError, Operator, function};
use std::collections::BTreeMap;

/// The most points that one evaluation may make, all steps together: some twenty times what one answer may hold.
pub const POINTS_MAX: usize = 2_000_000;

/// Points in time order with what they are called.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// The id of the query that it is of; empty for what was worked out.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// A number by which the source knows what it is of; kept while it is worked on alone.
    pub origin: Option<usize>,
    /// The distance of its points in seconds.
    pub period_s: i64,
    /// Milliseconds since the epoch and values, by time, each time once.
    pub points: Vec<(i64, f64)>,
}

impl Series {
    /// The same with other points; what is no number is left out (M-2).
    pub(super) fn with(&self, points: impl Iterator<Item = (i64, f64)>) -> Self {
        let points = points.filter(|(_, value)| value.is_finite()).collect();
        let Self { label, origin, period_s, .. } = self;
        Self { id: String::new(), label: label.clone(), origin: *origin, period_s: *period_s, points }
    }
}

/// What an expression is worth.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number.
    Scalar(f64),
    /// A series.
    Series(Series),
    /// Several series.
    Array(Vec<Series>),
}

/// The times of the request: what series without gaps are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The first time, in milliseconds since the epoch.
    pub start: i64,
    /// The end, which is no time of it.
    pub end: i64,
    /// The distance in seconds.
    pub period_s: i64,
}

impl Grid {
    /// Its times.
    pub fn times(self) -> impl Iterator<Item = i64> {
        let step = self.period_s.max(1).saturating_mul(1000);
        let mut next = self.start;
        std::iter::from_fn(move || {
            let now = next;
            next = next.saturating_add(step);
            (now < self.end && now < next).then_some(now)
        })
    }
}

/// Where series come from.
pub trait Source {
    /// The query of this id, whether of a metric or an expression.
    fn query(&self, id: &str) -> Option<Operand>;
    /// All queries of metrics, not of expressions.
    fn metrics(&self) -> Vec<Series>;
    /// The series that a search expression finds, with a statistic and, if given, a period in seconds.
    ///
    /// # Errors
    /// Why the search cannot be done.
    fn search(&self, search: &str, statistic: &str, period_s: Option<i64>) -> Result<Vec<Series>, MathError>;
    /// The times of the request.
    fn grid(&self) -> Grid;
}

/// The series of an expression.
///
/// # Errors
/// A [`MathError`] for operands of the wrong type, ids that nobody has, a number as the result, too many points.
pub fn evaluate(expression: &Expression, source: &dyn Source) -> Result<Vec<Series>, MathError> {
    match evaluate_operand(expression, source)? {
        Operand::Series(series) => Ok(vec![series]),
        Operand::Array(several) => Ok(several),
        Operand::Scalar(_) => Err(MathError::of(
            "The expression has a scalar as its result: it must be a time series or an array of time series",
        )),
    }
}

/// What an expression is worth, for others that name it: a number is something too, and a series not an array of one.
///
/// # Errors
/// As of [`evaluate`], but for numbers.
pub fn evaluate_operand(expression: &Expression, source: &dyn Source) -> Result<Operand, MathError> {
    Evaluation { source, points: 0 }.of(expression)
}

pub(super) struct Evaluation<'a> {
    pub(super) source: &'a dyn Source,
    points: usize,
}

impl Evaluation<'_> {
    pub(super) fn of(&mut self, expression: &Expression) -> Result<Operand, MathError> {
        let operand = match expression {
            Expression::Number(number) => Operand::Scalar(*number),
            Expression::Id(id) => self
                .source
                .query(id)
                .ok_or_else(|| MathError::of(format!("The id {id} is not of this request")))?,
            Expression::Text(_) => return Err(MathError::of("A text stands where a value is expected")),
            Expression::Word(word) => return Err(MathError::of(format!("{word} is no value"))),
            Expression::Negative(one) => {
                let one = self.of(one)?;
                map(one, &|value| -value)
            }
            Expression::Binary(operator, left, right) => {
                let (left, right) = (self.of(left)?, self.of(right)?);
                binary(*operator, left, right)?
            }
            Expression::Array(several) => {
                let mut array = Vec::new();
                for one in several {
                    match self.of(one)? {
                        Operand::Series(series) => array.push(series),
                        Operand::Array(several) => array.extend(several),
                        Operand::Scalar(_) => {
                            return Err(MathError::of("An array holds time series, not scalars"));
                        }
                    }
                }
                Operand::Array(array)
            }
            Expression::Call(name, arguments) => function::call(self, name, arguments)?,
        };
        self.count(&operand)?;
        Ok(operand)
    }

    /// M-1
    fn count(&mut self, operand: &Operand) -> Result<(), MathError> {
        self.points += match operand {
            Operand::Scalar(_) => 1,
            Operand::Series(series) => series.points.len() + 1,
            Operand::Array(several) => several.iter().map(|series| series.points.len() + 1).sum(),
        };
        if self.points > POINTS_MAX {
            return Err(MathError::of(format!("The expression makes more than {POINTS_MAX} datapoints")));
        }
        Ok(())
    }
}

/// Every value by a function.
pub(super) fn map(operand: Operand, by: &dyn Fn(f64) -> f64) -> Operand {
    let one = |series: &Series| series.with(series.points.iter().map(|(time, value)| (*time, by(*value))));
    match operand {
        Operand::Scalar(value) => Operand::Scalar(by(value)),
        Operand::Series(series) => Operand::Series(one(&series)),
        Operand::Array(several) => Operand::Array(several.iter().map(one).collect()),
    }
}

fn of_truth(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

impl Operator {
    #[expect(clippy::float_cmp, reason = "equal is what AWS's operator asks, not near")]
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Power => left.powf(right),
            Self::Equal => of_truth(left == right),
            Self::NotEqual => of_truth(left != right),
            Self::Less => of_truth(left < right),
            Self::LessOrEqual => of_truth(left <= right),
            Self::Greater => of_truth(left > right),
            Self::GreaterOrEqual => of_truth(left >= right),
            Self::And => of_truth(left != 0.0 && right != 0.0),
            Self::Or => of_truth(left != 0.0 || right != 0.0),
        }
    }
}

/// Two series by an operator: at every time that one of them has, the other one's missing value being 0.
fn join(operator: Operator, left: &Series, right: &Series) -> Series {
    let mut at: BTreeMap<i64, (f64, f64)> =
        left.points.iter().map(|(time, value)| (*time, (*value, 0.0))).collect();
    for (time, value) in &right.points {
        at.entry(*time).or_default().1 = *value;
    }
    let label = if left.label == right.label { left.label.clone() } else { String::new() };
    let frame = Series { label, period_s: left.period_s.max(right.period_s), ..Series::default() };
    frame.with(at.into_iter().map(|(time, (left, right))| (time, operator.apply(left, right))))
}

/// A series called as the one of an array that it was made of.
fn named_as(one: &Series, made: Series) -> Series {
    Series { label: one.label.clone(), origin: one.origin, ..made }
}

fn binary(operator: Operator, left: Operand, right: Operand) -> Result<Operand, MathError> {
    Ok(match (left, right) {
        (Operand::Scalar(left), Operand::Scalar(right)) => Operand::Scalar(operator.apply(left, right)),
        (left, Operand::Scalar(right)) => map(left, &|left| operator.apply(left, right)),
        (Operand::Scalar(left), right) => map(right, &|right| operator.apply(left, right)),
        (Operand::Series(left), Operand::Series(right)) => Operand::Series(join(operator, &left, &right)),
        (Operand::Array(left), Operand::Series(right)) => {
            Operand::Array(left.iter().map(|left| named_as(left, join(operator, left, &right))).collect())
        }
        (Operand::Series(left), Operand::Array(right)) => {
            Operand::Array(right.iter().map(|right| named_as(right, join(operator, &left, right))).collect())
        }
        (Operand::Array(left), Operand::Array(right)) if left.len() == right.len() => {
            Operand::Array(left.iter().zip(&right).map(|(left, right)| join(operator, left, right)).collect())
        }
        (Operand::Array(_), Operand::Array(_)) => {
            return Err(MathError::of("Two arrays of time series must have the same number of them"));
        }
    })
}
