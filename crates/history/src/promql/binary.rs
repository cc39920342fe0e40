//! Operators between two operands.

mod matching;
mod set;

use super::column::{Column, NOTHING, is_present, merged};
use super::error::EvalError;
use super::evaluator::{Evaluated, Evaluator, Scalar};
use super::grid::Grid;
use super::labels::Projection;
use super::syntax::{Binary, Many, Matching, Operator};

/// What a comparison left out has.
const LEFT_OUT: f64 = NOTHING;

impl Evaluator<'_> {
    /// Both operands, joined.
    pub(super) fn binary(&self, node: &Binary, grid: Grid) -> Result<Evaluated, EvalError> {
        let left = self.evaluate(&node.left, grid)?;
        let right = self.evaluate(&node.right, grid)?;
        match (left, right) {
            (Evaluated::Scalar(left), Evaluated::Scalar(right)) => {
                Ok(Evaluated::Scalar(self.scalars(node.operator, left, right, grid)?))
            }
            (Evaluated::Vector(columns), Evaluated::Scalar(scalar)) => {
                self.with_scalar(node, columns, &scalar, false)
            }
            (Evaluated::Scalar(scalar), Evaluated::Vector(columns)) => {
                self.with_scalar(node, columns, &scalar, true)
            }
            (Evaluated::Vector(left), Evaluated::Vector(right)) => self.vectors(node, left, right, grid),
            // The checks let no text through.
            (Evaluated::Text(_), other) | (other, Evaluated::Text(_)) => Ok(other),
        }
    }

    fn scalars(
        &self,
        operator: Operator,
        left: Scalar,
        right: Scalar,
        grid: Grid,
    ) -> Result<Scalar, EvalError> {
        let work = |left: f64, right: f64| {
            if operator.is_comparison() {
                f64::from(u8::from(compared(operator, left, right)))
            } else {
                computed(operator, left, right)
            }
        };
        Ok(match (left, right) {
            (Scalar::Constant(left), right) => right.map(|right| work(left, right)),
            (left, Scalar::Constant(right)) => left.map(|left| work(left, right)),
            (Scalar::Steps(left), Scalar::Steps(right)) => {
                self.charge(grid.count)?;
                Scalar::Steps(left.into_iter().zip(right).map(|(left, right)| work(left, right)).collect())
            }
        })
    }

    /// A vector and a scalar; a comparison keeps the value of the vector, whatever side it stands on.
    fn with_scalar(
        &self,
        node: &Binary,
        columns: Vec<Column>,
        scalar: &Scalar,
        swapped: bool,
    ) -> Result<Evaluated, EvalError> {
        let mut result = Vec::with_capacity(columns.len());
        for mut column in columns {
            self.charge(column.values.len())?;
            for (step, value) in column.values.iter_mut().enumerate() {
                if is_present(*value) {
                    let other = scalar.at(step);
                    let (left, right) = if swapped { (other, *value) } else { (*value, other) };
                    *value = joined(node, left, right, *value);
                }
            }
            if drops_name(node) {
                column = column.without_name();
            }
            if !column.is_empty() {
                result.push(column);
            }
        }
        Ok(Evaluated::Vector(merged(result)?))
    }

    fn vectors(
        &self,
        node: &Binary,
        left: Vec<Column>,
        right: Vec<Column>,
        grid: Grid,
    ) -> Result<Evaluated, EvalError> {
        let plain = Matching {
            projection: Projection::Without(Vec::new()),
            many: Many::Neither,
            include: Vec::new(),
        };
        let matching = node.matching.as_ref().unwrap_or(&plain);
        let columns = if node.operator.is_set() {
            self.set(node.operator, &matching.projection, left, right, grid)?
        } else {
            self.matched(node, matching, &left, &right, grid)?
        };
        Ok(Evaluated::Vector(merged(columns)?))
    }
}

/// One value of two; `kept` is what a comparison keeps.
fn joined(node: &Binary, left: f64, right: f64, kept: f64) -> f64 {
    if !node.operator.is_comparison() {
        return computed(node.operator, left, right);
    }
    match (compared(node.operator, left, right), node.returns_bool) {
        (holds, true) => f64::from(u8::from(holds)),
        (true, false) => kept,
        (false, false) => LEFT_OUT,
    }
}

/// A value that was computed no longer is the metric; only `atan2` keeps the name, as in Prometheus.
fn drops_name(node: &Binary) -> bool {
    node.returns_bool || !(node.operator.is_comparison() || node.operator == Operator::Atan2)
}

fn computed(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Modulo => left % right,
        Operator::Power => left.powf(right),
        Operator::Atan2 => left.atan2(right),
        // The others compare or choose; none of them comes here.
        _ => f64::NAN,
    }
}

#[expect(clippy::float_cmp, reason = "what == means is asked for")]
fn compared(operator: Operator, left: f64, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Greater => left > right,
        Operator::GreaterEqual => left >= right,
        Operator::Less => left < right,
        Operator::LessEqual => left <= right,
        _ => false,
    }
}
