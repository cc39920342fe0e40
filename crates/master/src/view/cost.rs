//! What pages cost on a large fleet: prints figures, asserts none, and runs when asked only.
//!
//! `cargo test --release -p topmast-master --lib view::cost -- --ignored --nocapture`

use super::{Applications, Query, Servers, Services, Sight, View, page};
use crate::live::{LiveModel, lock};
use crate::registry::Registry;
use std::time::{Duration, Instant};
use topmast_api::page::ListQuery;
use topmast_engine::{State, apply};
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Principal};
use topmast_model::sample::Series;
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink as _;
use uuid::Uuid;

const SERVERS: usize = 1_000;
/// Of each server: 50,000 in all.
const APPLICATIONS: usize = 50;
/// Of each application: 100,000 in all.
const SERVICES: [&str; 2] = ["AcqDB", "HSM"];
/// Of each figure the best of so many, for the machine does other things as well.
const TRIES: usize = 7;

struct Fleet {
    state: State,
    live: LiveModel,
}

impl Fleet {
    fn new() -> Self {
        let mut fleet = Self { state: State::default(), live: LiveModel::default() };
        for number in 0..SERVERS {
            fleet.add_server(number);
        }
        fleet
    }

    fn add_server(&mut self, number: usize) {
        let server: ObjectPath = format!("acme/cluster-{}/server-{number:04}", number % 4).parse().unwrap();
        let registration = ServerRegistration {
            instance: Uuid::from_u128(number as u128),
            role: ServerRole::Agent,
            version: "0.1.0".into(),
            address: "192.0.2.1".into(),
            interval_ms: 1_000,
            labels: [("site".to_owned(), format!("site-{}", number % 7))].into(),
            facts: ServerFacts { os: "Debian GNU/Linux 13".into(), ..ServerFacts::default() },
        };
        self.apply(EventBody::ServerRegistered { server: server.clone(), registration });
        let cause = Cause::Connection { message: "connected".into() };
        self.apply(EventBody::ServerStatusChanged {
            server: server.clone(),
            status: ServerStatus::Up,
            cause,
        });
        for index in 0..APPLICATIONS {
            let application = server.join(&format!("application-{index:02}")).unwrap();
            let state = ApplicationState {
                kind: ApplicationKind::Process,
                status: if number % 50 == index {
                    ApplicationStatus::Failed
                } else {
                    ApplicationStatus::Started
                },
                desired: Desired::Started,
                version: Some(format!("2.{}", usize::from(number.is_multiple_of(100)))),
                pid: Some(4_711),
                http_port: None,
                restarts: 0,
                started_at: None,
                since: UnixMillis(1),
                cause: Cause::AgentStart,
            };
            self.apply(EventBody::ApplicationChanged { application: application.clone(), state });
            for (place, name) in SERVICES.iter().enumerate() {
                let bad = (number + index + place).is_multiple_of(97);
                let state = ServiceState {
                    status: if bad { ServiceStatus::Malfunction } else { ServiceStatus::Started },
                    codes: if bad { vec!["DISCONN01".into()] } else { Vec::new() },
                    message: None,
                    since: UnixMillis(1),
                };
                self.apply(EventBody::ServiceChanged { service: application.join(name).unwrap(), state });
            }
        }
        self.feed(&server, number);
    }

    /// Two seconds of transactions of each service.
    fn feed(&self, server: &ObjectPath, number: usize) {
        let live = self.live.server(server);
        let mut live = lock(&live);
        let mut frame = live.receive(Instant::now(), UnixMillis(2_000));
        let names = (0..APPLICATIONS).flat_map(|index| SERVICES.map(|service| (index, service)));
        for (at, (index, service)) in (0..).zip(names) {
            let application = format!("application-{index:02}");
            let labels = [("application", application.as_str()), ("service", service)];
            frame.series(2 * at, Series::new("service_transactions_total", labels));
            frame.series(2 * at + 1, Series::new("service_errors_total", labels));
        }
        for second in 1..=2_u32 {
            frame.tick(UnixMillis(i64::from(second) * 1_000));
            for series in 0..200_u32 {
                frame.value(series, f64::from(second * (series + 1)) + number as f64);
            }
        }
        frame.finish();
    }

    fn apply(&mut self, body: EventBody) {
        let event = Event {
            seq: Seq(self.state.last_seq().0 + 1),
            time: UnixMillis(1_000),
            tenant: "acme".into(),
            actor: Actor::master(),
            action: None,
            body,
        };
        apply(&mut self.state, &event);
    }

    /// The best time of a page, and the page's rows and total, so that it is seen to do what it says.
    fn time<V: View>(&self, what: &str, query: &ListQuery) {
        let query = Query::parse::<V>(query).unwrap();
        let actor =
            Actor { kind: ActorKind::User, name: "admin".into(), auth: AuthMethod::Session, address: None };
        let principal = Principal { actor, grants: vec!["admin".parse().unwrap()] };
        let registry = Registry::default();
        let mut best = (Duration::MAX, 0, 0);
        for _ in 0..TRIES {
            let began = Instant::now();
            let (now, time) = (began, UnixMillis(3_000));
            let sight = Sight { state: &self.state, live: &self.live, registry: &registry, now, time };
            let page = page::<V>(|look| look(&sight), &principal, &query, 1);
            best = best.min((began.elapsed(), page.items.len(), page.total));
        }
        let (elapsed, rows, total) = best;
        println!(
            "{:>12} {what:<50} {rows:>3} of {total:>6}  {:>7.1} ms",
            V::NOUN,
            elapsed.as_secs_f64() * 1e3
        );
    }

    fn times<V: View>(&self, filter: &str, sort: &str, facets: &str) {
        let all = ListQuery { limit: Some(60), ..ListQuery::default() };
        self.time::<V>("as they come", &all);
        let sorted = ListQuery { sort: Some(sort.into()), ..all.clone() };
        self.time::<V>(&format!("by {sort}"), &sorted);
        let filtered = ListQuery { filter: Some(filter.into()), ..sorted };
        self.time::<V>(&format!("{filter} by {sort}"), &filtered);
        self.time::<V>(&format!("facets {facets}"), &ListQuery { facets: Some(facets.into()), ..all });
        let everything = ListQuery { facets: Some(facets.into()), ..filtered };
        self.time::<V>("filter, sort and facets", &everything);
    }
}

#[test]
#[ignore = "prints what pages cost; asked for by hand"]
fn pages_of_a_large_fleet() {
    let fleet = Fleet::new();
    fleet.times::<Servers>("label=site=site-1", "-services_bad", "status,label,os");
    fleet.times::<Applications>("status=STARTED", "-tps", "status,version,version_differs");
    fleet.times::<Services>("tps>50", "-tps", "status,codes,application");
}
