//! `SendCommand`, `CancelCommand` and `ListCommands`: actions on applications of instances.

use super::filter::Filters;
use super::invocation::{Part, parts};
use super::{Page, document};
use crate::aws::fleet::{self, Instance, Order};
use crate::aws::{Caller, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::{Common, Fault, Value};
use topmast_engine::{Action, Rejection, Submission};
use topmast_model::command::{Command, TARGETS_MAX};
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::status::ActionStatus;
use uuid::Uuid;

const SEND: &str = "ssm:SendCommand";
const PAGE: i64 = 50;
/// Decisions of one cancelling: together they end as many parts as an action can have.
const CANCELS_MAX: usize = 1 + TARGETS_MAX / 1_000;
pub(super) const CANCELLED: &str = "Cancelled";

pub(super) async fn send(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let operation = document::operation(input.text("DocumentName").unwrap_or_default())?;
    document::check_version(input)?;
    let names = applications(input)?;
    let instances = named(context, caller, input)?;
    let mut targets = Vec::new();
    for instance in &instances {
        let copies = fleet::copies(context, caller, &instance.path);
        for name in &names {
            match copies.iter().find(|copy| copy.path.name() == *name) {
                Some(copy) => targets.push(copy.path.clone()),
                // What was found by a tag is only where it is.
                None if input.list("InstanceIds").is_empty() => {}
                None => return Err(parameters(format!("{} has no application {name}", instance.id))),
            }
        }
    }
    if targets.is_empty() {
        return Err(parameters("none of the instances has such an application"));
    }
    let reason = input.text("Comment").filter(|comment| !comment.is_empty()).unwrap_or(SEND);
    let rolling = rolling(input, targets.len())?;
    let mut order = Order::new(operation, targets, reason);
    order.rolling = rolling;
    if let Some(seconds) = input.integer("TimeoutSeconds").and_then(|seconds| u64::try_from(seconds).ok()) {
        order.timeout_ms = seconds.saturating_mul(1_000);
    }
    order.submit(context, caller).await.map_err(|error| match error {
        SubmitError::Rejected(Rejection::Forbidden { .. }) => caller.denied(SEND),
        SubmitError::Rejected(Rejection::LimitReached { message }) => {
            Fault::common(Common::Throttling, message)
        }
        SubmitError::Rejected(rejection) => parameters(rejection.to_string()),
        SubmitError::Busy => Fault::common(Common::Throttling, "Rate exceeded"),
        error => internal(&error),
    })?;
    let action = action(context, caller, order.id)?;
    Ok(Value::map([("Command", told(caller, &action))]))
}

fn parameters(message: impl Into<String>) -> Fault {
    Fault::modelled("InvalidParameters", message)
}

/// How many at a time, in numbers or per cent of all. Without it all at once.
fn rolling(input: &Value, targets: usize) -> Result<Option<Rolling>, Fault> {
    let Some(most) = input.text("MaxConcurrency") else { return Ok(None) };
    let batch = match most.strip_suffix('%') {
        Some(share) => share.parse::<usize>().ok().map(|share| (targets * share.min(100)).div_ceil(100)),
        None => most.parse().ok(),
    };
    let batch = batch.and_then(|batch| u32::try_from(batch).ok());
    let batch = batch.ok_or_else(|| parameters(format!("MaxConcurrency {most} is not a number")))?;
    // Any other bound would be one that is not kept.
    let on_error = match input.text("MaxErrors") {
        None | Some("0" | "0%") => OnError::Stop,
        Some("100%") => OnError::Continue,
        Some(_) => return Err(parameters("MaxErrors is 0 or 100% here")),
    };
    Ok(Some(Rolling { batch, wait_ms: 0, on_error }))
}

/// The one parameter that the documents have.
fn applications(input: &Value) -> Result<BTreeSet<&str>, Fault> {
    let given = input.get("Parameters").and_then(Value::as_map);
    let mut names = BTreeSet::new();
    for (name, values) in given.into_iter().flatten() {
        if name != "Application" {
            return Err(parameters(format!("{name} is no parameter of the document")));
        }
        names.extend(values.as_list().unwrap_or_default().iter().filter_map(Value::as_text));
    }
    if names.is_empty() {
        return Err(parameters("the parameter Application is required"));
    }
    Ok(names)
}

/// The instances that are meant.
fn named(context: &Context, caller: &Caller, input: &Value) -> Result<Vec<Instance>, Fault> {
    let mut ids = instance_ids(input)?;
    let targets = input.list("Targets");
    if ids.is_empty() == targets.is_empty() {
        return Err(parameters("give either InstanceIds or Targets"));
    }
    let mut instances = if targets.is_empty() {
        fleet::instances_of(context, caller, ids.iter().copied())
    } else {
        fleet::instances(context, caller)
    };
    for target in targets {
        let key = target.text("Key").unwrap_or_default();
        let values: BTreeSet<&str> = target.texts("Values").collect();
        match key.strip_prefix("tag:") {
            Some(tag) => {
                instances
                    .retain(|instance| instance.tags().get(tag).is_some_and(|value| values.contains(value)));
            }
            None if key == "InstanceIds" => ids.extend(values),
            None if key == "tag-key" => {
                instances.retain(|instance| values.iter().any(|tag| instance.tags().contains_key(tag)));
            }
            None => {
                return Err(parameters(format!("a target's key is tag:, tag-key or InstanceIds, not {key}")));
            }
        }
    }
    if !ids.is_empty() {
        instances.retain(|instance| ids.contains(instance.id.as_str()));
        let known: BTreeSet<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
        if let Some(missing) = ids.difference(&known).next() {
            return Err(invalid_instance(caller, missing));
        }
    }
    Ok(instances)
}

/// The instances that are named, each once.
fn instance_ids(input: &Value) -> Result<BTreeSet<&str>, Fault> {
    let mut ids = BTreeSet::new();
    match input.texts("InstanceIds").find(|id| !ids.insert(*id)) {
        None => Ok(ids),
        Some(id) => Err(Fault::modelled(
            "DuplicateInstanceId",
            format!("You can't specify a managed node ID in more than one association: {id}"),
        )),
    }
}

fn invalid_instance(caller: &Caller, id: &str) -> Fault {
    let message = format!("Instances [[{id}]] not in a valid state for account {}", caller.account);
    Fault::modelled("InvalidInstanceId", message)
}

/// What waits for its batch is not begun any more. What was sent goes on: nothing can call it back.
pub(super) async fn cancel(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let action = action(context, caller, command_id(input.text("CommandId").unwrap_or_default())?)?;
    let ids = instance_ids(input)?;
    let parts = parts(caller, &action);
    let mut within = Vec::new();
    for id in &ids {
        let part = parts.iter().find(|part| part.id() == *id);
        within.push(part.ok_or_else(|| invalid_instance(caller, id))?.server.clone());
    }
    // As often as there may be parts of an action that one decision ends.
    for _ in 0..CANCELS_MAX {
        let command = Command::CancelAction { id: action.id, within: within.clone() };
        let submission = Submission { principal: caller.principal.clone(), command };
        match context.bus.submit(submission).await {
            Ok(events) if events.is_empty() => break,
            Ok(_) => {}
            Err(SubmitError::Rejected(Rejection::Forbidden { .. })) => {
                return Err(caller.denied("ssm:CancelCommand"));
            }
            Err(SubmitError::Rejected(_)) => return Err(unknown()),
            Err(SubmitError::Busy) => return Err(Fault::common(Common::Throttling, "Rate exceeded")),
            Err(error) => return Err(internal(&error)),
        }
    }
    Ok(Value::empty())
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (page, filters) = (Page::of(input, PAGE)?, Filters::of(context, caller, input)?);
    let asked = input.text("CommandId").map(command_id).transpose()?;
    if let Some(id) = asked {
        action(context, caller, id)?;
    }
    let (kept, next) = context.see(|sight| {
        let all = sight.state.actions().rev().filter(|action| asked.is_none_or(|id| id == action.id));
        let kept = all.filter(|action| {
            may_read(caller, action)
                && filters.passes(action, word(action))
                && (filters.is_anywhere() || parts(caller, action).iter().any(|part| filters.is_at(part)))
        });
        page.cut(kept.cloned())
    });
    let told = kept.iter().map(|action| told(caller, action)).collect();
    Ok(Value::map([("Commands", Value::List(told)), ("NextToken", next)]))
}

/// AWS' word for how far a command is.
pub(super) fn word(action: &Action) -> &'static str {
    let mut failed = action.steps.iter().filter(|step| step.status == ActionStatus::Failed).peekable();
    let is_cancelled = action.status() == ActionStatus::Failed
        && failed.peek().is_some()
        && failed.all(topmast_engine::Step::is_cancelled);
    if is_cancelled { CANCELLED } else { status(action.status()) }
}

/// AWS' word for how far something is. What nobody knows the end of has timed out.
pub(super) const fn status(status: ActionStatus) -> &'static str {
    match status {
        ActionStatus::Pending => "Pending",
        ActionStatus::Running => "InProgress",
        ActionStatus::Succeeded => "Success",
        ActionStatus::Failed => "Failed",
        ActionStatus::Unknown => "TimedOut",
    }
}

pub(super) fn command_id(id: &str) -> Result<ActionId, Fault> {
    id.parse::<Uuid>().map(ActionId).map_err(|_| unknown())
}

fn unknown() -> Fault {
    Fault::modelled("InvalidCommandId", "").without_message()
}

/// Part of it may be read.
pub(super) fn may_read(caller: &Caller, action: &Action) -> bool {
    action.steps.iter().any(|step| caller.sees(&step.target))
}

pub(super) fn action(context: &Context, caller: &Caller, id: ActionId) -> Result<Action, Fault> {
    let found = context.see(|sight| sight.state.action(id).cloned());
    found.filter(|action| may_read(caller, action)).ok_or_else(unknown)
}

fn told(caller: &Caller, action: &Action) -> Value {
    let parts: Vec<Part<'_>> = parts(caller, action);
    let count = |is: &dyn Fn(ActionStatus) -> bool| {
        let number = parts.iter().filter(|part| is(part.status())).count();
        Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    };
    let names: BTreeSet<&str> =
        parts.iter().flat_map(|part| part.steps.iter().map(|step| ObjectPath::name(&step.target))).collect();
    let ids: Vec<String> = parts.iter().map(Part::id).collect();
    let word = word(action);
    let rolling = action.rolling.map(|rolling| {
        (rolling.batch.to_string(), if rolling.on_error == OnError::Stop { "0" } else { "100%" })
    });
    let (concurrency, errors) = rolling.unzip();
    Value::map([
        ("CommandId", action.id.to_string().into()),
        ("DocumentName", document::name(action.operation).into()),
        ("DocumentVersion", document::VERSION.into()),
        ("Comment", action.reason.clone().into()),
        ("ExpiresAfter", Value::Timestamp(action.expires_at.0)),
        ("Parameters", Value::map([("Application", names.into_iter().collect::<Vec<_>>().into())])),
        ("InstanceIds", ids.into()),
        ("Targets", Value::List(Vec::new())),
        ("MaxConcurrency", concurrency.into()),
        ("MaxErrors", errors.into()),
        ("RequestedDateTime", Value::Timestamp(action.accepted_at.0)),
        ("Status", word.into()),
        ("StatusDetails", word.into()),
        ("TargetCount", count(&|_| true)),
        ("CompletedCount", count(&|status| !matches!(status, ActionStatus::Pending | ActionStatus::Running))),
        ("ErrorCount", count(&|status| status == ActionStatus::Failed)),
        ("DeliveryTimedOutCount", count(&|status| status == ActionStatus::Unknown)),
        ("TimeoutSeconds", Value::Integer(i64::try_from(action.timeout_ms / 1_000).unwrap_or(i64::MAX))),
    ])
}
