//! The queries of a `GetMetricData`, checked.

use crate::aws::cloudwatch::{put, validation};
use crate::aws::metrics::Metric;
use std::collections::BTreeSet;
use topmast_aws::insights;
use topmast_aws::label::Label;
use topmast_aws::metric_math::{Expression, order};
use topmast_aws::span::is_period;
use topmast_aws::statistic::Statistic;
use topmast_aws::{Fault, Value};

/// Most queries of a request, and most of them in SQL.
const QUERIES_MAX: usize = 500;
const SQL_MAX: usize = 1;

/// A query.
pub(super) struct Query {
    pub(super) id: String,
    pub(super) label: Option<Label>,
    pub(super) is_returned: bool,
    pub(super) of: Of,
}

/// What is asked.
pub(super) enum Of {
    Metric(Stat),
    Math { expression: Expression, period: Option<i64> },
    Sql { query: insights::Query, period: Option<i64> },
}

/// A statistic of one metric.
#[derive(Clone)]
pub(super) struct Stat {
    pub(super) metric: Metric,
    pub(super) period: i64,
    pub(super) name: String,
    pub(super) statistic: Statistic,
    pub(super) unit: Option<String>,
}

/// The queries of a request, and the order in which its expressions can be worked out.
pub(super) fn all(input: &Value) -> Result<(Vec<Query>, Vec<usize>), Fault> {
    let all = input.list("MetricDataQueries");
    if all.len() > QUERIES_MAX {
        return Err(validation(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES_MAX}."
        )));
    }
    let mut ids = BTreeSet::new();
    let mut queries = Vec::with_capacity(all.len());
    for (place, query) in all.iter().enumerate() {
        let at = format!("MetricDataQueries.member.{}", place + 1);
        let query = one(query, &at)?;
        if !ids.insert(query.id.clone()) {
            return Err(validation(format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                query.id
            )));
        }
        queries.push(query);
    }
    if queries.iter().filter(|query| matches!(query.of, Of::Sql { .. })).count() > SQL_MAX {
        return Err(validation("Only one Metrics Insights query is allowed in a single request."));
    }
    let order = in_order(&queries, &ids)?;
    Ok((queries, order))
}

/// The fault for an expression that is none, or has no value.
pub(super) fn wrong(id: &str, reason: impl std::fmt::Display) -> Fault {
    validation(format!("Error in expression '{id}': {reason}"))
}

/// The places of the expressions, each after those that it names.
fn in_order(queries: &[Query], ids: &BTreeSet<String>) -> Result<Vec<usize>, Fault> {
    let mut places = Vec::new();
    let mut expressions = Vec::new();
    for (place, query) in queries.iter().enumerate() {
        let Of::Math { expression, .. } = &query.of else { continue };
        if let Some(unknown) = expression.ids().into_iter().find(|id| !ids.contains(*id)) {
            return Err(wrong(&query.id, format!("The id {unknown} is not of this request")));
        }
        places.push(place);
        expressions.push((query.id.as_str(), expression));
    }
    let sorted = order(&expressions).map_err(|id| wrong(&id, "It depends on itself"))?;
    Ok(sorted.into_iter().map(|index| places[index]).collect())
}

fn one(query: &Value, at: &str) -> Result<Query, Fault> {
    let id = query.text("Id").unwrap_or_default().to_owned();
    let is_id = id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    if !is_id {
        return Err(validation(format!(
            "The value {id} for parameter {at}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
        )));
    }
    let of = match (query.get("MetricStat"), query.text("Expression")) {
        (Some(_), Some(_)) => {
            return Err(validation(format!(
                "The parameters {at}.Expression and {at}.MetricStat are mutually exclusive and you have specified both."
            )));
        }
        (Some(stat), None) => Of::Metric(self::stat(stat, at)?),
        (None, Some(text)) => expression(&id, text, query.integer("Period"), at)?,
        (None, None) => return Err(validation(format!("The parameter {at}.MetricStat is required.\n"))),
    };
    let label = query.text("Label").map(Label::parse).transpose();
    let label = label
        .map_err(|error| validation(format!("The value for parameter {at}.Label is invalid: {error}.")))?;
    Ok(Query { id, label, is_returned: query.boolean("ReturnData").unwrap_or(true), of })
}

fn expression(id: &str, text: &str, period: Option<i64>, at: &str) -> Result<Of, Fault> {
    if let Some(period) = period {
        checked_period(period, &format!("{at}.Period"))?;
    }
    if insights::is_query(text) {
        let query = insights::Query::parse(text).map_err(|error| wrong(id, error))?;
        return Ok(Of::Sql { query, period });
    }
    let expression = Expression::parse(text).map_err(|error| wrong(id, error))?;
    Ok(Of::Math { expression, period })
}

fn stat(stat: &Value, at: &str) -> Result<Stat, Fault> {
    let name = stat.text("Stat").unwrap_or_default();
    let statistic = Statistic::parse(name).ok_or_else(|| {
        validation(format!("The value {name} for parameter {at}.MetricStat.Stat is not a valid statistic.\n"))
    })?;
    let period = stat.integer("Period").unwrap_or_default();
    checked_period(period, &format!("{at}.MetricStat.Period"))?;
    let metric = stat.get("Metric").unwrap_or(&Value::Null);
    Ok(Stat {
        metric: put::metric(metric.text("Namespace").unwrap_or_default(), metric),
        period,
        name: name.to_owned(),
        statistic,
        unit: stat.text("Unit").map(str::to_owned),
    })
}

fn checked_period(period: i64, parameter: &str) -> Result<(), Fault> {
    if is_period(period) {
        return Ok(());
    }
    Err(validation(format!("The parameter {parameter} must be 1, 5, 10, 20, 30 or a multiple of 60.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn math(id: &str, text: &str) -> Value {
        Value::map([("Id", id.into()), ("Expression", text.into())])
    }

    fn check(queries: Vec<Value>, expected: Result<&[usize], &str>) {
        let found = all(&Value::map([("MetricDataQueries", Value::List(queries))]));
        let found = found.map(|(_, order)| order).map_err(|fault| fault.message.unwrap_or_default());
        match expected {
            Ok(order) => assert_eq!(found.unwrap(), order),
            Err(part) => assert!(found.as_ref().is_err_and(|told| told.contains(part)), "{found:?}: {part}"),
        }
    }

    #[test]
    fn expressions_come_after_those_that_they_name() {
        check(vec![math("e1", "e2 * 2"), math("e2", "TIME_SERIES(1)")], Ok(&[1, 0]));
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let sql = |id| math(id, "SELECT AVG(a) FROM b");
        check(vec![math("e1", "e2"), math("e2", "e1")], Err("It depends on itself"));
        check(vec![math("e1", "m1 + 1")], Err("Error in expression 'e1': The id m1 is not of this request"));
        check(vec![math("e1", "1 +")], Err("Error in expression 'e1': "));
        check(vec![math("E1", "1")], Err("^[a-z][a-zA-Z0-9_]*$"));
        check(vec![math("e1", "e2"), math("e1", "e2")], Err("are not unique: e1."));
        check(vec![sql("q1"), sql("q2")], Err("Only one Metrics Insights query"));
        check(vec![Value::map([("Id", "m1".into())])], Err("member.1.MetricStat is required.\n"));
        check((0..=QUERIES_MAX).map(|n| math(&format!("e{n}"), "1")).collect(), Err("greater than 500."));
    }
}
