//! `CreateTags`, `DeleteTags`: tags of instances, of all that are named or of none.

use super::{dry_run, invalid};
use crate::aws::resource::Change;
use crate::aws::{Caller, fleet, instance, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::{Common, Fault, Value};
use topmast_engine::{Rejection, State};
use topmast_model::tag::{KEY_MAX, TAGS_MAX, TARGETS_MAX, TagError, TagTarget, VALUE_MAX, check_tag};

pub(super) async fn create(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let ids = ids(input)?;
    let mut change = Change::default();
    for tag in input.list("Tags") {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag
            .text("Value")
            .ok_or_else(|| invalid("Tag value cannot be null. Use empty string instead."))?;
        check_tag(key, value).map_err(wrong)?;
        if change.tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    let targets = targets(context, caller, &ids)?;
    if change.tags.is_empty() {
        return Err(missing("Tag"));
    }
    if targets.iter().any(|target| is_over(&context.bus.state(), target, &change)) {
        return Err(limit("The maximum number of Tags for a resource has been reached."));
    }
    submit(context, caller, input, "ec2:CreateTags", &change, targets).await
}

pub(super) async fn delete(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let targets = targets(context, caller, &ids(input)?)?;
    let mut change = Change::default();
    for tag in input.list("Tags") {
        let key = tag.text("Key").unwrap_or_default();
        check_tag(key, "").map_err(wrong)?;
        change.removed.insert(key.to_owned(), tag.text("Value").map(str::to_owned));
    }
    // None named are all of them.
    if change.removed.is_empty() {
        change = without_all(&context.bus.state(), &targets);
    }
    submit(context, caller, input, "ec2:DeleteTags", &change, targets).await
}

/// Whether something would have too many.
fn is_over(state: &State, target: &TagTarget, change: &Change) -> bool {
    let kept = state.tags(target);
    kept.keys().chain(change.tags.keys()).collect::<BTreeSet<_>>().len() > TAGS_MAX
}

/// Takes everything that was given.
fn without_all(state: &State, targets: &[TagTarget]) -> Change {
    let keys = targets.iter().flat_map(|target| state.tags(target).keys());
    Change::without(keys.map(String::as_str))
}

fn missing(parameter: &str) -> Fault {
    Fault::coded("MissingParameter", 400, format!("The request must contain the parameter {parameter}"))
}

/// What is named to be tagged, which EC2 misses before it looks at the tags.
fn ids(input: &Value) -> Result<BTreeSet<&str>, Fault> {
    let ids: BTreeSet<&str> = input.texts("Resources").collect();
    // Its name from before there were models.
    if ids.is_empty() { Err(missing("resourceIdSet")) } else { Ok(ids) }
}

/// The servers that are named.
fn targets(context: &Context, caller: &Caller, ids: &BTreeSet<&str>) -> Result<Vec<TagTarget>, Fault> {
    if ids.len() > TARGETS_MAX {
        return Err(invalid(format!("The maximum number of resources is {TARGETS_MAX}.")));
    }
    if let Some(id) = ids.iter().find(|id| !super::is_instance_id(id)) {
        return Err(Fault::coded("InvalidID", 400, format!("The ID '{id}' is not valid")));
    }
    let found = fleet::paths(context, caller, ids.iter().copied());
    let known: BTreeSet<String> = found.iter().map(instance::id).collect();
    super::all_found(ids.iter().copied().filter(|id| !known.contains(*id)))?;
    Ok(found.into_iter().map(TagTarget::object).collect())
}

async fn submit(
    context: &Context,
    caller: &Caller,
    input: &Value,
    name: &str,
    change: &Change,
    targets: Vec<TagTarget>,
) -> Result<Value, Fault> {
    let refused = |rejection: &Rejection| match rejection {
        Rejection::Forbidden { .. } => caller.denied(name),
        Rejection::LimitReached { message } => limit(message),
        other => invalid(other.to_string()),
    };
    let submission = change.of_objects(caller, targets);
    context.bus.rehearse(&submission).map_err(|rejection| refused(&rejection))?;
    dry_run(input)?;
    context.bus.submit(submission).await.map_err(|error| match error {
        SubmitError::Rejected(rejection) => refused(&rejection),
        SubmitError::Busy => Fault::common(Common::Throttling, "Request limit exceeded."),
        SubmitError::TooLarge(told) => invalid(told),
        error => internal(&error),
    })?;
    Ok(Value::empty())
}

fn limit(message: &str) -> Fault {
    Fault::coded("TagLimitExceeded", 400, message)
}

fn wrong(error: TagError) -> Fault {
    invalid(match error {
        TagError::NoKey => "Tag key cannot be null or empty.".to_owned(),
        TagError::LongKey => format!("Tag key exceeds the maximum length of {KEY_MAX} characters"),
        TagError::LongValue => format!("Tag value exceeds the maximum length of {VALUE_MAX} characters"),
        TagError::Reserved => "Tag keys starting with 'aws:' are reserved for internal use".to_owned(),
    })
}
