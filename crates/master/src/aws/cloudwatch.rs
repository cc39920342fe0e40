//! `CloudWatch`: metrics put by programs, and the fleet's own; alarms on them.

mod alarm;
mod dashboard;
mod data;
mod fleet;
mod list;
mod put;
mod read;
mod statistics;
mod tag;
pub(crate) mod widget;

pub(crate) use alarm::published;
pub(super) use alarm::run;
pub(super) use dashboard::arn as dashboard_arn;
pub(super) use fleet::PREFIX as FLEET_PREFIX;
pub(super) use tag::Tagged;

use super::{Caller, not_here};
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Call, Fault, Value};

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let (input, now) = (&call.input, context.bus.clock().now().0);
    match call.operation.name.as_str() {
        "PutMetricData" => put::answer(context, caller, input, now).await,
        "ListMetrics" => list::answer(context, caller, input, now).await,
        "GetMetricStatistics" => statistics::answer(context, caller, input, now).await,
        "GetMetricData" => data::answer(context, caller, input, now).await,
        "GetMetricWidgetImage" => widget::image(context, caller, input, now).await,
        "PutDashboard" => dashboard::put(context, caller, input).await,
        "GetDashboard" => dashboard::get(context, caller, input),
        "ListDashboards" => dashboard::list(context, caller, input),
        "DeleteDashboards" => dashboard::delete(context, caller, input).await,
        "ListTagsForResource" => tag::list(context, caller, input),
        "TagResource" => tag::tag(context, caller, input).await,
        "UntagResource" => tag::untag(context, caller, input).await,
        _ => alarm::answer(context, caller, call).await.unwrap_or_else(|| Err(not_here(call))),
    }
}

/// A value outside of what an operation takes.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::modelled("InvalidParameterValueException", message)
}

/// Values that exclude each other.
fn combination(message: impl Into<String>) -> Fault {
    Fault::modelled("InvalidParameterCombinationException", message)
}

/// A fault of the newer operations.
fn validation(message: impl Into<String>) -> Fault {
    Fault::common(topmast_aws::Common::Validation, message)
}
