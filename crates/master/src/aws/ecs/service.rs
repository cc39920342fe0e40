//! Services: the applications of one name in a cluster.

use super::cluster::{self, count};
use super::{asked, cluster_arn, failure, invalid, paged, short, submit, tag};
use crate::aws::Caller;
use crate::aws::fleet::{self, Copy, Order};
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::{Fault, Value};
use topmast_model::application::Operation;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::status::ApplicationStatus;
use topmast_model::tag::TagTarget;

const UPDATE: &str = "ecs:UpdateService";
/// What of `UpdateService` is done here.
const UPDATED: [&str; 4] = ["cluster", "service", "desiredCount", "forceNewDeployment"];

/// Applications by name, each with its copies in order of their servers.
type Services = BTreeMap<String, Vec<Copy>>;

fn services(context: &Context, caller: &Caller, cluster: &ObjectPath) -> Services {
    let mut services = Services::new();
    for copy in fleet::copies(context, caller, cluster) {
        services.entry(copy.path.name().to_owned()).or_default().push(copy);
    }
    services
}

pub(in crate::aws) fn arn(caller: &Caller, cluster: &ObjectPath, name: &str) -> String {
    caller.arn_of("ecs", &format!("service/{}/{name}", cluster.name()))
}

/// The one task definition that an application has: its unit.
pub(super) fn definition_arn(caller: &Caller, name: &str) -> String {
    caller.arn_of("ecs", &format!("task-definition/{name}:1"))
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = cluster::named(context, caller, input)?;
    let is_ours = input.text("launchType").is_none_or(|kind| kind == "EXTERNAL");
    let known = if is_ours { services(context, caller, &cluster) } else { Services::new() };
    paged(input, "serviceArns", known.keys().map(|name| arn(caller, &cluster, name)).collect())
}

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = cluster::named(context, caller, input)?;
    let known = services(context, caller, &cluster);
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in asked(input, "services", "Services")?.map(short) {
        match known.get(name) {
            Some(copies) => {
                let target = TagTarget::applications(cluster.clone(), name);
                let tags = tag::included(context, caller, input, target);
                found.push(told(caller, &cluster, name, copies).with("tags", tags));
            }
            None => failures.push(failure(arn(caller, &cluster, name))),
        }
    }
    Ok(Value::map([("services", Value::List(found)), ("failures", Value::List(failures))]))
}

fn told(caller: &Caller, cluster: &ObjectPath, name: &str, copies: &[Copy]) -> Value {
    let number = |is: fn(&Copy) -> bool| copies.iter().filter(|copy| is(copy)).count();
    let (desired, running, pending) =
        (number(Copy::is_wanted), number(Copy::is_running), number(Copy::is_pending));
    let failed = number(|copy| {
        matches!(copy.status, ApplicationStatus::Failed | ApplicationStatus::Quarantined) && copy.is_wanted()
    });
    let is_done = running == desired && copies.iter().all(|copy| copy.ordered.is_none());
    let rollout = match (is_done, failed) {
        (true, _) => "COMPLETED",
        (false, 0) => "IN_PROGRESS",
        (false, _) => "FAILED",
    };
    let definition = definition_arn(caller, name);
    let since = copies.iter().map(|copy| copy.reported.since.0).max();
    let deployment = Value::map([
        ("id", format!("ecs-svc/{name}").into()),
        ("status", "PRIMARY".into()),
        ("taskDefinition", definition.as_str().into()),
        ("desiredCount", count(desired)),
        ("runningCount", count(running)),
        ("pendingCount", count(pending)),
        ("failedTasks", count(failed)),
        ("updatedAt", since.map_or(Value::Null, Value::Timestamp)),
        ("launchType", "EXTERNAL".into()),
        ("rolloutState", rollout.into()),
    ]);
    Value::map([
        ("serviceArn", arn(caller, cluster, name).into()),
        ("serviceName", name.into()),
        ("clusterArn", cluster_arn(caller, cluster).into()),
        ("status", "ACTIVE".into()),
        ("desiredCount", count(desired)),
        ("runningCount", count(running)),
        ("pendingCount", count(pending)),
        ("launchType", "EXTERNAL".into()),
        ("schedulingStrategy", "REPLICA".into()),
        ("taskDefinition", definition.into()),
        ("deployments", Value::List(vec![deployment])),
        ("events", Value::List(Vec::new())),
        ("loadBalancers", Value::List(Vec::new())),
    ])
}

/// Starts copies, the first ones first, stops the last ones first, or restarts those that should run, one by one.
pub(super) async fn update(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = cluster::named(context, caller, input)?;
    let name = short(input.text("service").unwrap_or_default());
    let mut known = services(context, caller, &cluster);
    let copies = known
        .remove(name)
        .ok_or_else(|| Fault::modelled("ServiceNotFoundException", "Service not found."))?;
    let other =
        input.as_map().into_iter().flat_map(|map| map.keys()).find(|key| !UPDATED.contains(&key.as_ref()));
    if let Some(other) = other {
        return Err(invalid(format!("{other} of a service is not changed here")));
    }
    let wanted = copies.iter().filter(|copy| copy.is_wanted()).count();
    let desired = match input.integer("desiredCount") {
        None => wanted,
        Some(desired) => {
            usize::try_from(desired).ok().filter(|desired| *desired <= copies.len()).ok_or_else(|| {
                invalid(format!("desiredCount is 0 to {} here, one on each server", copies.len()))
            })?
        }
    };
    let is_restart = input.boolean("forceNewDeployment") == Some(true) && desired > 0;
    if is_restart && desired < wanted {
        return Err(invalid("forceNewDeployment and fewer copies are two updates here"));
    }
    let (operation, targets) = if desired < wanted {
        let running = copies.iter().rev().filter(|copy| copy.is_wanted());
        (Operation::Stop, running.take(wanted - desired).map(|copy| copy.path.clone()).collect::<Vec<_>>())
    } else {
        let mut more = desired - wanted;
        let chosen = copies.iter().filter(|copy| {
            let is_more = !copy.is_wanted() && more > 0;
            more -= usize::from(is_more);
            let is_up = copy.is_running() || copy.is_pending();
            is_more || (copy.is_wanted() && (is_restart || (input.get("desiredCount").is_some() && !is_up)))
        });
        let operation = if is_restart { Operation::Restart } else { Operation::Start };
        (operation, chosen.map(|copy| copy.path.clone()).collect())
    };
    if targets.is_empty() {
        caller.may_operate(copies.iter().map(|copy| &copy.path), UPDATE)?;
    } else {
        let mut order = Order::new(operation, targets, UPDATE);
        if is_restart {
            order.rolling = Some(Rolling { batch: 1, wait_ms: 0, on_error: OnError::Stop });
        }
        submit(context, caller, &order, UPDATE).await?;
    }
    let copies = services(context, caller, &cluster).remove(name).unwrap_or_default();
    Ok(Value::map([("service", told(caller, &cluster, name, &copies))]))
}
