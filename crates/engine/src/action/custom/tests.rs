//! Which orders of custom actions are accepted, and what guards, policies and rights make of them.

use crate::Submission;
use crate::action::plan_action;
use crate::fixture::*;
use topmast_model::action::{ActionOrder, Conduct};
use topmast_model::application::Operation;
use topmast_model::command::Command;
use topmast_model::custom::{Argument, CustomAction, CustomRight};
use topmast_model::event::EventBody;
use topmast_model::principal::{Grant, Role};
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::safety::{ApprovalPolicy, SafetyOrder};
use topmast_model::status::ServiceStatus;

const A: &str = "acme/main/a/switch";
const B: &str = "acme/main/b/switch";
const MC: &str = "acme/main/a/switch/MC";

/// Two instances of an application that declares `rotate` of itself and `sign-on` of its services; ann operates, root
/// administers.
fn world() -> World {
    let mut world = World::with_applications(&[A, B]);
    world.by("root", create_user("ann", &["operator:acme", "approver:acme"])).unwrap();
    declare(&mut world, A, |_| ());
    declare(&mut world, B, |_| ());
    world.report(&path("acme/main/a"), vec![service_report("switch", "MC", ServiceStatus::Started)]).unwrap();
    world
}

/// The application declares its actions, of which `rotate` is changed.
fn declare(world: &mut World, application: &str, change: impl FnOnce(&mut CustomAction)) {
    let mut actions = vec![custom_action("rotate", "application"), custom_action("sign-on", "service")];
    change(&mut actions[0]);
    let server = path(application).parent().unwrap();
    world.report(&server, vec![declaring_report("switch", "STARTED", actions)]).unwrap();
}

fn act(id: u128, name: &str, targets: &[&str]) -> Command {
    Command::OperateApplications {
        id: action_id(id),
        operation: Operation::Act,
        targets: targets.iter().map(|text| path(text)).collect(),
        reason: None,
        timeout_ms: 60_000,
        rolling: None,
        conduct: Conduct::default(),
        package: None,
        custom: Some(custom_order(name)),
    }
}

fn given(mut command: Command, keys: i64) -> Command {
    if let Command::OperateApplications { custom: Some(custom), .. } = &mut command {
        custom.arguments.insert("keys".into(), Argument::Integer(keys));
    }
    command
}

fn one_by_one(mut command: Command) -> Command {
    if let Command::OperateApplications { rolling, .. } = &mut command {
        *rolling = Some(Rolling { batch: 1, wait_ms: 0, on_error: OnError::Stop });
    }
    command
}

#[test]
fn order_is_written_down_with_all_arguments_and_taken_once() {
    let mut world = world();
    let facts = world.by("ann", act(1, "rotate", &[A, B])).unwrap();
    let [EventBody::ActionAccepted { custom: Some(custom), .. }] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    assert_eq!(custom.to_string(), "rotate keys=2");
    assert_eq!(world.state.action(action_id(1)).unwrap().what(), "rotate keys=2");
    assert_eq!(world.by("ann", act(1, "rotate", &[A, B])), Ok(Vec::new()), "the same order again");
    refused(world.by("ann", given(act(1, "rotate", &[A, B]), 3)), "conflict", "with other content");
    refused(world.by("ann", act(2, "rotate", &[A])), "conflict", "rotate keys=2 by user ann");
}

#[test]
fn order_has_to_be_declared_by_every_target_and_within_its_bounds() {
    let mut world = world();
    refused(world.by("ann", act(1, "rotat", &[A])), "not_found", "rotat of acme/main/a/switch");
    refused(world.by("ann", act(1, "sign-on", &[A])), "not_found", "sign-on of acme/main/a/switch");
    refused(world.by("ann", act(1, "rotate", &[MC])), "not_found", "rotate of acme/main/a/switch/MC");
    refused(world.by("ann", act(1, "sign-on", &["acme/main/a/switch/VISA"])), "not_found", "service");
    refused(
        world.by("ann", given(act(1, "rotate", &[A]), 11)),
        "invalid",
        "keys: is 11; give an integer from 1 to 10",
    );
    let mut hasty = act(1, "rotate", &[A]);
    if let Command::OperateApplications { timeout_ms, .. } = &mut hasty {
        *timeout_ms = 4_000;
    }
    refused(world.by("ann", hasty), "invalid", "shorter than rotate may take");
    let mut bare = restart(1, &[A]);
    if let Command::OperateApplications { custom, .. } = &mut bare {
        *custom = Some(custom_order("rotate"));
    }
    refused(world.by("ann", bare), "invalid", "no other operation does");
    declare(&mut world, B, |rotate| rotate.parameters[0].default = Some(Argument::Integer(5)));
    refused(world.by("ann", act(1, "rotate", &[A, B])), "conflict", "rotate keys=2");
    world.by("ann", given(act(1, "rotate", &[A, B]), 3)).unwrap();
}

#[test]
fn action_of_administrators_takes_their_right_also_when_it_begins() {
    let mut world = world();
    declare(&mut world, A, |rotate| rotate.right = CustomRight::Admin);
    refused(world.by("ann", act(1, "rotate", &[A])), "forbidden", "do actions of administrators");
    world.by("root", create_user("eve", &["admin:acme"])).unwrap();
    let mut later = act(1, "rotate", &[A]);
    let at = world.now.plus(HOUR);
    if let Command::OperateApplications { conduct, .. } = &mut later {
        conduct.not_before = Some(at);
    }
    world.by("eve", later).unwrap();
    let grants = vec![Grant { role: Role::Operator, path: Some(path("acme")) }];
    world.by("root", Command::SetGrants { name: "eve".into(), grants }).unwrap();
    world.pass(HOUR);
    world.by_master(Command::AdvanceActions).unwrap();
    let message = &world.state.action(action_id(1)).unwrap().steps[0].message;
    assert!(message.contains("no longer allowed to do actions of administrators"), "{message}");
}

#[test]
fn guards_look_at_what_takes_the_application_down_only() {
    let mut world = world();
    world.by("ann", act(1, "rotate", &[A, B])).unwrap();
    let mut other = world;
    let mut world = self::world();
    for application in [A, B] {
        declare(&mut world, application, |rotate| rotate.disrupts = true);
    }
    refused(world.by("ann", act(1, "rotate", &[A, B])), "guarded", "last-instance");
    world.by("ann", act(1, "rotate", &[A])).unwrap();
    // While one is down by it, the other is the last.
    refused(world.by("ann", restart(2, &[B])), "guarded", "last-instance");
    refused(other.by("ann", restart(2, &[B])), "conflict", "rotate keys=2");
    other.by("ann", act(3, "sign-on", &[MC])).unwrap();
}

#[test]
fn batch_after_a_harmless_action_does_not_wait_for_a_start() {
    let mut world = world();
    let stopped = vec![custom_action("rotate", "application")];
    world.report(&path("acme/main/a"), vec![declaring_report("switch", "STOPPED", stopped)]).unwrap();
    world.by("ann", one_by_one(act(1, "rotate", &[A, B]))).unwrap();
    world.report(&path("acme/main/a"), vec![started(1, 0), finished(1, 0, true)]).unwrap();
    let facts = world.by_master(Command::AdvanceActions).unwrap();
    assert_eq!(kinds(&facts), ["BatchReleased"]);
}

#[test]
fn policy_names_a_custom_action_and_a_filter_takes_the_application_of_a_service() {
    let mut world = world();
    let json = serde_json::json!({ "name": "two", "actions": ["sign-on"], "only": "name=switch" });
    let policy: ApprovalPolicy = serde_json::from_value(json).unwrap();
    let order = SafetyOrder::SetPolicy { policy: Box::new(policy) };
    world.by("root", Command::ChangeSafety { order }).unwrap();
    world.by("ann", act(1, "rotate", &[A])).unwrap();
    assert!(world.state.action(action_id(1)).unwrap().is_released(0));
    world.by("ann", act(2, "sign-on", &[MC])).unwrap();
    assert!(world.state.action(action_id(2)).unwrap().is_held());
    let approve =
        || Command::GovernAction { id: action_id(2), order: ActionOrder::Approve { comment: None } };
    refused(world.by("ann", approve()), "forbidden", "another person");
    world.by("root", approve()).unwrap();
    world.by_master(Command::AdvanceActions).unwrap();
    assert!(world.state.action(action_id(2)).unwrap().is_released(0));
}

#[test]
fn plan_tells_the_arguments_and_refuses_as_the_order_would() {
    let world = world();
    let principal = world.state.users()["ann"].principal("ann", None);
    let plan =
        |command| plan_action(&world.state, &Submission { principal: principal.clone(), command }, world.now);
    assert_eq!(plan(act(1, "sign-on", &[MC])).unwrap().custom.unwrap().to_string(), "sign-on keys=2");
    assert_eq!(plan(act(1, "none", &[MC])).unwrap_err().code(), "not_found");
}

#[test]
fn declarations_out_of_bounds_are_left_out() {
    let mut world = world();
    declare(&mut world, A, |rotate| rotate.timeout_ms = 0);
    assert_eq!(world.state.custom_actions(&path(A)).count(), 0);
    assert_eq!(world.state.custom_actions(&path(B)).count(), 1);
    assert_eq!(world.state.custom_actions(&path("acme/main/b/switch/none")).count(), 0);
}
