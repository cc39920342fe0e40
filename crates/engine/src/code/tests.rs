//! The lock on what is kept as code.

use super::*;
use crate::configuration::tests::some_configuration;
use crate::fixture::*;
use topmast_model::maintenance::{Maintenance, Window};
use uuid::Uuid;

fn revise(n: usize, base: Option<u64>) -> Command {
    let configuration = Box::new(some_configuration("shop", n));
    Command::ChangeConfigurations { order: ConfigurationOrder::Revise { configuration, base, reason: None } }
}

fn as_code(command: Command) -> Command {
    Command::ChangeAsCode { order: CodeOrder::Do(Box::new(command)) }
}

fn release(name: &str, reason: &str) -> Command {
    let order =
        CodeOrder::Release { kind: CodeKind::Configuration, name: name.into(), reason: reason.into() };
    Command::ChangeAsCode { order }
}

#[test]
fn what_is_kept_as_code_is_changed_by_hand_after_a_release_only() {
    // CD-1
    let mut world = World::new();
    let facts = world.by("root", as_code(revise(0, None))).unwrap();
    assert_eq!(kinds(&facts), ["ConfigurationChanged", "CodeChanged"]);
    let refused = world.by("root", revise(1, Some(1))).unwrap_err().to_string();
    assert!(refused.contains("configuration shop is kept as code"), "{refused}");
    assert_eq!(kinds(&world.by("root", as_code(revise(1, Some(1)))).unwrap()), ["ConfigurationChanged"]);
    assert!(world.by("root", release("shop", " ")).is_err());
    world.by("root", release("shop", "the file server is down")).unwrap();
    world.by("root", revise(2, Some(2))).unwrap();
    assert!(world.by("root", release("shop", "again")).is_err());
}

#[test]
fn what_was_made_by_hand_is_taken_over_as_it_is() {
    let mut world = World::new();
    world.by("root", revise(0, None)).unwrap();
    assert_eq!(kinds(&world.by("root", as_code(revise(0, Some(1)))).unwrap()), ["CodeChanged"]);
    assert!(world.state.kept_as_code().has(CodeKind::Configuration, "shop"));
}

#[test]
fn what_is_deleted_is_kept_as_code_no_longer() {
    // CD-2
    let mut world = World::new();
    world.by("root", as_code(revise(0, None))).unwrap();
    let order = ConfigurationOrder::Delete { name: "shop".into(), reason: None };
    world.by("root", as_code(Command::ChangeConfigurations { order })).unwrap();
    assert_eq!(world.state.kept_as_code(), &KeptAsCode::default());
}

#[test]
fn maintenance_is_kept_by_its_name_until_it_is_over() {
    let mut world = World::new();
    let set = |id: u128, name: &str, ends_at: i64| Command::SetMaintenance {
        id: Uuid::from_u128(id),
        maintenance: Maintenance {
            name: name.into(),
            objects: vec![path("acme/main")],
            window: Window::Once { starts_at: UnixMillis(1), ends_at: UnixMillis(ends_at) },
        },
    };
    let end = world.now.0 + 3_600_000;
    assert_eq!(
        kinds(&world.by("root", as_code(set(1, "cables", end))).unwrap()),
        ["MaintenanceSet", "CodeChanged"]
    );
    for by_hand in [
        set(1, "cables", end + 1),
        set(1, "wires", end),
        set(2, "cables", end),
        Command::CancelMaintenance { id: Uuid::from_u128(1) },
    ] {
        refused(world.by("root", by_hand), "conflict", "maintenance cables is kept as code");
    }
    world.by("root", as_code(set(1, "cables", end + 1))).unwrap();
    world.pass(HOUR * 2);
    world.by_master(Command::SettleProblems).unwrap();
    assert_eq!(world.state.kept_as_code(), &KeptAsCode::default(), "it is over");
    let end = world.now.0 + 3_600_000;
    world.by("root", set(2, "cables", end)).unwrap();
    world.by("root", as_code(set(2, "cables", end))).unwrap();
    let order =
        CodeOrder::Release { kind: CodeKind::Maintenance, name: "cables".into(), reason: "today".into() };
    world.by("root", Command::ChangeAsCode { order }).unwrap();
    world.by("root", Command::CancelMaintenance { id: Uuid::from_u128(2) }).unwrap();
}

#[test]
fn maintenance_kept_as_code_holds_no_other_tenants_of_its_name() {
    let mut world = World::new();
    let end = world.now.0 + 3_600_000;
    let set = |tenant: &str, id: u128, ends_at: i64| Command::SetMaintenance {
        id: Uuid::from_u128(id),
        maintenance: Maintenance {
            name: "cables".into(),
            objects: vec![path(tenant)],
            window: Window::Once { starts_at: UnixMillis(1), ends_at: UnixMillis(ends_at) },
        },
    };
    world.by("root", create_user("bo", &["admin:bolt"])).unwrap();
    world.by("bo", set("bolt", 1, end + 9)).unwrap();
    world.by("root", as_code(set("acme", 2, end))).unwrap();
    world.by("bo", set("bolt", 1, end + 8)).unwrap();
    world.by("bo", set("bolt", 3, end)).unwrap();
    let order =
        CodeOrder::Release { kind: CodeKind::Maintenance, name: "cables".into(), reason: "mine".into() };
    refused(world.by("bo", Command::ChangeAsCode { order }), "forbidden", "everything");
    world.by("bo", Command::CancelMaintenance { id: Uuid::from_u128(3) }).unwrap();
    refused(world.by("root", set("acme", 4, end)), "conflict", "maintenance cables is kept as code");
    world.by("root", as_code(Command::CancelMaintenance { id: Uuid::from_u128(2) })).unwrap();
    assert_eq!(world.state.kept_as_code(), &KeptAsCode::default(), "bolt's own is none");
}

#[test]
fn other_commands_are_not_done_as_code_and_rights_stay_what_they_are() {
    let mut world = World::new();
    assert!(world.by("root", as_code(Command::SettleProblems)).is_err());
    assert!(world.by_master(as_code(Command::SettleProblems)).is_err());
    world.by_master(create_user("op", &["operator:acme"])).unwrap();
    assert!(matches!(world.by("op", as_code(revise(0, None))), Err(Rejection::Forbidden { .. })));
}
