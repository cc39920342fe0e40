//! Points and names of metrics, wherever they are kept.

use crate::aws::metrics::{Metric, Point};
use crate::aws::{Caller, internal};
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Fault, Value};

/// The points of a metric from a second on and before another, ascending; of one unit when one is given.
pub(super) async fn points(
    context: &Arc<Context>,
    caller: &Caller,
    metric: Metric,
    unit: Option<String>,
    (from, before): (i64, i64),
) -> Result<Vec<Point>, Fault> {
    let (context, tenant) = (Arc::clone(context), caller.tenant.to_string());
    let read = move || context.aws_metrics.points(&tenant, &metric, unit.as_deref(), from, before);
    let points = tokio::task::spawn_blocking(read).await.map_err(|error| internal(&error))?;
    points.map_err(|error| internal(&error))
}

/// The metrics with values since a second, by namespace, name and dimensions.
pub(super) async fn list(
    context: &Arc<Context>,
    caller: &Caller,
    namespace: Option<String>,
    name: Option<String>,
    since: i64,
) -> Result<Vec<Metric>, Fault> {
    let (context, tenant) = (Arc::clone(context), caller.tenant.to_string());
    let read = move || context.aws_metrics.list(&tenant, namespace.as_deref(), name.as_deref(), since);
    let known = tokio::task::spawn_blocking(read).await.map_err(|error| internal(&error))?;
    Ok(known.map_err(|error| internal(&error))?.into_iter().map(|known| known.metric).collect())
}

/// A metric as answers have it.
pub(super) fn metric_value(metric: &Metric) -> Value {
    let dimensions = metric.dimensions.iter().map(|(name, value)| {
        Value::map([("Name", Value::Text(name.clone())), ("Value", Value::Text(value.clone()))])
    });
    Value::map([
        ("Namespace", Value::Text(metric.namespace.clone())),
        ("MetricName", Value::Text(metric.name.clone())),
        ("Dimensions", Value::List(dimensions.collect())),
    ])
}
