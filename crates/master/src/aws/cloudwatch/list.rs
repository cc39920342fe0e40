//! `ListMetrics`: which metrics have values, 500 a page.

use super::{invalid, read};
use crate::aws::Caller;
use crate::aws::page;
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Fault, Value};
use topmast_model::principal::Right;

/// Metrics of a page.
const PAGE: usize = 500;
/// Seconds after which a metric without values is not recently active.
const RECENT_S: i64 = 3 * 3_600;

pub(super) async fn answer(
    context: &Arc<Context>,
    caller: &Caller,
    input: &Value,
    now: i64,
) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "cloudwatch:ListMetrics")?;
    let told = match input.text("NextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("Request parameter NextToken is invalid"))?,
    };
    let kept = if input.text("RecentlyActive").is_some() { RECENT_S } else { read::LISTED_S };
    let since = now.div_euclid(1_000) - kept;
    let namespace = input.text("Namespace").map(str::to_owned);
    let name = input.text("MetricName").map(str::to_owned);
    let known = read::with(context, caller.into(), move |reader| {
        reader.list(namespace.as_deref(), name.as_deref(), since)
    })
    .await?;
    let filters = input.list("Dimensions");
    let fits = |metric: &&crate::aws::metrics::Metric| {
        filters.iter().all(|filter| {
            let (name, value) = (filter.text("Name").unwrap_or_default(), filter.text("Value"));
            metric
                .dimensions
                .iter()
                .any(|(other, its)| other == name && value.is_none_or(|value| its == value))
        })
    };
    let mut fitting = known.iter().filter(fits).skip(told);
    let items: Vec<Value> = fitting.by_ref().take(PAGE).map(read::metric_value).collect();
    let next = fitting.next().map_or(Value::Null, |_| Value::Text(page::token(told + items.len())));
    let owners = match input.boolean("IncludeLinkedAccounts") {
        Some(true) => Value::List(vec![Value::Text(caller.account.to_string()); items.len()]),
        _ => Value::Null,
    };
    Ok(Value::map([("Metrics", Value::List(items)), ("NextToken", next), ("OwningAccounts", owners)]))
}
