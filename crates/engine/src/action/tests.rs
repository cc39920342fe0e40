//! Rules of actions: what is accepted, how steps move, what is kept.

use super::ledger::EXPIRED_STEPS_MAX;
use super::shelf::{COMPLETED_MAX, IDS_MAX};
use super::*;
use crate::OPEN_ACTIONS_MAX;
use crate::fixture::*;
use std::time::Duration;
use topmast_model::cause::Cause;
use topmast_model::command::{Command, REASON_MAX, TARGETS_MAX};
use topmast_model::event::EventBody;
use topmast_model::principal::Principal;
use topmast_model::status::ServerStatus;

const DB_SWITCH: &str = "acme/main/db/switch";
const DB_BATCH: &str = "acme/main/db/batch";
const WEB_SHOP: &str = "acme/main/web/shop";

fn world() -> World {
    World::with_applications(&[DB_SWITCH, DB_BATCH, WEB_SHOP])
}

fn status(world: &World, id: u128) -> ActionStatus {
    world.state.action(action_id(id)).unwrap().status()
}

#[test]
fn operate_refuses_a_wrong_form_and_says_what_to_write() {
    let check = |targets: &[&str], reason_bytes: usize, timeout_ms: u64, text: &str| {
        let command = Command::OperateApplications {
            id: action_id(1),
            operation: Operation::Stop,
            targets: targets.iter().map(|target| path(target)).collect(),
            reason: Some("x".repeat(reason_bytes)),
            timeout_ms,
            rolling: None,
            conduct: topmast_model::action::Conduct::default(),
            package: None,
            custom: None,
        };
        refused(world().by("root", command), "invalid", text);
    };
    check(&[], 0, TIMEOUT_MS_MIN, "name at least one");
    check(&vec![DB_SWITCH; TARGETS_MAX + 1], 0, TIMEOUT_MS_MIN, "at most 10000");
    check(&[DB_SWITCH, DB_BATCH, DB_SWITCH], 0, TIMEOUT_MS_MIN, "named twice: acme/main/db/switch;");
    check(&["acme/main/db", DB_SWITCH], 0, TIMEOUT_MS_MIN, "not an application: acme/main/db;");
    check(&["bolt/main/db/x", DB_SWITCH], 0, TIMEOUT_MS_MIN, "several tenants (acme, bolt)");
    check(&[DB_SWITCH], REASON_MAX + 1, TIMEOUT_MS_MIN, "at most 1000 bytes");
    check(&[DB_SWITCH], 0, TIMEOUT_MS_MIN - 1, "give 1000 to 86400000");
    check(&[DB_SWITCH], 0, TIMEOUT_MS_MAX + 1, "give 1000 to 86400000");
}

#[test]
fn operate_refuses_paths_that_do_not_fit_in_one_event() {
    let long = "x".repeat(120);
    let targets: Vec<String> = (0..9_000).map(|number| format!("acme/main/db/{long}{number}")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    refused(world().by("root", restart(1, &targets)), "invalid", "at most 1000000 fit in one action");
}

#[test]
fn expiry_of_many_steps_comes_in_portions() {
    let mut world = World::new();
    let mut targets = Vec::new();
    for server in ["acme/main/db", "acme/main/web"] {
        let server = path(server);
        world.enrol(&server);
        world.register(&server, 1).unwrap();
        let names: Vec<String> =
            (0..EXPIRED_STEPS_MAX / 2 + 5).map(|number| format!("{}{number}", server.name())).collect();
        world
            .report(&server, names.iter().map(|name| application_report(name, "STARTED")).collect())
            .unwrap();
        targets.extend(names.iter().map(|name| format!("{server}/{name}")));
    }
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    world.by("root", restart(1, &targets)).unwrap();
    world.pass(Duration::from_millis(TIMEOUT_MS_MAX));
    let first = world.by_master(Command::ExpireActions).unwrap();
    assert_eq!((first.len(), status(&world, 1)), (EXPIRED_STEPS_MAX, ActionStatus::Running));
    assert!(world.state.next_expiry().is_some_and(|expiry| expiry <= world.now), "there is more to expire");
    let rest = world.by_master(Command::ExpireActions).unwrap();
    assert_eq!((rest.len(), status(&world, 1)), (10 + 1, ActionStatus::Unknown));
    assert_eq!(world.by_master(Command::ExpireActions), Ok(Vec::new()));
}

#[test]
fn operate_names_every_missing_target_and_does_nothing() {
    let mut world = world();
    let missing: Vec<String> = (10..22).map(|number| format!("acme/main/db/x{number}")).collect();
    let mut targets: Vec<&str> = missing.iter().map(String::as_str).collect();
    targets.insert(3, DB_SWITCH);
    let decision = world.by("root", restart(1, &targets));
    refused(decision, "not_found", "acme/main/db/x19 and 2 more; `topmast apps`");
    assert!(world.state.action(action_id(1)).is_none());
}

#[test]
fn operate_names_every_forbidden_target_and_does_nothing() {
    // E-7
    let mut world = world();
    world.by("root", create_user("eve", &["operator:acme/main/db", "viewer"])).unwrap();
    let decision = world.by("eve", restart(1, &[DB_SWITCH, WEB_SHOP]));
    refused(decision, "forbidden", "user eve is not allowed to operate applications on acme/main/web/shop;");
    assert!(world.state.action(action_id(1)).is_none());
    assert_eq!(kinds(&world.by("eve", restart(1, &[DB_SWITCH])).unwrap()), ["ActionAccepted"]);
}

#[test]
fn repeated_id_asks_for_the_same_action_and_never_for_a_second() {
    // E-4
    let mut world = world();
    world.by("root", restart(1, &[DB_SWITCH])).unwrap();
    world.pass(Duration::from_secs(5));
    assert_eq!(world.by("root", restart(1, &[DB_SWITCH])), Ok(Vec::new()));
    refused(world.by("root", restart(1, &[DB_BATCH])), "conflict", "with other content");
    world.by("root", create_user("eve", &["operator"])).unwrap();
    refused(world.by("eve", restart(1, &[DB_SWITCH])), "conflict", "action 00000000");
    world.report(&path("acme/main/db"), vec![finished(1, 0, true)]).unwrap();
    assert_eq!(world.by("root", restart(1, &[DB_SWITCH])), Ok(Vec::new()));
}

#[test]
fn operate_refuses_a_target_with_an_open_action_and_names_it() {
    let mut world = world();
    world.by("root", restart(1, &[DB_SWITCH])).unwrap();
    let decision = world.by("root", restart(2, &[DB_BATCH, DB_SWITCH]));
    refused(decision, "conflict", "acme/main/db/switch (restart by user root, action 00000000-0000");
    world.report(&path("acme/main/db"), vec![finished(1, 0, false)]).unwrap();
    assert!(world.by("root", restart(2, &[DB_BATCH, DB_SWITCH])).is_ok());
}

#[test]
fn operate_refuses_a_server_whose_agent_was_revoked() {
    let mut world = world();
    world.by("root", Command::RevokeAgent { server: path("acme/main/db") }).unwrap();
    refused(world.by("root", restart(1, &[WEB_SHOP, DB_BATCH])), "conflict", "act on acme/main/db: it was");
}

#[test]
fn operate_refuses_more_open_actions_than_the_bound() {
    let names: Vec<String> = (0..=OPEN_ACTIONS_MAX).map(|n| format!("acme/main/s{}/a{n}", n / 500)).collect();
    let mut world = World::with_applications(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for (id, name) in (0..).zip(&names[..OPEN_ACTIONS_MAX]) {
        world.by("root", restart(id, &[name])).unwrap();
    }
    let last = names.last().unwrap();
    refused(world.by("root", restart(9_999, &[last])), "limit_reached", "1000 actions are open");
    world.report(&path("acme/main/s0"), vec![finished(0, 0, true)]).unwrap();
    assert!(world.by("root", restart(9_999, &[last])).is_ok());
}

#[test]
fn action_runs_from_pending_to_the_worst_of_its_steps() {
    // E-5
    let check = |outcomes: [Option<bool>; 3], expect: ActionStatus| {
        let mut world = world();
        world.by("root", restart(1, &[DB_SWITCH, WEB_SHOP, DB_BATCH])).unwrap();
        assert_eq!(status(&world, 1), ActionStatus::Pending);
        let servers = ["acme/main/db", "acme/main/web", "acme/main/db"].map(path);
        let began = world.report(&servers[0], vec![started(1, 0), started(1, 0)]).unwrap();
        assert_eq!(kinds(&began), ["StepStarted", "ReportsReceived"]);
        assert_eq!(status(&world, 1), ActionStatus::Running);
        for (target, (server, outcome)) in (0..).zip(servers.iter().zip(outcomes)) {
            if let Some(succeeded) = outcome {
                world.report(server, vec![finished(1, target, succeeded)]).unwrap();
            }
        }
        world.pass(Duration::from_mins(1));
        world.by_master(Command::ExpireActions).unwrap();
        assert_eq!(status(&world, 1), expect, "{outcomes:?}");
        let completed = EventBody::ActionCompleted { id: action_id(1), status: expect };
        assert_eq!(world.log.iter().filter(|event| event.body == completed).count(), 1);
        assert_eq!(
            world.log.iter().filter(|event| event.body.to_parts().unwrap().0 == "ActionCompleted").count(),
            1
        );
        assert_eq!(world.state.open_actions().count(), 0);
        assert_eq!(world.state.open_steps(None).count(), 0);
    };
    check([Some(true), Some(true), Some(true)], ActionStatus::Succeeded);
    check([Some(true), Some(false), Some(true)], ActionStatus::Failed);
    check([None, Some(true), Some(true)], ActionStatus::Unknown);
    check([None, Some(false), None], ActionStatus::Failed);
    check([None, None, None], ActionStatus::Unknown);
}

#[test]
fn expiry_says_whether_it_began_and_what_the_server_does() {
    let mut world = world();
    world.by("root", restart(1, &[DB_SWITCH, DB_BATCH, WEB_SHOP])).unwrap();
    world.pass(Duration::from_secs(20));
    world.report(&path("acme/main/db"), vec![started(1, 0)]).unwrap();
    let cause = Cause::Connection { message: "no data for 30 s".into() };
    let server = path("acme/main/web");
    world.by_master(Command::ObserveServer { server, status: ServerStatus::Down, cause }).unwrap();
    world.pass(Duration::from_millis(39_999));
    assert_eq!(world.by_master(Command::ExpireActions), Ok(Vec::new()));
    assert_eq!(world.state.next_expiry(), Some(world.now.plus(Duration::from_millis(1))));
    world.pass(Duration::from_millis(1));
    let facts = world.by_master(Command::ExpireActions).unwrap();
    assert_eq!(kinds(&facts), ["StepExpired", "StepExpired", "StepExpired", "ActionCompleted"]);
    let message = |target: usize| world.state.action(action_id(1)).unwrap().steps[target].message.clone();
    assert!(message(0).contains("no outcome in 60 s: the agent began 40 s ago"), "{}", message(0));
    assert!(message(1).contains("never said that it began; its server is UP"), "{}", message(1));
    assert!(message(2).contains("its server is DOWN (no data for 30 s)"), "{}", message(2));
    assert_eq!(world.by_master(Command::ExpireActions), Ok(Vec::new()));
    assert_eq!(world.state.next_expiry(), None);
}

#[test]
fn late_outcome_corrects_unknown_but_never_another_outcome() {
    let mut world = world();
    let db = path("acme/main/db");
    world.by("root", restart(1, &[DB_SWITCH, DB_BATCH])).unwrap();
    world.pass(Duration::from_mins(1));
    world.by_master(Command::ExpireActions).unwrap();
    let facts = world.report(&db, vec![started(1, 0), finished(1, 0, true)]).unwrap();
    assert_eq!(kinds(&facts), ["StepFinished", "ReportsReceived"]); // the other step is UNKNOWN still
    assert_eq!(status(&world, 1), ActionStatus::Unknown);
    let facts = world.report(&db, vec![finished(1, 1, true)]).unwrap();
    assert_eq!(kinds(&facts), ["StepFinished", "ActionCompleted", "ReportsReceived"]);
    assert_eq!(status(&world, 1), ActionStatus::Succeeded);
    let facts = world.report(&db, vec![finished(1, 1, false), started(1, 1)]).unwrap();
    assert_eq!(kinds(&facts), ["ReportsReceived"]);
    assert_eq!(status(&world, 1), ActionStatus::Succeeded);
}

#[test]
fn steps_are_moved_by_the_agent_of_their_own_server_only() {
    let mut world = world();
    world.by("root", restart(1, &[DB_SWITCH])).unwrap();
    let others = vec![started(1, 0), finished(1, 0, true), finished(1, 7, true), finished(8, 0, true)];
    let facts = world.report(&path("acme/main/web"), others).unwrap();
    assert_eq!(kinds(&facts), ["ReportsReceived"]);
    assert_eq!(status(&world, 1), ActionStatus::Pending);
}

#[test]
fn open_steps_are_those_an_agent_is_still_to_do() {
    let mut world = world();
    world.by("root", restart(1, &[DB_SWITCH, WEB_SHOP, DB_BATCH])).unwrap();
    world.report(&path("acme/main/db"), vec![finished(1, 0, true)]).unwrap();
    let open: Vec<_> = world.state.open_steps(Some(&path("acme/main/db"))).map(|(step, _)| step).collect();
    assert_eq!(open, [step(1, 2)]);
    assert_eq!(world.state.open_steps(None).count(), 2);
}

#[test]
fn removing_a_server_ends_its_open_steps_as_unknown() {
    let mut world = world();
    world.by("root", restart(1, &[DB_SWITCH, WEB_SHOP])).unwrap();
    world.report(&path("acme/main/web"), vec![finished(1, 1, true)]).unwrap();
    let facts = world.by("root", Command::RemoveServer { server: path("acme/main/db") }).unwrap();
    assert_eq!(kinds(&facts), ["StepExpired", "ActionCompleted", "ServerRemoved"]);
    assert_eq!(status(&world, 1), ActionStatus::Unknown);
    assert!(world.state.open_steps(None).next().is_none());
}

#[test]
fn shelf_keeps_the_newest_actions_whole_and_older_ids_for_a_day() {
    // E-4, E-9
    let targets = [path(DB_SWITCH)];
    let mut shelf = Actions::default();
    let run = |shelf: &mut Actions, id: u128, time: UnixMillis| {
        let actor = Principal::master().actor;
        shelf.accept(Action::new(action_id(id), Operation::Start, actor, None, time, time, &targets));
        shelf.advance(step(id, 0), ActionStatus::Succeeded, "", time);
        shelf.complete(action_id(id), time);
    };
    let start = UnixMillis(1_000);
    for id in 0..=COMPLETED_MAX as u128 {
        run(&mut shelf, id, start);
    }
    assert_eq!(shelf.iter().count(), COMPLETED_MAX);
    assert!(shelf.get(action_id(0)).is_none());
    assert_eq!(shelf.remembered(action_id(0)), Some(start));
    let id = COMPLETED_MAX as u128 + 1;
    run(&mut shelf, id, start.plus(HOUR * 24));
    assert!(shelf.remembered(action_id(0)).is_some(), "a day is not over");
    run(&mut shelf, id + 1, start.plus(HOUR * 24 + Duration::from_millis(1)));
    assert!(shelf.remembered(action_id(0)).is_none());
    for id in 0..(COMPLETED_MAX + IDS_MAX) as u128 {
        run(&mut shelf, 1_000_000 + id, start.plus(HOUR * 25));
    }
    assert_eq!(shelf.remembered_count(), IDS_MAX);
}

#[test]
fn repeat_of_an_action_no_longer_kept_whole_is_refused() {
    let mut world = world();
    let db = path("acme/main/db");
    for id in 0..=COMPLETED_MAX as u128 {
        world.by("root", restart(id, &[DB_SWITCH])).unwrap();
        world.report(&db, vec![finished(id, 0, true)]).unwrap();
    }
    refused(world.by("root", restart(0, &[DB_SWITCH])), "conflict", "in the journal only");
}

#[test]
fn five_thousand_targets_are_decided_and_applied_as_one() {
    // Quick unless something is quadratic: then it takes minutes.
    let names: Vec<String> =
        (0..5_000).map(|number| format!("acme/main/s{:02}/a{number}", number % 50)).collect();
    let targets: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::with_applications(&targets);
    world.by("root", restart(1, &targets)).unwrap();
    for server in 0..50 {
        let path = path(&format!("acme/main/s{server:02}"));
        let steps = (server..5_000).step_by(50);
        let reports = steps.flat_map(|target| [started(1, target), finished(1, target, true)]).collect();
        world.report(&path, reports).unwrap();
    }
    assert_eq!(status(&world, 1), ActionStatus::Succeeded);
}

#[test]
fn step_moves_forward_only_and_a_known_outcome_is_never_changed() {
    use ActionStatus::{Failed, Pending, Running, Succeeded, Unknown};
    let allowed = [
        (Pending, [Running, Succeeded, Failed, Unknown].as_slice()),
        (Running, &[Succeeded, Failed, Unknown]),
        (Unknown, &[Succeeded, Failed]),
        (Succeeded, &[]),
        (Failed, &[]),
    ];
    for (from, allowed) in allowed {
        for to in ActionStatus::ALL {
            assert_eq!(may_move(from, *to), allowed.contains(to), "{from} to {to}");
        }
    }
}
