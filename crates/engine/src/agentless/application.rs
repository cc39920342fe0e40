//! Applications of servers that are read over ssh: which there are and by which commands, set by a person as a whole.
//!
//! Invariants
//! - AA-1: an application of such a server is in the state exactly while it is defined: it is there, UNKNOWN, as soon as
//!   it is set, and goes when it is not among those that are set next.

use super::check_added;
use crate::{Rejection, State};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use topmast_model::agentless::{
    AGENTLESS_APPLICATIONS_MAX, AgentlessApplication, COMMAND_TIMEOUT_S_MAX, SSH_COMMAND_MAX,
    SSH_LOG_FILE_MAX, SSH_LOG_FILES_MAX, STATUS_TIMEOUT_S_MAX, STATUS_WORD_MAX, STATUS_WORDS_MAX,
};
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

/// Decides `SetAgentlessApplications`: all of them, or none.
pub(crate) fn set_applications(
    state: &State,
    server: &ObjectPath,
    applications: &[AgentlessApplication],
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    check_added(state, server)?;
    if applications.len() > AGENTLESS_APPLICATIONS_MAX {
        return Err(Rejection::limit(format!(
            "at most {AGENTLESS_APPLICATIONS_MAX} applications are looked at on one server over ssh"
        )));
    }
    if state.agentless_applications(server) == applications {
        return Ok(Vec::new());
    }
    let mut paths = BTreeSet::new();
    for application in applications {
        check(application)?;
        let path = server.join(&application.name);
        let path = path.map_err(|error| Rejection::invalid("name", error.to_string()))?;
        if !paths.insert(path) {
            return Err(Rejection::conflict(format!("{} is named twice", application.name)));
        }
    }
    let mut facts = vec![EventBody::AgentlessApplicationsSet {
        server: server.clone(),
        applications: applications.to_vec(),
    }];
    let gone = state.applications.within(Some(server)).filter(|(path, _)| !paths.contains(*path));
    facts.extend(gone.map(|(path, _)| EventBody::ApplicationRemoved { application: path.clone() }));
    let new = paths.iter().filter(|path| state.applications.get(path).is_none());
    facts.extend(new.map(|path| {
        let state = not_seen_yet(now);
        EventBody::ApplicationChanged { application: path.clone(), state }
    }));
    Ok(facts)
}

fn not_seen_yet(now: UnixMillis) -> ApplicationState {
    ApplicationState {
        declared: None,
        kind: ApplicationKind::Script,
        status: ApplicationStatus::Unknown,
        desired: Desired::Started,
        package: None,
        version: None,
        pid: None,
        http_port: None,
        restarts: 0,
        started_at: None,
        since: now,
        cause: Cause::Unit { message: "it was set and has not been looked at yet".into() },
    }
}

fn check(application: &AgentlessApplication) -> Result<(), Rejection> {
    let wrong =
        |field: &str, text: String| Err(Rejection::invalid("applications", of(application, field, &text)));
    for (field, command) in application.commands() {
        if command.trim().is_empty() || command.len() > SSH_COMMAND_MAX {
            return wrong(field, format!("write a command of at most {SSH_COMMAND_MAX} bytes"));
        }
        if command.chars().any(char::is_control) {
            return wrong(field, "write it on one line; put more into a script on the host".into());
        }
    }
    for (field, words) in
        [("started_when", &application.started_when), ("stopped_when", &application.stopped_when)]
    {
        let is_good = |word: &String| {
            (1..=STATUS_WORD_MAX).contains(&word.len()) && !word.chars().any(char::is_whitespace)
        };
        if words.len() > STATUS_WORDS_MAX || !words.iter().all(is_good) {
            return wrong(
                field,
                format!("write at most {STATUS_WORDS_MAX} words of 1 to {STATUS_WORD_MAX} bytes"),
            );
        }
    }
    if application.started_when.is_empty() && !application.stopped_when.is_empty() {
        return wrong("started_when", "say too which word means that it runs".into());
    }
    if let Some(word) = application.started_when.iter().find(|word| application.stopped_when.contains(word)) {
        return wrong("stopped_when", format!("{word:?} is in started_when too; keep one of the two"));
    }
    let is_file = |file: &String| {
        file.starts_with('/') && file.len() <= SSH_LOG_FILE_MAX && !file.chars().any(char::is_control)
    };
    if application.log_files.len() > SSH_LOG_FILES_MAX || !application.log_files.iter().all(is_file) {
        return wrong(
            "log_files",
            format!(
                "write at most {SSH_LOG_FILES_MAX} names of files, each from the root (/var/log/a.log) and of at \
                 most {SSH_LOG_FILE_MAX} bytes"
            ),
        );
    }
    in_range(application, "status_timeout_s", application.status_timeout_s, 1..=STATUS_TIMEOUT_S_MAX)?;
    in_range(application, "command_timeout_s", application.command_timeout_s, 1..=COMMAND_TIMEOUT_S_MAX)
}

fn in_range(
    application: &AgentlessApplication,
    field: &str,
    seconds: u64,
    range: RangeInclusive<u64>,
) -> Result<(), Rejection> {
    if range.contains(&seconds) {
        return Ok(());
    }
    let text = format!("{seconds} is out of range; give {} to {} seconds", range.start(), range.end());
    Err(Rejection::invalid("applications", of(application, field, &text)))
}

fn of(application: &AgentlessApplication, field: &str, text: &str) -> String {
    format!("{}: {field}: {text}", application.name)
}

/// True while an application is among those that were set.
pub(crate) fn is_defined(state: &State, server: &ObjectPath, name: &str) -> bool {
    state.agentless_applications(server).iter().any(|application| application.name == name)
}

pub(crate) fn applications_set(
    state: &mut State,
    server: &ObjectPath,
    applications: &[AgentlessApplication],
) {
    state.agentless_applications.remove(server);
    if !applications.is_empty() {
        state.agentless_applications.insert(server.clone(), applications.to_vec());
    }
}

#[cfg(test)]
mod tests;
