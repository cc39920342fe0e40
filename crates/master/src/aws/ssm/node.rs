//! `DescribeInstanceInformation`: servers on which something can be commanded.

use super::paged;
use crate::aws::Caller;
use crate::aws::fleet::{self, Instance};
use crate::http::Context;
use topmast_aws::{Fault, Value};
use topmast_model::status::ServerStatus;

const PAGE: i64 = 50;

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let mut kept = Vec::new();
    for instance in fleet::instances(context, caller).into_iter().filter(|instance| instance.is_managed) {
        if passes(input, &instance)? {
            kept.push(told(&instance));
        }
    }
    paged(input, "InstanceInformationList", PAGE, kept)
}

fn passes(input: &Value, instance: &Instance) -> Result<bool, Fault> {
    let new =
        input.list("Filters").iter().map(|filter| (filter.text("Key"), filter.texts("Values").collect()));
    let old = input.list("InstanceInformationFilterList").iter();
    let old = old.map(|filter| (filter.text("key"), filter.texts("valueSet").collect()));
    let filters: Vec<(Option<&str>, Vec<&str>)> = new.chain(old).collect();
    for (key, values) in filters {
        let key = key.unwrap_or_default();
        let its = match key {
            "InstanceIds" => Some(instance.id.as_str()),
            "PingStatus" => Some(ping(instance)),
            "PlatformTypes" => platform(instance),
            "AgentVersion" => Some(instance.registration.version.as_str()),
            "ResourceType" => Some("EC2Instance"),
            _ => match key.strip_prefix("tag:") {
                Some(tag) => instance.tags().get(tag).copied(),
                None => {
                    return Err(Fault::modelled(
                        "InvalidFilterKey",
                        format!("The filter {key} is not answered here."),
                    ));
                }
            },
        };
        if !its.is_some_and(|its| values.contains(&its)) {
            return Ok(false);
        }
    }
    Ok(true)
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

fn told(instance: &Instance) -> Value {
    let registration = &instance.registration;
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Value::map([
        ("InstanceId", instance.id.as_str().into()),
        ("PingStatus", ping(instance).into()),
        ("AgentVersion", known(&registration.version).into()),
        ("PlatformType", platform(instance).into()),
        ("PlatformName", known(&registration.facts.os).into()),
        ("PlatformVersion", known(&registration.facts.kernel).into()),
        ("ResourceType", "EC2Instance".into()),
        ("Name", instance.path.name().into()),
        ("IPAddress", registration.facts.addresses.first().cloned().into()),
        ("ComputerName", known(&registration.facts.hostname).into()),
    ])
}
