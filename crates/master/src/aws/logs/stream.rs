//! `CreateLogStream`, `DeleteLogStream`, `DescribeLogStreams`.

use super::application;
use super::{change, group_arn, group_name, group_of, invalid, token};
use crate::aws::Caller;
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Fault, Value};
use topmast_engine::log_group::LogStream;
use topmast_model::log_group::LogGroupOrder;
use topmast_model::principal::Right;

/// Streams of a page.
const PAGE: i64 = 50;
const ACTION: &str = "logs:DescribeLogStreams";

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

/// A stream as it is told.
struct Row {
    name: String,
    created_at: Option<i64>,
    first: Option<i64>,
    last: Option<i64>,
    ingested_at: Option<i64>,
    sequence: Option<String>,
    /// AWS does not say it of streams any more.
    bytes: i64,
}

pub(super) async fn describe(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = group_name(caller, input)?;
    let (prefix, is_by_time) =
        (input.text("logStreamNamePrefix"), input.text("orderBy") == Some("LastEventTime"));
    if is_by_time && prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let prefix = prefix.unwrap_or_default();
    let mut streams = if application::is_own(name) {
        of_application(context, caller, name, prefix).await?
    } else {
        of_group(context, caller, name, prefix)?
    };
    if is_by_time {
        streams.sort_by(|one, other| (one.last, &one.name).cmp(&(other.last, &other.name)));
    }
    if input.boolean("descending").unwrap_or(false) {
        streams.reverse();
    }
    let start = match input.text("nextToken") {
        None => 0,
        Some(token) => {
            let told = token.strip_prefix(name).and_then(|rest| rest.strip_prefix('@'));
            let told = told.and_then(|told| streams.iter().position(|stream| stream.name == told));
            told.ok_or_else(|| invalid("The specified nextToken is invalid."))? + 1
        }
    };
    let most = usize::try_from(input.integer("limit").unwrap_or(PAGE)).unwrap_or(1);
    let page = streams.get(start..).unwrap_or_default();
    let next = (page.len() > most).then(|| format!("{name}@{}", page[most - 1].name));
    let told = page.iter().take(most).map(|stream| {
        Value::map([
            ("logStreamName", stream.name.as_str().into()),
            ("creationTime", stream.created_at.into()),
            ("firstEventTimestamp", stream.first.into()),
            ("lastEventTimestamp", stream.last.into()),
            ("lastIngestionTime", stream.ingested_at.into()),
            ("uploadSequenceToken", stream.sequence.clone().into()),
            ("arn", format!("{}:log-stream:{}", group_arn(caller, name), stream.name).into()),
            ("storedBytes", stream.bytes.into()),
        ])
    });
    Ok(Value::map([("logStreams", Value::List(told.collect())), ("nextToken", next.into())]))
}

/// The streams that AWS' tools made, by name.
fn of_group(context: &Context, caller: &Caller, name: &str, prefix: &str) -> Result<Vec<Row>, Fault> {
    caller.needs(Right::Read, ACTION)?;
    let state = context.bus.state();
    let group = group_of(state.log_groups(&caller.tenant), name)?;
    let streams = group.streams.iter().filter(|(stream, _)| stream.starts_with(prefix));
    let row = |(stream, kept): (&String, &LogStream)| {
        let known = context.aws_logs.store.totals(caller.tenant.as_str(), kept.number);
        Row {
            name: stream.clone(),
            created_at: Some(kept.created_at.0),
            first: known.map(|known| known.first),
            last: known.map(|known| known.last),
            ingested_at: known.map(|known| known.ingested_at),
            sequence: known.map(|known| token::sequence(known.events)),
            bytes: 0,
        }
    };
    Ok(streams.map(row).collect())
}

/// The sources of an application on all servers that tell theirs, by name.
async fn of_application(
    context: &Arc<Context>,
    caller: &Caller,
    name: &str,
    prefix: &str,
) -> Result<Vec<Row>, Fault> {
    let is_meant = |place: &str| place.starts_with(prefix) || prefix.starts_with(place);
    let applications = application::readable(context, caller, name, ACTION, is_meant)?;
    let told = application::sources_of(context, caller, &applications).await?;
    let mut rows: Vec<Row> = told
        .into_iter()
        .map(|source| {
            let written_at = source.written_at.map(|time| time.0.0);
            Row {
                name: application::stream_of(&source.application, &source.source),
                created_at: None,
                first: None,
                last: written_at,
                ingested_at: written_at,
                sequence: None,
                bytes: i64::try_from(source.bytes).unwrap_or(i64::MAX),
            }
        })
        .filter(|row| row.name.starts_with(prefix))
        .collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(rows)
}

fn names(input: &Value) -> (&str, String) {
    let stream = input.text("logStreamName").unwrap_or_default().to_owned();
    (input.text("logGroupName").unwrap_or_default(), stream)
}
