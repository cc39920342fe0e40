//! Servers: registration, freshness, removal.

use crate::action::Ledger;
use crate::report::REPORT_PROBLEMS;
use crate::{Rejection, State, agent, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::status::ServerStatus;
use topmast_model::time::UnixMillis;

/// Intervals an agent may tick at: freshness is measured in them, so neither zero nor days.
const INTERVALS_MS: RangeInclusive<u64> = 50..=3_600_000;

/// A server that registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// What its agent said when it last connected with something new.
    pub registration: ServerRegistration,
    /// Whether its data arrives.
    pub status: ServerStatus,
    /// When the status was entered.
    pub since: UnixMillis,
    /// Why the status was entered.
    pub cause: Cause,
    /// Number of the last report in the journal, of this registration's instance.
    pub received: u64,
    /// Refused unit files with what is wrong, by file name.
    pub unit_problems: BTreeMap<String, String>,
}

impl Server {
    /// True when what is known of its objects can be taken as true: UP or STALE.
    pub fn is_seen(&self) -> bool {
        matches!(self.status, ServerStatus::Up | ServerStatus::Stale)
    }

    pub(crate) fn unseen_cause(&self) -> Cause {
        Cause::Connection { message: format!("server is {}: {}", self.status, self.cause) }
    }
}

/// Decides `RegisterServer`.
pub(crate) fn register(
    state: &State,
    server: &ObjectPath,
    registration: &ServerRegistration,
) -> Result<Vec<EventBody>, Rejection> {
    agent::check_admitted(state, server)?;
    if !INTERVALS_MS.contains(&registration.interval_ms) {
        let (least, most) = (INTERVALS_MS.start(), INTERVALS_MS.end());
        return Err(Rejection::invalid(
            "interval_ms",
            format!("{} is out of range; give {least} to {most}", registration.interval_ms),
        ));
    }
    let registration = text::clip_registration(registration.clone());
    let kept = state.servers.get(server);
    let mut facts = Vec::new();
    if kept.is_none_or(|kept| kept.registration != registration) {
        let registration = registration.clone();
        facts.push(EventBody::ServerRegistered { server: server.clone(), registration });
    }
    // A new connection starts clean: what is still wrong will be reported again.
    if kept.is_some_and(|kept| kept.unit_problems.contains_key(REPORT_PROBLEMS)) {
        facts.push(EventBody::UnitFileAccepted { server: server.clone(), file: REPORT_PROBLEMS.into() });
    }
    if kept.is_none_or(|kept| kept.status != ServerStatus::Up) {
        let message = format!("its agent connected from {}", registration.address);
        let cause = Cause::Connection { message };
        facts.push(EventBody::ServerStatusChanged {
            server: server.clone(),
            status: ServerStatus::Up,
            cause,
        });
    }
    Ok(facts)
}

/// Decides `ObserveServer`.
pub(crate) fn observe(
    state: &State,
    server: &ObjectPath,
    status: ServerStatus,
    cause: &Cause,
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.servers.get(server).ok_or_else(|| Rejection::no_server(server))?;
    if kept.status == status {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::ServerStatusChanged { server: server.clone(), status, cause: cause.clone() }])
}

/// Decides `RemoveServer`. Steps still open there become UNKNOWN: nobody is left to tell their outcome.
pub(crate) fn remove(state: &State, server: &ObjectPath) -> Result<Vec<EventBody>, Rejection> {
    if state.servers.get(server).is_none() && state.agents.get(server).is_none() {
        return Err(Rejection::no_server(server));
    }
    let mut facts = Vec::new();
    let mut ledger = Ledger::new(&state.actions);
    for (step, _) in state.open_steps(Some(server)) {
        let message = "its server was removed before an outcome came; it may have been done";
        ledger.expire(step, message.into(), &mut facts);
    }
    facts.push(EventBody::ServerRemoved { server: server.clone() });
    Ok(facts)
}

/// A new instance counts from 1 and reports everything afresh; what the earlier one said goes.
pub(crate) fn registered(
    state: &mut State,
    server: &ObjectPath,
    registration: &ServerRegistration,
    time: UnixMillis,
) {
    let row = match state.servers.remove(server) {
        Some(kept) if kept.registration.instance == registration.instance => {
            Server { registration: registration.clone(), ..kept }
        }
        earlier => {
            forget_contents(state, server);
            let unseen = || {
                let cause = Cause::Connection { message: "its agent has just registered".into() };
                (ServerStatus::Unknown, time, cause)
            };
            let (status, since, cause) =
                earlier.map_or_else(unseen, |earlier| (earlier.status, earlier.since, earlier.cause));
            let registration = registration.clone();
            Server { registration, status, since, cause, received: 0, unit_problems: BTreeMap::new() }
        }
    };
    state.servers.insert(server.clone(), row);
}

pub(crate) fn status_changed(
    state: &mut State,
    server: &ObjectPath,
    status: ServerStatus,
    cause: &Cause,
    time: UnixMillis,
) {
    if let Some(kept) = state.servers.get_mut(server) {
        kept.status = status;
        kept.since = time;
        kept.cause = cause.clone();
    }
}

pub(crate) fn removed(state: &mut State, server: &ObjectPath) {
    state.servers.remove(server);
    state.agents.remove(server);
    forget_contents(state, server);
}

pub(crate) fn received(state: &mut State, server: &ObjectPath, up_to: u64) {
    if let Some(kept) = state.servers.get_mut(server) {
        kept.received = up_to;
    }
}

pub(crate) fn unit_refused(state: &mut State, server: &ObjectPath, file: &str, problem: &str) {
    if let Some(kept) = state.servers.get_mut(server) {
        kept.unit_problems.insert(file.to_owned(), problem.to_owned());
    }
}

pub(crate) fn unit_accepted(state: &mut State, server: &ObjectPath, file: &str) {
    if let Some(kept) = state.servers.get_mut(server) {
        kept.unit_problems.remove(file);
    }
}

fn forget_contents(state: &mut State, server: &ObjectPath) {
    state.applications.remove_within(server);
    state.services.remove_within(server);
    state.tasks.remove_within(server);
}
