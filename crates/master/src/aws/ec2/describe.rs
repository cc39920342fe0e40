//! `DescribeInstances` and `DescribeTags`.

use super::{dry_run, filter, named, paged, state, tags_of};
use crate::aws::fleet::{self, Instance};
use crate::aws::{Caller, instance};
use crate::http::Context;
use topmast_aws::{Fault, Value};
use topmast_model::path::ObjectPath;

/// Hexadecimal digits of ids of reservations and images.
const DIGITS: usize = 17;
/// The filters of instances, beside `tag:` and a key.
const FILTERS: [&str; 12] = [
    "architecture",
    "availability-zone",
    "image-id",
    "instance-id",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "private-dns-name",
    "private-ip-address",
    "reservation-id",
    "tag-key",
    "tag-value",
];
const TAG_FILTERS: [&str; 4] = ["key", "resource-id", "resource-type", "value"];

pub(super) fn instances(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let found = named(context, caller, input)?;
    let known = |name: &str| name.starts_with("tag:") || FILTERS.contains(&name);
    let kept = filter::keep(input, found, &known, &filtered)?;
    dry_run(input)?;
    let (kept, next) = paged(input, kept)?;
    let reservations = kept.iter().map(|instance| {
        Value::map([
            ("ReservationId", reservation(&instance.path).into()),
            ("OwnerId", caller.account.to_string().into()),
            ("Groups", Value::List(Vec::new())),
            ("Instances", Value::List(vec![told(instance)])),
        ])
    });
    Ok(Value::map([("Reservations", Value::List(reservations.collect())), ("NextToken", next)]))
}

pub(super) fn tags(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let instances = fleet::instances(context, caller);
    let tags = instances.iter().flat_map(|instance| {
        instance.tags().into_iter().map(|(key, value)| {
            let tag = |name: &'static str, value: &str| (name, Value::from(value));
            Value::map([
                tag("Key", key),
                tag("Value", value),
                tag("ResourceId", &instance.id),
                tag("ResourceType", "instance"),
            ])
        })
    });
    let known = |name: &str| name.starts_with("tag:") || TAG_FILTERS.contains(&name);
    let of = |tag: &Value, name: &str| {
        let member = match name {
            "key" => "Key",
            "resource-id" => "ResourceId",
            "resource-type" => "ResourceType",
            "value" => "Value",
            _ if name.strip_prefix("tag:") == tag.text("Key") => "Value",
            _ => return Vec::new(),
        };
        tag.text(member).map(str::to_owned).into_iter().collect()
    };
    let kept = filter::keep(input, tags.collect(), &known, &of)?;
    dry_run(input)?;
    let (tags, next) = paged(input, kept)?;
    Ok(Value::map([("Tags", Value::List(tags)), ("NextToken", next)]))
}

/// What an instance has under the name of a filter.
fn filtered(instance: &Instance, name: &str) -> Vec<String> {
    let facts = &instance.registration.facts;
    let (state, code) = instance.phase.told();
    let one = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    match name {
        "architecture" => one(architecture(instance)),
        "availability-zone" => one(instance.cluster()),
        "image-id" => one(&image(instance).unwrap_or_default()),
        "instance-id" => one(&instance.id),
        "instance-state-code" => one(&code.to_string()),
        "instance-state-name" => one(state),
        "instance-type" => one(&instance_type(instance).unwrap_or_default()),
        "private-dns-name" => one(&facts.hostname),
        "private-ip-address" => one(address(instance).unwrap_or_default()),
        "reservation-id" => one(&reservation(&instance.path)),
        "tag-key" => instance.tags().into_keys().map(str::to_owned).collect(),
        "tag-value" => instance.tags().into_values().map(str::to_owned).collect(),
        _ => {
            let tags = instance.tags();
            name.strip_prefix("tag:")
                .and_then(|key| tags.get(key))
                .map(|value| (*value).to_owned())
                .into_iter()
                .collect()
        }
    }
}

fn told(instance: &Instance) -> Value {
    let facts = &instance.registration.facts;
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let boot = (facts.boot_time.0 != 0).then_some(facts.boot_time.0);
    let placement = Value::map([("AvailabilityZone", instance.cluster().into())]);
    Value::map([
        ("InstanceId", instance.id.as_str().into()),
        ("ImageId", image(instance).into()),
        ("InstanceType", instance_type(instance).into()),
        ("State", state(instance)),
        ("PrivateDnsName", known(&facts.hostname).into()),
        ("PrivateIpAddress", address(instance).into()),
        ("LaunchTime", boot.map_or(Value::Null, Value::Timestamp)),
        ("Placement", placement),
        ("Architecture", known(architecture(instance)).into()),
        ("Platform", (facts.os_family == "windows").then_some("windows").into()),
        ("PlatformDetails", known(&facts.os).into()),
        ("BlockDeviceMappings", Value::List(Vec::new())),
        ("Tags", tags_of(&instance.tags())),
    ])
}

fn reservation(server: &ObjectPath) -> String {
    instance::hashed("r-", server.as_str(), DIGITS)
}

/// One image for each operating system that is told, and none for what is not.
fn image(instance: &Instance) -> Option<String> {
    let os = &instance.registration.facts.os;
    (!os.is_empty()).then(|| instance::hashed("ami-", os, DIGITS))
}

/// Its size: processors, and memory in GiB.
fn instance_type(instance: &Instance) -> Option<String> {
    let facts = &instance.registration.facts;
    (facts.cpu_count > 0)
        .then(|| format!("topmast.{}x{}", facts.cpu_count, facts.memory_bytes.div_ceil(1 << 30)))
}

/// The first address of its own, else that which it connects from.
fn address(instance: &Instance) -> Option<&str> {
    let own = instance.registration.facts.addresses.iter().map(String::as_str);
    own.chain([instance.registration.address.as_str()])
        .find(|text| text.parse::<std::net::Ipv4Addr>().is_ok())
}

/// AWS' word for the machine's.
fn architecture(instance: &Instance) -> &str {
    match instance.registration.facts.architecture.as_str() {
        "aarch64" => "arm64",
        "i686" | "i586" => "i386",
        "amd64" => "x86_64",
        other => other,
    }
}
