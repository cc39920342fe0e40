//! What guards refuse, at acceptance and before each batch.

use crate::Submission;
use crate::action::plan_action;
use crate::fixture::*;
use crate::properties::check_all;
use proptest::prelude::*;
use std::time::Duration;
use topmast_model::action::{ActionOrder, Conduct};
use topmast_model::application::{ApplicationState, Declared, Operation};
use topmast_model::command::Command;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::report::Report;
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::safety::{Freeze, Guard, SafetyOrder};
use topmast_model::status::ActionStatus;
use uuid::Uuid;

const A: &str = "acme/main/a/switch";
const B: &str = "acme/main/b/switch";
const C: &str = "acme/main/c/switch";

fn order(id: u128, operation: Operation, targets: &[&str], batch: Option<u32>) -> Command {
    Command::OperateApplications {
        id: action_id(id),
        operation,
        targets: targets.iter().map(|text| path(text)).collect(),
        reason: None,
        timeout_ms: 60_000,
        rolling: batch.map(|batch| Rolling { batch, wait_ms: 0, on_error: OnError::Stop }),
        conduct: Conduct::default(),
        package: None,
        custom: None,
    }
}

fn with(command: Command, change: impl FnOnce(&mut Conduct, &mut Option<String>)) -> Command {
    let mut command = command;
    if let Command::OperateApplications { conduct, reason, .. } = &mut command {
        change(conduct, reason);
    }
    command
}

fn report(world: &mut World, application: &str, status: &str, quorum: Option<u32>) {
    let application = path(application);
    let declared = quorum.map(|_| Box::new(Declared { quorum, ..Declared::default() }));
    let state = ApplicationState { declared, ..application_state(status) };
    let report = Report::Application { name: application.name().into(), state };
    world.report(&application.parent().unwrap(), vec![report]).unwrap();
}

#[test]
fn all_running_instances_are_not_taken_together() {
    let mut world = World::with_applications(&[A, B, C, "acme/main/a/other", "bolt/main/a/switch"]);
    report(&mut world, C, "STOPPED", None);
    refused(
        world.by("root", order(1, Operation::Restart, &[A, B], None)),
        "guarded",
        "guard last-instance on acme/main/a/switch: all 2 running",
    );
    refused(world.by("root", order(1, Operation::Stop, &[A, B], Some(1))), "guarded", "last-instance");
    // What has one instance only has nothing to lose; what does not run neither; and a start harms nobody.
    world.by("root", order(2, Operation::Restart, &["acme/main/a/other"], None)).unwrap();
    world.by("root", order(3, Operation::Stop, &[C], None)).unwrap();
    world.by("root", order(4, Operation::Start, &[A, B], None)).unwrap();
}

#[test]
fn last_one_is_taken_by_right_and_reason_only() {
    let mut world = World::with_applications(&[A, B]);
    report(&mut world, B, "FAILED", None);
    world.by("root", create_user("ann", &["operator:acme"])).unwrap();
    let stop = || order(1, Operation::Stop, &[A], None);
    refused(world.by("ann", stop()), "guarded", "no other instance of switch runs in acme/main");
    refused(world.by("root", with(stop(), |conduct, _| conduct.override_guards = true)), "invalid", "reason");
    refused(world.by("ann", overriding(stop())), "forbidden", "override guards on acme/main/a/switch");
    world.by("root", overriding(stop())).unwrap();
    let kept = world.state.action(action_id(1)).unwrap();
    assert!(kept.terms.conduct.override_guards && kept.is_released(0));
}

#[test]
fn quorum_of_a_unit_file_is_left_running() {
    let mut world = World::with_applications(&[A, B, C]);
    report(&mut world, B, "STARTED", Some(2));
    world.by("root", order(1, Operation::Restart, &[A], None)).unwrap();
    world.report(&path("acme/main/a"), vec![finished(1, 0, true)]).unwrap();
    let told = "1 of 3 instances of switch in acme/main would be left running, and its quorum is 2";
    refused(world.by("root", order(2, Operation::Restart, &[A, B], None)), "guarded", told);
    refused(world.by("root", order(2, Operation::Restart, &[A, B, C], Some(2))), "guarded", told);
    world.by("root", order(2, Operation::Restart, &[A, B, C], Some(1))).unwrap();
    // One alone can have a quorum too.
    report(&mut world, "acme/main/a/single", "STARTED", Some(1));
    refused(
        world.by("root", order(3, Operation::Restart, &["acme/main/a/single"], None)),
        "guarded",
        "quorum",
    );
}

#[test]
fn batch_waits_for_health_and_gives_up_after_its_time() {
    let mut world = World::with_applications(&[A, B, C]);
    world.by("root", order(1, Operation::Restart, &[A, B, C], Some(1))).unwrap();
    world.report(&path("acme/main/a"), vec![started(1, 0), finished(1, 0, true)]).unwrap();
    report(&mut world, A, "FAILED", None);
    let at = world.now.plus(Duration::from_mins(1));
    assert_eq!(world.state.next_batch(world.now), Some(at), "it looks again then, and not in a loop");
    assert_eq!(world.by_master(Command::AdvanceActions), Ok(Vec::new()));
    report(&mut world, A, "STARTED", None);
    assert_eq!(world.state.next_batch(world.now), Some(world.now));
    assert_eq!(kinds(&world.by_master(Command::AdvanceActions).unwrap()), ["BatchReleased"]);
    // The next one: others failed meanwhile, and this is the last that runs.
    world.report(&path("acme/main/b"), vec![started(1, 1), finished(1, 1, true)]).unwrap();
    report(&mut world, A, "FAILED", None);
    report(&mut world, B, "FAILED", None);
    world.pass(Duration::from_mins(1));
    let facts = world.by_master(Command::AdvanceActions).unwrap();
    assert_eq!(kinds(&facts), ["StepFinished", "ActionCompleted"]);
    let step = &world.state.action(action_id(1)).unwrap().steps[2];
    assert_eq!(step.message, "not begun: acme/main/a/switch is FAILED, not STARTED");
}

fn freeze(world: &World, id: u128, objects: &[&str], only: &str, minutes: u64) -> Command {
    let ends_at = world.now.plus(Duration::from_mins(minutes));
    let what = Maintenance {
        name: "year end".to_owned(),
        objects: objects.iter().map(|text| path(text)).collect(),
        window: Window::Once { starts_at: world.now, ends_at },
    };
    let freeze = Box::new(Freeze { what, only: topmast_model::rule::Scope::parse(only).unwrap() });
    Command::ChangeSafety { order: SafetyOrder::SetFreeze { id: Uuid::from_u128(id), freeze } }
}

#[test]
fn nothing_begins_in_a_freeze_not_even_the_next_batch() {
    let mut world = World::with_applications(&[A, B, "acme/main/a/other"]);
    world.by("root", order(1, Operation::Restart, &[A, B], Some(1))).unwrap();
    let command = freeze(&world, 7, &["acme/main"], "name=switch", 30);
    world.by("root", command.clone()).unwrap();
    assert_eq!(world.by("root", command), Ok(Vec::new()));
    refused(world.by("root", order(2, Operation::Start, &[A], None)), "conflict", "under way");
    refused(world.by("root", order(2, Operation::Start, &[B], None)), "conflict", "under way");
    world.by("root", order(3, Operation::Restart, &["acme/main/a/other"], None)).unwrap();
    world.report(&path("acme/main/a"), vec![started(1, 0), finished(1, 0, true)]).unwrap();
    world.by_master(Command::AdvanceActions).unwrap();
    let step = &world.state.action(action_id(1)).unwrap().steps[1];
    assert_eq!(step.status, ActionStatus::Failed);
    assert!(step.message.contains("freeze \"year end\" of user root is in force"), "{}", step.message);
    refused(
        world.by("root", order(4, Operation::Start, &[A], None)),
        "guarded",
        "guard freeze on acme/main/a/switch",
    );
    world.by("root", overriding(order(5, Operation::Start, &[A], None))).unwrap();
    // Over, or lifted.
    let lift = Command::ChangeSafety { order: SafetyOrder::LiftFreeze { id: Uuid::from_u128(7) } };
    world.by("root", lift.clone()).unwrap();
    assert_eq!(world.by("root", lift), Ok(Vec::new()));
    world.by("root", order(6, Operation::Start, &[B], None)).unwrap();
}

#[test]
fn plan_shows_what_guards_would_say_and_changes_nothing() {
    let mut world = World::with_applications(&[A, B]);
    let command = freeze(&world, 7, &["acme"], "", 30);
    world.by("root", command).unwrap();
    let principal = principal("root", &grants(&["admin"]));
    let command = order(1, Operation::Restart, &[A, B], None);
    let plan = plan_action(&world.state, &Submission { principal, command }, world.now).unwrap();
    let guards: Vec<Guard> = plan.objections.iter().map(|objection| objection.guard).collect();
    assert_eq!(guards, [Guard::Freeze, Guard::LastInstance]);
    assert_eq!(plan.batches, [2]);
}

#[test]
fn scheduled_action_begins_at_its_time_and_looks_again_then() {
    let mut world = World::with_applications(&[A, B]);
    let at = world.now.plus(HOUR);
    let later = |id, targets: &[&str]| {
        with(order(id, Operation::Restart, targets, None), |conduct, _| conduct.not_before = Some(at))
    };
    let past = with(order(9, Operation::Restart, &[A], None), |conduct, _| {
        conduct.not_before = Some(topmast_model::time::UnixMillis(1));
    });
    refused(world.by("root", past), "invalid", "is over already");
    world.by("root", later(1, &[A])).unwrap();
    world.by("root", later(2, &[B])).unwrap();
    assert_eq!(world.state.next_batch(world.now), Some(at));
    world.pass(HOUR);
    // The second one would leave none: it waits for the first.
    assert_eq!(kinds(&world.by_master(Command::AdvanceActions).unwrap()), ["BatchReleased"]);
    assert_eq!(world.by_master(Command::AdvanceActions), Ok(Vec::new()));
    world.report(&path("acme/main/a"), vec![finished(1, 0, true)]).unwrap();
    assert_eq!(kinds(&world.by_master(Command::AdvanceActions).unwrap()), ["BatchReleased"]);
    world.by("root", create_user("ann", &["operator:acme"])).unwrap();
    let at = world.now.plus(HOUR);
    let by_ann = with(order(3, Operation::Start, &[A], None), |conduct, _| conduct.not_before = Some(at));
    world.by("ann", by_ann).unwrap();
    world.by("root", Command::DeleteUser { name: "ann".into() }).unwrap();
    world.pass(HOUR);
    world.by_master(Command::AdvanceActions).unwrap();
    let step = &world.state.action(action_id(3)).unwrap().steps[0];
    assert!(step.message.contains("user ann is no longer allowed to operate"), "{}", step.message);
}

#[test]
fn asked_between_batches_it_goes_on_when_somebody_says_so() {
    let mut world = World::with_applications(&[A, B]);
    let asks = with(order(1, Operation::Restart, &[A, B], Some(1)), |conduct, _| conduct.ask = true);
    world.by("root", asks).unwrap();
    let go = || Command::GovernAction { id: action_id(1), order: ActionOrder::Continue };
    assert_eq!(world.by("root", go()), Ok(Vec::new()), "nothing is asked yet");
    world.report(&path("acme/main/a"), vec![finished(1, 0, true)]).unwrap();
    assert_eq!(world.by_master(Command::AdvanceActions), Ok(Vec::new()));
    assert_eq!(world.state.next_batch(world.now), Some(world.now.plus(HOUR)), "then it is over");
    world.by("root", go()).unwrap();
    assert_eq!(world.by("root", go()), Ok(Vec::new()));
    assert_eq!(kinds(&world.by_master(Command::AdvanceActions).unwrap()), ["BatchReleased"]);
}

#[test]
fn whatever_is_ordered_one_instance_is_left_unless_overridden() {
    // Orders of any shape on four instances, of which some run; agents do what they are told.
    let move_of = (0_usize..3, prop::collection::vec(0_usize..4, 1..5), prop::option::of(1_u32..3), 0_u8..4);
    let moves = prop::collection::vec(move_of, 1..25);
    check_all(&moves, |moves| {
        let paths: Vec<String> = (0..4).map(|number| format!("acme/main/s{number}/switch")).collect();
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut world = World::with_applications(&names);
        for (number, (operation, targets, batch, finish)) in (1..).zip(moves) {
            let mut targets: Vec<&str> = targets.into_iter().map(|target| names[target]).collect();
            targets.sort_unstable();
            targets.dedup();
            let _ = world.by("root", order(number, Operation::ALL[operation], &targets, batch));
            // Some of what is under way is done.
            let open: Vec<_> = world
                .state
                .open_steps(None)
                .filter(|(step, action)| action.is_released(step.target))
                .map(|(step, action)| {
                    (step, action.operation, action.steps[step.target as usize].target.clone())
                })
                .take(finish.into())
                .collect();
            for (step, operation, target) in open {
                let status = if operation == Operation::Stop { "STOPPED" } else { "STARTED" };
                let server = target.parent().unwrap();
                world.report(&server, vec![application_report("switch", status)]).unwrap();
                let outcome = topmast_model::report::StepOutcome { succeeded: true, message: "done".into() };
                world.report(&server, vec![Report::StepFinished { step, outcome }]).unwrap();
            }
            world.by_master(Command::AdvanceActions).unwrap();
            // What is under way may be down; of the others one runs.
            let runs = names.iter().filter(|name| super::runs(&world.state, &path(name))).count();
            assert!(runs > 0, "all are down");
        }
    });
}
