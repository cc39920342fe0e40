//! A state of many servers, made event by event, and what looking at rules on states costs there.

use super::{Bound, Figure, median, strange};
use crate::bench::BenchError;
use std::collections::BTreeMap;
use topmast_engine::{State, Submission, apply, decide, watch};
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::command::{Command, ServerRegistration};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, Principal};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Services of each server's one application.
pub(super) const SERVICES: usize = 10;
/// A second: the time in which a full look has to be done.
const LOOK_MS: f64 = 1_000.0;

/// A state, and the time there.
#[derive(Default)]
pub(super) struct Fleet {
    pub(super) state: State,
    pub(super) now: UnixMillis,
}

impl Fleet {
    pub(super) fn of(servers: usize) -> Result<Self, BenchError> {
        let mut fleet = Self { now: UnixMillis(1_000_000), ..Self::default() };
        for number in 0..servers {
            fleet.server(number)?;
        }
        Ok(fleet)
    }

    fn server(&mut self, number: usize) -> Result<(), BenchError> {
        let cause = Cause::Connection { message: "it connected".into() };
        let server = server(number)?;
        let registration = ServerRegistration {
            instance: Uuid::nil(),
            role: ServerRole::Agent,
            version: "1.0.0".into(),
            address: String::new(),
            interval_ms: 1_000,
            abilities: [].into(),
            labels: BTreeMap::new(),
            facts: ServerFacts::default(),
        };
        self.apply(EventBody::ServerRegistered { server: server.clone(), registration });
        let status = ServerStatus::Up;
        self.apply(EventBody::ServerStatusChanged { server: server.clone(), status, cause: cause.clone() });
        let application = server.join("switch").map_err(strange)?;
        let state = ApplicationState {
            declared: None,
            kind: ApplicationKind::Process,
            status: ApplicationStatus::Started,
            desired: Desired::Started,
            package: None,
            version: Some("2.4.1".into()),
            pid: Some(1),
            http_port: None,
            restarts: 0,
            started_at: Some(self.now),
            since: self.now,
            cause,
        };
        self.apply(EventBody::ApplicationChanged { application: application.clone(), state });
        for number in 0..SERVICES {
            let (status, since) = (ServiceStatus::Started, self.now);
            let state = ServiceState { status, codes: Vec::new(), message: None, since };
            let service = application.join(&format!("s{number}")).map_err(strange)?;
            self.apply(EventBody::ServiceChanged { service, state });
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, body: EventBody) {
        let event = Event {
            seq: Seq(self.state.last_seq().0 + 1),
            time: self.now,
            tenant: "acme".into(),
            actor: Actor::master(),
            action: None,
            body,
        };
        apply(&mut self.state, &event);
    }

    /// What a command of the master's would make happen.
    pub(super) fn decide(&self, command: Command) -> Result<Vec<EventBody>, BenchError> {
        let submission = Submission { principal: Principal::master(), command };
        decide(&self.state, &submission, self.now).map_err(strange)
    }

    pub(super) fn submit(&mut self, command: Command) -> Result<usize, BenchError> {
        let facts = self.decide(command)?;
        let count = facts.len();
        for fact in facts {
            self.apply(fact);
        }
        Ok(count)
    }
}

pub(super) fn server(number: usize) -> Result<ObjectPath, BenchError> {
    format!("acme/main/server-{number:05}").parse().map_err(strange)
}

pub(super) fn measure(servers: usize, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let fleet = Fleet::of(servers)?;
    let (took, watched) = median(|| Ok(watch(&fleet.state, None, fleet.now)))?;
    if !watched.observations.is_empty() {
        return Err(strange("a fleet without problems has some"));
    }
    let note = format!("{servers} servers, {servers} applications, {} services", servers * SERVICES);
    show(
        Figure::new("look at all shipped rules on states", took, "ms")
            .target(Bound::AtMost(LOOK_MS))
            .note(note),
    );
    let one = server(servers / 2)?;
    let (took, _) = median(|| Ok(watch(&fleet.state, Some(&one), fleet.now)))?;
    show(Figure::new("look at one server's rules on states", took * 1e3, "µs"));
    Ok(())
}
