//! EC2: servers as instances, with what is known of them, and their applications started and stopped together.
//!
//! Elsewhere: what an instance's state is (`fleet`), its id (`instance`).

mod describe;
mod filter;
mod operate;
mod place;
mod status;
mod tag;

use super::fleet::{self, Instance};
use super::{Caller, not_here, page};
use crate::http::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use topmast_aws::{Call, Fault, Value};

/// Fewest and most items of a page that may be asked for.
const RESULTS: std::ops::RangeInclusive<i64> = 5..=1_000;
/// Hexadecimal digits of an instance's id, in its old and in its present form.
const ID_DIGITS: [usize; 2] = [8, 17];

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let input = &call.input;
    match call.operation.name.as_str() {
        "DescribeInstances" => describe::instances(context, caller, input),
        "DescribeTags" => describe::tags(context, caller, input),
        "CreateTags" => tag::create(context, caller, input).await,
        "DeleteTags" => tag::delete(context, caller, input).await,
        "DescribeInstanceStatus" => status::answer(context, caller, input),
        "DescribeRegions" => place::regions(caller, input),
        "DescribeAvailabilityZones" => place::zones(context, caller, input),
        "StartInstances" => operate::start(context, caller, input).await,
        "StopInstances" => operate::stop(context, caller, input).await,
        "RebootInstances" => operate::reboot(context, caller, input).await,
        _ => Err(not_here(call)),
    }
}

/// Answers whoever only wants to know whether it would be done.
fn dry_run(input: &Value) -> Result<(), Fault> {
    if input.boolean("DryRun") == Some(true) {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Fault::coded("DryRunOperation", 412, message));
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::coded("InvalidParameterValue", 400, message)
}

/// The instances that are named, in the order of their paths; all that the key may read when none is.
fn named(context: &Context, caller: &Caller, input: &Value) -> Result<Vec<Instance>, Fault> {
    let ids: BTreeSet<&str> = input.texts("InstanceIds").collect();
    // Told before any id is looked at.
    if !ids.is_empty() && input.integer("MaxResults").is_some() {
        return Err(Fault::coded(
            "InvalidParameterCombination",
            400,
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ));
    }
    for id in &ids {
        if !id.starts_with("i-") {
            return Err(malformed(id, " (expecting \"i-...\")"));
        }
        if !is_instance_id(id) {
            return Err(malformed(id, ""));
        }
    }
    if ids.is_empty() {
        return Ok(fleet::instances(context, caller));
    }
    let found = fleet::instances_of(context, caller, ids.iter().copied());
    let known: BTreeSet<&str> = found.iter().map(|instance| instance.id.as_str()).collect();
    all_found(ids.into_iter().filter(|id| !known.contains(id)))?;
    Ok(found)
}

/// True for what has the form of an instance's id.
fn is_instance_id(id: &str) -> bool {
    let is_digit = |digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let digits = id.strip_prefix("i-").filter(|digits| digits.bytes().all(is_digit));
    digits.is_some_and(|digits| ID_DIGITS.contains(&digits.len()))
}

/// Refuses when something was not found.
fn all_found<'a>(missing: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    match missing.collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        [id] => Err(not_found(format!("The instance ID '{id}' does not exist"))),
        ids => Err(not_found(format!("The instance IDs '{}' do not exist", ids.join(", ")))),
    }
}

fn malformed(id: &str, hint: &str) -> Fault {
    Fault::coded("InvalidInstanceID.Malformed", 400, format!("Invalid id: \"{id}\"{hint}"))
}

fn not_found(message: String) -> Fault {
    Fault::coded("InvalidInstanceID.NotFound", 400, message)
}

/// Cuts a page of what is asked for out of `items`, and says how the next one is asked for.
fn paged<T>(input: &Value, items: Vec<T>) -> Result<(Vec<T>, Value), Fault> {
    let most = input.integer("MaxResults");
    if let Some(most) = most.filter(|most| !RESULTS.contains(most)) {
        let bound = if most < *RESULTS.start() {
            format!("greater than {}", RESULTS.start())
        } else {
            format!("less than {}", RESULTS.end())
        };
        return Err(invalid(format!(
            "Value ( {most} ) for parameter maxResults is invalid. Expecting a value {bound}."
        )));
    }
    let told = match input.text("NextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("Unable to parse pagination token"))?,
    };
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let mut rest = items.into_iter().skip(told);
    let items: Vec<T> = rest.by_ref().take(most).collect();
    let next = rest.next().map_or(Value::Null, |_| Value::Text(page::token(told + items.len())));
    Ok((items, next))
}

fn state(instance: &Instance) -> Value {
    phase(instance.phase)
}

fn phase(phase: fleet::Phase) -> Value {
    let (name, code) = phase.told();
    Value::map([("Code", code.into()), ("Name", name.into())])
}

fn tags_of(tags: &BTreeMap<&str, &str>) -> Value {
    let tag = |(key, value): (&&str, &&str)| Value::map([("Key", (*key).into()), ("Value", (*value).into())]);
    Value::List(tags.iter().map(tag).collect())
}
