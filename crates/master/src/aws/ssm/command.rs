//! `SendCommand` and `ListCommands`: actions on applications of instances.

use super::invocation::{Part, parts};
use super::{document, paged};
use crate::aws::fleet::{self, Instance, Order};
use crate::aws::{Caller, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::{Common, Fault, Value};
use topmast_engine::{Action, Rejection};
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::status::ActionStatus;
use uuid::Uuid;

const SEND: &str = "ssm:SendCommand";
const PAGE: i64 = 50;

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
    let mut ids: BTreeSet<&str> = input.texts("InstanceIds").collect();
    let targets = input.list("Targets");
    if ids.is_empty() == targets.is_empty() {
        return Err(parameters("give either InstanceIds or Targets"));
    }
    let mut instances = fleet::instances(context, caller);
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
        if instances.len() < ids.len() {
            return Err(Fault::modelled("InvalidInstanceId", "Instances not in a valid state for account"));
        }
    }
    Ok(instances)
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let found = match input.text("CommandId") {
        Some(id) => vec![action(context, caller, command_id(id)?)?],
        None => actions(context, caller),
    };
    let id = input.text("InstanceId");
    let mut kept = Vec::new();
    for action in &found {
        if passes(input, action)?
            && id.is_none_or(|id| parts(caller, action).iter().any(|part| part.id == id))
        {
            kept.push(told(caller, action));
        }
    }
    paged(input, "Commands", PAGE, kept)
}

/// Whether a command passes the filters.
pub(super) fn passes(input: &Value, action: &Action) -> Result<bool, Fault> {
    for filter in input.list("Filters") {
        let value = filter.text("value").unwrap_or_default();
        let is_it = match filter.text("key").unwrap_or_default() {
            "Status" => status(action.status()) == value,
            "DocumentName" => document::name(action.operation) == value,
            key => {
                return Err(Fault::modelled(
                    "InvalidFilterKey",
                    format!("The filter {key} is not answered here."),
                ));
            }
        };
        if !is_it {
            return Ok(false);
        }
    }
    Ok(true)
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
fn may_read(caller: &Caller, action: &Action) -> bool {
    action.steps.iter().any(|step| caller.sees(&step.target))
}

/// The newest first.
pub(super) fn actions(context: &Context, caller: &Caller) -> Vec<Action> {
    context
        .see(|sight| sight.state.actions().rev().filter(|action| may_read(caller, action)).cloned().collect())
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
    let ids: Vec<&str> = parts.iter().map(|part| part.id.as_str()).collect();
    let word = status(action.status());
    Value::map([
        ("CommandId", action.id.to_string().into()),
        ("DocumentName", document::name(action.operation).into()),
        ("DocumentVersion", document::VERSION.into()),
        ("Comment", action.reason.clone().into()),
        ("ExpiresAfter", Value::Timestamp(action.expires_at.0)),
        ("Parameters", Value::map([("Application", names.into_iter().collect::<Vec<_>>().into())])),
        ("InstanceIds", ids.into()),
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
