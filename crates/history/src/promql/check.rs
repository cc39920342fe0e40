//! What a tree must keep to: types, numbers of arguments, and names of labels.

use super::error::ParseError;
use super::function::{Function, Type, Work};
use super::labels::Projection;
use super::syntax::{Aggregation, Aggregator, Binary, Call, Expr, Kind, Many};
use super::token::is_label_name;
use crate::matcher::Matcher;

/// Checks a tree and all below it.
pub(super) fn check(expr: &Expr) -> Result<(), ParseError> {
    match &expr.kind {
        Kind::Number(_) | Kind::Text(_) | Kind::Selector(_) | Kind::Range(_) => Ok(()),
        Kind::Negate(argument) => {
            check(argument)?;
            operand(argument, "a sign")
        }
        Kind::Subquery(subquery) => {
            check(&subquery.argument)?;
            wanted(&subquery.argument, Type::Vector, "a subquery")
        }
        Kind::Binary(node) => binary(node, expr.at),
        Kind::Aggregate(node) => aggregation(node),
        Kind::Call(node) => call(node, expr.at),
    }
}

fn wanted(expr: &Expr, kind: Type, by: &str) -> Result<(), ParseError> {
    let found = expr.value_type();
    if found == kind {
        return Ok(());
    }
    let message = format!(
        "{by} takes {} {}, and this is {} {}",
        article(kind),
        kind.name(),
        article(found),
        found.name()
    );
    let error = ParseError::new(expr.at, message);
    Err(match (kind, found) {
        (Type::Range, Type::Vector) if matches!(expr.kind, Kind::Selector(_)) => {
            error.hint("add a range: metric[5m]")
        }
        (Type::Range, Type::Vector) => error.hint("add a range and a step: (expression)[5m:1m]"),
        (Type::Vector, Type::Range) => error.hint("apply a function such as rate, or leave the range out"),
        (Type::Vector, Type::Scalar) => error.hint("write vector(…)"),
        (Type::Scalar, Type::Vector) => error.hint("write scalar(…)"),
        _ => error,
    })
}

fn article(kind: Type) -> &'static str {
    if kind == Type::Vector { "an" } else { "a" }
}

/// Scalars and vectors can be operands.
fn operand(expr: &Expr, of: &str) -> Result<(), ParseError> {
    match expr.value_type() {
        Type::Scalar | Type::Vector => Ok(()),
        Type::Range | Type::Text => wanted(expr, Type::Vector, of),
    }
}

fn binary(node: &Binary, at: usize) -> Result<(), ParseError> {
    check(&node.left)?;
    check(&node.right)?;
    operand(&node.left, "an operator")?;
    operand(&node.right, "an operator")?;
    let scalars =
        [&node.left, &node.right].into_iter().filter(|side| side.value_type() == Type::Scalar).count();
    if node.returns_bool && !node.operator.is_comparison() {
        return Err(ParseError::new(at, "bool stands behind a comparison only"));
    }
    if node.operator.is_comparison() && scalars == 2 && !node.returns_bool {
        return Err(ParseError::new(at, "two scalars are compared").hint("write bool behind the operator"));
    }
    if node.operator.is_set() && scalars > 0 {
        return Err(
            ParseError::new(at, "and, or and unless join instant vectors only").hint("write vector(…)")
        );
    }
    let Some(matching) = &node.matching else { return Ok(()) };
    if scalars > 0 {
        return Err(ParseError::new(at, "there are no labels to match with a scalar")
            .hint("leave on(…) or ignoring(…) out"));
    }
    if node.operator.is_set() && matching.many != Many::Neither {
        return Err(ParseError::new(at, "and, or and unless match many with many by themselves")
            .hint("leave group_left and group_right out"));
    }
    if let Projection::By(names) = &matching.projection
        && let Some(twice) = names.iter().find(|name| matching.include.contains(name))
    {
        return Err(ParseError::new(at, format!("label {twice:?} is both matched and taken over"))
            .hint("name it in one of the lists"));
    }
    Ok(())
}

fn aggregation(node: &Aggregation) -> Result<(), ParseError> {
    let name = node.aggregator.name();
    if let Some(parameter) = &node.parameter {
        check(parameter)?;
        if let Some(kind) = node.aggregator.parameter() {
            wanted(parameter, kind, name)?;
        }
        if node.aggregator == Aggregator::CountValues {
            label_name(parameter)?;
        }
    }
    check(&node.argument)?;
    wanted(&node.argument, Type::Vector, name)
}

fn call(node: &Call, at: usize) -> Result<(), ParseError> {
    let Call { function, arguments } = node;
    let name = function.name;
    let found = arguments.len();
    if found < function.arguments_min() || function.arguments_max().is_some_and(|most| found > most) {
        let takes = match (function.arguments_min(), function.arguments_max()) {
            (least, None) => format!("at least {least}"),
            (least, Some(most)) if least == most => least.to_string(),
            (least, Some(most)) => format!("{least} or {most}"),
        };
        let message = format!("{name} has {found} arguments, and takes {takes}");
        return Err(ParseError::new(at, message).hint(format!("write {}", signature(function))));
    }
    if matches!(function.work, Work::NativeHistogram) {
        return Err(ParseError::new(at, format!("{name} reads native histograms, which are not kept"))
            .hint("use histogram_quantile with buckets, or the series ending in _sum and _count"));
    }
    for (position, argument) in arguments.iter().enumerate() {
        check(argument)?;
        if let Some(kind) = function.parameters.get(position).or(function.parameters.last()) {
            wanted(argument, *kind, name)?;
        }
    }
    match function.work {
        Work::LabelJoin => arguments.get(1).map_or(Ok(()), label_name),
        Work::LabelReplace => {
            arguments.get(1).map_or(Ok(()), label_name)?;
            let Some(Expr { at, kind: Kind::Text(pattern), .. }) = arguments.get(4) else { return Ok(()) };
            let compiled = Matcher::matching("label_replace", pattern);
            compiled.map(drop).map_err(|error| ParseError::new(*at, error.to_string()))
        }
        _ => Ok(()),
    }
}

fn label_name(expr: &Expr) -> Result<(), ParseError> {
    match &expr.kind {
        Kind::Text(name) if !is_label_name(name) => {
            Err(ParseError::new(expr.at, format!("{name:?} is no name of a label"))
                .hint("use letters, digits and _, and no digit first"))
        }
        _ => Ok(()),
    }
}

fn signature(function: &Function) -> String {
    let parameters: Vec<_> = function.parameters.iter().map(|kind| kind.name()).collect();
    let more = if function.repeats { ", …" } else { "" };
    format!("{}({}{more})", function.name, parameters.join(", "))
}
