//! Situations as they come about, and what is said of them.

use super::*;
use crate::fixture::*;
use topmast_model::action::Conduct;
use topmast_model::application::{Declared, Operation};
use topmast_model::command::Command;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::problem::Verdict;
use topmast_model::report::Report;
use topmast_model::safety::{Freeze, SafetyOrder};
use uuid::Uuid;

const SWITCH: &str = "acme/main/db/switch";

/// The application as its agent reports it.
fn reported(world: &mut World, status: &str, cause: Cause) {
    let state = ApplicationState { cause, ..application_state(status) };
    world.report(&path("acme/main/db"), vec![Report::Application { name: "switch".into(), state }]).unwrap();
}

/// An application with what it is started after.
fn after(world: &mut World, application: &str, status: &str, names: &[&str]) {
    let after = names.iter().map(|&name| name.to_owned()).collect();
    let declared = Some(Box::new(Declared { after, ..Declared::default() }));
    let state = ApplicationState { declared, ..application_state(status) };
    let application = path(application);
    let report = Report::Application { name: application.name().into(), state };
    world.report(&application.parent().unwrap(), vec![report]).unwrap();
}

/// Summary, refusals and relations as lines.
fn told(world: &World, object: &str) -> Vec<String> {
    let found = explain(&world.state, &path(object), world.now).unwrap();
    let related = |way: &str, all: &[Related]| -> Vec<String> {
        all.iter().map(|one| format!("{way} {} {} {}", one.relation, one.path, one.status)).collect()
    };
    let mut lines = vec![format!("{}: {}", found.status.unwrap_or("-"), found.summary)];
    lines.extend(found.refusals.iter().map(|refused| format!("! {}: {}", refused.by, refused.text)));
    lines.extend(related("^", &found.above));
    lines.extend(related("v", &found.below));
    lines
}

#[test]
fn quarantined_application_says_its_budget_and_who_depends_on_it() {
    let mut world = World::with_applications(&[SWITCH, "acme/main/db/web"]);
    world
        .report(&path("acme/main/db"), vec![service_report("switch", "auth", ServiceStatus::Unknown)])
        .unwrap();
    let cause = Cause::Budget { restarts: 5, window_s: 60, last: "exited with code 3".into() };
    reported(&mut world, "QUARANTINED", cause);
    let web = ApplicationState {
        cause: Cause::Dependency { application: "switch".into(), message: "it is QUARANTINED".into() },
        ..application_state("STARTING")
    };
    world
        .report(&path("acme/main/db"), vec![Report::Application { name: "web".into(), state: web }])
        .unwrap();
    let expect = [
        "QUARANTINED: it is not started any more: 5 restarts within 60 s, last: exited with code 3; it waits for a person",
        "! restart-budget: 5 restarts within 60 s, last: exited with code 3: more than the restart budget of its unit file; `topmast restart acme/main/db/switch` lifts the quarantine",
        "^ runs on acme/main/db UP",
        "v is its service acme/main/db/switch/auth UNKNOWN",
        "v waits for it acme/main/db/web STARTING",
    ];
    assert_eq!(told(&world, SWITCH), expect);
    let expect = [
        "STARTING: it is being started: depends on switch: it is QUARANTINED",
        "! dependency: it depends on switch: it is QUARANTINED",
        "^ runs on acme/main/db UP",
        "^ depends on acme/main/db/switch QUARANTINED",
    ];
    assert_eq!(told(&world, "acme/main/db/web"), expect);
}

#[test]
fn application_on_a_server_that_is_down_says_so_and_what_it_was() {
    let mut world = World::with_applications(&[SWITCH]);
    let cause = Cause::Connection { message: "no data for 30 s".into() };
    let down = Command::ObserveServer { server: path("acme/main/db"), status: ServerStatus::Down, cause };
    world.by_master(down).unwrap();
    let expect = [
        "UNKNOWN: it is not known whether it runs: server is DOWN: no data for 30 s; when last heard of it was STARTED",
        "! server: its server db is DOWN: no data for 30 s",
        "^ runs on acme/main/db DOWN",
    ];
    assert_eq!(told(&world, SWITCH), expect);
    let expect =
        ["DOWN: nothing is heard from it: no data for 30 s", "v runs on it acme/main/db/switch UNKNOWN"];
    assert_eq!(told(&world, "acme/main/db"), expect);
    assert!(!explain(&world.state, &path(SWITCH), world.now).unwrap().is_well);
}

#[test]
fn application_that_a_person_stopped_says_who_and_why() {
    let mut world = World::with_applications(&[SWITCH]);
    let mut stop = restart(1, &[SWITCH]);
    if let Command::OperateApplications { operation, reason, .. } = &mut stop {
        (*operation, *reason) = (Operation::Stop, Some("disk is exchanged".into()));
    }
    world.by("root", stop).unwrap();
    let cause = Cause::Action { id: action_id(1), principal: "user root".into() };
    reported(&mut world, "STOPPED", cause);
    let expect = [
        "STOPPED: it does not run, as asked: stop by user root, because: disk is exchanged",
        "! desired: it is to be stopped, so nothing starts it; `topmast start acme/main/db/switch` does",
        "^ runs on acme/main/db UP",
    ];
    assert_eq!(told(&world, SWITCH), expect);
    let found = explain(&world.state, &path(SWITCH), world.now).unwrap();
    assert!(found.is_well, "it was asked to be stopped");
    let (action, step) = found.last_action.unwrap();
    assert_eq!((action.actor.name.as_str(), step.status), ("root", ActionStatus::Pending));
}

#[test]
fn application_that_was_killed_from_outside_says_the_signal() {
    let mut world = World::with_applications(&[SWITCH]);
    reported(&mut world, "FAILED", Cause::Signal { number: 9, name: "SIGKILL".into() });
    let expect = [
        "FAILED: it does not run though it should: ended by signal 9 (SIGKILL)",
        "^ runs on acme/main/db UP",
    ];
    assert_eq!(told(&world, SWITCH), expect);
}

#[test]
fn application_whose_unit_file_was_refused_is_explained_though_it_is_not_there() {
    //
    let mut world = World::with_applications(&[SWITCH]);
    let refused = |file: &str| Report::UnitFile {
        file: file.into(),
        problem: Some("2:1: unknown field `comand`; did you mean `command`?".into()),
    };
    world.report(&path("acme/main/db"), vec![refused("new.toml"), refused("switch.toml")]).unwrap();
    let expect = [
        "-: there is no such application: the unit file new.toml was refused: 2:1: unknown field `comand`; did you mean `command`?",
        "! unit-file: the unit file new.toml was refused: 2:1: unknown field `comand`; did you mean `command`?",
        "^ runs on acme/main/db UP",
    ];
    assert_eq!(told(&world, "acme/main/db/new"), expect);
    assert_eq!(
        told(&world, SWITCH)[1],
        "! unit-file: the unit file switch.toml was refused: 2:1: unknown field `comand`; did you mean `command`?"
    );
    assert_eq!(told(&world, "acme/main/db").len(), 4);
    for nobody in ["acme/main", "acme/main/web", "acme/main/db/other", "acme/main/db/switch/auth"] {
        assert!(explain(&world.state, &path(nobody), world.now).is_none(), "{nobody}");
    }
}

#[test]
fn problems_are_those_on_it_inside_it_and_on_what_it_is_inside_of() {
    let mut world = World::with_applications(&[SWITCH, "acme/main/web/switch"]);
    world.find("application-failed", SWITCH, Verdict::Firing);
    world.find("server-down", "acme/main/db", Verdict::Firing);
    world.find("server-down", "acme/main/web", Verdict::Firing);
    let found = explain(&world.state, &path(SWITCH), world.now).unwrap();
    let objects: Vec<&str> = found.problems.iter().map(|problem| problem.object().as_str()).collect();
    assert_eq!(objects, ["acme/main/db", SWITCH]);
}

#[test]
fn waves_say_what_starts_first_and_what_later_what_does_not_run_before_what_does() {
    let (vault, web) = ("acme/main/a/vault", "acme/main/web/portal");
    let mut world = World::with_applications(&[SWITCH, vault, "acme/main/b/vault", web, "bolt/main/a/vault"]);
    after(&mut world, "acme/main/b/vault", "FAILED", &[]);
    after(&mut world, SWITCH, "STARTED", &["vault", "nowhere"]);
    after(&mut world, web, "STOPPED", &["switch"]);
    let expect = [
        "STARTED: it runs: started with the agent",
        "^ runs on acme/main/db UP",
        "^ starts after acme/main/b/vault FAILED",
        "^ starts after acme/main/a/vault STARTED",
        "v starts after it acme/main/web/portal STOPPED",
    ];
    assert_eq!(told(&world, SWITCH), expect);
    assert_eq!(told(&world, vault).last().unwrap(), "v starts after it acme/main/db/switch STARTED");
    // What comes after one another in a circle goes in no wave.
    after(&mut world, vault, "STARTED", &["portal"]);
    let told = told(&world, SWITCH);
    assert!(told[1].starts_with("! waves: ") && told[1].contains("in a circle"), "{told:?}");
}

#[test]
fn guards_say_what_they_would_refuse_and_which_orders() {
    let mut world = World::with_applications(&[SWITCH, "acme/main/web/switch"]);
    assert_eq!(told(&world, SWITCH).len(), 2, "the other instance runs");
    after(&mut world, "acme/main/web/switch", "STOPPED", &[]);
    let last =
        "! guard: last-instance would refuse stop, restart: no other instance of switch runs in acme/main";
    assert_eq!(told(&world, SWITCH)[1], last);
    let what = Maintenance {
        name: "year end".into(),
        objects: vec![path("acme/main/db")],
        window: Window::Once { starts_at: world.now, ends_at: world.now.plus(HOUR) },
    };
    let freeze = Box::new(Freeze { what, only: topmast_model::rule::Scope::default() });
    let order = SafetyOrder::SetFreeze { id: Uuid::from_u128(1), freeze };
    world.by("root", Command::ChangeSafety { order }).unwrap();
    let frozen =
        "! guard: freeze would refuse start, stop, restart: freeze \"year end\" of user root is in force";
    assert_eq!(told(&world, SWITCH)[1..3], [frozen, last]);
    assert!(!told(&world, "acme/main/web/switch").iter().any(|line| line.starts_with("! guard")));
}

#[test]
fn orders_that_wait_say_for_whom() {
    let mut world = World::with_applications(&[SWITCH, "acme/main/db/web"]);
    let policy = serde_json::from_value(serde_json::json!({
        "name": "two", "operations": ["restart"], "only": "name=switch", "expires": "1h",
    }));
    let order = SafetyOrder::SetPolicy { policy: Box::new(policy.unwrap()) };
    world.by("root", Command::ChangeSafety { order }).unwrap();
    world.by("root", restart(1, &[SWITCH])).unwrap();
    let id = action_id(1);
    let approval = format!(
        "! approval: restart by user root waits until another person has approved it, as policy two wants; \
         `topmast approve {id}` does"
    );
    assert_eq!(told(&world, SWITCH)[1], approval);
    let mut later = restart(2, &["acme/main/db/web"]);
    if let Command::OperateApplications { conduct, .. } = &mut later {
        *conduct = Conduct { not_before: Some(world.now.plus(HOUR)), ..Conduct::default() };
    }
    world.by("root", later).unwrap();
    let id = action_id(2);
    let schedule =
        format!("! schedule: restart by user root waits for its time; `topmast actions {id}` tells it");
    assert_eq!(told(&world, "acme/main/db/web")[1], schedule);
}
