//! What can have tags, by its ARN; tags told, given and taken, for every service that does it.
//!
//! Elsewhere: tags that are kept (`topmast_engine`, `tag`); what of them each service says (`ec2`, `ecs`, `tagging`).

use super::cloudwatch::Tagged as Named;
use super::{Caller, ecs, fleet, instance};
use crate::bus::SubmitError;
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_engine::{State, Submission};
use topmast_model::command::Command;
use topmast_model::dashboard::DashboardOrder;
use topmast_model::log_group::LogGroupOrder;
use topmast_model::parameter::ParameterOrder;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;
use topmast_model::tag::{TagTarget, Tags};

/// Something that has an ARN and can have tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    /// Of the fleet.
    Object(TagTarget),
    /// An alarm, by name.
    Alarm(String),
    /// A dashboard, by name.
    Dashboard(String),
    /// A group of logs, by name.
    LogGroup(String),
    /// A parameter, by name.
    Parameter(String),
}

/// The resources that a key may read, found by their ARNs.
pub(super) struct Resources<'a> {
    context: &'a Context,
    caller: &'a Caller,
}

impl<'a> Resources<'a> {
    pub(super) fn of(context: &'a Context, caller: &'a Caller) -> Self {
        Self { context, caller }
    }

    /// The server of an instance.
    fn server(&self, id: &str) -> Option<ObjectPath> {
        fleet::paths(self.context, self.caller, std::iter::once(id)).pop()
    }

    /// What an ARN is of; `None` for what is not there, or not to be read.
    pub(super) fn named(&self, arn: &str) -> Option<Resource> {
        let mut parts = arn.splitn(6, ':');
        let (is_arn, service) = (parts.next() == Some("arn"), parts.nth(1)?);
        let (account, resource) = (parts.nth(1)?, parts.next()?);
        if !is_arn || account != self.caller.account.to_string() {
            return None;
        }
        match service {
            "cloudwatch" => self.of_tenant(match Named::of(arn)? {
                Named::Alarm(name) => Resource::Alarm(name.to_owned()),
                Named::Dashboard(name) => Resource::Dashboard(name.to_owned()),
            }),
            "logs" => {
                let name = resource.strip_prefix("log-group:")?;
                let name = name.strip_suffix(":*").unwrap_or(name);
                self.of_tenant(Resource::LogGroup(name.to_owned()))
            }
            "ssm" => {
                // One that was put without a slash before it has none in its ARN either way.
                let name = resource.strip_prefix("parameter").filter(|name| name.starts_with('/'))?;
                self.of_tenant(Resource::Parameter(name.to_owned()))
            }
            "ec2" => {
                let server = self.server(resource.strip_prefix("instance/")?)?;
                Some(Resource::Object(TagTarget::object(server)))
            }
            "ecs" => self.of_ecs(resource).map(Resource::Object),
            _ => None,
        }
    }

    /// Something of the tenant as a whole, if it is there.
    fn of_tenant(&self, resource: Resource) -> Option<Resource> {
        if !self.caller.principal.may(Right::Read, Some(&self.caller.tenant)) {
            return None;
        }
        let is_there = tags(&self.context.bus.state(), self.caller, &resource).is_some();
        is_there.then_some(resource)
    }

    fn of_ecs(&self, resource: &str) -> Option<TagTarget> {
        let mut parts = resource.split('/');
        let (kind, cluster) = (parts.next()?, self.caller.tenant.join(parts.next()?).ok()?);
        let name = parts.next();
        if parts.next().is_some() {
            return None;
        }
        match (kind, name) {
            ("cluster", None) => Some(TagTarget::object(cluster)),
            ("service", Some(name)) => Some(TagTarget::applications(cluster, name)),
            ("task", Some(id)) => {
                return ecs::application(self.context, self.caller, &cluster, id).map(TagTarget::object);
            }
            ("container-instance", Some(id)) => {
                // Both ids are of one digest, this one with more digits of it.
                let server = self.server(&format!("i-{}", id.get(..instance::DIGITS)?))?;
                let is_it =
                    ecs::instance_arn(self.caller, &server).ends_with(&format!("/{}/{id}", cluster.name()));
                return is_it.then(|| TagTarget::object(server));
            }
            _ => None,
        }
        .filter(|target| self.is_seen(target))
    }

    /// Whether there is such a cluster, or such applications, of which the key may read something.
    fn is_seen(&self, target: &TagTarget) -> bool {
        let within = Some(&target.path);
        self.context.see(|sight| match &target.application {
            Some(name) => {
                let mut all = sight.state.applications().within(within);
                all.any(|(path, _)| path.name() == name.as_str() && self.caller.sees(path))
            }
            None => sight.state.servers().within(within).any(|(path, _)| self.caller.sees(path)),
        })
    }
}

/// The tags that were given to a resource; `None` for one of the tenant's that there is not.
pub(super) fn tags<'s>(state: &'s State, caller: &Caller, resource: &Resource) -> Option<&'s Tags> {
    match resource {
        Resource::Object(target) => Some(state.tags(target)),
        Resource::Alarm(name) => Named::Alarm(name).tags(state, caller),
        Resource::Dashboard(name) => Named::Dashboard(name).tags(state, caller),
        Resource::LogGroup(name) => state.log_groups(&caller.tenant).get(name).map(|group| &group.spec.tags),
        Resource::Parameter(name) => state.parameters(&caller.tenant).get(name).map(|kept| &kept.tags),
    }
}

/// Those that were given, and those that something of the fleet has by itself.
pub(super) fn all_tags(state: &State, caller: &Caller, resource: &Resource) -> Tags {
    let mut all = Tags::new();
    if let Resource::Object(target) = resource {
        let path = &target.path;
        let name = target.application.as_deref().unwrap_or_else(|| path.name());
        if path.level() == Level::Server || target.application.is_some() {
            all.insert("Name".to_owned(), name.to_owned());
        }
        if let Some(server) = state.server(path) {
            all.insert("topmast:path".to_owned(), path.to_string());
            all.extend(server.registration.labels.clone());
        }
    }
    all.extend(
        tags(state, caller, resource).into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())),
    );
    all
}

/// What is to become of the tags of resources.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    /// New ones, and new values of others.
    pub(super) tags: Tags,
    /// Keys of those that go; with a value only where it is that.
    pub(super) removed: BTreeMap<String, Option<String>>,
}

impl Change {
    pub(super) fn without<'k>(keys: impl Iterator<Item = &'k str>) -> Self {
        Self { tags: Tags::new(), removed: keys.map(|key| (key.to_owned(), None)).collect() }
    }

    fn command(&self, caller: &Caller, resource: Resource) -> Command {
        let (tenant, tags) = (caller.tenant.clone(), self.tags.clone());
        let removed = || self.removed.keys().cloned().collect();
        match resource {
            Resource::Object(target) => {
                Command::TagObjects { targets: vec![target], tags, removed: self.removed.clone() }
            }
            Resource::Alarm(name) => Command::TagAwsAlarm { tenant, name, tags, removed: removed() },
            Resource::Dashboard(name) => {
                let order = DashboardOrder::Tag { name, tags, removed: removed() };
                Command::ChangeDashboards { tenant, order }
            }
            Resource::LogGroup(name) => {
                let order = LogGroupOrder::Tag { tags, removed: removed() };
                Command::ChangeLogGroup { tenant, name, order }
            }
            Resource::Parameter(name) => {
                let order = ParameterOrder::Tag { name, tags, removed: removed() };
                Command::ChangeParameters { tenant, order }
            }
        }
    }

    /// Has it done with one resource.
    pub(super) async fn submit(
        &self,
        context: &Context,
        caller: &Caller,
        resource: Resource,
    ) -> Result<(), SubmitError> {
        let command = self.command(caller, resource);
        context.bus.submit(Submission { principal: caller.principal.clone(), command }).await.map(|_| ())
    }

    /// What is asked of objects, all of them or none.
    pub(super) fn of_objects(&self, caller: &Caller, targets: Vec<TagTarget>) -> Submission {
        let command = Command::TagObjects { targets, tags: self.tags.clone(), removed: self.removed.clone() };
        Submission { principal: caller.principal.clone(), command }
    }
}
