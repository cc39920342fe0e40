//! Queries of Logs Insights: `StartQuery`, `GetQueryResults`, `StopQuery`, `DescribeQueries`.
//!
//! A query runs apart from the request that starts it and its result is kept in memory for a while: the newest of a tenant,
//! as many as the bounds say.

mod kept;
mod lines;
mod work;

pub(super) use kept::Queries;

use super::application;
use super::{group_of, identified, internal, invalid, seen_since, token};
use crate::aws::{Caller, page};
use crate::http::Context;
use kept::{QueryStatus, Started};
use lines::Lines;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use topmast_aws::log_query::{Query, QueryError, Row};
use topmast_aws::{Fault, Value};
use topmast_logs::{Position, Selection};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Right;
use uuid::Uuid;
use work::{Names, Work};

/// Groups of a query.
const GROUPS_MAX: usize = 50;
/// How long whoever starts a query waits for its end: most have one by then, and nobody needs to ask twice.
const WAIT: Duration = Duration::from_millis(500);
/// Times above this are in milliseconds; below, in seconds.
const SECONDS_MAX: i64 = 100_000_000_000;
/// Queries of a page, when nothing is said.
const PAGE: i64 = 100;

pub(super) async fn start(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "logs:StartQuery")?;
    if input.text("queryLanguage").is_some_and(|language| language != "CWLI") {
        return Err(invalid("Only the query language CWLI is answered here"));
    }
    let groups = groups(caller, input)?;
    let (names, streams) = streams(context, caller, &groups)?;
    let applications = applications(context, caller, &groups)?;
    let text = input.text("queryString").unwrap_or_default();
    let query = Query::parse(text).map_err(|error| malformed(&error))?;
    let seconds = |time: i64| if time > SECONDS_MAX { time.div_euclid(1_000) } else { time };
    let bound = |member: &str| seconds(input.integer(member).unwrap_or_default());
    let (start, end) = (bound("startTime"), bound("endTime"));
    if start > end {
        return Err(invalid("The start time of a query must not be after its end time"));
    }
    let (from, before) = (start.saturating_mul(1_000), end.saturating_add(1).saturating_mul(1_000));
    if !applications.is_empty() {
        application::note(context, caller, text, (Some(from), Some(before)), &applications).await?;
    }
    let lines = Lines::new(caller, &applications, (from, before));
    let since = |seen: i64| seen.max(from);
    let selection = Selection {
        streams: streams.into_iter().map(|(number, seen)| (number, since(seen))).collect(),
        before,
    };
    let sources: Vec<String> = groups.iter().map(|group| format!("\"{group}\"")).collect();
    let started = Started {
        text: format!("SOURCE {} START={start}000 END={end}999 | {text}", sources.join(" ")),
        created_at: context.bus.clock().now().0,
        groups: groups.into_iter().collect(),
        applications,
    };
    let (id, stop) = context.aws_logs.queries.start(&caller.tenant, started)?;
    let limit = input.integer("limit").and_then(|limit| usize::try_from(limit).ok());
    let work = Work { tenant: caller.tenant.clone(), id, query, selection, names, lines, limit, stop };
    let running = tokio::spawn(work.run(Arc::clone(context)));
    // It goes on when the time is over.
    let _ = tokio::time::timeout(WAIT, running).await;
    Ok(Value::map([("queryId", id.to_string().into())]))
}

pub(super) fn results(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "logs:GetQueryResults")?;
    let (query, outcome) = context.aws_logs.queries.find(caller, id(input)?).ok_or_else(unknown)?;
    let told = match input.text("nextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?,
    };
    let most = input.integer("maxItems").and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let rows = outcome.rows.get(told..).unwrap_or_default();
    let next = (rows.len() > most).then(|| page::token(told + most));
    let count = |count: u64| Value::Float(count as f64);
    let statistics = Value::map([
        ("recordsMatched", count(outcome.matched)),
        ("recordsScanned", count(outcome.scanned)),
        ("bytesScanned", count(outcome.bytes)),
        ("estimatedRecordsSkipped", count(0)),
        ("estimatedBytesSkipped", count(0)),
        ("logGroupsScanned", count(query.started.groups.len() as u64)),
    ]);
    Ok(Value::map([
        ("queryLanguage", "CWLI".into()),
        ("results", Value::List(rows.iter().take(most).map(row).collect())),
        ("statistics", statistics),
        ("status", query.status.as_str().into()),
        ("nextToken", next.into()),
    ]))
}

pub(super) fn stop(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "logs:StopQuery")?;
    let (query, _) = context.aws_logs.queries.find(caller, id(input)?).ok_or_else(unknown)?;
    match context.aws_logs.queries.stop(&caller.tenant, query.id) {
        Some(true) => Ok(Value::map([("success", true.into())])),
        Some(false) => Err(invalid("The specified query is not running.")),
        None => Err(unknown()),
    }
}

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "logs:DescribeQueries")?;
    let told = match input.text("nextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?,
    };
    let (group, status) = (input.text("logGroupName"), input.text("status"));
    let most = usize::try_from(input.integer("maxResults").unwrap_or(PAGE)).unwrap_or(1);
    let is_of_us = input.text("queryLanguage").is_none_or(|language| language == "CWLI");
    let all = context.aws_logs.queries.list(&caller.tenant);
    let mut fitting = all.iter().filter(|query| {
        is_of_us
            && query.started.is_for(caller)
            && group.is_none_or(|group| query.started.groups.iter().any(|other| other == group))
            && status.is_none_or(|status| status == query.status.as_str())
    });
    let page: Vec<Value> = fitting
        .by_ref()
        .skip(told)
        .take(most)
        .map(|query| {
            Value::map([
                ("queryLanguage", "CWLI".into()),
                ("queryId", query.id.to_string().into()),
                ("queryString", query.started.text.as_str().into()),
                ("status", query.status.as_str().into()),
                // In seconds, other than every time of Logs.
                ("createTime", query.started.created_at.div_euclid(1_000).into()),
                ("logGroupName", query.started.groups.first().cloned().into()),
            ])
        })
        .collect();
    let next = fitting.next().map(|_| page::token(told + page.len()));
    Ok(Value::map([("queries", Value::List(page)), ("nextToken", next.into())]))
}

/// What leads back to an event: its stream and its place.
pub(super) fn pointer(stream: u64, position: Position) -> String {
    format!("{stream:020}{}", token::event_id(position))
}

fn row(row: &Row) -> Value {
    let field = |name: &str, value: &str| Value::map([("field", name.into()), ("value", value.into())]);
    let mut fields: Vec<Value> = row.fields.iter().map(|(name, value)| field(name, value)).collect();
    // A line on a server has no place that would lead back to it at once.
    if let Some((stream, timestamp, number)) = row.origin
        && !application::is_own_number(stream)
    {
        fields.push(field("@ptr", &pointer(stream, Position { timestamp, number })));
    }
    Value::List(fields)
}

/// The groups that a query is over.
fn groups(caller: &Caller, input: &Value) -> Result<BTreeSet<String>, Fault> {
    let named = input.text("logGroupName").map(str::to_owned);
    let listed: Vec<&str> = input.texts("logGroupNames").collect();
    let identifiers: Vec<&str> = input.texts("logGroupIdentifiers").collect();
    let given = [named.is_some(), !listed.is_empty(), !identifiers.is_empty()];
    if given.iter().filter(|is_given| **is_given).count() != 1 {
        return Err(invalid(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified",
        ));
    }
    let mut groups: BTreeSet<String> =
        named.into_iter().chain(listed.into_iter().map(str::to_owned)).collect();
    for identifier in identifiers {
        groups.insert(identified(caller, identifier)?.to_owned());
    }
    if groups.len() > GROUPS_MAX {
        return Err(invalid(format!("A query is over at most {GROUPS_MAX} log groups")));
    }
    Ok(groups)
}

/// The applications of the fleet's own groups.
fn applications(
    context: &Context,
    caller: &Caller,
    groups: &BTreeSet<String>,
) -> Result<Vec<ObjectPath>, Fault> {
    let mut found = Vec::new();
    for group in groups.iter().filter(|group| application::is_own(group)) {
        found.extend(application::readable(context, caller, group, "logs:StartQuery", |_| true)?);
    }
    application::check_count(&found)?;
    Ok(found)
}

/// The streams of groups that AWS' tools made: their names, and since when they are seen.
fn streams(
    context: &Context,
    caller: &Caller,
    groups: &BTreeSet<String>,
) -> Result<(Names, BTreeMap<u64, i64>), Fault> {
    let (state, now) = (context.bus.state(), context.bus.clock().now().0);
    let kept = state.log_groups(&caller.tenant);
    let (mut names, mut since) = (Names::new(), BTreeMap::new());
    let made: Vec<&String> = groups.iter().filter(|group| !application::is_own(group)).collect();
    if !made.is_empty() {
        caller.needs(Right::Read, "logs:StartQuery")?;
    }
    for name in made {
        let account = &caller.account;
        let group = group_of(kept, name).map_err(|_| {
            let message = format!("Log group '{name}' does not exist for account ID '{account}'");
            from_inside("ResourceNotFoundException", &message)
        })?;
        let log: Arc<str> = Arc::from(format!("{account}:{name}"));
        for (stream, kept) in &group.streams {
            names.insert(kept.number, (Arc::from(stream.as_str()), Arc::clone(&log)));
            since.insert(kept.number, seen_since(group, now));
        }
    }
    Ok((names, since))
}

/// A fault that AWS passes on from behind its front.
fn from_inside(code: &'static str, message: &str) -> Fault {
    let request = Uuid::new_v4();
    Fault::modelled(
        code,
        format!(
            "{message} (Service: AWSLogs; Status Code: 400; Error Code: {code}; Request ID: {request}; Proxy: null)"
        ),
    )
}

fn malformed(error: &QueryError) -> Fault {
    let offset = |offset: usize| Value::from(i64::try_from(offset).unwrap_or(i64::MAX));
    let location =
        Value::map([("startCharOffset", offset(error.start)), ("endCharOffset", offset(error.end))]);
    let compile = Value::map([("location", location), ("message", error.message.as_str().into())]);
    from_inside("MalformedQueryException", &error.message).with("queryCompileError", compile)
}

fn id(input: &Value) -> Result<Uuid, Fault> {
    input.text("queryId").and_then(|id| id.parse().ok()).ok_or_else(unknown)
}

fn unknown() -> Fault {
    Fault::modelled("ResourceNotFoundException", "The specified query does not exist.")
}

/// What went wrong with the work of a query, which its status alone tells.
fn failed(error: &(dyn std::error::Error + 'static)) -> QueryStatus {
    internal(error);
    QueryStatus::Failed
}
