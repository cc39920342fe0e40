//! Revisions, lost updates, what may be laid down, and what lies on servers.

use super::*;
use crate::fixture::*;
use topmast_model::agentless::Sealed;
use topmast_model::command::Command;
use topmast_model::configuration::{ConfigurationUse, HeldFile, text};
use topmast_model::report::Report;
use topmast_model::status::ActionStatus;

/// One of three that differ.
pub(crate) fn some_configuration(name: &str, n: usize) -> Configuration {
    let toml = format!(
        "[[configuration]]\nname = {name:?}\nwithin = \"acme/main\"\napplication = \"switch\"\n\
         [[configuration.file]]\npath = \"a.conf\"\ncontent = \"n = {n}\"\n"
    );
    let sealed = |_: &str, _: &_| Ok::<_, std::convert::Infallible>(Sealed("c2VhbGVk".into()));
    text::read(&toml).unwrap().remove(0).try_map(sealed).unwrap()
}

pub(crate) fn some_held(revision: u64, drifted: bool) -> Held {
    let found = Some(digest(usize::from(drifted)));
    Held { revision, files: vec![HeldFile { path: "a.conf".into(), laid: digest(0), found }] }
}

fn revise(n: usize, base: Option<u64>) -> Command {
    let configuration = Box::new(some_configuration("shop", n));
    Command::ChangeConfigurations { order: ConfigurationOrder::Revise { configuration, base, reason: None } }
}

fn apply_shop(id: u128, revision: u64, targets: &[&str]) -> Command {
    let what = ConfigurationUse { name: "shop".into(), revision, overwrite: false };
    let request = ApplyConfiguration {
        id: action_id(id),
        what,
        targets: targets.iter().map(|text| path(text)).collect(),
        reason: None,
        timeout_ms: 60_000,
        rolling: None,
        override_guards: false,
    };
    Command::ChangeConfigurations { order: ConfigurationOrder::Apply(Box::new(request)) }
}

fn delete() -> Command {
    let order = ConfigurationOrder::Delete { name: "shop".into(), reason: None };
    Command::ChangeConfigurations { order }
}

fn status(world: &World, application: &str) -> ConfigurationStatus {
    let path = path(application);
    let mut targets = world.state.configuration_targets("shop");
    targets.find(|target| *target.application == path).unwrap().status
}

#[test]
fn change_of_an_older_revision_is_refused_with_who_was_faster() {
    // CN-1
    let mut world = World::new();
    world.by("root", revise(0, None)).unwrap();
    assert_eq!(world.by("root", revise(0, Some(1))).unwrap(), [], "the same again is no revision");
    world.by("root", revise(1, Some(1))).unwrap();
    for base in [None, Some(1)] {
        let refused = world.by("root", revise(2, base)).unwrap_err().to_string();
        assert!(refused.contains("changed meanwhile: its revision 2 is by user root at 19"), "{refused}");
    }
    world.by("root", delete()).unwrap();
    let refused = world.by("root", revise(2, Some(2))).unwrap_err().to_string();
    assert!(refused.contains("was deleted meanwhile"), "{refused}");
}

#[test]
fn oldest_revision_goes() {
    // CN-2
    let mut world = World::new();
    world.by("root", revise(0, None)).unwrap();
    for number in 1..=REVISIONS_MAX {
        world.by("root", revise(number, Some(number as u64))).unwrap();
    }
    let kept = &world.state.configurations().get("shop").unwrap().revisions;
    assert_eq!((kept.len(), *kept.first_key_value().unwrap().0), (REVISIONS_MAX, 2));
}

#[test]
fn action_is_for_what_the_configuration_is_for() {
    // CN-3
    let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/db/batch"]);
    world.by("root", revise(0, None)).unwrap();
    for (command, words) in [
        (apply_shop(1, 2, &["acme/main/db/switch"]), "no revision 2"),
        (apply_shop(1, 1, &["acme/main/db/batch"]), "which acme/main/db/batch is not"),
        (apply_shop(1, 1, &["acme/main/web/switch"]), "nobody can lay files down on acme/main/web"),
    ] {
        let refused = world.by("root", command).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    world.by("root", apply_shop(1, 1, &["acme/main/db/switch"])).unwrap();
    assert_eq!(world.by("root", apply_shop(1, 1, &["acme/main/db/switch"])).unwrap(), [], "a repeat");
    assert!(world.by("root", apply_shop(1, 1, &["acme/main/db/switch", "acme/main/db/switch"])).is_err());
    let refused = world.by("root", delete()).unwrap_err().to_string();
    assert!(refused.contains("lays shop down now"), "{refused}");
    let action = world.state.action(action_id(1)).unwrap();
    assert_eq!((action.operation, action.status()), (Operation::Configure, ActionStatus::Pending));
}

#[test]
fn agent_that_cannot_is_not_asked() {
    // CN-3
    let mut world = World::with_applications(&["acme/main/db/switch"]);
    world.by("root", revise(0, None)).unwrap();
    let server = path("acme/main/db");
    let older = topmast_model::command::ServerRegistration { abilities: [].into(), ..registration(1) };
    world.by_agent(&server, Command::RegisterServer { server: server.clone(), registration: older }).unwrap();
    let refused = world.by("root", apply_shop(1, 1, &["acme/main/db/switch"])).unwrap_err().to_string();
    assert!(refused.contains("an agent of this version or a newer one"), "{refused}");
}

#[test]
fn status_follows_from_what_lies_there() {
    let mut world = World::with_applications(&["acme/main/db/switch"]);
    world.by("root", revise(0, None)).unwrap();
    let server = path("acme/main/db");
    let report = |revision, drifted| {
        let held = some_held(revision, drifted);
        vec![Report::Configuration { application: "switch".into(), name: "shop".into(), held }]
    };
    assert_eq!(status(&world, "acme/main/db/switch"), ConfigurationStatus::Pending);
    world.report(&server, report(1, false)).unwrap();
    assert_eq!(status(&world, "acme/main/db/switch"), ConfigurationStatus::InSync);
    assert_eq!(kinds(&world.report(&server, report(1, false)).unwrap()), ["ReportsReceived"]);
    world.report(&server, report(1, true)).unwrap();
    assert_eq!(status(&world, "acme/main/db/switch"), ConfigurationStatus::Drifted);
    world.report(&server, report(1, false)).unwrap();
    world.by("root", revise(1, Some(1))).unwrap();
    assert_eq!(status(&world, "acme/main/db/switch"), ConfigurationStatus::Pending);
    world.report(&server, vec![Report::ApplicationGone { name: "switch".into() }]).unwrap();
    assert!(world.state.configurations().held(&path("acme/main/db/switch")).is_none());
}

#[test]
fn operator_applies_and_does_not_edit() {
    let mut world = World::with_applications(&["acme/main/db/switch"]);
    world.by("root", revise(0, None)).unwrap();
    world.by_master(create_user("op", &["operator:acme"])).unwrap();
    assert!(matches!(world.by("op", revise(1, Some(1))), Err(Rejection::Forbidden { .. })));
    assert!(matches!(world.by("op", delete()), Err(Rejection::Forbidden { .. })));
    world.by("op", apply_shop(1, 1, &["acme/main/db/switch"])).unwrap();
}
