//! Who may let an action be done that somebody else asked for.

use super::*;
use crate::fixture::*;
use std::time::Duration;
use topmast_model::application::Operation;
use topmast_model::command::Command;
use topmast_model::safety::{ApprovalPolicy, SafetyOrder};
use topmast_model::status::ActionStatus;
use uuid::Uuid;

const SWITCH: &str = "acme/main/db/switch";

fn policy(json: serde_json::Value) -> Command {
    let policy: ApprovalPolicy = serde_json::from_value(json).unwrap();
    Command::ChangeSafety { order: SafetyOrder::SetPolicy { policy: Box::new(policy) } }
}

/// A world in which restarts in acme need two persons; ann and bob operate and approve there, eve sees.
fn world() -> World {
    let mut world = World::with_applications(&[SWITCH, "acme/main/db/batch", "bolt/main/db/switch"]);
    for (user, grants) in [
        ("ann", &["operator:acme", "approver:acme"][..]),
        ("bob", &["operator:acme", "approver:acme"]),
        ("eve", &["operator:acme"]),
    ] {
        world.by("root", create_user(user, grants)).unwrap();
    }
    let two = serde_json::json!({
        "name": "two", "operations": ["restart"], "within": "acme", "only": "name=switch", "expires": "1h",
    });
    world.by("root", policy(two)).unwrap();
    world
}

fn approve() -> Command {
    Command::GovernAction { id: action_id(1), order: ActionOrder::Approve { comment: None } }
}

fn reject() -> Command {
    let comment = Some("not before noon".to_owned());
    Command::GovernAction { id: action_id(1), order: ActionOrder::Reject { comment } }
}

fn status(world: &World) -> ActionStatus {
    world.state.action(action_id(1)).unwrap().status()
}

fn is_released(world: &World) -> bool {
    world.state.action(action_id(1)).unwrap().is_released(0)
}

#[test]
fn order_under_a_policy_waits_and_begins_when_another_has_approved_it() {
    let mut world = world();
    world.by("ann", restart(1, &[SWITCH])).unwrap();
    assert!(!is_released(&world));
    assert_eq!(world.by_master(Command::AdvanceActions), Ok(Vec::new()));
    assert_eq!(world.state.next_batch(world.now), Some(world.now.plus(HOUR)), "it lapses then");
    // It keeps its target from nobody meanwhile.
    world.by("bob", stop(2, &[SWITCH])).unwrap();
    world.report(&path("acme/main/db"), vec![finished(2, 0, true)]).unwrap();
    world.by("bob", approve()).unwrap();
    assert_eq!(world.by("bob", approve()), Ok(Vec::new()), "said once");
    assert!(!is_released(&world), "the journal says so first");
    assert_eq!(kinds(&world.by_master(Command::AdvanceActions).unwrap()), ["BatchReleased"]);
    assert!(is_released(&world));
    world.report(&path("acme/main/db"), vec![started(1, 0), finished(1, 0, true)]).unwrap();
    assert_eq!(status(&world), ActionStatus::Succeeded);
    let verdict = world.state.action(action_id(1)).unwrap().verdict.clone().unwrap();
    assert_eq!((verdict.approved, verdict.by.name.as_str()), (true, "bob"));
}

fn stop(id: u128, targets: &[&str]) -> Command {
    let mut command = restart(id, targets);
    if let Command::OperateApplications { operation, .. } = &mut command {
        *operation = Operation::Stop;
    }
    command
}

#[test]
fn only_what_a_policy_is_about_waits() {
    let mut world = world();
    for (number, order) in [
        (2, restart(2, &["acme/main/db/batch"])),
        (3, restart(3, &["bolt/main/db/switch"])),
        (4, stop(4, &[SWITCH])),
    ] {
        world.by("root", order).unwrap();
        assert!(world.state.action(action_id(number)).unwrap().is_released(0), "{number}");
    }
    // One target of a policy is enough for all of them.
    world.report(&path("acme/main/db"), vec![finished(2, 0, true), finished(4, 0, true)]).unwrap();
    world.by("ann", restart(1, &["acme/main/db/batch", SWITCH])).unwrap();
    assert!(!is_released(&world));
}

#[test]
fn nobody_approves_what_they_asked_for_with_whatever_they_have() {
    // AP-1
    let mut world = world();
    world.by("ann", restart(1, &[SWITCH])).unwrap();
    refused(world.by("ann", approve()), "forbidden", "another person");
    refused(world.by("ann", reject()), "forbidden", "another person");
    let grants = grants(&["operator:acme", "approver:acme"]);
    for kind in [ActorKind::Token, ActorKind::AccessKey] {
        let mut by = principal("ann/robot", &grants);
        by.actor.kind = kind;
        refused(world.submit(by, approve()), "forbidden", "another person");
    }
    // The other way round: what a token asked for, its owner does not approve, nor another token of the owner.
    let mut token = principal("bob/robot", &grants);
    token.actor.kind = ActorKind::Token;
    world.by("bob", create_token("robot", 7)).unwrap();
    world.submit(token, restart_as(2)).unwrap();
    let second = Command::GovernAction { id: action_id(2), order: ActionOrder::Approve { comment: None } };
    refused(world.by("bob", second.clone()), "forbidden", "another person");
    world.by("ann", second).unwrap();
}

fn create_token(name: &str, secret: usize) -> Command {
    Command::CreateToken {
        id: Uuid::from_u128(secret as u128),
        name: name.to_owned(),
        owner: "bob".to_owned(),
        secret_hash: digest(secret),
        grants: grants(&["operator:acme", "approver:acme"]),
        expires_at: None,
        speaks_for_users: false,
    }
}

fn restart_as(id: u128) -> Command {
    restart(id, &[SWITCH])
}

#[test]
fn who_may_not_approve_does_not() {
    let mut world = world();
    world.by("ann", restart(1, &[SWITCH, "acme/main/db/batch"])).unwrap();
    refused(world.by("eve", approve()), "forbidden", "not allowed to approve actions");
    world.by("root", create_user("zoe", &["approver:acme/main/db/switch"])).unwrap();
    refused(world.by("zoe", approve()), "forbidden", "acme/main/db/batch");
    refused(world.by("zoe", reject()), "forbidden", "acme/main/db/batch");
}

#[test]
fn rights_that_were_taken_away_are_seen_at_approval_and_at_the_beginning() {
    // AP-2
    let take =
        |user: &str, texts: &[&str]| Command::SetGrants { name: user.to_owned(), grants: grants(texts) };
    let mut world = world();
    world.by("ann", restart(1, &[SWITCH])).unwrap();
    world.by("root", take("ann", &["viewer:acme"])).unwrap();
    refused(world.by("bob", approve()), "conflict", "user ann is no longer allowed to operate applications");
    world.by("root", take("ann", &["operator:acme"])).unwrap();
    world.by("root", take("bob", &["viewer:acme"])).unwrap();
    refused(world.by("bob", approve()), "forbidden", "not allowed to approve actions");
    world.by("root", take("bob", &["approver:acme"])).unwrap();
    world.by("bob", approve()).unwrap();
    // Between approval and beginning.
    world.by("root", take("bob", &["viewer:acme"])).unwrap();
    assert_eq!(
        kinds(&world.by_master(Command::AdvanceActions).unwrap()),
        ["StepFinished", "ActionCompleted"]
    );
    let message = &world.state.action(action_id(1)).unwrap().steps[0].message;
    assert!(
        message.contains("user bob is no longer allowed to approve actions on acme/main/db/switch"),
        "{message}"
    );
}

#[test]
fn token_that_was_revoked_asks_for_nothing_any_more() {
    let mut world = world();
    world.by("bob", create_token("robot", 7)).unwrap();
    let mut token = principal("bob/robot", &grants(&["operator:acme"]));
    token.actor.kind = ActorKind::Token;
    world.submit(token, restart_as(1)).unwrap();
    world.by("bob", Command::RevokeToken { id: Uuid::from_u128(7) }).unwrap();
    refused(world.by("ann", approve()), "conflict", "token bob/robot is no longer allowed");
}

#[test]
fn rejected_or_forgotten_it_is_not_begun_and_says_why() {
    let mut world = world();
    world.by("ann", restart(1, &[SWITCH])).unwrap();
    let facts = world.by("bob", reject()).unwrap();
    assert_eq!(kinds(&facts), ["ActionGoverned", "StepFinished", "ActionCompleted"]);
    let message = |world: &World, id| world.state.action(action_id(id)).unwrap().steps[0].message.clone();
    assert_eq!(message(&world, 1), "not begun: rejected by user bob: not before noon");
    refused(world.by("bob", approve()), "conflict", "was rejected by user bob");
    world.by("ann", restart(2, &[SWITCH])).unwrap();
    world.pass(HOUR.saturating_sub(Duration::from_millis(1)));
    assert_eq!(world.by_master(Command::AdvanceActions), Ok(Vec::new()));
    world.pass(Duration::from_millis(1));
    let late = Command::GovernAction { id: action_id(2), order: ActionOrder::Approve { comment: None } };
    refused(world.by("bob", late), "expired", "is over");
    world.by_master(Command::AdvanceActions).unwrap();
    assert_eq!(message(&world, 2), "not begun: nobody approved it in time");
}

#[test]
fn who_asked_takes_it_back_without_anybody() {
    let mut world = world();
    world.by("ann", restart(1, &[SWITCH])).unwrap();
    world.by("ann", Command::CancelAction { id: action_id(1), within: Vec::new() }).unwrap();
    assert_eq!(status(&world), ActionStatus::Failed);
    refused(world.by("bob", approve()), "conflict", "is over");
}
