//! `CloudWatch` Logs: groups and streams from the journal, their events from a store of their own (`topmast_logs`).
//!
//! Groups belong to the account, whatever the region. What begins with `/topmast/` is the fleet's own: the logs of its
//! applications, read on their servers (`application`).

mod application;
pub(crate) mod config;
mod filter;
mod get;
mod group;
mod metric;
mod metric_filter;
mod put;
mod query;
mod record;
mod stream;
mod tag;
mod token;

use super::{Caller, internal, not_here};
use crate::bus::SubmitError;
use crate::http::Context;
use config::AwsLogsConfig;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;
use topmast_aws::{Call, Common, Fault, Value};
use topmast_engine::log_group::{LogGroup, LogGroups};
use topmast_engine::{Rejection, Submission};
use topmast_logs::{Logs, LogsError};
use topmast_model::command::Command;
use topmast_model::log_group::{LogGroupOrder, RESERVED};

/// Requests that read events at one time; more wait.
const READERS: usize = 4;
/// Requests that read lines on servers at one time; more wait.
const LINE_READERS: usize = 16;
/// Queries that run at one time; more are scheduled. Each may take a minute, so they have places of their own.
const WORKERS: usize = 2;
/// Time between two times that the disk is made to have what was put.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// How many of these there are between two looks at what is old.
const SYNCS_AN_AGE: u32 = 3_600;
/// What the names of operations that change something begin with.
const CHANGES: [&str; 5] = ["Create", "Delete", "Put", "Tag", "Untag"];
const DAY_MS: i64 = 86_400_000;

/// The events and who reads them now.
pub(crate) struct AwsLogs {
    pub(crate) store: Logs,
    readers: Semaphore,
    line_readers: Semaphore,
    noted: application::Noted,
    workers: Semaphore,
    queries: query::Queries,
}

impl AwsLogs {
    /// Opens the store in the master's folder, or makes it there.
    ///
    /// # Errors
    /// [`LogsError`].
    pub(crate) fn open(folder: &Path, config: &AwsLogsConfig) -> Result<Self, LogsError> {
        let (store, report) = Logs::open(&folder.join("aws-logs"), config.limits())?;
        for path in &report.torn {
            tracing::warn!(path = %path.display(), "dropped the last record of a log, which was cut short");
        }
        for path in &report.damaged {
            tracing::error!(path = %path.display(), "a log is damaged; what is behind the damage is not read");
        }
        Ok(Self {
            store,
            readers: Semaphore::new(READERS),
            line_readers: Semaphore::new(LINE_READERS),
            noted: application::Noted::default(),
            workers: Semaphore::new(WORKERS),
            queries: query::Queries::default(),
        })
    }
}

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let input = &call.input;
    check_writable(caller, call)?;
    match call.operation.name.as_str() {
        "CreateLogGroup" => group::create(context, caller, input).await,
        "DeleteLogGroup" => group::delete(context, caller, input).await,
        "DescribeLogGroups" => group::describe(context, caller, input),
        "ListLogGroups" => group::list(context, caller, input),
        "PutRetentionPolicy" => group::retain(context, caller, input).await,
        "DeleteRetentionPolicy" => group::keep_for_ever(context, caller, input).await,
        "PutLogGroupDeletionProtection" => group::protect(context, caller, input).await,
        "TagLogGroup" => tag::tag_group(context, caller, input).await,
        "UntagLogGroup" => tag::untag_group(context, caller, input).await,
        "ListTagsLogGroup" => tag::list_of_group(context, caller, input),
        "TagResource" => tag::tag(context, caller, input).await,
        "UntagResource" => tag::untag(context, caller, input).await,
        "ListTagsForResource" => tag::list(context, caller, input),
        "CreateLogStream" => stream::create(context, caller, input).await,
        "DeleteLogStream" => stream::delete(context, caller, input).await,
        "DescribeLogStreams" => stream::describe(context, caller, input).await,
        "PutLogEvents" => put::answer(context, caller, input).await,
        "GetLogEvents" => get::answer(context, caller, input).await,
        "FilterLogEvents" => filter::answer(context, caller, input).await,
        "PutMetricFilter" => metric_filter::put(context, caller, input).await,
        "DescribeMetricFilters" => metric_filter::describe(context, caller, input),
        "DeleteMetricFilter" => metric_filter::delete(context, caller, input).await,
        "TestMetricFilter" => metric_filter::test(caller, input),
        "StartQuery" => query::start(context, caller, input).await,
        "GetQueryResults" => query::results(context, caller, input),
        "StopQuery" => query::stop(context, caller, input),
        "DescribeQueries" => query::describe(context, caller, input),
        "GetLogRecord" => record::get(context, caller, input).await,
        "GetLogGroupFields" => record::of_group(context, caller, input).await,
        _ => Err(not_here(call)),
    }
}

/// Refuses to change one of the fleet's own groups, whether there is one or not.
fn check_writable(caller: &Caller, call: &Call) -> Result<(), Fault> {
    let is_change = CHANGES.iter().any(|verb| call.operation.name.starts_with(verb));
    let named = ["logGroupName", "logGroupIdentifier", "resourceArn"];
    let mut named = named.iter().filter_map(|member| call.input.text(member));
    let is_own = |name: &str| identified(caller, name).is_ok_and(application::is_own);
    if is_change && named.any(is_own) {
        return Err(invalid(format!(
            "Log groups that begin with {RESERVED} are the logs of the fleet's applications: they can be read, and not changed"
        )));
    }
    Ok(())
}

/// Keeps the store, for as long as it is polled.
pub(super) async fn run(context: Arc<Context>) {
    let mut timer = tokio::time::interval(SYNC_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u32.. {
        timer.tick().await;
        let context = Arc::clone(&context);
        let kept = tokio::task::spawn_blocking(move || {
            context.aws_logs.store.sync()?;
            if round % SYNCS_AN_AGE == 0 { age(&context) } else { Ok(()) }
        });
        if let Ok(Err(error)) = kept.await {
            internal(&error);
        }
    }
}

/// Removes what nobody sees any more.
fn age(context: &Context) -> Result<(), LogsError> {
    // Which streams there are is asked for once nothing can be put: a stream is in the state before its first event.
    context.aws_logs.store.maintain(|tenant| {
        let (state, now) = (context.bus.state(), context.bus.clock().now().0);
        let groups = state.all_log_groups().get(tenant);
        let streams = groups.into_iter().flat_map(BTreeMap::values).flat_map(|group| {
            group.streams.values().map(move |stream| (stream.number, seen_since(group, now)))
        });
        streams.collect()
    })
}

/// Forgets everything of a tenant.
pub(super) async fn clear(context: &Arc<Context>, tenant: String) -> Result<(), Fault> {
    context.aws_logs.queries.clear(&tenant);
    let context = Arc::clone(context);
    let cleared = tokio::task::spawn_blocking(move || context.aws_logs.store.clear(&tenant)).await;
    cleared.map_err(|error| internal(&error))?.map_err(|error| internal(&error))
}

/// The first millisecond that is seen of a group.
fn seen_since(group: &LogGroup, now: i64) -> i64 {
    group.retention_days.map_or(i64::MIN, |days| now - i64::from(days) * DAY_MS)
}

/// Reads events apart from what answers other requests.
async fn read<T: Send + 'static>(
    context: &Arc<Context>,
    work: impl FnOnce(&Logs) -> Result<T, LogsError> + Send + 'static,
) -> Result<T, Fault> {
    let _place = context.aws_logs.readers.acquire().await.map_err(|error| internal(&error))?;
    let context = Arc::clone(context);
    let read = tokio::task::spawn_blocking(move || work(&context.aws_logs.store)).await;
    read.map_err(|error| internal(&error))?.map_err(|error| internal(&error))
}

/// Changes a group.
async fn change(
    context: &Context,
    caller: &Caller,
    action: &str,
    name: &str,
    order: LogGroupOrder,
) -> Result<Value, Fault> {
    let is_stream = matches!(order, LogGroupOrder::CreateStream { .. });
    let command = Command::ChangeLogGroup { tenant: caller.tenant.clone(), name: name.to_owned(), order };
    match context.bus.submit(Submission { principal: caller.principal.clone(), command }).await {
        Ok(_) => Ok(Value::empty()),
        Err(SubmitError::Rejected(Rejection::Forbidden { .. })) => {
            let arn = group_arn(caller, name);
            Err(caller.denied(&format!("{action} on resource: {arn}")))
        }
        Err(SubmitError::Rejected(Rejection::NotFound { what, .. })) => Err(missing(what)),
        Err(SubmitError::Rejected(Rejection::Conflict { .. })) => {
            let what = if is_stream { "stream" } else { "group" };
            let message = format!("The specified log {what} already exists");
            Err(Fault::modelled("ResourceAlreadyExistsException", message))
        }
        Err(SubmitError::Rejected(Rejection::LimitReached { .. })) => {
            Err(Fault::modelled("LimitExceededException", "Resource limit exceeded."))
        }
        Err(SubmitError::Rejected(rejection)) => Err(invalid(rejection.to_string())),
        Err(SubmitError::TooLarge(told)) => Err(invalid(told)),
        Err(SubmitError::Busy) => Err(Fault::common(Common::Throttling, "Rate exceeded")),
        Err(error) => Err(internal(&error)),
    }
}

/// The name of the group that a request means, by its name or by its ARN.
fn group_name<'a>(caller: &Caller, input: &'a Value) -> Result<&'a str, Fault> {
    match (input.text("logGroupName"), input.text("logGroupIdentifier")) {
        (Some(_), Some(_)) => Err(Fault::common(
            Common::Validation,
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        )),
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => identified(caller, identifier),
        (None, None) => Err(invalid("Either LogGroup name or LogGroup ARN must be specified.")),
    }
}

/// The name of a group from its name or its ARN.
fn identified<'a>(caller: &Caller, identifier: &'a str) -> Result<&'a str, Fault> {
    if !identifier.starts_with("arn:") {
        return Ok(identifier);
    }
    let mut parts = identifier.splitn(7, ':').skip(2);
    let (service, _region, account) = (parts.next(), parts.next(), parts.next());
    let (kind, name) = (parts.next(), parts.next());
    let is_ours =
        service == Some("logs") && account == Some(caller.account.as_str()) && kind == Some("log-group");
    name.map(|name| name.strip_suffix(":*").unwrap_or(name))
        .filter(|_| is_ours)
        .ok_or_else(|| missing("log group"))
}

fn group_of<'a>(groups: &'a LogGroups, name: &str) -> Result<&'a LogGroup, Fault> {
    groups.get(name).ok_or_else(|| missing("log group"))
}

fn group_arn(caller: &Caller, name: &str) -> String {
    caller.arn_of("logs", &format!("log-group:{name}"))
}

fn missing(what: &str) -> Fault {
    Fault::modelled("ResourceNotFoundException", format!("The specified {what} does not exist."))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::modelled("InvalidParameterException", message)
}
