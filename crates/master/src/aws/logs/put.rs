//! `PutLogEvents`: events of a stream, in order of time, all that are neither too old nor of the future.

use super::{DAY_MS, group_of, invalid, metric, missing, token};
use crate::aws::{Caller, internal};
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Fault, Value};
use topmast_logs::{LogsError, OVERHEAD};
use topmast_model::metric_filter::MetricFilter;
use topmast_model::principal::Right;

/// Bytes of all events of a request, and of one of them.
const BYTES_MAX: usize = 1 << 20;
/// How much older and newer than now an event may be.
const LATE_MS: i64 = 14 * DAY_MS;
const EARLY_MS: i64 = 2 * 3_600_000;

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Write, "logs:PutLogEvents")?;
    let now = context.bus.clock().now().0;
    let (number, retention, filters) = {
        let state = context.bus.state();
        let group =
            group_of(state.log_groups(&caller.tenant), input.text("logGroupName").unwrap_or_default())?;
        let stream = group.streams.get(input.text("logStreamName").unwrap_or_default());
        let filters: Vec<MetricFilter> = group.filters.values().map(|kept| kept.spec.clone()).collect();
        (stream.ok_or_else(|| missing("log stream"))?.number, group.retention_days, filters)
    };
    let events: Vec<(i64, String)> = input
        .list("logEvents")
        .iter()
        .map(|event| {
            let text = event.text("message").unwrap_or_default().to_owned();
            (event.integer("timestamp").unwrap_or_default(), text)
        })
        .collect();
    check_sizes(&events)?;
    if !events.is_sorted_by_key(|(time, _)| *time) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    // They are in order, so that each kind of refusal is one of the ends.
    let before = |limit: i64| events.partition_point(|(time, _)| *time < limit);
    let too_old = before(now - LATE_MS);
    let expired = retention.map_or(0, |days| before(now - i64::from(days) * DAY_MS));
    let too_new = before(now + EARLY_MS + 1);
    let taken = events.get(too_old.max(expired)..too_new).unwrap_or_default().to_vec();
    if let (Some((first, _)), Some((last, _))) = (taken.first(), taken.last())
        && last - first > DAY_MS
    {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    let count = events.len();
    let last = put(context, caller, (number, now), taken, filters).await?;
    let index =
        |is_told: bool, index: usize| Value::from(is_told.then(|| i64::try_from(index).unwrap_or(i64::MAX)));
    let rejected = Value::map([
        ("tooNewLogEventStartIndex", index(too_new < count, too_new)),
        ("tooOldLogEventEndIndex", index(too_old > 0, too_old)),
        ("expiredLogEventEndIndex", index(expired > too_old, expired)),
    ]);
    Ok(Value::map([
        ("nextSequenceToken", token::sequence(last).into()),
        ("rejectedLogEventsInfo", if rejected == Value::empty() { Value::Null } else { rejected }),
    ]))
}

async fn put(
    context: &Arc<Context>,
    caller: &Caller,
    (stream, now): (u64, i64),
    events: Vec<(i64, String)>,
    filters: Vec<MetricFilter>,
) -> Result<u64, Fault> {
    if events.is_empty() {
        return Ok(0);
    }
    let (context, tenant) = (Arc::clone(context), caller.tenant.to_string());
    let put = tokio::task::spawn_blocking(move || {
        let texts: Vec<(i64, &str)> = events.iter().map(|(time, text)| (*time, text.as_str())).collect();
        let put = context.aws_logs.store.put(&tenant, stream, now, &texts)?;
        // The events are taken, whatever becomes of what they count.
        let points = metric::points(&filters, &events);
        if !points.is_empty()
            && let Err(error) = context.aws_metrics.put(&tenant, &points)
        {
            tracing::warn!(tenant, error = &error as &dyn std::error::Error, "metric filters count nothing");
        }
        Ok(put)
    });
    match put.await.map_err(|error| internal(&error))? {
        Ok(last) => Ok(last),
        Err(error @ LogsError::TooLarge) => Err(invalid(error.to_string())),
        Err(error) => Err(internal(&error)),
    }
}

fn check_sizes(events: &[(i64, String)]) -> Result<(), Fault> {
    let bytes = |text: &str| text.len() + OVERHEAD;
    if let Some(bytes) = events.iter().map(|(_, text)| bytes(text)).find(|bytes| *bytes > BYTES_MAX) {
        return Err(invalid(format!("Log event too large: {bytes} bytes exceeds limit of {BYTES_MAX}")));
    }
    let all: usize = events.iter().map(|(_, text)| bytes(text)).sum();
    if all > BYTES_MAX {
        return Err(invalid(format!("Upload too large: {all} bytes exceeds limit of {BYTES_MAX}")));
    }
    Ok(())
}
