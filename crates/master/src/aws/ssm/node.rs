//! `DescribeInstanceInformation`: servers on which something can be commanded.

use super::Page;
use crate::aws::Caller;
use crate::aws::fleet::{self, Instance};
use crate::http::Context;
use std::time::Instant;
use topmast_aws::{Fault, Value};
use topmast_model::status::ServerStatus;

const PAGE: i64 = 50;
const RESOURCE: &str = "EC2Instance";

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let page = Page::of(input, PAGE)?;
    let new =
        input.list("Filters").iter().map(|filter| (filter.text("Key"), filter.texts("Values").collect()));
    let old = input.list("InstanceInformationFilterList").iter();
    let old = old.map(|filter| (filter.text("key"), filter.texts("valueSet").collect()));
    let filters: Vec<(&str, Vec<&str>)> =
        new.chain(old).map(|(key, values)| (key.unwrap_or_default(), values)).collect();
    filters.iter().try_for_each(|(key, values)| check(key, values))?;
    let named = filters.iter().find(|(key, _)| *key == "InstanceIds");
    let mut found = match named {
        Some((_, ids)) => fleet::instances_of(context, caller, ids.iter().copied()),
        None => fleet::instances(context, caller),
    };
    found.retain(|instance| instance.is_managed && passes(&filters, instance));
    let (found, next) = page.cut(found.iter());
    let told = found.into_iter().map(|instance| told(context, instance)).collect();
    Ok(Value::map([("InstanceInformationList", Value::List(told)), ("NextToken", next)]))
}

/// Refuses a filter that there is not, or a value that none can have.
fn check(key: &str, values: &[&str]) -> Result<(), Fault> {
    let valid: &[&str] = match key {
        "PingStatus" => &["Online", "ConnectionLost", "Inactive"],
        "PlatformTypes" => &["Windows", "Linux", "MacOS"],
        "ResourceType" => &["ManagedInstance", "EC2Instance", "AWS::IoT::Thing"],
        "InstanceIds" | "AgentVersion" | "ActivationIds" | "IamRole" | "AssociationStatus" | "tag-key" => {
            return Ok(());
        }
        key if key.starts_with("tag:") => return Ok(()),
        _ => {
            let message = format!("The filter {key} is not answered here.");
            return Err(Fault::modelled("InvalidFilterKey", message));
        }
    };
    if values.iter().all(|value| valid.contains(value)) {
        return Ok(());
    }
    Err(Fault::modelled("InvalidInstanceInformationFilterValue", "The specified filter value isn't valid."))
}

fn passes(filters: &[(&str, Vec<&str>)], instance: &Instance) -> bool {
    filters.iter().all(|(key, values)| {
        let its = match *key {
            "InstanceIds" => Some(instance.id.as_str()),
            "PingStatus" => Some(ping(instance)),
            "PlatformTypes" => platform(instance),
            "AgentVersion" => Some(instance.registration.version.as_str()),
            "ResourceType" => Some(RESOURCE),
            "tag-key" => return values.iter().any(|key| instance.tags().contains_key(key)),
            // Nothing here has roles, activations and associations.
            key => key.strip_prefix("tag:").and_then(|tag| instance.tags().get(tag).copied()),
        };
        its.is_some_and(|its| values.contains(&its))
    })
}

const fn ping(instance: &Instance) -> &'static str {
    match instance.status {
        ServerStatus::Up => "Online",
        ServerStatus::Stale | ServerStatus::Down | ServerStatus::Unknown => "ConnectionLost",
    }
}

/// The platforms that AWS has a word for.
fn platform(instance: &Instance) -> Option<&'static str> {
    match instance.registration.facts.os_family.as_str() {
        "linux" => Some("Linux"),
        "windows" => Some("Windows"),
        "macos" => Some("MacOS"),
        _ => None,
    }
}

fn told(context: &Context, instance: &Instance) -> Value {
    let registration = &instance.registration;
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let age = context.live.with(&instance.path, |live| live.age(Instant::now())).flatten();
    let heard = age.map(|age| {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        Value::Timestamp(context.bus.clock().now().0.saturating_sub(age))
    });
    Value::map([
        ("InstanceId", instance.id.as_str().into()),
        ("PingStatus", ping(instance).into()),
        ("LastPingDateTime", heard.unwrap_or_default()),
        ("AgentVersion", known(&registration.version).into()),
        ("PlatformType", platform(instance).into()),
        ("PlatformName", known(&registration.facts.os).into()),
        ("PlatformVersion", known(&registration.facts.kernel).into()),
        ("ResourceType", RESOURCE.into()),
        ("Name", instance.path.name().into()),
        ("IPAddress", registration.facts.addresses.first().cloned().into()),
        ("ComputerName", known(&registration.facts.hostname).into()),
    ])
}
