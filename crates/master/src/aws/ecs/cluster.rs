//! Clusters, and servers as their container instances.

use super::{asked, cluster_arn, failure, paged, short, tag};
use crate::aws::fleet::{self, Copy};
use crate::aws::{Caller, instance};
use crate::http::Context;
use std::collections::{BTreeMap, BTreeSet};
use topmast_aws::{Fault, Value};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ServerStatus;
use topmast_model::tag::TagTarget;

/// Hexadecimal digits of a container instance's id.
const DIGITS: usize = 32;

/// The clusters of which the key may read something.
fn clusters(context: &Context, caller: &Caller) -> BTreeSet<ObjectPath> {
    let servers = fleet::servers(context, caller);
    let applications = fleet::applications(context, caller, &caller.tenant);
    servers.iter().chain(&applications).filter_map(|path| path.ancestor(Level::Cluster)).collect()
}

/// The cluster that is meant: the only one when none is named.
pub(super) fn named(context: &Context, caller: &Caller, input: &Value) -> Result<ObjectPath, Fault> {
    let mut clusters = clusters(context, caller);
    let found = match input.text("cluster") {
        None if clusters.len() == 1 => clusters.pop_first(),
        name => {
            let name = short(name.unwrap_or("default"));
            clusters.into_iter().find(|cluster| cluster.name() == name)
        }
    };
    found.ok_or_else(|| Fault::modelled("ClusterNotFoundException", "Cluster not found."))
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let arns = clusters(context, caller).iter().map(|cluster| cluster_arn(caller, cluster)).collect();
    paged(input, "clusterArns", arns)
}

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Value {
    let known = clusters(context, caller);
    let asked: Vec<&str> = input.texts("clusters").collect();
    let asked = if asked.is_empty() { vec!["default"] } else { asked };
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    let servers = fleet::servers(context, caller);
    for name in asked {
        let meant = known.iter().find(|cluster| cluster.name() == short(name));
        match meant.or_else(|| known.first().filter(|_| name == "default" && known.len() == 1)) {
            Some(cluster) => {
                let tags = tag::included(context, caller, input, TagTarget::object(cluster.clone()));
                found.push(told(context, caller, cluster, &servers).with("tags", tags));
            }
            None => failures.push(failure(caller.arn_of("ecs", &format!("cluster/{}", short(name))))),
        }
    }
    Value::map([("clusters", Value::List(found)), ("failures", Value::List(failures))])
}

fn told(context: &Context, caller: &Caller, cluster: &ObjectPath, servers: &[ObjectPath]) -> Value {
    let copies = fleet::copies(context, caller, cluster);
    let services: BTreeSet<&str> = copies.iter().map(|copy| copy.path.name()).collect();
    let servers = servers.iter().filter(|server| server.is_within(cluster)).count();
    Value::map([
        ("clusterArn", cluster_arn(caller, cluster).into()),
        ("clusterName", cluster.name().into()),
        ("status", "ACTIVE".into()),
        ("registeredContainerInstancesCount", count(servers)),
        ("runningTasksCount", count(copies.iter().filter(|copy| copy.is_running()).count())),
        ("pendingTasksCount", count(copies.iter().filter(|copy| copy.is_pending()).count())),
        ("activeServicesCount", count(services.len())),
    ])
}

pub(super) fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The ARN of a server in its cluster.
pub(in crate::aws) fn instance_arn(caller: &Caller, server: &ObjectPath) -> String {
    let cluster = server.name_at(Level::Cluster).unwrap_or_default();
    let id = instance::hashed("", server.as_str(), DIGITS);
    caller.arn_of("ecs", &format!("container-instance/{cluster}/{id}"))
}

pub(super) fn list_instances(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = named(context, caller, input)?;
    let servers = fleet::servers(context, caller);
    let inside = servers.iter().filter(|server| server.is_within(&cluster));
    paged(input, "containerInstanceArns", inside.map(|server| instance_arn(caller, server)).collect())
}

pub(super) fn describe_instances(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = named(context, caller, input)?;
    let mut counts: BTreeMap<ObjectPath, (usize, usize)> = BTreeMap::new();
    for copy in fleet::copies(context, caller, &cluster) {
        let Some(server) = copy.path.ancestor(Level::Server) else { continue };
        let (running, pending) = counts.entry(server).or_default();
        *running += usize::from(Copy::is_running(&copy));
        *pending += usize::from(Copy::is_pending(&copy));
    }
    let servers = fleet::servers(context, caller);
    let inside = servers.iter().filter(|server| server.is_within(&cluster));
    let by_id: BTreeMap<String, &ObjectPath> =
        inside.map(|server| (instance::hashed("", server.as_str(), DIGITS), server)).collect();
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in asked(input, "containerInstances", "Container Instances")? {
        let path = by_id.get(short(name)).map(|path| (*path).clone());
        let Some(server) = fleet::looked_at(context, path.as_slice()).pop() else {
            let resource = format!("container-instance/{}/{}", cluster.name(), short(name));
            failures.push(failure(caller.arn_of("ecs", &resource)));
            continue;
        };
        let (running, pending) = counts.get(&server.path).copied().unwrap_or_default();
        found.push(Value::map([
            ("containerInstanceArn", instance_arn(caller, &server.path).into()),
            ("ec2InstanceId", server.id.as_str().into()),
            ("status", "ACTIVE".into()),
            ("agentConnected", (server.status == ServerStatus::Up).into()),
            ("runningTasksCount", count(running)),
            ("pendingTasksCount", count(pending)),
        ]));
    }
    Ok(Value::map([("containerInstances", Value::List(found)), ("failures", Value::List(failures))]))
}
