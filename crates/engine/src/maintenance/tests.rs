//! Times of maintenance, clocks put forward and back among them.

use super::*;
use crate::fixture::*;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use topmast_model::command::Command;
use topmast_model::maintenance::{Days, Weekday};
use topmast_model::rule::Span;

fn moment(text: &str) -> UnixMillis {
    UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// Central European time by its rule, so that the test needs no file.
fn zurich() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn recurring(on: Days, at: &str, lasts: Span, until: Option<&str>) -> Maintenance {
    let window = Window::Recurring {
        on,
        at: at.to_owned().try_into().unwrap(),
        zone: "Europe/Zurich".into(),
        lasts,
        until: until.map(moment),
    };
    Maintenance { name: "backup".into(), objects: vec![path("acme/main")], window }
}

/// The first times from a moment on, as they begin.
fn check(maintenance: &Maintenance, now: &str, expect: &[&str]) {
    let periods = next_periods(maintenance, &zurich(), moment(now));
    let found: Vec<String> = periods
        .iter()
        .map(|period| Timestamp::from_millisecond(period.from.0).unwrap().to_string())
        .collect();
    assert_eq!(found[..expect.len().min(found.len())], *expect);
}

const HOUR_LONG: Span = Span::from_hours(1);

#[test]
fn recurring_maintenance_follows_the_clocks_of_its_zone() {
    let daily = recurring(Days::Daily, "02:30", HOUR_LONG, None);
    check(&daily, "2026-01-10T12:00:00Z", &["2026-01-11T01:30:00Z", "2026-01-12T01:30:00Z"]);
    // Under way: it is in the list.
    check(&daily, "2026-01-11T02:00:00Z", &["2026-01-11T01:30:00Z"]);
    check(&daily, "2026-01-11T02:30:00Z", &["2026-01-12T01:30:00Z"]);
    // Clocks are put forward from 02:00 to 03:00 on the 29th of March: 02:30 is 03:30 summer time.
    check(&daily, "2026-03-28T12:00:00Z", &["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]);
    // And back from 03:00 to 02:00 on the 25th of October: 02:30 comes twice, the first counts.
    check(&daily, "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    assert_eq!(next_periods(&daily, &zurich(), moment("2026-01-10T12:00:00Z")).len(), PERIODS_MAX);
}

#[test]
fn days_are_those_of_the_week_and_of_the_month() {
    let check = |on: Days, expect: &[&str]| {
        check(&recurring(on, "12:00", HOUR_LONG, None), "2026-01-30T12:00:00Z", expect);
    };
    let weekly = Days::Weekly(vec![Weekday::Saturday, Weekday::Tuesday]);
    check(weekly, &["2026-01-31T11:00:00Z", "2026-02-03T11:00:00Z", "2026-02-07T11:00:00Z"]);
    check(Days::Monthly(vec![-1]), &["2026-01-31T11:00:00Z", "2026-02-28T11:00:00Z", "2026-03-31T10:00:00Z"]);
    check(Days::Monthly(vec![31]), &["2026-01-31T11:00:00Z", "2026-03-31T10:00:00Z"]);
    check(
        Days::MonthlyOn { nth: 2, day: Weekday::Tuesday },
        &["2026-02-10T11:00:00Z", "2026-03-10T11:00:00Z"],
    );
    check(
        Days::MonthlyOn { nth: -1, day: Weekday::Sunday },
        &["2026-02-22T11:00:00Z", "2026-03-29T10:00:00Z"],
    );
    check(
        Days::MonthlyOn { nth: 5, day: Weekday::Sunday },
        &["2026-03-29T10:00:00Z", "2026-05-31T10:00:00Z"],
    );
}

#[test]
fn recurring_maintenance_ends_and_long_ones_overlap_today() {
    let until = recurring(Days::Daily, "02:30", HOUR_LONG, Some("2026-01-12T12:00:00Z"));
    assert_eq!(next_periods(&until, &zurich(), moment("2026-01-10T12:00:00Z")).len(), 2);
    let long = recurring(Days::Weekly(vec![Weekday::Friday]), "18:00", Span::from_hours(60), None);
    check(&long, "2026-01-11T12:00:00Z", &["2026-01-09T17:00:00Z", "2026-01-16T17:00:00Z"]);
    let once = Window::Once { starts_at: UnixMillis(1), ends_at: UnixMillis(2) };
    assert_eq!(next_periods(&Maintenance { window: once, ..long }, &zurich(), UnixMillis(0)), []);
}

#[test]
fn recurring_maintenance_is_planned_and_in_force() {
    let mut world = World::with_applications(&["acme/main/db/switch"]);
    world.now = moment("2026-01-10T12:00:00Z");
    let (id, object) = (Uuid::from_u128(1), path("acme/main/db"));
    let maintenance = recurring(Days::Daily, "02:30", HOUR_LONG, None);
    world.by("root", Command::SetMaintenance { id, maintenance: maintenance.clone() }).unwrap();
    assert!(world.state.maintenances()[&id].wants_plan(world.now));
    let periods = next_periods(&maintenance, &zurich(), world.now);
    world.by_master(Command::PlanMaintenance { id, periods: periods.clone() }).unwrap();
    assert_eq!(world.by_master(Command::PlanMaintenance { id, periods: periods.clone() }), Ok(Vec::new()));
    assert!(!world.state.maintenances()[&id].wants_plan(world.now));
    let renamed = Maintenance { name: "backup, and logs".into(), ..maintenance.clone() };
    world.by("root", Command::SetMaintenance { id, maintenance: renamed }).unwrap();
    assert_eq!(world.state.maintenances()[&id].periods, periods, "another name moves no time");
    assert!(world.state.maintenance_of(&object, world.now).is_none());
    assert!(world.state.maintenance_of(&object, moment("2026-01-11T02:00:00Z")).is_some());
    assert!(world.state.maintenance_of(&path("acme/east"), moment("2026-01-11T02:00:00Z")).is_none());
    assert_eq!(crate::next_settlement(&world.state, world.now), Some(periods[0].from));
    world.now = moment("2026-01-23T12:00:00Z");
    assert!(world.state.maintenances()[&id].wants_plan(world.now), "one is left");
    world.by_master(Command::SettleProblems).unwrap();
    assert_eq!(world.state.maintenances().len(), 1, "it has no end, and is shown");
    world.by("root", Command::CancelMaintenance { id }).unwrap();
    assert!(world.state.maintenances().is_empty());
    let back = vec![periods[1], periods[0]];
    world.by("root", Command::SetMaintenance { id, maintenance }).unwrap();
    refused(world.by_master(Command::PlanMaintenance { id, periods: back }), "invalid", "ascending");
}

#[test]
fn maintenance_is_of_one_tenant_and_of_who_may() {
    let mut world = World::with_applications(&["acme/main/db/switch", "bolt/main/db/switch"]);
    world.by("root", create_user("oli", &["operator:acme/main"])).unwrap();
    let ends_at = world.now.plus(HOUR);
    let announce = |objects: &[&str]| {
        let objects = objects.iter().map(|object| path(object)).collect();
        let window = Window::Once { starts_at: UnixMillis(1), ends_at };
        let maintenance = Maintenance { name: "x".into(), objects, window };
        Command::SetMaintenance { id: Uuid::from_u128(1), maintenance }
    };
    refused(world.by("root", announce(&["acme/main", "bolt/main"])), "invalid", "several tenants");
    refused(world.by("oli", announce(&["acme/main/db", "acme/east"])), "forbidden", "acme/east");
    let facts = world.by("oli", announce(&["acme/main/db", "acme/main/db-2"])).unwrap();
    assert_eq!(facts[0].object(), Some(&path("acme/main")), "what both are in");
    refused(world.by("root", announce(&["bolt/main"])), "conflict", "another tenant");
}
