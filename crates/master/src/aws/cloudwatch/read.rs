//! Points and names of metrics, wherever they are kept.

use crate::aws::metrics::{Metric, Point};
use crate::aws::{Caller, internal};
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Fault, Value};

/// Seconds after which a metric without values is not listed any more.
pub(super) const LISTED_S: i64 = 14 * 86_400;

/// Reads for one request, on a thread that may block.
pub(super) struct Reader {
    context: Arc<Context>,
    tenant: String,
}

impl Reader {
    pub(super) fn new(context: &Arc<Context>, caller: &Caller) -> Self {
        Self { context: Arc::clone(context), tenant: caller.tenant.to_string() }
    }

    /// The points of a metric from a second on and before another, ascending; of one unit when one is given.
    pub(super) fn points(
        &self,
        metric: &Metric,
        unit: Option<&str>,
        (from, before): (i64, i64),
    ) -> Result<Vec<Point>, Fault> {
        let points = self.context.aws_metrics.points(&self.tenant, metric, unit, from, before);
        points.map_err(|error| internal(&error))
    }

    /// The metrics with values since a second, by namespace, name and dimensions.
    pub(super) fn list(
        &self,
        namespace: Option<&str>,
        name: Option<&str>,
        since: i64,
    ) -> Result<Vec<Metric>, Fault> {
        let known = self.context.aws_metrics.list(&self.tenant, namespace, name, since);
        Ok(known.map_err(|error| internal(&error))?.into_iter().map(|known| known.metric).collect())
    }
}

/// Works on a thread that may block, with a reader of what the caller may see.
pub(super) async fn with<T: Send + 'static>(
    context: &Arc<Context>,
    caller: &Caller,
    work: impl FnOnce(&Reader) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let reader = Reader::new(context, caller);
    tokio::task::spawn_blocking(move || work(&reader)).await.map_err(|error| internal(&error))?
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
