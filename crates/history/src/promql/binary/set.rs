//! `and`, `or` and `unless`: series of one side by what the other side has.

use super::super::column::{Column, NOTHING, is_present};
use super::super::error::EvalError;
use super::super::evaluator::Evaluator;
use super::super::grid::Grid;
use super::super::labels::{Groups, Projection};
use super::super::syntax::Operator;

impl Evaluator<'_> {
    pub(super) fn set(
        &self,
        operator: Operator,
        projection: &Projection,
        mut left: Vec<Column>,
        mut right: Vec<Column>,
        grid: Grid,
    ) -> Result<Vec<Column>, EvalError> {
        match operator {
            Operator::Or => {
                self.keep(&mut right, &left, projection, grid, |other| !other)?;
                left.append(&mut right);
            }
            Operator::And => self.keep(&mut left, &right, projection, grid, |other| other)?,
            _ => self.keep(&mut left, &right, projection, grid, |other| !other)?,
        }
        Ok(left)
    }

    /// Keeps the values at steps where `wanted` says so of whether the other side has a matching series.
    fn keep(
        &self,
        columns: &mut Vec<Column>,
        others: &[Column],
        projection: &Projection,
        grid: Grid,
        wanted: impl Fn(bool) -> bool,
    ) -> Result<(), EvalError> {
        let mut groups = Groups::new(projection);
        let mut present: Vec<Vec<bool>> = Vec::new();
        for other in others {
            self.charge(grid.count)?;
            let group = groups.insert(&other.labels);
            if group == present.len() {
                present.push(vec![false; grid.count]);
            }
            for (seen, value) in present.get_mut(group).into_iter().flatten().zip(&other.values) {
                *seen |= is_present(*value);
            }
        }
        for column in columns.iter_mut() {
            self.charge(grid.count)?;
            let seen = groups.find(&column.labels).and_then(|group| present.get(group));
            for (step, value) in column.values.iter_mut().enumerate() {
                let other = seen.and_then(|seen| seen.get(step)).copied().unwrap_or_default();
                if !wanted(other) {
                    *value = NOTHING;
                }
            }
        }
        columns.retain(|column| !column.is_empty());
        Ok(())
    }
}
