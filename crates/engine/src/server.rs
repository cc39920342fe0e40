//! Servers: registration, freshness, removal.

use crate::action::{Ledger, Objection};
use crate::report::REPORT_PROBLEMS;
use crate::{Rejection, State, agent, agentless, configuration, guest, master, neighbour, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::event::EventBody;
use topmast_model::guest::Guest;
use topmast_model::path::ObjectPath;
use topmast_model::server::ServerRole;
use topmast_model::status::ServerStatus;
use topmast_model::time::UnixMillis;

/// Intervals an agent may tick at: freshness is measured in them, so neither zero nor days.
pub(crate) const INTERVALS_MS: RangeInclusive<u64> = 50..=3_600_000;

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
    /// Whose guest it is, when another server tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
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

impl State {
    /// True when an agent runs on a server and said that it can do something beside what every agent can.
    pub(crate) fn has_ability(&self, server: &ObjectPath, ability: &str) -> bool {
        let registered = self.servers.get(server).map(|server| &server.registration);
        self.agentless.get(server).is_none()
            && registered.is_some_and(|registration| registration.abilities.contains(ability))
    }
}

/// Decides `RegisterServer`.
pub(crate) fn register(
    state: &State,
    server: &ObjectPath,
    registration: &ServerRegistration,
) -> Result<Vec<EventBody>, Rejection> {
    match registration.role {
        ServerRole::Master | ServerRole::Agent => agent::check_admitted(state, server)?,
        ServerRole::Agentless => agentless::check_added(state, server)?,
        ServerRole::Zabbix | ServerRole::Snmp | ServerRole::Docker => neighbour::check_free(state, server)?,
        ServerRole::Guest => {
            return Err(Rejection::invalid("role", "a guest is told of by its host".to_owned()));
        }
    }
    check_interval(registration.interval_ms)?;
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
    // A neighbour is what its data says: to be read from now on is not yet to be read.
    let connects = !registration.role.is_neighbour();
    if connects && kept.is_none_or(|kept| kept.status != ServerStatus::Up) {
        let message = match registration.role {
            ServerRole::Agentless => format!("it was read over ssh at {}", registration.address),
            _ => format!("its agent connected from {}", registration.address),
        };
        let cause = Cause::Connection { message };
        facts.push(EventBody::ServerStatusChanged {
            server: server.clone(),
            status: ServerStatus::Up,
            cause,
        });
    }
    Ok(facts)
}

/// Refuses an interval that freshness cannot use.
pub(crate) fn check_interval(interval_ms: u64) -> Result<(), Rejection> {
    if INTERVALS_MS.contains(&interval_ms) {
        return Ok(());
    }
    let (least, most) = (INTERVALS_MS.start(), INTERVALS_MS.end());
    Err(Rejection::invalid("interval_ms", format!("{interval_ms} is out of range; give {least} to {most}")))
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
/// They are at most one for each application that a server can have, so they fit in one decision.
pub(crate) fn remove(state: &State, server: &ObjectPath) -> Result<Vec<EventBody>, Rejection> {
    let is_known = state.servers.get(server).is_some()
        || state.agents.get(server).is_some()
        || state.agentless.get(server).is_some();
    if !is_known {
        return Err(Rejection::no_server(server));
    }
    let has_master =
        state.servers.get(server).is_some_and(|kept| kept.registration.role == ServerRole::Master);
    if has_master && let Some(objection) = master::stops(state, std::slice::from_ref(server)) {
        return Err(Rejection::guarded(&[Objection { is_final: true, ..objection }]));
    }
    let mut facts = Vec::new();
    let mut ledger = Ledger::new(&state.actions);
    for (step, _) in state.open_steps(Some(server)) {
        let message = "its server was removed before an outcome came; it may have been done";
        ledger.expire(step, message.into(), &mut facts);
    }
    facts.extend(guest::remove_all(state, server));
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
            Server { registration: registration.clone(), guest: None, ..kept }
        }
        earlier => {
            forget_contents(state, server);
            let unseen = || {
                let is_read = registration.role.is_neighbour()
                    || matches!(registration.role, ServerRole::Agentless | ServerRole::Guest);
                let message =
                    if is_read { "it has not been read yet" } else { "its agent has just registered" };
                let cause = Cause::Connection { message: message.into() };
                (ServerStatus::Unknown, time, cause)
            };
            let (status, since, cause) =
                earlier.map_or_else(unseen, |earlier| (earlier.status, earlier.since, earlier.cause));
            let registration = registration.clone();
            Server {
                registration,
                status,
                since,
                cause,
                received: 0,
                unit_problems: BTreeMap::new(),
                guest: None,
            }
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
    state.agentless.remove(server);
    state.agentless_applications.remove(server);
    state.tags.remove_within(server);
    state.heartbeats.remove_within(server);
    state.permits.forget(server);
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
    configuration::forget(state, server);
    state.applications.remove_within(server);
    state.histories.remove_within(server);
    state.services.remove_within(server);
    state.tasks.remove_within(server);
    state.task_runs.remove_within(server);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::status::{ApplicationStatus, ServiceStatus, TaskStatus};

    fn observe(status: ServerStatus) -> Command {
        let cause = Cause::Connection { message: "no data for 30 s".into() };
        Command::ObserveServer { server: path("acme/main/db"), status, cause }
    }

    #[test]
    fn server_registers_when_enrolled_and_only_news_are_facts() {
        let mut world = World::new();
        let server = path("acme/main/db");
        refused(world.register(&server, 1), "conflict", "acme/main/db is not enrolled; enrol it with");
        world.enrol(&server);
        let facts = world.register(&server, 1).unwrap();
        assert_eq!(kinds(&facts), ["ServerRegistered", "ServerStatusChanged"]);
        assert_eq!(world.register(&server, 1), Ok(Vec::new()));
        assert_eq!(kinds(&world.register(&server, 2).unwrap()), ["ServerRegistered"]);
        world.by_master(observe(ServerStatus::Down)).unwrap();
        assert_eq!(kinds(&world.register(&server, 2).unwrap()), ["ServerStatusChanged"]);
        world.by("root", Command::RevokeAgent { server: server.clone() }).unwrap();
        refused(world.register(&server, 2), "conflict", "was revoked; enrol it again");
    }

    #[test]
    fn register_refuses_an_interval_that_freshness_cannot_use() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        for interval_ms in [0, 49, 3_600_001] {
            let server = path("acme/main/db");
            let registration = ServerRegistration { interval_ms, ..registration(1) };
            let decision =
                world.by_agent(&server, Command::RegisterServer { server: server.clone(), registration });
            refused(decision, "invalid", "give 50 to 3600000");
        }
    }

    #[test]
    fn agent_speaks_for_its_own_server_only() {
        // E-7
        let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/db2/switch"]);
        let command =
            Command::RegisterServer { server: path("acme/main/db2"), registration: registration(1) };
        let decision = world.by_agent(&path("acme/main/db"), command);
        refused(
            decision,
            "forbidden",
            "agent acme/main/db is not allowed to report as an agent on acme/main/db2",
        );
    }

    #[test]
    fn unseen_server_makes_everything_on_it_unknown_and_a_stale_one_does_not() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let inner = vec![
            service_report("switch", "HSM", ServiceStatus::Started),
            task_report("switch", "eod", TaskStatus::Ok),
        ];
        world.report(&path("acme/main/db"), inner).unwrap();
        let application = path("acme/main/db/switch");
        let check = |world: &mut World, status: ServerStatus, is_seen: bool| {
            world.pass(HOUR);
            world.by_master(observe(status)).unwrap();
            let effective = world.state.effective_application(&application).unwrap();
            let service = world.state.effective_service(&path("acme/main/db/switch/HSM")).unwrap();
            let task = world.state.effective_task(&path("acme/main/db/switch/eod")).unwrap();
            if is_seen {
                assert_eq!((effective.status, effective.cause()), (ApplicationStatus::Started, None));
                assert_eq!((service.status, task.status), (ServiceStatus::Started, TaskStatus::Ok));
            } else {
                assert_eq!(effective.status, ApplicationStatus::Unknown);
                assert_eq!(effective.since, world.now);
                let text = format!("server is {status}: no data for 30 s");
                assert_eq!(effective.cause().unwrap().to_string(), text);
                assert_eq!((service.status, task.status), (ServiceStatus::Unknown, TaskStatus::Unknown));
            }
            let reported = world.state.applications().get(&application).unwrap();
            assert_eq!(reported.status, ApplicationStatus::Started, "what was reported is kept");
        };
        check(&mut world, ServerStatus::Stale, true);
        check(&mut world, ServerStatus::Down, false);
        check(&mut world, ServerStatus::Unknown, false);
        check(&mut world, ServerStatus::Up, true);
        assert_eq!(world.by_master(observe(ServerStatus::Up)), Ok(Vec::new()));
    }

    #[test]
    fn removed_server_leaves_nothing_and_can_be_enrolled_again() {
        let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/db-2/switch"]);
        let server = path("acme/main/db");
        world.report(&server, vec![service_report("switch", "HSM", ServiceStatus::Started)]).unwrap();
        world.by("root", Command::RemoveServer { server: server.clone() }).unwrap();
        assert!(world.state.server(&server).is_none() && world.state.agents().get(&server).is_none());
        assert_eq!((world.state.applications().len(), world.state.services().len()), (1, 0));
        let decision = world.by("root", Command::RemoveServer { server: server.clone() });
        refused(decision, "not_found", "there is no server acme/main/db; `topmast servers`");
        world.enrol(&server);
        world.register(&server, 1).unwrap();
    }
}
