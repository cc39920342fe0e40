//! Who may let what somebody else asked for be done, once.

use super::*;
use crate::fixture::*;
use topmast_model::command::Command;
use topmast_model::safety::{ApprovalPolicy, SafetyOrder};
use topmast_model::terminal::TerminalId;
use uuid::Uuid;

const DB: &str = "acme/main/db";

/// A world in which shells and removals in acme need two persons; ann and bob are admins there, eve approves only.
fn world() -> World {
    let mut world =
        World::with_applications(&["acme/main/db/switch", "acme/main/web/shop", "bolt/main/db/switch"]);
    for (user, grants) in
        [("ann", &["admin:acme"][..]), ("bob", &["admin:acme"]), ("eve", &["approver:acme"])]
    {
        world.by("root", create_user(user, grants)).unwrap();
    }
    let two = serde_json::json!({
        "name": "two", "requests": ["open-terminal", "remove-server"], "within": "acme", "expires": "1h",
    });
    let policy: ApprovalPolicy = serde_json::from_value(two).unwrap();
    let order = SafetyOrder::SetPolicy { policy: Box::new(policy) };
    world.by("root", Command::ChangeSafety { order }).unwrap();
    world
}

fn run(number: u128, server: &str, command: Option<&str>) -> Command {
    Command::OpenTerminal {
        id: TerminalId(Uuid::from_u128(number)),
        targets: vec![path(server)],
        command: command.map(str::to_owned),
        reason: Some("change 4711".into()),
        account: None,
    }
}

fn remove(server: &str) -> Command {
    Command::RemoveServer { server: path(server) }
}

fn set_grants(user: &str, texts: &[&str]) -> Command {
    Command::SetGrants { name: user.to_owned(), grants: grants(texts) }
}

fn say(id: PermitId, approved: bool) -> Command {
    Command::GovernPermit { id, verdict: PermitVerdict { approved, comment: None } }
}

/// Asks for something; the permit that waits for it.
fn asked(world: &mut World, who: &str, command: Command) -> PermitId {
    let facts = world.by(who, command).unwrap();
    let [EventBody::PermitAsked { id, .. }] = &facts[..] else { panic!("{facts:?}") };
    *id
}

#[test]
fn terminal_under_a_policy_is_opened_once_after_another_approved_it() {
    let mut world = world();
    let id = asked(&mut world, "ann", run(1, DB, Some("uptime")));
    assert_eq!(id.0, world.log.last().unwrap().seq.0, "it is the number of its event");
    let text = format!("permit {id}");
    refused(world.by("ann", run(2, DB, Some("uptime"))), "awaits_approval", &text);
    refused(world.by("ann", say(id, true)), "forbidden", "another person"); // PE-1
    world.by("eve", say(id, true)).unwrap();
    let facts = world.by("ann", run(3, DB, Some("uptime"))).unwrap();
    assert!(
        matches!(
            facts[..],
            [EventBody::PermitGoverned { change: PermitChange::Used, .. }, EventBody::TerminalOpened { .. }]
        ),
        "{facts:?}"
    );
    let next = asked(&mut world, "ann", run(4, DB, Some("uptime"))); // PE-2: once
    assert_ne!(next, id);
}

#[test]
fn permit_is_good_for_exactly_its_request_and_who_asked() {
    let mut world = world();
    let id = asked(&mut world, "ann", run(1, DB, Some("uptime")));
    world.by("bob", say(id, true)).unwrap();
    for (who, command) in [
        ("ann", run(2, DB, Some("reboot -f"))),
        ("ann", run(2, DB, None)),
        ("ann", run(2, "acme/main/web", Some("uptime"))),
        ("bob", run(2, DB, Some("uptime"))),
        ("ann", remove(DB)),
    ] {
        asked(&mut world, who, command);
    }
    // What no policy is about waits for nobody, and neither does the master.
    assert!(matches!(
        world.by("root", run(3, "bolt/main/db", None)).unwrap()[..],
        [EventBody::TerminalOpened { .. }]
    ));
    world.by_master(remove("acme/main/web")).unwrap();
    assert!(world.state.server(&path("acme/main/web")).is_none());
}

#[test]
fn server_is_removed_once_another_approved_it_in_time() {
    let mut world = world();
    let id = asked(&mut world, "ann", remove(DB));
    assert!(world.state.server(&path(DB)).is_some());
    world.by("bob", say(id, false)).unwrap();
    refused(world.by("eve", say(id, true)), "conflict", "rejected by user bob");
    let id = asked(&mut world, "ann", remove(DB));
    world.now = world.now.plus(HOUR);
    refused(world.by("bob", say(id, true)), "expired", "ask for it anew");
    let id = asked(&mut world, "ann", remove(DB));
    world.by("bob", say(id, true)).unwrap();
    world.now = world.now.plus(HOUR);
    let id = asked(&mut world, "ann", remove(DB));
    world.by("bob", say(id, true)).unwrap();
    world.by("ann", remove(DB)).unwrap();
    assert!(world.state.server(&path(DB)).is_none());
}

#[test]
fn rights_of_both_are_looked_at_again() {
    // PE-2
    let mut world = world();
    let id = asked(&mut world, "ann", run(1, DB, None));
    world.by("root", set_grants("ann", &["viewer:acme"])).unwrap();
    refused(world.by("bob", say(id, true)), "conflict", "user ann is no longer allowed");
    world.by("root", set_grants("ann", &["admin:acme"])).unwrap();
    world.by("bob", say(id, true)).unwrap();
    world.by("root", set_grants("bob", &["viewer:acme"])).unwrap();
    refused(world.by("ann", run(2, DB, None)), "conflict", "user bob is no longer allowed");
}

#[test]
fn nobody_keeps_others_from_asking() {
    let mut world = world();
    for number in 0..PERMITS_OF_ONE_MAX {
        asked(&mut world, "ann", run(1, DB, Some(&format!("echo {number}"))));
    }
    refused(world.by("ann", run(1, DB, Some("echo more"))), "limit_reached", "too many requests wait");
    asked(&mut world, "bob", run(1, DB, Some("echo more")));
}
