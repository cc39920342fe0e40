//! `DescribeInstanceStatus`: whether a server is heard from, and how well everything on it is.

use super::{dry_run, filter, named, paged, state};
use crate::aws::Caller;
use crate::aws::fleet::{Instance, Phase};
use crate::http::Context;
use topmast_aws::{Fault, Value};
use topmast_engine::server_health;
use topmast_model::status::Health;

const FILTERS: [&str; 7] = [
    "availability-zone",
    "instance-state-code",
    "instance-state-name",
    "instance-status.reachability",
    "instance-status.status",
    "system-status.reachability",
    "system-status.status",
];

pub(super) fn answer(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let mut found = named(context, caller, input)?;
    if input.boolean("IncludeAllInstances") != Some(true) {
        found.retain(|instance| instance.phase == Phase::Running);
    }
    let known = |name: &str| FILTERS.contains(&name);
    let kept = filter::keep(input, found, &known, &filtered)?;
    dry_run(input)?;
    let (kept, next) = paged(input, kept)?;
    let statuses = kept.iter().map(told).collect();
    Ok(Value::map([("InstanceStatuses", Value::List(statuses)), ("NextToken", next)]))
}

fn filtered(instance: &Instance, name: &str) -> Vec<String> {
    let (state, code) = instance.phase.told();
    let text = match name {
        "availability-zone" => instance.cluster(),
        "instance-state-code" => return vec![code.to_string()],
        "instance-state-name" => state,
        "instance-status.status" => words(instance.health).0,
        "instance-status.reachability" => words(instance.health).1,
        "system-status.status" => words(server_health(instance.status)).0,
        _ => words(server_health(instance.status)).1,
    };
    vec![text.to_owned()]
}

fn told(instance: &Instance) -> Value {
    let system = server_health(instance.status);
    let since = (system != Health::Healthy).then_some(instance.since.0);
    Value::map([
        ("InstanceId", instance.id.as_str().into()),
        ("AvailabilityZone", instance.cluster().into()),
        ("InstanceState", state(instance)),
        ("InstanceStatus", summary(instance.health, None)),
        ("SystemStatus", summary(system, since)),
    ])
}

fn summary(health: Health, since: Option<i64>) -> Value {
    let (status, reachability) = words(health);
    let details = Value::map([
        ("Name", "reachability".into()),
        ("Status", reachability.into()),
        ("ImpairedSince", since.map_or(Value::Null, Value::Timestamp)),
    ]);
    Value::map([("Status", status.into()), ("Details", Value::List(vec![details]))])
}

/// AWS' words for a health: of a summary, and of the one check that it sums up.
const fn words(health: Health) -> (&'static str, &'static str) {
    match health {
        Health::Healthy => ("ok", "passed"),
        Health::Degraded | Health::Failed => ("impaired", "failed"),
        Health::Unknown => ("insufficient-data", "insufficient-data"),
    }
}
