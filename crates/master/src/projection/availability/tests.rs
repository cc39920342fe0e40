//! Events at times of the tests' own, appended to a journal, and what is found of a window after them.

use super::*;
use crate::record::to_record;
use topmast_journal::{EmbeddedJournal, Journal as _, Options};
use topmast_model::cause::Cause;
use topmast_model::event::Event;
use topmast_model::id::{Epoch, Seq};
use topmast_model::principal::Actor;
use topmast_model::service::ServiceState;

fn path(text: &str) -> ObjectPath {
    text.parse().unwrap()
}

fn server(status: ServerStatus) -> EventBody {
    let cause = Cause::Connection { message: format!("it is {status}") };
    EventBody::ServerStatusChanged { server: path("acme/main/db"), status, cause }
}

fn service(status: ServiceStatus) -> EventBody {
    let (codes, since) = (vec!["DISCONN01".to_owned()], UnixMillis(0));
    let state = ServiceState { status, codes, message: None, since };
    EventBody::ServiceChanged { service: path("acme/main/db/shop/pay"), state }
}

fn active() -> EventBody {
    EventBody::MasterActivated { epoch: Epoch(1), name: None, place: None, tenant: None }
}

fn maintenance(name: &str, from: i64, to: i64) -> EventBody {
    let window = Window::Once { starts_at: UnixMillis(from), ends_at: UnixMillis(to) };
    let (name, objects) = (name.to_owned(), vec![path("acme/main/db")]);
    let maintenance = Maintenance { name, objects, window };
    EventBody::MaintenanceSet { id: Uuid::from_u128(1), within: path("acme/main/db"), maintenance }
}

/// What is found of a window after events at these times.
fn found(events: Vec<(i64, EventBody)>, from: i64, to: i64) -> Became {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { projections: vec![Box::new(Availability)] };
    let mut journal = EmbeddedJournal::open(&directory.path().join("journal.db"), options).unwrap();
    let records: Vec<_> = events
        .into_iter()
        .map(|(time, body)| {
            let (tenant, actor, time) = ("acme".to_owned(), Actor::master(), UnixMillis(time));
            to_record(&Event { seq: Seq(0), time, tenant, actor, action: None, body }).unwrap()
        })
        .collect();
    journal.append(Seq(0), &records).unwrap();
    let index = AvailabilityIndex::new(journal.connect().unwrap());
    index.find(&path("acme"), Period { from: UnixMillis(from), to: UnixMillis(to) }, 100).unwrap()
}

fn turns(became: &Became, object: &str) -> Vec<(i64, Standing, String)> {
    let turns = became.turns.get(&path(object)).into_iter().flatten();
    turns.map(|turn| (turn.at.0, turn.standing, turn.cause.clone())).collect()
}

#[test]
fn turns_of_a_window_begin_with_the_last_before_it_and_ascend() {
    // PA-1
    let events = vec![
        (10, server(ServerStatus::Up)),
        (20, server(ServerStatus::Stale)),
        (30, server(ServerStatus::Up)),
        (35, server(ServerStatus::Up)),
        (25, server(ServerStatus::Down)),
        (60, server(ServerStatus::Up)),
    ];
    let became = found(events, 32, 50);
    let expect = [(30, Standing::Up, "it is UP".to_owned()), (30, Standing::Down, "it is DOWN".to_owned())];
    assert_eq!(turns(&became, "acme/main/db"), expect);
}

#[test]
fn what_is_in_a_server_is_gone_with_it() {
    let events = vec![
        (10, server(ServerStatus::Up)),
        (20, service(ServiceStatus::Malfunction)),
        (30, EventBody::ServerRemoved { server: path("acme/main/db") }),
    ];
    let became = found(events, 0, 50);
    let expect = [(20, Standing::Down, "DISCONN01".to_owned()), (30, Standing::Absent, String::new())];
    assert_eq!(turns(&became, "acme/main/db/shop/pay"), expect);
    assert_eq!(turns(&became, "acme/main/db").last().unwrap().1, Standing::Absent);
}

#[test]
fn gap_is_from_the_last_record_to_the_next_masters_activation() {
    // PA-3
    let events = vec![(10, active()), (20, server(ServerStatus::Up)), (90, active()), (95, active())];
    let gaps: Vec<_> = found(events, 0, 200).gaps.iter().map(|gap| (gap.from.0, gap.to.0)).collect();
    assert_eq!(gaps, [(i64::MIN, 10), (20, 95)]);
    let restored = EventBody::JournalRestored { epoch: Epoch(1), backed_up_at: UnixMillis(70) };
    let events = vec![(10, active()), (20, server(ServerStatus::Up)), (90, restored), (95, active())];
    let gaps: Vec<_> = found(events, 0, 200).gaps.iter().map(|gap| (gap.from.0, gap.to.0)).collect();
    assert_eq!(gaps, [(i64::MIN, 10), (20, 95)], "also what a restore left out");
}

#[test]
fn maintenance_counts_from_its_announcement_to_its_end() {
    // PA-2
    let periods = |events: Vec<(i64, EventBody)>| {
        let found = found(events, 0, 1_000).maintenance;
        found.iter().map(|(_, period)| (period.from.0, period.to.0)).collect::<Vec<_>>()
    };
    assert_eq!(periods(vec![(50, maintenance("late", 10, 90))]), [(50, 90)]);
    let moved = vec![(5, maintenance("one", 10, 90)), (40, maintenance("one", 60, 95))];
    assert_eq!(periods(moved), [(10, 40), (60, 95)]);
    let ended =
        EventBody::MaintenanceEnded { id: Uuid::from_u128(1), within: path("acme/main/db"), cancelled: true };
    assert_eq!(periods(vec![(5, maintenance("one", 10, 90)), (30, ended.clone())]), [(10, 30)]);
    assert!(periods(vec![(5, maintenance("one", 10, 90)), (8, ended)]).is_empty());
}
