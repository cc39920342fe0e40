//! Tests: setting applications, what is reported of them, and steps on them.

use crate::fixture::*;
use topmast_model::agentless::{AgentlessApplication, NewAgentlessServer};
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::report::Report;
use topmast_model::status::{ActionStatus, ApplicationStatus};
use uuid::Uuid;

const SWITCH: &str = "acme/main/aix1/switch";

fn server() -> ObjectPath {
    path("acme/main/aix1")
}

fn set(world: &mut World, applications: Vec<AgentlessApplication>) -> Decision {
    world.by("root", Command::SetAgentlessApplications { server: server(), applications })
}

fn over_ssh(world: &mut World, reports: Vec<Report>) -> Decision {
    world.by_master(Command::ReportOverSsh { server: server(), reports })
}

/// A server that is read over ssh, with the applications `switch` and `batch`.
fn inhabited() -> World {
    let mut world = World::new();
    let new = NewAgentlessServer { server: server(), host: host(), instance: Uuid::from_u128(1) };
    world.by("root", Command::AddAgentlessServers { servers: vec![new], replace: false }).unwrap();
    set(&mut world, vec![agentless_application("switch"), agentless_application("batch")]).unwrap();
    world
}

#[test]
fn applications_are_there_as_soon_as_they_are_set_and_gone_when_they_are_not() {
    // AA-1
    let mut world = inhabited();
    let kept = world.state.applications().get(&path(SWITCH)).unwrap();
    assert_eq!(kept.status, ApplicationStatus::Unknown);
    let same = set(&mut world, vec![agentless_application("switch"), agentless_application("batch")]);
    assert_eq!(same, Ok(Vec::new()));
    let facts = set(&mut world, vec![agentless_application("switch")]).unwrap();
    assert_eq!(kinds(&facts), ["AgentlessApplicationsSet", "ApplicationRemoved"]);
    let late = over_ssh(&mut world, vec![application_report("batch", "STARTED")]);
    assert_eq!(late, Ok(Vec::new()), "it was seen while it was taken away");
    let facts = over_ssh(&mut world, vec![application_report("switch", "STARTED")]).unwrap();
    assert_eq!(kinds(&facts), ["ApplicationChanged"]);
    world.by("root", Command::RemoveServer { server: server() }).unwrap();
    assert!(world.state.agentless_applications(&server()).is_empty());
    assert_eq!(world.state.applications().len(), 0);
}

#[test]
fn only_who_manages_the_server_says_what_is_run_on_it() {
    let mut world = inhabited();
    world.by_master(create_user("op", &["operator"])).unwrap();
    let command = Command::SetAgentlessApplications { server: server(), applications: Vec::new() };
    refused(world.by("op", command), "forbidden", "op");
    refused(
        world.by(
            "root",
            Command::SetAgentlessApplications { server: path("acme/main/db"), applications: Vec::new() },
        ),
        "conflict",
        "is not read over ssh",
    );
    let reports = vec![application_report("switch", "STARTED")];
    refused(world.by("root", Command::ReportOverSsh { server: server(), reports }), "forbidden", "root");
}

#[test]
fn what_cannot_be_run_is_refused_with_its_place() {
    let mut world = inhabited();
    let mut check = |change: &dyn Fn(&mut AgentlessApplication), expected: &str| {
        let mut wrong = agentless_application("switch");
        change(&mut wrong);
        refused(set(&mut world, vec![wrong]), "invalid", expected);
    };
    check(&|app| app.name = "a b".into(), "name");
    check(&|app| app.status_command = " ".into(), "switch: status_command: write a command");
    check(&|app| app.start_command = Some("a\nb".into()), "start_command: write it on one line");
    check(&|app| app.stop_command = Some("x".repeat(2_001)), "stop_command: write a command of at most");
    check(&|app| app.started_when = vec!["is active".into()], "started_when: write at most 16 words");
    check(&|app| app.stopped_when = vec!["down".into()], "started_when: say too");
    check(&|app| app.log_files = vec!["a.log".into()], "log_files: write at most 32");
    check(&|app| app.log_files = vec!["/a\nb".into()], "log_files: write at most 32");
    check(&|app| app.log_files = vec!["/a.log".into(); 33], "log_files: write at most 32");
    check(
        &|app| (app.started_when, app.stopped_when) = (vec!["a".into()], vec!["a".into()]),
        "is in started_when too",
    );
    check(&|app| app.status_timeout_s = 11, "status_timeout_s: 11 is out of range; give 1 to 10");
    check(&|app| app.command_timeout_s = 0, "command_timeout_s: 0 is out of range");
    let twice = vec![agentless_application("switch"), agentless_application("switch")];
    refused(set(&mut world, twice), "conflict", "switch is named twice");
    let many = (0..51).map(|number| agentless_application(&format!("a{number}"))).collect();
    refused(set(&mut world, many), "limit_reached", "at most 50");
}

#[test]
fn step_over_ssh_moves_as_an_agents_does_and_one_that_is_lost_is_unknown() {
    let mut world = inhabited();
    let status = |world: &World, action: u128| world.state.action(action_id(action)).unwrap().status();
    world.by("root", restart(1, &[SWITCH])).unwrap();
    assert_eq!(kinds(&over_ssh(&mut world, vec![started(1, 0)]).unwrap()), ["StepStarted"]);
    assert_eq!(over_ssh(&mut world, vec![started(1, 0)]), Ok(Vec::new()), "it is begun once");
    over_ssh(&mut world, vec![finished(1, 0, true)]).unwrap();
    assert_eq!(status(&world, 1), ActionStatus::Succeeded);

    world.by("root", restart(2, &[SWITCH])).unwrap();
    over_ssh(&mut world, vec![started(2, 0)]).unwrap();
    let lost = Report::StepLost { step: step(2, 0), message: "the master was restarted".into() };
    assert_eq!(kinds(&over_ssh(&mut world, vec![lost.clone()]).unwrap()), ["StepExpired", "ActionCompleted"]);
    assert_eq!(status(&world, 2), ActionStatus::Unknown);
    assert_eq!(over_ssh(&mut world, vec![lost]), Ok(Vec::new()));

    world.by("root", restart(3, &[SWITCH])).unwrap();
    world.pass(HOUR);
    world.by_master(Command::ExpireActions).unwrap();
    let message = world.state.action(action_id(3)).unwrap().steps[0].message.clone();
    assert!(message.contains("the master never said that it began"), "{message}");
}
