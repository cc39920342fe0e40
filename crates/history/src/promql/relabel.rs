//! Functions that change labels and leave values alone.

use super::column::Column;
use super::error::EvalError;
use super::evaluator::Evaluator;
use super::grid::Grid;
use super::syntax::{Call, Expr};
use super::vector::text;
use crate::matcher::{Matcher, Operator};
use regex::Regex;

impl Evaluator<'_> {
    /// Sets a label to what an expression finds in another.
    pub(super) fn label_replace(&self, call: &Call, grid: Grid) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.argument(call, 0, grid)?;
        let [_, target, replacement, origin, pattern] = call.arguments.as_slice() else { return Ok(columns) };
        let (Some(target), Some(replacement), Some(origin)) = (text(target), text(replacement), text(origin))
        else {
            return Ok(columns);
        };
        let regex = compiled(call.function.name, pattern)?;
        for column in &mut columns {
            self.charge(1)?;
            let Some(found) = regex.captures(column.labels.get(origin)) else { continue };
            let mut value = String::new();
            found.expand(replacement, &mut value);
            column.labels = column.labels.with([(target, value.as_str())]);
        }
        Ok(columns)
    }

    /// Sets a label to others, joined.
    pub(super) fn label_join(&self, call: &Call, grid: Grid) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.argument(call, 0, grid)?;
        let [_, target, separator, origins @ ..] = call.arguments.as_slice() else { return Ok(columns) };
        let (Some(target), Some(separator)) = (text(target), text(separator)) else { return Ok(columns) };
        for column in &mut columns {
            self.charge(1)?;
            let values: Vec<&str> =
                origins.iter().filter_map(text).map(|name| column.labels.get(name)).collect();
            column.labels = column.labels.with([(target, values.join(separator).as_str())]);
        }
        Ok(columns)
    }
}

fn compiled(function: &'static str, pattern: &Expr) -> Result<Regex, EvalError> {
    let matcher = Matcher::matching(function, text(pattern).unwrap_or_default());
    match matcher.map(|matcher| matcher.operator) {
        Ok(Operator::Matches(regex)) => Ok(regex),
        Ok(_) => Err(EvalError::Argument { function, reason: "has no regular expression".into() }),
        Err(error) => Err(EvalError::Argument { function, reason: format!("has a bad argument: {error}") }),
    }
}
