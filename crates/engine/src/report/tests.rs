//! Rules of reports: counted once, never wedged, bounded.

use super::*;
use crate::fixture::*;
use topmast_model::command::Command;
use topmast_model::service::CODES_MAX;
use topmast_model::status::{ServiceStatus, TaskStatus};

const DB: &str = "acme/main/db";

fn world() -> World {
    World::with_applications(&["acme/main/db/switch", "acme/main/web/shop"])
}

fn problem(world: &World) -> Option<&String> {
    world.state.server(&path(DB)).unwrap().unit_problems.get(REPORT_PROBLEMS)
}

#[test]
fn numbers_already_had_are_dropped_and_a_gap_is_refused() {
    // E-6
    let check = |numbers: &[u64], expect: Result<u64, &str>| {
        let mut world = world(); // has received number 1
        let reports = numbers.iter().map(|number| NumberedReport {
            number: *number,
            report: application_report(&format!("a{number}"), "STARTED"),
        });
        let decision = world.report_numbered(&path(DB), 1, reports.collect());
        match expect {
            Ok(received) => {
                assert!(decision.is_ok(), "{numbers:?}: {decision:?}");
                assert_eq!(world.state.server(&path(DB)).unwrap().received, received, "{numbers:?}");
                let within = world.state.applications().within(Some(&path(DB))).count() as u64;
                assert_eq!(within, received, "{numbers:?}");
            }
            Err(text) => refused(decision, "invalid", text),
        }
    };
    check(&[], Ok(1));
    check(&[0, 1], Ok(1));
    check(&[2, 3], Ok(3));
    check(&[1, 2, 2, 1, 3], Ok(3));
    check(&[3], Err("number 3 comes after 1; send again from 2 on"));
    check(&[2, 4], Err("number 4 comes after 2; send again from 3 on"));
    check(&[u64::MAX], Err("send again from 2 on"));
    let many: Vec<u64> = (2..=REPORTS_MAX as u64 + 2).collect();
    check(&many, Err("at most 1024 at once"));
}

#[test]
fn reports_need_a_registered_instance_of_an_admitted_agent() {
    let mut world = world();
    refused(world.report_numbered(&path(DB), 2, numbered(2, vec![])), "conflict", "register first");
    let new = path("acme/main/new");
    refused(world.report(&new, vec![]), "conflict", "acme/main/new is not enrolled");
    world.enrol(&new);
    refused(world.report(&new, vec![]), "conflict", "register first");
    world.by("root", Command::RevokeAgent { server: path(DB) }).unwrap();
    refused(world.report(&path(DB), vec![]), "conflict", "was revoked");
}

#[test]
fn reports_that_nobody_has_are_passed_over_once_and_said() {
    let mut world = world(); // has received number 1
    let skip = |instance: u128, up_to| Command::SkipReports {
        server: path(DB),
        instance: Uuid::from_u128(instance),
        up_to,
    };
    let late = |number| numbered(number, vec![application_report("late", "STARTED")]);
    refused(world.report_numbered(&path(DB), 1, late(6)), "invalid", "number 6 comes after 1");
    refused(world.by_agent(&path(DB), skip(2, 5)), "conflict", "register first");
    assert_eq!(world.by_agent(&path(DB), skip(1, 1)).unwrap(), []);
    assert_eq!(problem(&world), None);
    let facts = world.by_agent(&path(DB), skip(1, 5)).unwrap();
    assert_eq!(kinds(&facts), ["UnitFileRefused", "ReportsReceived"]);
    assert!(problem(&world).unwrap().starts_with("reports 2 to 5 are lost: "), "{:?}", problem(&world));
    for up_to in [0, 4, 5] {
        assert_eq!(world.by_agent(&path(DB), skip(1, up_to)).unwrap(), [], "numbers never go back");
    }
    assert_eq!(world.report_numbered(&path(DB), 1, late(5)).unwrap(), [], "as if it had been received");
    refused(world.report_numbered(&path(DB), 1, late(7)), "invalid", "send again from 6 on");
    let facts = world.report_numbered(&path(DB), 1, late(6)).unwrap();
    assert_eq!(kinds(&facts), ["ApplicationChanged", "ReportsReceived"]);
    world.register(&path(DB), 1).unwrap();
    assert_eq!(problem(&world), None, "until the agent's next connection");
    world.by("root", Command::RevokeAgent { server: path(DB) }).unwrap();
    refused(world.by_agent(&path(DB), skip(1, 9)), "conflict", "was revoked");
}

#[test]
fn new_instance_counts_from_one_and_forgets_what_the_old_one_said() {
    let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/db-2/switch"]);
    world.report(&path(DB), vec![service_report("switch", "HSM", ServiceStatus::Started)]).unwrap();
    world.by("root", restart(1, &["acme/main/db/switch"])).unwrap();
    world.register(&path(DB), 2).unwrap();
    assert_eq!(world.state.server(&path(DB)).unwrap().received, 0);
    assert_eq!(world.state.applications().within(Some(&path(DB))).count(), 0);
    assert_eq!(world.state.services().len(), 0);
    assert_eq!(world.state.applications().len(), 1, "the neighbour keeps its own");
    let outcome = numbered(1, vec![finished(1, 0, true)]);
    world.report_numbered(&path(DB), 2, outcome).unwrap();
    assert_eq!(world.state.open_actions().count(), 0, "open steps outlive the instance");
}

#[test]
fn only_changes_become_facts_also_within_one_batch() {
    let check = |reports: Vec<Report>, expect: &[&str]| {
        let mut facts = kinds(&world().report(&path(DB), reports).unwrap());
        assert_eq!(facts.pop().as_deref(), Some("ReportsReceived"));
        assert_eq!(facts, expect);
    };
    let application = |status| application_report("switch", status);
    let service = |status| service_report("switch", "HSM", status);
    check(vec![application("STARTED")], &[]);
    check(vec![application("FAILED"), application("FAILED")], &["ApplicationChanged"]);
    check(vec![application("FAILED"), application("STARTED")], &["ApplicationChanged"; 2]);
    check(vec![service(ServiceStatus::Started); 2], &["ServiceChanged"]);
    check(vec![task_report("switch", "eod", TaskStatus::Ok); 2], &["TaskChanged"]);
    let gone = || Report::ApplicationGone { name: "switch".into() };
    check(vec![gone(), gone()], &["ApplicationRemoved"]);
    let again = vec![
        service(ServiceStatus::Started),
        gone(),
        application("STARTED"),
        service(ServiceStatus::Started),
    ];
    check(again, &["ServiceChanged", "ApplicationRemoved", "ApplicationChanged", "ServiceChanged"]);
    let service_gone = || Report::ServiceGone { application: "switch".into(), name: "HSM".into() };
    check(vec![service_gone()], &[]);
    check(vec![service(ServiceStatus::Started), service_gone()], &["ServiceChanged", "ServiceRemoved"]);
    let task_gone = Report::TaskGone { application: "switch".into(), name: "eod".into() };
    check(vec![task_report("switch", "eod", TaskStatus::Ok), task_gone], &["TaskChanged", "TaskRemoved"]);
}

#[test]
fn application_takes_its_services_and_tasks_along() {
    let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/db/switch-2"]);
    let inner = |application| {
        let service = service_report(application, "HSM", ServiceStatus::Started);
        [service, task_report(application, "eod", TaskStatus::Ok)]
    };
    world.report(&path(DB), [inner("switch"), inner("switch-2")].concat()).unwrap();
    world.report(&path(DB), vec![Report::ApplicationGone { name: "switch".into() }]).unwrap();
    let left: Vec<&str> = world.state.services().iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(left, ["acme/main/db/switch-2/HSM"]);
    assert_eq!(world.state.tasks().len(), 1);
}

#[test]
fn what_makes_no_sense_is_left_out_shown_and_does_not_wedge() {
    let check = |report: Report, text: &str| {
        let mut world = world();
        let reports = vec![report.clone(), application_report("after", "STARTED"), report];
        let facts = world.report(&path(DB), reports).unwrap();
        assert_eq!(kinds(&facts), ["UnitFileRefused", "ApplicationChanged", "ReportsReceived"]);
        assert!(problem(&world).unwrap().contains(text), "{:?}", problem(&world));
        let facts = world.register(&path(DB), 1).unwrap();
        assert_eq!(kinds(&facts), ["UnitFileAccepted"], "a new connection starts clean");
        assert_eq!(problem(&world), None);
    };
    check(application_report("a b", "STARTED"), "\"a b\" is not an object path");
    check(Report::ApplicationGone { name: "../x".into() }, "\"../x\" is not an object path");
    check(service_report("switch", "", ServiceStatus::Started), "a name is empty");
    check(service_report("later", "HSM", ServiceStatus::Started), "\"later\", which was never reported");
    check(task_report("later", "eod", TaskStatus::Ok), "\"later\", which was never reported");
}

#[test]
fn unit_file_problems_come_and_go_once_each() {
    let mut world = world();
    let unit =
        |problem: Option<&str>| Report::UnitFile { file: "x.toml".into(), problem: problem.map(Into::into) };
    let reports = vec![unit(None), unit(Some("line 3")), unit(Some("line 3")), unit(Some("line 4"))];
    let facts = world.report(&path(DB), reports).unwrap();
    assert_eq!(kinds(&facts), ["UnitFileRefused", "UnitFileRefused", "ReportsReceived"]);
    let facts = world.report(&path(DB), vec![unit(None), unit(None)]).unwrap();
    assert_eq!(kinds(&facts), ["UnitFileAccepted", "ReportsReceived"]);
    assert!(world.state.server(&path(DB)).unwrap().unit_problems.is_empty());
}

#[test]
fn one_server_keeps_no_more_than_its_bounds() {
    // E-9
    let mut world = world();
    let web = path("acme/main/web");
    let flood = |world: &mut World, reports: Vec<Report>| {
        for batch in reports.chunks(REPORTS_MAX) {
            world.report(&path(DB), batch.to_vec()).unwrap();
        }
    };
    let name = |number: usize| format!("x{number}");
    let service = |number| service_report("switch", &name(number), ServiceStatus::Started);
    let task = |number| task_report("switch", &name(number), TaskStatus::Ok);
    let unit = |number| Report::UnitFile { file: name(number), problem: Some("wrong".into()) };
    flood(&mut world, (0..APPLICATIONS_MAX).map(|n| application_report(&name(n), "STARTED")).collect());
    assert_eq!(world.state.applications().within(Some(&path(DB))).count(), APPLICATIONS_MAX);
    assert!(problem(&world).unwrap().contains("more than 1000 applications"));
    flood(&mut world, (0..=SERVICES_MAX).map(service).collect());
    assert_eq!(world.state.services().len(), SERVICES_MAX);
    assert!(problem(&world).unwrap().contains("more than 10000 services"));
    flood(&mut world, (0..=TASKS_MAX).map(task).collect());
    assert_eq!(world.state.tasks().len(), TASKS_MAX);
    flood(&mut world, (0..=UNIT_PROBLEMS_MAX).map(unit).collect());
    assert_eq!(world.state.server(&path(DB)).unwrap().unit_problems.len(), UNIT_PROBLEMS_MAX);
    assert!(problem(&world).unwrap().contains("more than 1000 refused unit files"));
    // Room made by one that goes is room for another; other servers have their own.
    let gone = Report::ServiceGone { application: "switch".into(), name: name(0) };
    let [first, second] = [SERVICES_MAX, SERVICES_MAX + 1].map(service);
    flood(&mut world, vec![second.clone(), gone, first, second]);
    assert_eq!(world.state.services().len(), SERVICES_MAX);
    assert!(world.state.services().get(&path("acme/main/db/switch/x10000")).is_some());
    world.report(&web, vec![service_report("shop", "cart", ServiceStatus::Started)]).unwrap();
    assert_eq!(world.state.services().len(), SERVICES_MAX + 1);
}

#[test]
fn long_texts_are_cut_and_surplus_codes_dropped() {
    let mut world = world();
    let mut report = service_report("switch", "HSM", ServiceStatus::Malfunction);
    if let Report::Service { state, .. } = &mut report {
        state.message = Some("x".repeat(100_000));
        state.codes = vec!["DISCONN01".into(); CODES_MAX + 5];
    }
    world.report(&path(DB), vec![report]).unwrap();
    let kept = world.state.services().get(&path("acme/main/db/switch/HSM")).unwrap();
    assert_eq!(kept.message.as_ref().unwrap().len(), 2_000);
    assert_eq!(kept.codes.len(), CODES_MAX);
}
