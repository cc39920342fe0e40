//! The fleet as AWS' tools see it: instances with a state, and the applications on them.
//!
//! An instance's state is that of its applications, for these are what is started and stopped through a master. A server
//! that is not heard from runs as far as anybody knows: it is `running`, and its status checks say what is wrong.

use super::{Caller, instance};
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_engine::{Rejection, State, Submission, health};
use topmast_model::action::Conduct;
use topmast_model::application::{ApplicationState, Desired, Operation};
use topmast_model::command::{Command, ServerRegistration};
use topmast_model::guest::GuestCondition;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::rolling::Rolling;
use topmast_model::status::{ApplicationStatus, Health, ServerStatus};
use topmast_model::tag::{TagTarget, Tags};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Servers looked at before the state is let go of.
const AT_ONCE: usize = 64;

/// A state of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// All that is not running is being started.
    Pending,
    /// Something runs, or nothing is known to be stopped.
    Running,
    /// All that is not stopped is being stopped.
    Stopping,
    /// Everything is stopped.
    Stopped,
}

impl Phase {
    /// AWS' name and number.
    pub(super) const fn told(self) -> (&'static str, i64) {
        match self {
            Self::Pending => ("pending", 0),
            Self::Running => ("running", 16),
            Self::Stopping => ("stopping", 64),
            Self::Stopped => ("stopped", 80),
        }
    }
}

/// A server, as much of it as AWS' tools are told.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) path: ObjectPath,
    pub(super) registration: ServerRegistration,
    pub(super) status: ServerStatus,
    pub(super) since: UnixMillis,
    pub(super) phase: Phase,
    /// The worst of it and of everything on it.
    pub(super) health: Health,
    /// Whether an agent of a master's or the master itself acts there.
    pub(super) is_managed: bool,
    /// What it was given by `CreateTags` and its like.
    pub(super) given: Tags,
}

impl Instance {
    fn of(state: &State, path: &ObjectPath) -> Option<Self> {
        let server = state.server(path)?;
        Some(Self {
            id: instance::id(path),
            path: path.clone(),
            registration: server.registration.clone(),
            status: server.status,
            since: server.since,
            phase: phase(state, path),
            health: health(state, path).unwrap_or(Health::Unknown),
            is_managed: state.agents().get(path).is_some_and(|agent| agent.revoked_at.is_none())
                || state.agentless().get(path).is_some(),
            given: state.tags(&TagTarget::object(path.clone())).clone(),
        })
    }

    /// The name of its cluster.
    pub(super) fn cluster(&self) -> &str {
        self.path.name_at(Level::Cluster).unwrap_or_default()
    }

    /// Its labels, its name, its path and what it was given. A label wins over what is made here, what was given over both.
    pub(super) fn tags(&self) -> BTreeMap<&str, &str> {
        let mut tags = BTreeMap::from([("Name", self.path.name()), ("topmast:path", self.path.as_str())]);
        let more = self.registration.labels.iter().chain(&self.given);
        tags.extend(more.map(|(key, value)| (key.as_str(), value.as_str())));
        tags
    }
}

/// What one application does.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub(super) path: ObjectPath,
    pub(super) reported: ApplicationState,
    /// What it is, as far as anybody knows.
    pub(super) status: ApplicationStatus,
    /// What is being done with it.
    pub(super) ordered: Option<Operation>,
}

impl Copy {
    fn of(state: &State, path: &ObjectPath, reported: &ApplicationState, open: &Open) -> Option<Self> {
        Some(Self {
            path: path.clone(),
            reported: reported.clone(),
            status: state.effective_application(path)?.status,
            ordered: open.get(path).copied(),
        })
    }

    /// True when it should run, once what was ordered is done.
    pub(super) fn is_wanted(&self) -> bool {
        match self.ordered {
            Some(operation) if !matches!(operation, Operation::Configure | Operation::Act) => {
                operation != Operation::Stop
            }
            _ => self.reported.desired == Desired::Started,
        }
    }

    /// True when it runs and nobody is changing that.
    pub(super) fn is_running(&self) -> bool {
        self.status == ApplicationStatus::Started && self.ordered != Some(Operation::Restart)
    }

    /// True when it is on its way to running.
    pub(super) fn is_pending(&self) -> bool {
        self.status == ApplicationStatus::Starting
            || (matches!(self.ordered, Some(Operation::Start | Operation::Restart)) && !self.is_running())
    }

    /// True when it is not there: stopped, or given up on request.
    pub(super) fn is_stopped(&self) -> bool {
        let is_down = matches!(self.status, ApplicationStatus::Failed | ApplicationStatus::Quarantined);
        self.status == ApplicationStatus::Stopped || (is_down && self.reported.desired == Desired::Stopped)
    }
}

/// What is being done, by application.
type Open = BTreeMap<ObjectPath, Operation>;

fn open_on(state: &State, within: &ObjectPath) -> Open {
    let steps = state.open_steps(Some(within));
    steps
        .filter_map(|(step, action)| {
            let step = action.steps.get(step.target as usize)?;
            Some((step.target.clone(), action.operation))
        })
        .collect()
}

fn phase(state: &State, path: &ObjectPath) -> Phase {
    let Some(server) = state.server(path) else { return Phase::Running };
    if let Some(guest) = &server.guest
        && matches!(guest.condition, GuestCondition::Stopped(_))
    {
        return Phase::Stopped;
    }
    let open = open_on(state, path);
    let copies = state.applications().within(Some(path));
    let (mut all, mut stopped, mut stopping, mut starting) = (0, 0, 0, 0);
    for copy in copies.filter_map(|(path, reported)| Copy::of(state, path, reported, &open)) {
        all += 1;
        match copy.ordered {
            Some(Operation::Restart) => {}
            Some(Operation::Stop) if !copy.is_stopped() => stopping += 1,
            Some(Operation::Start) if !copy.is_running() => starting += 1,
            _ if copy.is_stopped() => stopped += 1,
            _ if copy.status == ApplicationStatus::Stopping => stopping += 1,
            _ if copy.status == ApplicationStatus::Starting => starting += 1,
            _ => {}
        }
    }
    match all {
        0 => Phase::Running,
        _ if stopped == all => Phase::Stopped,
        _ if stopping > 0 && stopped + stopping == all => Phase::Stopping,
        _ if starting > 0 && stopped + starting == all => Phase::Pending,
        _ => Phase::Running,
    }
}

/// The paths of all servers that the key may read, in order.
pub(super) fn servers(context: &Context, caller: &Caller) -> Vec<ObjectPath> {
    context.see(|sight| {
        let servers = sight.state.servers().within(Some(&caller.tenant));
        servers.map(|(path, _)| path.clone()).filter(|path| caller.sees(path)).collect()
    })
}

/// The paths of all applications within a path that the key may read, in order.
pub(super) fn applications(context: &Context, caller: &Caller, within: &ObjectPath) -> Vec<ObjectPath> {
    context.see(|sight| {
        let applications = sight.state.applications().within(Some(within));
        applications.map(|(path, _)| path.clone()).filter(|path| caller.sees(path)).collect()
    })
}

/// The paths of the servers with these ids that the key may read, in order; those that there are not are left out.
///
/// Cost: O(1) for each id; one look at all servers when one of them is not known.
pub(super) fn paths<'a>(
    context: &Context,
    caller: &Caller,
    ids: impl Iterator<Item = &'a str> + Clone,
) -> Vec<ObjectPath> {
    let is_there = |path: &ObjectPath| context.see(|sight| sight.state.server(path).is_some());
    let all = || context.see(|sight| sight.state.servers().iter().map(|(path, _)| path.clone()).collect());
    let mut found = context.instances.paths(ids, is_there, all);
    found.retain(|path| caller.sees(path));
    found.sort_unstable();
    found.dedup();
    found
}

/// The servers with these ids that the key may read, in order of their paths.
pub(super) fn instances_of<'a>(
    context: &Context,
    caller: &Caller,
    ids: impl Iterator<Item = &'a str> + Clone,
) -> Vec<Instance> {
    looked_at(context, &paths(context, caller, ids))
}

/// All servers that the key may read, in order of their paths.
///
/// Cost: O(objects), some servers at a time.
pub(super) fn instances(context: &Context, caller: &Caller) -> Vec<Instance> {
    looked_at(context, &servers(context, caller))
}

/// What there is at these paths.
pub(super) fn looked_at(context: &Context, paths: &[ObjectPath]) -> Vec<Instance> {
    let mut found = Vec::with_capacity(paths.len());
    for some in paths.chunks(AT_ONCE) {
        context.see(|sight| found.extend(some.iter().filter_map(|path| Instance::of(sight.state, path))));
    }
    found
}

/// The applications within a path that the key may read.
pub(super) fn copies(context: &Context, caller: &Caller, within: &ObjectPath) -> Vec<Copy> {
    context.see(|sight| {
        let open = open_on(sight.state, within);
        let applications = sight.state.applications().within(Some(within));
        applications
            .filter(|(path, _)| caller.sees(path))
            .filter_map(|(path, reported)| Copy::of(sight.state, path, reported, &open))
            .collect()
    })
}

/// What is to be done with applications.
pub(super) struct Order {
    pub(super) id: ActionId,
    pub(super) operation: Operation,
    pub(super) targets: Vec<ObjectPath>,
    pub(super) reason: String,
    pub(super) timeout_ms: u64,
    pub(super) rolling: Option<Rolling>,
}

impl Order {
    pub(super) fn new(operation: Operation, targets: Vec<ObjectPath>, reason: impl Into<String>) -> Self {
        Self {
            id: ActionId(Uuid::now_v7()),
            operation,
            targets,
            reason: reason.into(),
            timeout_ms: topmast_api::action::TIMEOUT_MS_DEFAULT,
            rolling: None,
        }
    }

    fn submission(&self, caller: &Caller) -> Submission {
        let command = Command::OperateApplications {
            id: self.id,
            operation: self.operation,
            targets: self.targets.clone(),
            reason: Some(self.reason.clone()),
            timeout_ms: self.timeout_ms,
            rolling: self.rolling,
            conduct: Conduct::default(),
            package: None,
            custom: None,
        };
        Submission { principal: caller.principal.clone(), command }
    }

    /// Whether it would be done.
    pub(super) fn rehearse(&self, context: &Context, caller: &Caller) -> Result<(), Rejection> {
        context.bus.rehearse(&self.submission(caller)).map(|_| ())
    }

    /// Has it done, by a command on the bus (AW-2).
    pub(super) async fn submit(
        &self,
        context: &Context,
        caller: &Caller,
    ) -> Result<(), crate::bus::SubmitError> {
        context.bus.submit(self.submission(caller)).await.map(|_| ())
    }
}
