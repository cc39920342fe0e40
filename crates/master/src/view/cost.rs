//! What pages cost on a large fleet, in processor time: prints figures, asserts none, and runs when asked only.
//!
//! `cargo test --release -p topmast-master --lib view::cost -- --ignored --nocapture`

use super::fleet::Fleet;
use super::{Applications, Query, Selection, Servers, Services, Sight, View, page};
use crate::live::lock;
use crate::watch::pauses;
use std::cell::Cell;
use std::time::{Duration, Instant};
use topmast_api::page::ListQuery;
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Principal};
use topmast_model::sample::Series;
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink as _;
use uuid::Uuid;

/// Of each application.
const SERVICES: [&str; 2] = ["AcqDB", "HSM"];
/// Of each figure the best of so many, for the machine does other things as well.
const TRIES: usize = 7;

/// How long this thread was on a processor: other work of the machine is not in it.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// What one page cost, so much of which it held the state in one piece, and what is on it.
struct Look {
    elapsed: Duration,
    held: Duration,
    rows: usize,
    total: u64,
}

/// What a look of each watch costs.
#[derive(Default)]
struct Watches {
    after_event: Vec<Duration>,
    after_numbers: Vec<Duration>,
}

struct LargeFleet {
    fleet: Fleet,
    /// On each server.
    applications: usize,
}

impl LargeFleet {
    fn new(servers: usize, applications: usize) -> Self {
        let mut fleet = Self { fleet: Fleet::default(), applications };
        for number in 0..servers {
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
            abilities: [].into(),
            labels: [("site".to_owned(), format!("site-{}", number % 7))].into(),
            facts: ServerFacts { os: "Debian GNU/Linux 13".into(), ..ServerFacts::default() },
        };
        self.fleet.apply(EventBody::ServerRegistered { server: server.clone(), registration });
        let cause = Cause::Connection { message: "connected".into() };
        self.fleet.apply(EventBody::ServerStatusChanged {
            server: server.clone(),
            status: ServerStatus::Up,
            cause,
        });
        for index in 0..self.applications {
            let application = server.join(&format!("application-{index:02}")).unwrap();
            let state = ApplicationState {
                declared: None,
                kind: ApplicationKind::Process,
                status: if number % 50 == index {
                    ApplicationStatus::Failed
                } else {
                    ApplicationStatus::Started
                },
                desired: Desired::Started,
                package: None,
                version: Some(format!("2.{}", usize::from(number.is_multiple_of(100)))),
                pid: Some(4_711),
                http_port: None,
                restarts: 0,
                started_at: None,
                since: UnixMillis(1),
                cause: Cause::AgentStart,
            };
            self.fleet.apply(EventBody::ApplicationChanged { application: application.clone(), state });
            for (place, name) in SERVICES.iter().enumerate() {
                let bad = (number + index + place).is_multiple_of(97);
                let state = ServiceState {
                    status: if bad { ServiceStatus::Malfunction } else { ServiceStatus::Started },
                    codes: if bad { vec!["DISCONN01".into()] } else { Vec::new() },
                    message: None,
                    since: UnixMillis(1),
                };
                self.fleet
                    .apply(EventBody::ServiceChanged { service: application.join(name).unwrap(), state });
            }
        }
        self.feed(&server, number);
    }

    /// Two seconds of transactions of each service.
    fn feed(&self, server: &ObjectPath, number: usize) {
        let live = self.fleet.live.server(server);
        let mut live = lock(&live);
        let mut frame = live.receive(Instant::now(), UnixMillis(2_000));
        let names = (0..self.applications).flat_map(|index| SERVICES.map(|service| (index, service)));
        for (at, (index, service)) in (0..).zip(names) {
            let application = format!("application-{index:02}");
            let labels = [("application", application.as_str()), ("service", service)];
            frame.series(2 * at, Series::new("service_transactions_total", labels));
            frame.series(2 * at + 1, Series::new("service_errors_total", labels));
        }
        for second in 1..=2_u32 {
            frame.tick(UnixMillis(i64::from(second) * 1_000));
            for series in 0..u32::try_from(self.applications * 4).unwrap() {
                frame.value(series, f64::from(second * (series + 1)) + number as f64);
            }
        }
        frame.finish();
    }

    /// The best time of a page, and the page's rows and total, so that it is seen to do what it says.
    fn time<V: View>(&self, what: &str, query: &ListQuery) {
        let query = Query::parse::<V>(query).unwrap();
        let looks = (0..TRIES).map(|_| self.look::<V>(&query, &mut None));
        let Look { elapsed, held, rows, total } = looks.min_by_key(|look| look.elapsed).unwrap();
        println!(
            "{:>12} {what:<50} {rows:>3} of {total:>6}  {:>7.1} ms, the state held for {:>5.1} ms at most",
            V::NOUN,
            elapsed.as_secs_f64() * 1e3,
            held.as_secs_f64() * 1e3,
        );
    }

    fn look<V: View>(&self, query: &Query, last: &mut Option<Selection>) -> Look {
        let actor = Actor {
            kind: ActorKind::User,
            name: "admin".into(),
            auth: AuthMethod::Session,
            address: None,
            through: None,
        };
        let principal = Principal { actor, grants: vec!["admin".parse().unwrap()] };
        let held = Cell::new(Duration::ZERO);
        let sight = self.fleet.sight(Instant::now(), UnixMillis(3_000));
        let see = |look: &mut dyn FnMut(&Sight<'_>)| {
            let began = processor_time();
            look(&sight);
            held.set(held.get().max(processor_time().saturating_sub(began)));
        };
        let began = processor_time();
        let page = page::<V>(&see, &principal, query, 1, last);
        Look {
            elapsed: processor_time().saturating_sub(began),
            held: held.get(),
            rows: page.items.len(),
            total: page.total,
        }
    }

    /// The best times of a watch: when an event came, and when only numbers did.
    fn watch<V: View>(&self, filter: &str, sort: &str, watches: &mut Watches) {
        let text = |text: &str| Some(text.to_owned());
        let query =
            ListQuery { filter: text(filter), sort: text(sort), limit: Some(60), ..ListQuery::default() };
        let query = Query::parse::<V>(&query).unwrap();
        let mut last = None;
        let mut best = |begin_anew: bool| {
            let looks = (0..TRIES).map(|_| {
                last = last.take().filter(|_| !begin_anew);
                self.look::<V>(&query, &mut last).elapsed
            });
            looks.min().unwrap()
        };
        watches.after_event.push(best(true));
        watches.after_numbers.push(best(false));
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
    let fleet = LargeFleet::new(1_000, 50);
    fleet.times::<Servers>("label=site=site-1", "-services_bad", "status,label,os");
    fleet.times::<Applications>("status=STARTED", "-tps", "status,version,version_differs");
    fleet.times::<Services>("tps>50", "-tps", "status,codes,application");
}

/// Twenty consoles that look at different things, all of which change all the time.
#[test]
#[ignore = "prints what watches cost; asked for by hand"]
fn watches_of_twenty_consoles() {
    let fleet = LargeFleet::new(10_000, 5);
    let mut watches = Watches::default();
    for site in 0..4 {
        let label = format!("label=site=site-{site}");
        fleet.watch::<Servers>(&label, "name", &mut watches);
        fleet.watch::<Applications>(&format!("status=FAILED server~{site}"), "-since", &mut watches);
        fleet.watch::<Services>(&format!("status!=STARTED cluster=cluster-{site}"), "path", &mut watches);
        fleet.watch::<Services>(&format!("tps>{site}"), "-tps", &mut watches);
        fleet.watch::<Applications>(&format!("cluster=cluster-{site}"), "-tps", &mut watches);
    }
    let Watches { after_event, after_numbers } = watches;
    for (what, costs, shortest) in [
        ("numbers change all the time", after_numbers, Duration::from_millis(250)),
        ("events come all the time", after_event, Duration::from_millis(20)),
    ] {
        let pauses = pauses(&costs, shortest);
        let rounds = costs.iter().zip(&pauses).map(|(cost, pause)| (*cost, *cost + *pause));
        let share: f64 = rounds.clone().map(|(cost, round)| cost.as_secs_f64() / round.as_secs_f64()).sum();
        let eager: f64 = costs
            .iter()
            .map(|cost| cost.as_secs_f64() / (*cost + shortest.max(*cost * 2)).as_secs_f64())
            .sum();
        let slowest = rounds.map(|(_, round)| round).max().unwrap_or_default();
        let costs = costs.iter().map(|cost| format!("{:.1}", cost.as_secs_f64() * 1e3)).collect::<Vec<_>>();
        println!("{what}: a look costs {} ms", costs.join(" "));
        println!(
            "  {:.0} % of one processor, {:.0} % were each to pace itself; each is looked at every {:.0} ms at least",
            share * 100.0,
            eager * 100.0,
            slowest.as_secs_f64() * 1e3,
        );
    }
}
