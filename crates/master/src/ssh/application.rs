//! The state of applications over ssh: what was seen of one becomes its state, and reports go to the journal.
//!
//! Invariants
//! - SA-1: a state is news only when the status changes: an output that tells other times and counts at every look is
//!   no event.
//! - SA-2: what was seen before or while a step changed something says nothing about what is so now.

use super::schedule::Schedule;
use crate::bus::SubmitError;
use crate::http::Context;
use std::time::Instant;
use topmast_engine::{State, Submission};
use topmast_model::agentless::AgentlessApplication;
use topmast_model::application::{ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Principal;
use topmast_model::report::Report;
use topmast_model::status::{ActionStatus, ApplicationStatus};
use topmast_model::time::UnixMillis;
use topmast_probe::plan::Answer;
use topmast_probe::plan::application::{self as plan, Look, Seen};

/// Why an account that gives a shell says nothing of applications.
const FORCED: &str =
    "the account runs one command whatever it is asked, and so none of applications; it needs a shell";

/// Submits what was seen and done on a server.
pub(super) async fn report(
    context: &Context,
    server: &ObjectPath,
    reports: Vec<Report>,
) -> Result<(), SubmitError> {
    let command = Command::ReportOverSsh { server: server.clone(), reports };
    let submission = Submission { principal: Principal::master(), command };
    context.bus.submit(submission).await.map(drop)
}

/// The status that a look means, and why.
pub(super) fn status_of(seen: &Seen) -> (ApplicationStatus, Cause) {
    let (status, message) = match seen {
        Seen::Started => (ApplicationStatus::Started, "the status command says that it runs"),
        Seen::Stopped => (ApplicationStatus::Stopped, "the status command says that it does not run"),
        Seen::Failed(message) => (ApplicationStatus::Failed, message.as_str()),
        Seen::Unclear(message) => (ApplicationStatus::Unknown, message.as_str()),
    };
    (status, Cause::Observed { message: message.to_owned() })
}

/// The state of an application after a look; `None` when nothing is new.
///
/// - `began`: when the look was begun.
pub(super) fn looked(
    state: &State,
    path: &ObjectPath,
    seen: &Seen,
    version: Option<String>,
    began: UnixMillis,
    now: UnixMillis,
) -> Option<ApplicationState> {
    let kept = state.applications().get(path)?;
    // SA-2
    if kept.since > began || is_operated(state, path) {
        return None;
    }
    let (status, cause) = status_of(seen);
    let mut next = kept.clone();
    if version.is_some() {
        next.version = version;
    }
    let is_first = matches!(kept.cause, Cause::Unit { .. });
    if is_first && status == ApplicationStatus::Stopped {
        // Nobody asked for anything yet: as it is found is as it is wanted.
        next.desired = Desired::Stopped;
    }
    // SA-1
    if kept.status != status || is_first {
        next = ApplicationState { status, cause, since: now, started_at: None, ..next };
    }
    (next != *kept).then_some(next)
}

/// Takes what a reading says of applications.
///
/// - `began`: when the reading was begun.
pub(super) async fn take(
    context: &Context,
    server: &ObjectPath,
    schedule: &mut Schedule,
    looks: &[Look<'_>],
    answer: &Answer<'_>,
    began: UnixMillis,
) {
    let mut reports = Vec::new();
    for look in looks {
        let mut seen = plan::seen(answer, look);
        schedule.note(&look.application.name, seen.as_ref());
        if answer.cut == Some(format!("app-{}", look.place).as_str()) {
            schedule.leave_alone(&look.application.name, Instant::now());
        }
        if seen.is_none() && answer.complete {
            seen = Some(Seen::Unclear(FORCED.to_owned()));
        }
        let version = plan::version(answer, look);
        let news =
            seen.and_then(|seen| news(context, server, look.application, &seen, version.clone(), began));
        // SA-2 passes over what was seen beside a step; a version would be missed for long.
        if version.is_some() && news.is_none() && version != kept_version(context, server, look.application) {
            schedule.ask_version_again(&look.application.name);
        }
        reports.extend(news);
    }
    submit(context, server, reports).await;
}

/// Says of applications that they cannot be seen.
pub(super) async fn unclear(
    context: &Context,
    server: &ObjectPath,
    applications: &[AgentlessApplication],
    why: &str,
    began: UnixMillis,
) {
    let seen = Seen::Unclear(why.to_owned());
    let reports = applications
        .iter()
        .filter_map(|application| news(context, server, application, &seen, None, began))
        .collect();
    submit(context, server, reports).await;
}

fn news(
    context: &Context,
    server: &ObjectPath,
    application: &AgentlessApplication,
    seen: &Seen,
    version: Option<String>,
    began: UnixMillis,
) -> Option<Report> {
    let path = server.join(&application.name).ok()?;
    let now = context.bus.clock().now();
    let state = looked(&context.bus.state(), &path, seen, version, began, now)?;
    Some(Report::Application { name: application.name.clone(), state })
}

fn kept_version(
    context: &Context,
    server: &ObjectPath,
    application: &AgentlessApplication,
) -> Option<String> {
    let path = server.join(&application.name).ok()?;
    context.bus.state().applications().get(&path)?.version.clone()
}

/// What the journal does not take now is news at the next look as well.
async fn submit(context: &Context, server: &ObjectPath, reports: Vec<Report>) {
    if !reports.is_empty()
        && let Err(error) = report(context, server, reports).await
    {
        tracing::debug!(%server, %error, "what was seen of applications is not in the journal");
    }
}

/// True while a step on an application is under way.
fn is_operated(state: &State, path: &ObjectPath) -> bool {
    state.open_steps(Some(path)).any(|(step, action)| {
        action.steps.get(step.target as usize).is_some_and(|step| step.status == ActionStatus::Running)
    })
}

/// The definition of an application, if it is still there.
pub(super) fn defined(state: &State, server: &ObjectPath, name: &str) -> Option<AgentlessApplication> {
    state.agentless_applications(server).iter().find(|application| application.name == name).cloned()
}
