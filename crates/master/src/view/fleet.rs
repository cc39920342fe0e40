//! A fleet for tests of views: a state made by events, and numbers made by frames.

use super::{Recent, Sight};
use crate::live::{LiveModel, lock};
use crate::registry::Registry;
use fastrand::Rng;
use std::time::{Duration, Instant};
use topmast_engine::{State, apply};
use topmast_model::application::{ApplicationKind, ApplicationState, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::event::{Event, EventBody};
use topmast_model::id::{ActionId, Seq};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Actor;
use topmast_model::sample::Series;
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus, TaskStatus};
use topmast_model::task::TaskState;
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink as _;
use uuid::Uuid;

/// Servers of a random fleet. Some names begin with others, and sort around the slash.
const SERVERS: [&str; 8] = [
    "acme/main/db",
    "acme/main/db-2",
    "acme/main/db.3",
    "acme/main/db0",
    "acme/main-2/db",
    "acme/main-2/web",
    "acme-b/main/web",
    "bolt/main/db",
];
const APPLICATIONS: [&str; 4] = ["switch", "switch-2", "shop", "eod"];
const SERVICES: [&str; 4] = ["AcqDB", "AcqDB-2", "HSM", "iss"];
/// The master's time in a random fleet.
const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

/// Everything that rows are made of.
pub(super) struct Fleet {
    pub(super) state: State,
    pub(super) live: LiveModel,
    pub(super) registry: Registry,
    recent: Recent,
}

impl Default for Fleet {
    fn default() -> Self {
        let recent = Recent::since(Seq(0));
        Self { state: State::default(), live: LiveModel::default(), registry: Registry::default(), recent }
    }
}

/// One of some, by chance.
fn one_of<T: Copy>(random: &mut Rng, choices: &[T]) -> T {
    choices[random.usize(..choices.len())]
}

/// Nothing, or one of some texts.
fn text(random: &mut Rng, choices: &[&str]) -> Option<String> {
    random.bool().then(|| one_of(random, choices).to_owned())
}

fn moment(random: &mut Rng) -> UnixMillis {
    UnixMillis(NOW.0 - random.i64(0..20) * 1_000_000)
}

impl Fleet {
    /// A fleet after so many random changes.
    pub(super) fn random(random: &mut Rng, changes: usize) -> Self {
        let mut fleet = Self::default();
        for _ in 0..changes {
            fleet.change(random);
        }
        fleet
    }

    pub(super) fn sight(&self, now: Instant, time: UnixMillis) -> Sight<'_> {
        let Self { state, live, registry, recent } = self;
        Sight { state, live, registry, recent, now, time }
    }

    /// As it is now, by a clock that stands still so that two looks see the same ages.
    pub(super) fn at(&self, now: Instant) -> Sight<'_> {
        self.sight(now, NOW)
    }

    /// A day later, when not a single number is known any more.
    pub(super) fn without_numbers<'a>(&'a self, none: &'a LiveModel, now: Instant) -> Sight<'a> {
        let day = Duration::from_hours(24);
        Sight { live: none, ..self.sight(now + day, NOW.plus(day)) }
    }

    pub(super) fn apply(&mut self, body: EventBody) {
        let event = Event {
            seq: Seq(self.state.last_seq().0 + 1),
            time: NOW,
            tenant: "acme".into(),
            actor: Actor::master(),
            action: None,
            body,
        };
        apply(&mut self.state, &event);
        self.recent.note(&event);
    }

    /// Removes a server, with all that is on it.
    pub(super) fn remove(&mut self, random: &mut Rng) {
        self.apply(EventBody::ServerRemoved { server: one_of(random, &SERVERS).parse().unwrap() });
    }

    /// Changes something by chance.
    pub(super) fn change(&mut self, random: &mut Rng) {
        let server: ObjectPath = one_of(random, &SERVERS).parse().unwrap();
        let application = server.join(one_of(random, &APPLICATIONS)).unwrap();
        let service = application.join(one_of(random, &SERVICES)).unwrap();
        match random.u32(..20) {
            0..3 => self.apply(EventBody::ServerRegistered { server, registration: registration(random) }),
            3..5 => {
                let cause = Cause::Connection { message: one_of(random, &["connected", "no data"]).into() };
                self.apply(EventBody::ServerStatusChanged {
                    server,
                    status: one_of(random, ServerStatus::ALL),
                    cause,
                });
            }
            5..8 => {
                let state = application_state(random);
                self.apply(EventBody::ApplicationChanged { application, state });
            }
            8..11 => self.apply(EventBody::ServiceChanged { service, state: service_state(random) }),
            11..13 => self.apply(EventBody::TaskChanged { task: service, state: task_state(random) }),
            13 => self.apply(EventBody::ServiceRemoved { service }),
            14 => self.apply(EventBody::ApplicationRemoved { application }),
            15 => {
                let file = one_of(random, &["a.toml", "b.toml"]).to_owned();
                self.apply(EventBody::UnitFileRefused { server, file, problem: "no kind".into() });
            }
            16 => self.apply(EventBody::ActionAccepted {
                id: ActionId(Uuid::from_u128(random.u128(..))),
                operation: Operation::Restart,
                targets: vec![application],
                reason: None,
                expires_at: NOW,
                rolling: None,
                terms: Box::default(),
                package: None,
                configuration: None,
                custom: None,
            }),
            _ => self.feed(&server, random),
        }
    }

    /// A frame of a server with numbers of its own, its applications and their services; some are missing.
    pub(super) fn feed(&self, server: &ObjectPath, random: &mut Rng) {
        let mut series = vec![
            Series::new("host_cpu_seconds_total", [("cpu", "all"), ("mode", "user")]),
            Series::new("host_cpu_seconds_total", [("cpu", "all"), ("mode", "idle")]),
            Series::new("host_memory_total_bytes", []),
            Series::new("host_memory_available_bytes", []),
            Series::new("host_load_1", []),
            Series::new("host_uptime_seconds", []),
            Series::new("host_network_receive_bytes_total", [("interface", "eth0")]),
        ];
        for part in ["size", "free", "available"] {
            let labels = [("mount", one_of(random, &["/", "/var"])), ("type", "ext4")];
            series.push(Series::new(&format!("host_filesystem_{part}_bytes"), labels));
        }
        for application in APPLICATIONS {
            series.push(Series::new("application_memory_bytes", [("application", application)]));
            series.push(Series::new("application_cpu_seconds_total", [("application", application)]));
            for service in SERVICES {
                let labels = [("application", application), ("service", service)];
                series.push(Series::new("service_transactions_total", labels));
                series.push(Series::new("service_errors_total", labels));
                let labels = [labels[0], labels[1], ("quantile", one_of(random, &["0.5", "0.95"]))];
                series.push(Series::new("service_latency_seconds", labels));
            }
        }
        series.retain(|_| random.u32(..5) > 0);
        let live = self.live.server(server);
        let mut live = lock(&live);
        live.connected(Duration::from_secs(1));
        let mut frame = live.receive(Instant::now(), NOW);
        for (index, series) in (0..).zip(&series) {
            frame.series(index, series.clone());
        }
        for second in 0..2 {
            frame.tick(NOW.plus(Duration::from_secs(second)));
            for (index, _) in (0..).zip(&series) {
                // Few different ones, so that some are equal.
                frame.value(index, f64::from(random.u32(..4)) + second as f64 * 3.0);
            }
        }
        frame.finish();
    }
}

fn registration(random: &mut Rng) -> ServerRegistration {
    let os = text(random, &["Debian GNU/Linux 13", "AIX 7.3", "Débian"]).unwrap_or_default();
    ServerRegistration {
        instance: Uuid::from_u128(1),
        role: one_of(random, &[ServerRole::Agent, ServerRole::Master]),
        version: one_of(random, &["0.1.0", "0.2.0"]).into(),
        address: one_of(random, &["192.0.2.1", "192.0.2.2"]).into(),
        interval_ms: 1_000,
        abilities: [].into(),
        labels: [("site", "a"), ("rack", "7")]
            .into_iter()
            .filter(|_| random.bool())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        facts: ServerFacts { os, cpu_count: random.u32(..3), ..ServerFacts::default() },
    }
}

fn application_state(random: &mut Rng) -> ApplicationState {
    ApplicationState {
        declared: None,
        kind: one_of(random, &[ApplicationKind::Process, ApplicationKind::Systemd]),
        status: one_of(random, ApplicationStatus::ALL),
        desired: one_of(random, &[Desired::Started, Desired::Stopped]),
        package: None,
        version: text(random, &["1.9", "1.10", "2.0"]),
        pid: random.bool().then(|| random.u32(1..3)),
        http_port: random.bool().then_some(8_080),
        restarts: random.u32(..3),
        started_at: random.bool().then(|| moment(random)),
        since: moment(random),
        cause: if random.bool() { Cause::AgentStart } else { Cause::Exit { code: random.i32(1..3) } },
    }
}

fn service_state(random: &mut Rng) -> ServiceState {
    let codes = [text(random, &["DISCONN01", "DISCONN02"]), text(random, &["DISCONN01", "ÜB"])];
    ServiceState {
        status: one_of(random, ServiceStatus::ALL),
        codes: codes.into_iter().flatten().collect(),
        message: text(random, &["no route to peer", "slow"]),
        since: moment(random),
    }
}

fn task_state(random: &mut Rng) -> TaskState {
    TaskState {
        status: one_of(random, TaskStatus::ALL),
        schedule: text(random, &["daily", "hourly"]),
        last_started: random.bool().then(|| moment(random)),
        last_finished: random.bool().then(|| moment(random)),
        next_due: random.bool().then(|| moment(random)),
        message: text(random, &["3 rows"]),
        since: moment(random),
        progress: None,
        runnable: random.bool(),
        run: None,
    }
}
