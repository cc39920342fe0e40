//! Why an object is as it is: status and cause in words, who caused the last change, what refused or stands in
//! the way, and what it depends on and depends on it.
//!
//! Everything is said from the state alone; what happened before is in the journal.
//!
//! Invariants
//! - of an object that is not there it is still said why, when its unit file was refused.
//! - each list is bounded by [`RELATED_MAX`].
//!
//! Elsewhere: what would be in the way of the next order (`explain/order.rs`).

mod order;

use crate::{Action, Problem, Server, State, Step, guests};
use topmast_model::application::{ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::{ActionStatus, ApplicationStatus, ServerStatus, ServiceStatus, TaskStatus};
use topmast_model::time::UnixMillis;

/// Most objects, problems or refusals that are named of one kind.
pub const RELATED_MAX: usize = 100;

/// Why an object is as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'a> {
    /// The status shown; none of an object that is not there.
    pub status: Option<&'static str>,
    /// Whether it does what it is to do: runs, as far as that is known.
    pub is_well: bool,
    /// The answer in one sentence.
    pub summary: String,
    /// Since when it is so.
    pub since: Option<UnixMillis>,
    /// Why, as reported.
    pub cause: Option<Cause>,
    /// What was last asked of it, with its own part.
    pub last_action: Option<(&'a Action, &'a Step)>,
    /// What refused something or keeps it from running.
    pub refusals: Vec<Refused>,
    /// Open problems on it, inside it and on what it is inside of, the worst first.
    pub problems: Vec<&'a Problem>,
    /// What it needs.
    pub above: Vec<Related>,
    /// What needs it.
    pub below: Vec<Related>,
}

/// A rule or guard that refused something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// A word for it: `restart-budget`, `unit-file`, `desired`, `dependency`, `server`, `access`, `maintenance`,
    /// `action`; of the next order `guard`, `waves`, `approval`, `question`, `schedule`.
    pub by: &'static str,
    /// What, and what to do about it.
    pub text: String,
}

/// An object that stands in some relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Which.
    pub path: ObjectPath,
    /// The relation, in a word or two.
    pub relation: &'static str,
    /// Its status.
    pub status: &'static str,
}

/// Explains an object; `None` when nothing is known of it.
pub fn explain<'a>(state: &'a State, path: &ObjectPath, now: UnixMillis) -> Option<Explanation<'a>> {
    let mut explanation = match path.level() {
        Level::Tenant | Level::Cluster => return None,
        Level::Server => of_server(state, path)?,
        Level::Application => match state.applications.get(path) {
            Some(reported) => of_application(state, path, reported, now),
            None => of_refused_unit(state, path)?,
        },
        Level::Service => of_service(state, path).or_else(|| of_task(state, path))?,
    };
    explanation.refusals.extend(state.maintenance_of(path, now).map(|(_, announced)| Refused {
        by: "maintenance",
        text: format!("in maintenance ({}): nobody is told of its problems", announced.what.name),
    }));
    explanation.problems = problems(state, path);
    explanation.refusals.truncate(RELATED_MAX);
    explanation.above.truncate(RELATED_MAX);
    explanation.below.truncate(RELATED_MAX);
    Some(explanation)
}

fn of_application<'a>(
    state: &'a State,
    path: &ObjectPath,
    reported: &ApplicationState,
    now: UnixMillis,
) -> Explanation<'a> {
    let last_action = last_action(state, path);
    let effective = state.effective_application(path);
    let status = effective.map_or(reported.status, |effective| effective.status);
    let unseen = effective.and_then(|effective| effective.cause());
    let who = asked(last_action, &reported.cause);
    let summary = match (&unseen, status) {
        (Some(cause), _) => {
            format!("it is not known whether it runs: {cause}; when last heard of it was {}", reported.status)
        }
        (None, ApplicationStatus::Started) => format!("it runs: {who}"),
        (None, ApplicationStatus::Starting) => format!("it is being started: {who}"),
        (None, ApplicationStatus::Stopping) => format!("it is being stopped: {who}"),
        (None, ApplicationStatus::Stopped) => format!("it does not run, as asked: {who}"),
        (None, ApplicationStatus::Failed) => format!("it does not run though it should: {who}"),
        (None, ApplicationStatus::Quarantined) => {
            format!("it is not started any more: {who}; it waits for a person")
        }
        (None, ApplicationStatus::Unknown) => format!("it is not known whether it runs: {who}"),
    };
    let mut refusals = refused_units(state, path);
    if status == ApplicationStatus::Quarantined {
        refusals.push(Refused {
            by: "restart-budget",
            text: format!(
                "{}: more than the restart budget of its unit file; `topmast restart {path}` lifts the quarantine",
                reported.cause
            ),
        });
    }
    if status == ApplicationStatus::Stopped && reported.desired == Desired::Stopped {
        let text = format!("it is to be stopped, so nothing starts it; `topmast start {path}` does");
        refusals.push(Refused { by: "desired", text });
    }
    if let Cause::Dependency { application, message } = &reported.cause {
        let text = format!("it depends on {application}: {message}");
        refusals.push(Refused { by: "dependency", text });
    }
    if let Some((action, step)) = last_action
        && matches!(step.status, ActionStatus::Failed | ActionStatus::Unknown)
    {
        let text = format!("{} by {} {}: {}", action.what(), action.actor, step.status, step.message);
        refusals.push(Refused { by: "action", text });
    }
    let mut above = on_server(state, path, &mut refusals);
    above.extend(needed(state, path, &reported.cause));
    above.extend(order::first(state, path, reported));
    refusals.extend(order::in_the_way(state, path, now));
    let mut below = inside_application(state, path);
    below.extend(order::later(state, path));
    Explanation {
        status: Some(status.as_str()),
        is_well: status == ApplicationStatus::Started
            || (status == ApplicationStatus::Stopped && reported.desired == Desired::Stopped),
        summary,
        since: effective.map(|effective| effective.since),
        cause: Some(unseen.unwrap_or_else(|| reported.cause.clone())),
        last_action,
        refusals,
        problems: Vec::new(),
        above,
        below,
    }
}

/// The cause in words, with who asked for it and why where an action did it.
fn asked(last: Option<(&Action, &Step)>, cause: &Cause) -> String {
    let Cause::Action { id, principal } = cause else { return cause.to_string() };
    let kept = last.filter(|(action, _)| action.id == *id);
    let operation = kept.map_or("an action", |(action, _)| action.operation.as_str());
    let reason = kept.and_then(|(action, _)| action.reason.as_deref());
    let reason = reason.map(|reason| format!(", because: {reason}")).unwrap_or_default();
    format!("{operation} by {principal}{reason}")
}

fn last_action<'a>(state: &'a State, path: &ObjectPath) -> Option<(&'a Action, &'a Step)> {
    let step = state.history(path)?.last_step?;
    let action = state.action(step.action)?;
    Some((action, action.steps.get(usize::try_from(step.target).ok()?)?))
}

///
fn of_refused_unit<'a>(state: &'a State, path: &ObjectPath) -> Option<Explanation<'a>> {
    let refusals = refused_units(state, path);
    let first = refusals.first()?;
    let mut refusals = refusals.clone();
    let summary = format!("there is no such application: {}", first.text);
    let above = on_server(state, path, &mut refusals);
    Some(Explanation {
        status: None,
        is_well: false,
        summary,
        since: None,
        cause: None,
        last_action: None,
        refusals,
        problems: Vec::new(),
        above,
        below: Vec::new(),
    })
}

/// What is wrong with the unit file of an application: the file of its name.
fn refused_units(state: &State, path: &ObjectPath) -> Vec<Refused> {
    let server = path.ancestor(Level::Server).and_then(|server| state.servers.get(&server));
    let problems = server.into_iter().flat_map(|server| &server.unit_problems);
    let own = problems.filter(|(file, _)| file.strip_suffix(".toml") == Some(path.name()));
    own.map(|(file, problem)| Refused {
        by: "unit-file",
        text: format!("the unit file {file} was refused: {problem}"),
    })
    .collect()
}

fn of_server<'a>(state: &'a State, path: &ObjectPath) -> Option<Explanation<'a>> {
    let server = state.servers.get(path)?;
    let status = server.status;
    let summary = match status {
        ServerStatus::Up => format!("it is seen: {}", server.cause),
        ServerStatus::Stale => format!("its data is late: {}", server.cause),
        ServerStatus::Down => format!("nothing is heard from it: {}", server.cause),
        ServerStatus::Unknown => format!("nothing was heard from it yet: {}", server.cause),
    };
    let refused = server.unit_problems.iter().map(|(file, problem)| Refused {
        by: "unit-file",
        text: format!("the unit file {file} was refused: {problem}"),
    });
    let mut refusals: Vec<_> = refused.collect();
    if let Some(agent) = state.agents.get(path)
        && agent.revoked_at.is_some()
    {
        let text = "its agent's certificate was revoked, so it may not connect; enrol it again".to_owned();
        refusals.push(Refused { by: "access", text });
    }
    let host = server.guest.as_ref().and_then(|guest| {
        let host = state.servers.get(&guest.host)?;
        Some(Related { path: guest.host.clone(), relation: "is inside of", status: host.status.as_str() })
    });
    let applications = state.applications.within(Some(path)).filter_map(|(path, _)| {
        let status = state.effective_application(path)?.status;
        Some(Related { path: path.clone(), relation: "runs on it", status: status.as_str() })
    });
    let guests = guests(state, path).map(|(path, guest, _)| Related {
        path: path.clone(),
        relation: "is inside of it",
        status: guest.status.as_str(),
    });
    Some(Explanation {
        status: Some(status.as_str()),
        is_well: status == ServerStatus::Up,
        summary,
        since: Some(server.since),
        cause: Some(server.cause.clone()),
        last_action: None,
        refusals,
        problems: Vec::new(),
        above: host.into_iter().collect(),
        below: applications.chain(guests).take(RELATED_MAX).collect(),
    })
}

fn of_service<'a>(state: &'a State, path: &ObjectPath) -> Option<Explanation<'a>> {
    let reported = state.services.get(path)?;
    let effective = state.effective_service(path)?;
    let codes = reported.codes.join(" ");
    let said = [Some(codes.as_str()).filter(|codes| !codes.is_empty()), reported.message.as_deref()];
    let said: Vec<&str> = said.into_iter().flatten().collect();
    let said = if said.is_empty() { "its source says no more".to_owned() } else { said.join(", ") };
    let summary = match (effective.cause(), effective.status) {
        (Some(cause), _) => {
            format!(
                "it is not known whether it works: {cause}; when last heard of it was {}",
                reported.status
            )
        }
        (None, ServiceStatus::Started) => format!("it works: {said}"),
        (None, ServiceStatus::Stopped) => format!("it is switched off: {said}"),
        (None, ServiceStatus::Malfunction) => format!("it does not do what it should: {said}"),
        (None, ServiceStatus::Unknown) => format!("it is not known whether it works: {said}"),
    };
    let is_well = effective.status == ServiceStatus::Started;
    Some(inside(state, path, effective.status.as_str(), is_well, summary, effective.since))
}

fn of_task<'a>(state: &'a State, path: &ObjectPath) -> Option<Explanation<'a>> {
    let reported = state.tasks.get(path)?;
    let effective = state.effective_task(path)?;
    let said = reported.message.as_deref().unwrap_or("its source says no more");
    let summary = match (effective.cause(), effective.status) {
        (Some(cause), _) => {
            format!("it is not known how it is: {cause}; when last heard of it was {}", reported.status)
        }
        (None, TaskStatus::Ok) => format!("its last run ended well: {said}"),
        (None, TaskStatus::Running) => format!("it runs now: {said}"),
        (None, TaskStatus::Failed) => format!("its last run failed: {said}"),
        (None, TaskStatus::Late) => format!("it should have run by now: {said}"),
        (None, TaskStatus::Unknown) => format!("it is not known how it is: {said}"),
    };
    let is_well = matches!(effective.status, TaskStatus::Ok | TaskStatus::Running);
    Some(inside(state, path, effective.status.as_str(), is_well, summary, effective.since))
}

/// What is inside an application: it needs that and its server.
fn inside<'a>(
    state: &'a State,
    path: &ObjectPath,
    status: &'static str,
    is_well: bool,
    summary: String,
    since: UnixMillis,
) -> Explanation<'a> {
    let mut refusals = Vec::new();
    let mut above = on_server(state, path, &mut refusals);
    if let Some(application) = path.ancestor(Level::Application)
        && let Some(effective) = state.effective_application(&application)
    {
        let status = effective.status.as_str();
        above.insert(0, Related { path: application, relation: "is part of", status });
    }
    Explanation {
        status: Some(status),
        is_well,
        summary,
        since: Some(since),
        cause: None,
        last_action: path.ancestor(Level::Application).and_then(|path| last_action(state, &path)),
        refusals,
        problems: Vec::new(),
        above,
        below: Vec::new(),
    }
}

/// The server that an object is on, and the host of that; a server that is not seen is in the way.
fn on_server(state: &State, path: &ObjectPath, refusals: &mut Vec<Refused>) -> Vec<Related> {
    let Some(server) = path.ancestor(Level::Server) else { return Vec::new() };
    let Some(kept) = state.servers.get(&server) else { return Vec::new() };
    if !kept.is_seen() {
        let text = format!("its server {} is {}: {}", server.name(), kept.status, kept.cause);
        refusals.push(Refused { by: "server", text });
    }
    let host = kept.guest.as_ref().and_then(|guest| {
        let host: &Server = state.servers.get(&guest.host)?;
        let path = guest.host.clone();
        Some(Related { path, relation: "its server is inside of", status: host.status.as_str() })
    });
    let mut above = vec![Related { path: server, relation: "runs on", status: kept.status.as_str() }];
    above.extend(host);
    above
}

/// The application that a cause names, on the same server.
fn needed(state: &State, path: &ObjectPath, cause: &Cause) -> Option<Related> {
    let Cause::Dependency { application, .. } = cause else { return None };
    let path = path.parent()?.join(application).ok()?;
    let status = state.effective_application(&path)?.status.as_str();
    Some(Related { path, relation: "depends on", status })
}

/// Services and tasks of an application, and applications beside it that say that they wait for it.
fn inside_application(state: &State, path: &ObjectPath) -> Vec<Related> {
    let services = state.services.within(Some(path)).filter_map(|(path, _)| {
        let status = state.effective_service(path)?.status.as_str();
        Some(Related { path: path.clone(), relation: "is its service", status })
    });
    let tasks = state.tasks.within(Some(path)).filter_map(|(path, _)| {
        let status = state.effective_task(path)?.status.as_str();
        Some(Related { path: path.clone(), relation: "is its task", status })
    });
    let server = path.parent();
    let beside = state.applications.within(server.as_ref()).filter_map(|(other, reported)| {
        let waits =
            matches!(&reported.cause, Cause::Dependency { application, .. } if application == path.name());
        let status = state.effective_application(other)?.status.as_str();
        (waits && other != path).then(|| Related { path: other.clone(), relation: "waits for it", status })
    });
    services.chain(tasks).chain(beside).take(RELATED_MAX).collect()
}

/// Open problems on an object, inside it, and on what it is inside of: the worst first, then the newest.
fn problems<'a>(state: &'a State, path: &ObjectPath) -> Vec<&'a Problem> {
    let concerns = |problem: &&Problem| {
        problem.object().is_within(path)
            || (path.is_within(problem.object()) && problem.object().level() >= Level::Server)
    };
    let mut found: Vec<&Problem> = state.open_problems().filter(concerns).collect();
    found.sort_by_key(|problem| (std::cmp::Reverse(problem.what.severity), std::cmp::Reverse(problem.id)));
    found.truncate(RELATED_MAX);
    found
}

#[cfg(test)]
mod tests;
