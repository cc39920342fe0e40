//! Points and names of metrics, wherever they are kept.

use super::fleet::{self, Fleet};
use crate::aws::metrics::{Metric, Point};
use crate::aws::{Asker, internal};
use crate::http::Context;
use std::cell::OnceCell;
use std::sync::Arc;
use tokio::sync::Semaphore;
use topmast_aws::{Fault, Value};
use topmast_history::Budget;

/// Seconds after which a metric without values is not listed any more.
pub(super) const LISTED_S: i64 = 14 * 86_400;

/// Samples of the history that one request may read: as many as a chart.
const SAMPLES_MAX: u64 = 100_000_000;
/// Requests that read at one time: tools that ask for much must not take all cores from the agents.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Reads for one request, on a thread that may block.
pub(super) struct Reader {
    context: Arc<Context>,
    pub(super) asker: Asker,
    fleet: OnceCell<Fleet>,
    budget: Budget,
}

impl Reader {
    fn new(context: &Arc<Context>, asker: Asker) -> Self {
        Self {
            context: Arc::clone(context),
            asker,
            fleet: OnceCell::new(),
            budget: Budget::new(SAMPLES_MAX, Arc::default()),
        }
    }

    fn fleet(&self) -> &Fleet {
        self.fleet.get_or_init(|| Fleet::of(&self.context, &self.asker))
    }

    /// The points of a metric from a second on and before another, ascending; of one unit when one is given.
    pub(super) fn points(
        &self,
        metric: &Metric,
        unit: Option<&str>,
        (from, before): (i64, i64),
        period: i64,
    ) -> Result<Vec<Point>, Fault> {
        if metric.namespace.starts_with(fleet::PREFIX) {
            return self.fleet().points(&self.context, metric, unit, (from, before), period, &self.budget);
        }
        self.asker.needs_all()?;
        let points = self.context.aws_metrics.points(self.asker.tenant.as_str(), metric, unit, from, before);
        points.map_err(|error| internal(&error))
    }

    /// The metrics with values since a second, by namespace, name and dimensions.
    pub(super) fn list(
        &self,
        namespace: Option<&str>,
        name: Option<&str>,
        since: i64,
    ) -> Result<Vec<Metric>, Fault> {
        let mut metrics = self.fleet().list(&self.context, namespace, name);
        if self.asker.sees_all() {
            let known = self.context.aws_metrics.list(self.asker.tenant.as_str(), namespace, name, since);
            metrics.extend(known.map_err(|error| internal(&error))?.into_iter().map(|known| known.metric));
        }
        metrics.sort();
        Ok(metrics)
    }
}

/// Works on a thread that may block, with a reader of what the asker may see.
pub(super) async fn with<T: Send + 'static>(
    context: &Arc<Context>,
    asker: Asker,
    work: impl FnOnce(&Reader) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let reader = Reader::new(context, asker);
    let turn = TURNS.acquire().await;
    let work = move || {
        // Held until the work ends, also when nobody waits for it any more.
        let _turn = turn;
        work(&reader)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| internal(&error))?
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
