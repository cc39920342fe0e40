//! What problems cost: settling all that are open, and looking at rules on states.
//!
//! `cargo bench -p topmast-engine --bench problem`; a second is the time in which both have to be done.

use divan::{Bencher, black_box};
use std::collections::BTreeMap;
use topmast_engine::{OPEN_PROBLEMS_MAX, State, Submission, apply, decide, watch};
use topmast_model::cause::Cause;
use topmast_model::command::{Command, ServerRegistration};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, Principal};
use topmast_model::problem::{NewProblem, ProblemId, ProblemKey};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ServerStatus, ServiceStatus, Severity};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Servers and the services on each: the largest fleet that the console is measured with.
const SERVERS: usize = 10_000;
const SERVICES: usize = 10;
const NOW: UnixMillis = UnixMillis(1_000_000);

fn main() {
    divan::main();
}

/// A state made event by event.
#[derive(Default)]
struct Fleet(State);

impl Fleet {
    fn apply(&mut self, body: EventBody) {
        let seq = Seq(self.0.last_seq().0 + 1);
        let event =
            Event { seq, time: NOW, tenant: "acme".into(), actor: Actor::master(), action: None, body };
        apply(&mut self.0, &event);
    }

    fn new() -> Self {
        let mut fleet = Self::default();
        let cause = Cause::Connection { message: "it connected".into() };
        for number in 0..SERVERS {
            let server = server(number);
            let registration = ServerRegistration {
                instance: Uuid::nil(),
                role: ServerRole::Agent,
                version: String::new(),
                address: String::new(),
                interval_ms: 1_000,
                abilities: [].into(),
                labels: BTreeMap::new(),
                facts: ServerFacts::default(),
            };
            fleet.apply(EventBody::ServerRegistered { server: server.clone(), registration });
            let status = ServerStatus::Up;
            fleet.apply(EventBody::ServerStatusChanged {
                server: server.clone(),
                status,
                cause: cause.clone(),
            });
            for number in 0..SERVICES {
                let state = ServiceState {
                    status: ServiceStatus::Started,
                    codes: Vec::new(),
                    message: None,
                    since: NOW,
                };
                fleet.apply(EventBody::ServiceChanged {
                    service: path(&format!("{server}/app/s{number}")),
                    state,
                });
            }
        }
        fleet
    }

    fn with_problems(mut self) -> Self {
        for number in 0..OPEN_PROBLEMS_MAX {
            let rule = if number < SERVERS { "processor-busy" } else { "memory-short" };
            let key =
                ProblemKey { object: server(number % SERVERS), rule: rule.into(), detail: String::new() };
            let problem = NewProblem {
                key,
                severity: Severity::Warning,
                since: NOW,
                message: "it is so".into(),
                value: None,
                outage: false,
                labels: BTreeMap::new(),
            };
            self.apply(EventBody::ProblemOpened { id: ProblemId(number as u64 + 1), problem });
        }
        self
    }

    #[expect(clippy::expect_used, reason = "settling is never refused")]
    fn settle(&self) -> Vec<EventBody> {
        let submission = Submission { principal: Principal::master(), command: Command::SettleProblems };
        decide(&self.0, &submission, NOW).expect("settling is never refused")
    }
}

fn server(number: usize) -> ObjectPath {
    path(&format!("acme/main/server{number:05}"))
}

#[expect(clippy::expect_used, reason = "a benchmark without its paths measures nothing")]
fn path(text: &str) -> ObjectPath {
    text.parse().expect("a path")
}

/// Nothing is to be done; what it costs to find that out.
#[divan::bench(sample_count = 20)]
fn settle_20_000_open_problems(bencher: Bencher) {
    let mut fleet = Fleet::new().with_problems();
    loop {
        let facts = fleet.settle();
        if facts.is_empty() {
            break;
        }
        for fact in facts {
            fleet.apply(fact);
        }
    }
    bencher.bench_local(|| black_box(fleet.settle()));
}

#[divan::bench(sample_count = 20)]
fn watch_100_000_services(bencher: Bencher) {
    let fleet = Fleet::new();
    bencher.bench_local(|| black_box(watch(&fleet.0, None, NOW)));
}

#[divan::bench]
fn watch_one_server_of_10_000(bencher: Bencher) {
    let fleet = Fleet::new();
    let one = server(SERVERS / 2);
    bencher.bench_local(|| black_box(watch(&fleet.0, Some(&one), NOW)));
}
