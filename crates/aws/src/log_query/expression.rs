//! Expressions: what they are and what they are of a record.

use super::datum::Datum;
use super::function::Function;
use super::record::Record;
use crate::relation::Relation;
use regex::Regex;

#[derive(Debug)]
pub(super) enum Expression {
    Field(String),
    Literal(Datum),
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Relation, Box<(Expression, Expression)>),
    Contains(Box<(Expression, Expression)>),
    Matches(Box<Expression>, Regex),
    In(Box<Expression>, Vec<Expression>),
    Work(Operator, Box<(Expression, Expression)>),
    Negate(Box<Expression>),
    Call(Function, Vec<Expression>),
    /// What was worked out for a group, by its place.
    Aggregate(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// What an expression is worked out of.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) record: &'a Record,
    pub(super) aggregates: &'a [Datum],
    pub(super) now: i64,
}

impl Expression {
    pub(super) fn value(&self, scope: Scope<'_>) -> Datum {
        match self {
            Self::Field(name) => scope.record.get(name),
            Self::Literal(value) => value.clone(),
            Self::Any(any) => Datum::Boolean(any.iter().any(|one| one.value(scope).is_true())),
            Self::All(all) => Datum::Boolean(all.iter().all(|one| one.value(scope).is_true())),
            Self::Not(one) => Datum::Boolean(!one.value(scope).is_true()),
            Self::Compare(relation, pair) => {
                Datum::Boolean(compare(&pair.0.value(scope), *relation, &pair.1.value(scope)))
            }
            Self::Contains(pair) => {
                let (text, part) = (pair.0.value(scope), pair.1.value(scope));
                let both = text.text().zip(part.text());
                Datum::Boolean(both.is_some_and(|(text, part)| text.contains(&*part)))
            }
            Self::Matches(text, regex) => {
                Datum::Boolean(text.value(scope).text().is_some_and(|text| regex.is_match(&text)))
            }
            Self::In(one, all) => {
                let one = one.value(scope);
                Datum::Boolean(all.iter().any(|other| one.is(&other.value(scope))))
            }
            Self::Work(operator, pair) => {
                match (pair.0.value(scope).number(), pair.1.value(scope).number()) {
                    (Some(one), Some(other)) => Datum::of_number(operator.work(one, other)),
                    _ => Datum::Missing,
                }
            }
            Self::Negate(one) => one.value(scope).number().map_or(Datum::Missing, |n| Datum::Number(-n)),
            Self::Call(function, arguments) => function.call(arguments, scope),
            Self::Aggregate(place) => scope.aggregates.get(*place).cloned().unwrap_or(Datum::Missing),
        }
    }
}

impl Operator {
    fn work(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Add => one + other,
            Self::Subtract => one - other,
            Self::Multiply => one * other,
            Self::Divide => one / other,
            Self::Remainder => one % other,
            Self::Power => one.powf(other),
        }
    }
}

fn compare(one: &Datum, relation: Relation, other: &Datum) -> bool {
    if one.is_missing() || other.is_missing() {
        return false;
    }
    match relation {
        Relation::Equal => one.is(other),
        Relation::Unequal => !one.is(other),
        Relation::Less => one.order(other).is_lt(),
        Relation::AtMost => one.order(other).is_le(),
        Relation::Greater => one.order(other).is_gt(),
        Relation::AtLeast => one.order(other).is_ge(),
    }
}
