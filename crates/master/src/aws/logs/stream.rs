//! `CreateLogStream`, `DeleteLogStream`, `DescribeLogStreams`.

use super::{change, group_arn, group_name, group_of, invalid, token};
use crate::aws::Caller;
use crate::http::Context;
use std::cmp::Reverse;
use topmast_aws::{Fault, Value};
use topmast_engine::log_group::LogStream;
use topmast_logs::Totals;
use topmast_model::log_group::LogGroupOrder;
use topmast_model::principal::Right;

/// Streams of a page.
const PAGE: i64 = 50;

pub(super) async fn create(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (group, stream) = names(input);
    let order = LogGroupOrder::CreateStream { stream };
    change(context, caller, "logs:CreateLogStream", group, order).await
}

pub(super) async fn delete(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (group, stream) = names(input);
    let order = LogGroupOrder::DeleteStream { stream };
    change(context, caller, "logs:DeleteLogStream", group, order).await
}

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "logs:DescribeLogStreams")?;
    let name = group_name(caller, input)?;
    let (prefix, is_by_time) =
        (input.text("logStreamNamePrefix"), input.text("orderBy") == Some("LastEventTime"));
    if is_by_time && prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let state = context.bus.state();
    let group = group_of(state.log_groups(&caller.tenant), name)?;
    let totals = |stream: &LogStream| context.aws_logs.store.totals(caller.tenant.as_str(), stream.number);
    let mut streams: Vec<(&str, LogStream, Option<Totals>)> = group
        .streams
        .iter()
        .filter(|(stream, _)| prefix.is_none_or(|prefix| stream.starts_with(prefix)))
        .map(|(stream, kept)| (stream.as_str(), *kept, None))
        .collect();
    if is_by_time {
        for (_, kept, known) in &mut streams {
            *known = totals(kept);
        }
        streams.sort_by_key(|(stream, _, known)| (known.map(|known| known.last), *stream));
    }
    if input.boolean("descending").unwrap_or(false) {
        if is_by_time {
            streams.sort_by_key(|(stream, _, known)| Reverse((known.map(|known| known.last), *stream)));
        } else {
            streams.reverse();
        }
    }
    let start = match input.text("nextToken") {
        None => 0,
        Some(token) => {
            let told = token.strip_prefix(name).and_then(|rest| rest.strip_prefix('@'));
            let told = told.and_then(|told| streams.iter().position(|(stream, ..)| *stream == told));
            told.ok_or_else(|| invalid("The specified nextToken is invalid."))? + 1
        }
    };
    let most = usize::try_from(input.integer("limit").unwrap_or(PAGE)).unwrap_or(1);
    let page = streams.get(start..).unwrap_or_default();
    let next = (page.len() > most).then(|| format!("{name}@{}", page[most - 1].0));
    let told = page.iter().take(most).map(|(stream, kept, known)| {
        let known = known.or_else(|| totals(kept));
        let of = |read: fn(&Totals) -> i64| Value::from(known.as_ref().map(read));
        Value::map([
            ("logStreamName", (*stream).into()),
            ("creationTime", kept.created_at.0.into()),
            ("firstEventTimestamp", of(|known| known.first)),
            ("lastEventTimestamp", of(|known| known.last)),
            ("lastIngestionTime", of(|known| known.ingested_at)),
            ("uploadSequenceToken", known.map(|known| token::sequence(known.events)).into()),
            ("arn", format!("{}:log-stream:{stream}", group_arn(caller, name)).into()),
            // AWS does not say it of streams any more.
            ("storedBytes", 0.into()),
        ])
    });
    Ok(Value::map([("logStreams", Value::List(told.collect())), ("nextToken", next.into())]))
}

fn names(input: &Value) -> (&str, String) {
    let stream = input.text("logStreamName").unwrap_or_default().to_owned();
    (input.text("logGroupName").unwrap_or_default(), stream)
}
