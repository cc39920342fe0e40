//! Batches one after the other, their waits, their time and their end.

use super::*;
use crate::action::Step;
use crate::fixture::*;
use crate::properties::check_all;
use proptest::prelude::*;
use std::cell::Cell;
use topmast_model::command::{Command, TARGETS_MAX};
use topmast_model::event::Event;
use topmast_model::rolling::WAIT_MS_MAX;

const SERVER: &str = "acme/main/db";
const WAIT: Duration = Duration::from_secs(10);

/// A world with `count` applications on one server, and a restart of all of them under way.
fn rolling(count: u32, batch: u32, on_error: OnError) -> World {
    let targets = targets(count);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut world = World::with_applications(&targets);
    world.by("root", in_batches(&targets, batch, 10_000, on_error)).unwrap();
    world
}

fn targets(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("{SERVER}/a{number}")).collect()
}

fn in_batches(targets: &[&str], batch: u32, wait_ms: u64, on_error: OnError) -> Command {
    let mut command = restart(1, targets);
    if let Command::OperateApplications { rolling, .. } = &mut command {
        *rolling = Some(Rolling { batch, wait_ms, on_error });
    }
    command
}

fn action(world: &World) -> &Action {
    world.state.action(action_id(1)).unwrap()
}

/// Which steps may begin.
fn released(world: &World) -> Vec<u32> {
    let steps = (0..).zip(&action(world).steps).map(|(target, _)| target);
    steps.filter(|target| action(world).is_released(*target)).collect()
}

fn finish(world: &mut World, target: u32, succeeded: bool) {
    world.report(&path(SERVER), vec![started(1, target), finished(1, target, succeeded)]).unwrap();
}

fn advance(world: &mut World) -> Vec<String> {
    kinds(&world.by_master(Command::AdvanceActions).unwrap())
}

fn messages(world: &World) -> Vec<String> {
    action(world).steps.iter().map(|step| format!("{} {}", step.status, step.message)).collect()
}

#[test]
fn next_batch_begins_when_the_one_before_is_over_and_the_wait_too() {
    let mut world = rolling(5, 2, OnError::Stop);
    assert_eq!(released(&world), [0, 1]);
    finish(&mut world, 0, true);
    world.pass(WAIT);
    assert_eq!(
        (world.state.next_batch(world.now), advance(&mut world)),
        (None, vec![]),
        "one is under way still"
    );
    finish(&mut world, 1, true);
    assert_eq!(world.state.next_batch(world.now), Some(world.now.plus(WAIT)));
    world.pass(Duration::from_millis(9_999));
    assert_eq!(advance(&mut world), [""; 0]);
    world.pass(Duration::from_millis(1));
    assert_eq!(advance(&mut world), ["BatchReleased"]);
    assert_eq!((released(&world), advance(&mut world)), (vec![0, 1, 2, 3], vec![]));
    finish(&mut world, 3, true);
    finish(&mut world, 2, true);
    world.pass(WAIT);
    assert_eq!(advance(&mut world), ["BatchReleased"]);
    finish(&mut world, 4, true);
    assert_eq!(action(&world).status(), ActionStatus::Succeeded);
    assert_eq!(world.state.next_batch(world.now), None);
}

#[test]
fn each_batch_has_the_whole_time_and_a_wait_none() {
    let mut world = rolling(2, 1, OnError::Continue);
    let minute = Duration::from_mins(1);
    assert_eq!(world.state.next_expiry(), Some(world.now.plus(minute)));
    world.pass(Duration::from_secs(50));
    finish(&mut world, 0, true);
    assert_eq!(world.state.next_expiry(), None, "nothing is under way");
    world.pass(minute);
    assert_eq!(world.by_master(Command::ExpireActions), Ok(Vec::new()));
    advance(&mut world);
    assert_eq!(world.state.next_expiry(), Some(world.now.plus(minute)));
    world.pass(minute);
    assert_eq!(kinds(&world.by_master(Command::ExpireActions).unwrap()), ["StepExpired", "ActionCompleted"]);
    assert!(messages(&world)[1].contains("no outcome in 60 s"), "{:?}", messages(&world));
}

#[test]
fn error_stops_what_did_not_begin_and_says_so() {
    // B-2
    let mut world = rolling(4, 2, OnError::Stop);
    finish(&mut world, 0, false);
    // The other one of the batch is under way, and goes on.
    assert_eq!(advance(&mut world), ["StepFinished", "StepFinished"]);
    assert_eq!(action(&world).status(), ActionStatus::Running);
    finish(&mut world, 1, true);
    let expected = [
        "FAILED exited with code 1",
        "SUCCEEDED STARTED as process 7",
        "FAILED not begun: acme/main/db/a0 FAILED",
        "FAILED not begun: acme/main/db/a0 FAILED",
    ];
    assert_eq!(messages(&world), expected);
    assert_eq!(action(&world).status(), ActionStatus::Failed);
    world.pass(WAIT);
    assert_eq!(advance(&mut world), [""; 0]);
}

#[test]
fn silence_stops_as_an_error_does_and_continue_goes_on_after_both() {
    for (on_error, expected) in [
        (OnError::Stop, vec!["StepFinished", "StepFinished", "ActionCompleted"]),
        (OnError::Continue, vec!["BatchReleased"]),
    ] {
        let mut world = rolling(3, 1, on_error);
        world.pass(Duration::from_mins(1));
        world.by_master(Command::ExpireActions).unwrap();
        world.pass(WAIT);
        assert_eq!(advance(&mut world), expected, "{on_error}");
    }
    let mut world = rolling(2, 1, OnError::Continue);
    finish(&mut world, 0, false);
    world.pass(WAIT);
    assert_eq!(advance(&mut world), ["BatchReleased"]);
    finish(&mut world, 1, true);
    assert_eq!(action(&world).status(), ActionStatus::Failed);
}

#[test]
fn what_an_agent_says_of_a_step_not_released_does_not_count() {
    // B-3
    let mut world = rolling(2, 1, OnError::Stop);
    let facts = world.report(&path(SERVER), vec![started(1, 1), finished(1, 1, true)]).unwrap();
    assert_eq!(kinds(&facts), ["ReportsReceived"]);
    assert_eq!(messages(&world)[1], "PENDING ");
}

#[test]
fn largest_action_is_given_up_in_portions() {
    let count = u32::try_from(ABANDONED_STEPS_MAX).unwrap() + 7;
    let targets: Vec<String> = (0..count).map(|n| format!("acme/main/s{}/a{n}", n / 500)).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut world = World::with_applications(&targets);
    world.by("root", in_batches(&targets, 1, 0, OnError::Stop)).unwrap();
    world.report(&path("acme/main/s0"), vec![finished(1, 0, false)]).unwrap();
    assert_eq!(advance(&mut world).len(), ABANDONED_STEPS_MAX);
    assert!(world.state.next_batch(world.now).is_some(), "there is more to give up");
    assert_eq!(advance(&mut world).len(), 6 + 1);
    assert_eq!(action(&world).status(), ActionStatus::Failed);
}

#[test]
fn removed_server_is_left_out_of_the_batches_to_come() {
    let names = ["acme/main/a/x", "acme/main/b/x", "acme/main/c/x", "acme/main/d/x"];
    let mut world = World::with_applications(&names);
    world.by("root", in_batches(&names, 1, 0, OnError::Continue)).unwrap();
    world.by("root", Command::RemoveServer { server: path("acme/main/b") }).unwrap();
    world.report(&path("acme/main/a"), vec![finished(1, 0, true)]).unwrap();
    advance(&mut world);
    assert_eq!((released(&world), advance(&mut world)), (vec![0, 1, 2], vec![]), "one step is under way");
    world.report(&path("acme/main/c"), vec![finished(1, 2, true)]).unwrap();
    assert_eq!(advance(&mut world), ["BatchReleased"]);
    world.report(&path("acme/main/d"), vec![finished(1, 3, true)]).unwrap();
    assert_eq!(action(&world).status(), ActionStatus::Unknown);
}

#[test]
fn repeat_is_the_same_action_in_its_later_batches_too_and_other_batches_are_not() {
    // E-4
    let mut world = rolling(2, 1, OnError::Stop);
    finish(&mut world, 0, true);
    world.pass(WAIT);
    advance(&mut world);
    let all = targets(2);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(world.by("root", in_batches(&all, 1, 10_000, OnError::Stop)), Ok(Vec::new()));
    for other in
        [in_batches(&all, 2, 10_000, OnError::Stop), in_batches(&all, 1, 1, OnError::Stop), restart(1, &all)]
    {
        refused(world.by("root", other), "conflict", "with other content");
    }
}

#[test]
fn wrong_batches_and_waits_are_refused() {
    let target = "acme/main/db/a0";
    let mut world = World::with_applications(&[target]);
    let too_many = u32::try_from(TARGETS_MAX).unwrap() + 1;
    for batch in [0, too_many] {
        refused(world.by("root", in_batches(&[target], batch, 0, OnError::Stop)), "invalid", "1 to 10000");
    }
    let long = in_batches(&[target], 1, WAIT_MS_MAX + 1, OnError::Stop);
    refused(world.by("root", long), "invalid", "at most 3600000");
}

/// What happens next in a random rolling action: time passes, then an agent or the master acts.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Pass(u64),
    Start(u32),
    Finish(u32, bool),
    Advance,
    Expire,
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let step = || 0_u32..6;
    prop_oneof![
        2 => (0_u64..15_000).prop_map(Turn::Pass),
        2 => step().prop_map(Turn::Start),
        6 => (step(), prop::bool::weighted(0.85)).prop_map(|(step, succeeded)| Turn::Finish(step, succeeded)),
        4 => Just(Turn::Advance),
        1 => Just(Turn::Expire),
    ]
}

fn take(world: &mut World, turn: Turn) {
    match turn {
        Turn::Pass(millis) => world.pass(Duration::from_millis(millis)),
        Turn::Start(step) => drop(world.report(&path(SERVER), vec![started(1, step)]).unwrap()),
        Turn::Finish(step, succeeded) => {
            drop(world.report(&path(SERVER), vec![finished(1, step, succeeded)]).unwrap());
        }
        Turn::Advance => drop(world.by_master(Command::AdvanceActions).unwrap()),
        Turn::Expire => drop(world.by_master(Command::ExpireActions).unwrap()),
    }
}

#[test]
fn random_outcomes_never_open_more_than_a_batch_nor_begin_after_an_error() {
    // B-1, B-2
    let batches = Cell::new(0);
    let choices = (2_u32..7, 1_u32..4, prop::sample::select(OnError::ALL));
    check_all(&(choices, prop::collection::vec(any_turn(), 0..80)), |((count, batch, on_error), turns)| {
        let mut world = rolling(count, batch, on_error);
        // Left to itself afterwards, it comes to its end: each batch has its time and its wait.
        let end = [Turn::Pass(60_000), Turn::Expire, Turn::Advance].repeat(2 * count as usize + 1);
        for turn in turns.into_iter().chain(end) {
            let before = action(&world).clone();
            take(&mut world, turn);
            let now = action(&world);
            let mut open = 0;
            for (target, step) in (0..).zip(&now.steps) {
                open += usize::from(now.is_released(target) && !step.status.is_final());
                // Who never began never did anything.
                let has_begun = step.started_at.is_some() || step.status == ActionStatus::Succeeded;
                assert!(now.is_released(target) || !has_begun, "{now:?}");
            }
            assert!(open <= batch as usize, "{now:?}");
            if now.released.up_to > before.released.up_to {
                batches.set(batches.get() + 1);
                assert_eq!(before.expiry(), None, "the batch before was over");
                let is_error =
                    |step: &Step| matches!(step.status, ActionStatus::Failed | ActionStatus::Unknown);
                assert!(on_error == OnError::Continue || !before.steps.iter().any(is_error), "{before:?}");
            }
        }
        assert!(action(&world).status().is_final(), "every step gets an outcome: {:?}", action(&world));
        assert_eq!((world.state.next_expiry(), world.state.next_batch(world.now)), (None, None));
        let mut replayed = State::default();
        world.log.iter().for_each(|event| crate::apply(&mut replayed, event));
        assert_eq!(replayed, world.state);
    });
    assert!(batches.get() > 100, "only {} batches: this shows nothing", batches.get());
}

#[test]
fn replay_in_the_middle_of_a_batch_gives_the_same_state() {
    // E-3
    let mut world = rolling(5, 2, OnError::Stop);
    finish(&mut world, 1, true);
    finish(&mut world, 0, true);
    world.pass(WAIT);
    advance(&mut world);
    finish(&mut world, 2, true);
    let text = serde_json::to_string(&world.log).unwrap();
    let log: Vec<Event> = serde_json::from_str(&text).unwrap();
    let mut replayed = State::default();
    for event in &log {
        crate::apply(&mut replayed, event);
    }
    assert_eq!(replayed, world.state);
    assert_eq!(replayed.open_steps(None).count(), 2);
}
