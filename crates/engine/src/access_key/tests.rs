//! Access keys: whose they are, in which tenant, and when they end.

use crate::fixture::{World, access_key, grants, password, refused};
use std::time::Duration;
use topmast_model::account::AccountId;
use topmast_model::command::Command;
use topmast_model::principal::{ActorKind, AuthMethod};

const HOUR: Duration = Duration::from_hours(1);

fn create(number: usize, owner: &str, account: u64, texts: &[&str]) -> Command {
    Command::CreateAccessKey {
        id: access_key(number),
        name: format!("k{number}"),
        owner: owner.into(),
        account: AccountId::of(account),
        grants: grants(texts),
        expires_at: None,
    }
}

/// `root`: all; `eve`: operator in acme/main and viewer in bolt.
fn world() -> World {
    let mut world = World::new();
    let command = Command::CreateUser {
        name: "eve".into(),
        password_hash: password(1),
        grants: grants(&["operator:acme/main", "viewer:bolt"]),
    };
    world.by("root", command).unwrap();
    world
}

#[test]
fn a_key_acts_in_one_tenant_for_what_its_owner_may() {
    let mut world = world();
    for texts in [&["viewer"][..], &[], &["viewer:acme/main", "viewer:bolt"]] {
        refused(world.by("eve", create(1, "eve", 1, texts)), "invalid", "acts in one tenant");
    }
    refused(world.by("eve", create(1, "eve", 1, &["admin:acme/main"])), "invalid", "give less");
    let command = create(1, "eve", 1, &["operator:acme/main"]);
    world.by("eve", command.clone()).unwrap();
    assert_eq!(world.by("eve", command), Ok(Vec::new()));
    let principal = world.state.authenticate_access_key(&access_key(1), None, world.now).unwrap();
    assert_eq!(principal.grants, grants(&["operator:acme/main"]));
    let actor = principal.actor;
    assert_eq!(
        (actor.kind, actor.auth, actor.name.as_str()),
        (ActorKind::AccessKey, AuthMethod::Signature, "eve/k1")
    );
    assert_eq!(world.state.access_keys()[&access_key(1)].tenant(), "acme");
    world
        .by(
            "root",
            Command::SetGrants { name: "eve".into(), grants: grants(&["viewer:acme", "viewer:bolt"]) },
        )
        .unwrap();
    let principal = world.state.authenticate_access_key(&access_key(1), None, world.now).unwrap();
    assert_eq!(principal.grants, grants(&["viewer:acme/main"]), "its owner's grants bound it at every use");
}

#[test]
fn a_tenant_has_one_account_and_an_account_one_tenant() {
    // AK-1
    let mut world = world();
    world.by("eve", create(1, "eve", 1, &["viewer:acme/main"])).unwrap();
    refused(world.by("eve", create(2, "eve", 2, &["viewer:acme/main"])), "conflict", "000000000001");
    refused(world.by("eve", create(2, "eve", 1, &["viewer:bolt"])), "conflict", "is not tenant bolt's");
    world.by("eve", create(2, "eve", 2, &["viewer:bolt"])).unwrap();
}

#[test]
fn a_key_ends_when_it_is_revoked_over_or_its_owner_gone() {
    let mut world = world();
    let end = world.now.plus(HOUR);
    let mut command = create(1, "eve", 1, &["viewer:acme/main"]);
    if let Command::CreateAccessKey { expires_at, .. } = &mut command {
        *expires_at = Some(end);
    }
    world.by("eve", command).unwrap();
    refused(world.by("eve", create(1, "eve", 1, &["viewer:acme/main"])), "conflict", "exists already");
    world.pass(HOUR);
    assert_eq!(world.state.authenticate_access_key(&access_key(1), None, world.now), None);
    world.by("eve", create(2, "eve", 1, &["viewer:acme/main"])).unwrap();
    assert_eq!(world.state.access_keys().len(), 1, "the one that is over made room");
    let revoke = Command::RevokeAccessKey { id: access_key(2) };
    world.by("eve", revoke.clone()).unwrap();
    assert_eq!(world.state.authenticate_access_key(&access_key(2), None, world.now), None);
    refused(world.by("root", revoke), "not_found", "revoked already");
    world.by("eve", create(3, "eve", 1, &["viewer:acme/main"])).unwrap();
    world.by("root", Command::DeleteUser { name: "eve".into() }).unwrap();
    assert!(world.state.access_keys().is_empty());
}
