//! Everything that has tags, in the order of kinds and names.

use crate::aws::cloudwatch::dashboard_arn;
use crate::aws::resource::{Resource, all_tags};
use crate::aws::{Caller, ecs, instance};
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::Value;
use topmast_engine::State;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;
use topmast_model::tag::{TagTarget, Tags};

/// Objects looked at before the state is let go of.
const AT_ONCE: usize = 256;

const INSTANCE: &str = "ec2:instance";
const CLUSTER: &str = "ecs:cluster";
const SERVICE: &str = "ecs:service";
const TASK: &str = "ecs:task";

/// Something with tags.
pub(super) struct Listed {
    /// `ec2:instance`, `ecs:service`, …
    pub(super) kind: &'static str,
    pub(super) arn: String,
    pub(super) tags: Tags,
}

impl Listed {
    pub(super) fn mapping(&self) -> Value {
        let tag = |(key, value): (&String, &String)| {
            Value::map([("Key", key.as_str().into()), ("Value", value.as_str().into())])
        };
        Value::map([
            ("ResourceARN", self.arn.as_str().into()),
            ("Tags", Value::List(self.tags.iter().map(tag).collect())),
        ])
    }
}

/// All that the key may read: servers and services always, for they have tags by themselves, others that were given some.
///
/// Cost: O(objects), some of them at a time.
pub(super) fn all(context: &Context, caller: &Caller) -> Vec<Listed> {
    let (mut all, fleet) =
        context.see(|sight| (of_tenant(sight.state, caller), of_fleet(sight.state, caller)));
    for some in fleet.chunks(AT_ONCE) {
        context.see(|sight| {
            all.extend(some.iter().map(|(kind, target)| {
                let tags = all_tags(sight.state, caller, &Resource::Object(target.clone()));
                Listed { kind, arn: arn(sight.state, caller, kind, target), tags }
            }));
        });
    }
    all
}

fn of_fleet(state: &State, caller: &Caller) -> Vec<(&'static str, TagTarget)> {
    let tenant = Some(&caller.tenant);
    let object = |path: &ObjectPath| TagTarget::object(path.clone());
    let servers = state.servers().within(tenant).filter(|(path, _)| caller.sees(path));
    let mut all: Vec<_> = servers.map(|(path, _)| (INSTANCE, object(path))).collect();
    let applications = state.applications().within(tenant).filter(|(path, _)| caller.sees(path));
    let services: BTreeSet<(ObjectPath, &str)> =
        applications.filter_map(|(path, _)| Some((path.ancestor(Level::Cluster)?, path.name()))).collect();
    let mut clusters: BTreeSet<ObjectPath> =
        all.iter().filter_map(|(_, server)| server.path.ancestor(Level::Cluster)).collect();
    clusters.extend(services.iter().map(|(cluster, _)| cluster.clone()));
    for (path, _) in state.tagged().within(tenant).filter(|(_, tagged)| !tagged.own.is_empty()) {
        match path.level() {
            Level::Cluster if clusters.contains(path) => all.push((CLUSTER, object(path))),
            Level::Application if caller.sees(path) => all.push((TASK, object(path))),
            _ => {}
        }
    }
    all.extend(services.into_iter().map(|(cluster, name)| (SERVICE, TagTarget::applications(cluster, name))));
    all
}

fn arn(state: &State, caller: &Caller, kind: &str, target: &TagTarget) -> String {
    let path = &target.path;
    match (kind, target.application.as_deref()) {
        (INSTANCE, _) => caller.arn_of("ec2", &format!("instance/{}", instance::id(path))),
        (_, Some(name)) => ecs::service_arn(caller, path, name),
        (TASK, None) => {
            let pid = state.applications().get(path).and_then(|application| application.pid);
            ecs::task_arn(caller, path, pid.unwrap_or_default())
        }
        _ => ecs::cluster_arn(caller, path),
    }
}

/// Of what is the tenant's as a whole.
fn of_tenant(state: &State, caller: &Caller) -> Vec<Listed> {
    if !caller.principal.may(Right::Read, Some(&caller.tenant)) {
        return Vec::new();
    }
    let alarms = state.aws_alarms(&caller.tenant).all().iter().filter(|(_, kept)| !kept.tags.is_empty());
    let alarms = alarms.map(|(name, kept)| Listed {
        kind: "cloudwatch:alarm",
        arn: caller.arn_of("cloudwatch", &format!("alarm:{name}")),
        tags: kept.tags.clone(),
    });
    let dashboards = state.dashboards(&caller.tenant).iter().filter(|(_, kept)| !kept.tags.is_empty());
    let dashboards = dashboards.map(|(name, kept)| Listed {
        kind: "cloudwatch:dashboard",
        arn: dashboard_arn(caller, name),
        tags: kept.tags.clone(),
    });
    let parameters = state.parameters(&caller.tenant).all().iter().filter(|(_, kept)| !kept.tags.is_empty());
    let parameters = parameters.map(|(name, kept)| Listed {
        kind: "ssm:parameter",
        arn: caller.arn_of("ssm", &format!("parameter{name}")),
        tags: kept.tags.clone(),
    });
    let groups = state.log_groups(&caller.tenant).iter().filter(|(_, kept)| !kept.spec.tags.is_empty());
    let groups = groups.map(|(name, kept)| Listed {
        kind: "logs:log-group",
        arn: caller.arn_of("logs", &format!("log-group:{name}")),
        tags: kept.spec.tags.clone(),
    });
    alarms.chain(dashboards).chain(groups).chain(parameters).collect()
}
