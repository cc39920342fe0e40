//! Rules of access: users, passwords, grants, sessions, tokens.

use super::*;
use crate::fixture::*;
use crate::session::SESSIONS_MAX;
use topmast_model::command::Command;
use topmast_model::principal::Right;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

fn set_grants(name: &str, texts: &[&str]) -> Command {
    Command::SetGrants { name: name.into(), grants: grants(texts) }
}

fn set_password(name: &str, number: usize) -> Command {
    Command::SetPassword { name: name.into(), password_hash: password(number) }
}

fn delete(name: &str) -> Command {
    Command::DeleteUser { name: name.into() }
}

fn open_session(user: &str, secret: usize, expires_at: UnixMillis) -> Command {
    Command::OpenSession { user: user.into(), secret_hash: digest(secret), expires_at }
}

fn create_token(number: usize, owner: &str, texts: &[&str]) -> Command {
    Command::CreateToken {
        id: Uuid::from_u128(number as u128),
        name: format!("t{number}"),
        owner: owner.into(),
        secret_hash: digest(number),
        grants: grants(texts),
        expires_at: None,
    }
}

/// `root`: all; `ann`: admin of acme; `eve`: operator in acme; `zed`: viewer in bolt.
fn world() -> World {
    let mut world = World::new();
    for (name, grant) in [("ann", "admin:acme"), ("eve", "operator:acme/main"), ("zed", "viewer:bolt")] {
        world.by("root", create_user(name, &[grant])).unwrap();
    }
    world
}

#[test]
fn admin_of_a_tenant_manages_users_wholly_inside_it() {
    // E-7, E-8
    let allowed = [
        create_user("new", &["viewer:acme"]),
        create_user("new", &["admin:acme", "auditor:acme/main"]),
        set_grants("eve", &["admin:acme/main"]),
        set_password("eve", 2),
        delete("eve"),
        create_token(1, "eve", &["viewer:acme/main"]),
    ];
    for command in allowed {
        let decision = world().by("ann", command.clone());
        assert!(decision.is_ok_and(|facts| facts.len() == 1), "{command:?}");
    }
    let forbidden = [
        create_user("new", &["viewer"]),
        create_user("new", &["viewer:acme", "viewer:bolt"]),
        create_user("new", &[]),
        set_grants("eve", &["viewer:bolt"]),
        set_grants("eve", &[]),
        set_grants("zed", &["viewer:acme"]),
        set_grants("ann", &["admin"]),
        set_password("zed", 2),
        set_password("root", 2),
        set_password("nobody", 2),
        delete("zed"),
        create_token(1, "zed", &["viewer:bolt"]),
    ];
    for command in forbidden {
        refused(world().by("ann", command), "forbidden", "user ann is not allowed to manage access on");
    }
    for command in [create_user("new", &["viewer:acme/main"]), set_grants("eve", &["admin"]), delete("zed")] {
        refused(world().by("eve", command), "forbidden", "user eve is not allowed to manage access on");
    }
}

#[test]
fn nobody_grants_more_than_they_have() {
    // E-8
    let mut world = world();
    let limited = principal("token", &grants(&["admin:acme", "viewer"]));
    let beyond = world.submit(limited, create_user("new", &["auditor:bolt"]));
    refused(beyond, "forbidden", "on bolt");
    let master = Grant { role: Role::Master, path: None };
    let command =
        Command::CreateUser { name: "new".into(), password_hash: password(1), grants: vec![master] };
    refused(world.by("root", command), "invalid", "not for users: master");
    let many = vec!["viewer:acme"; GRANTS_MAX + 1];
    refused(world.by("root", create_user("new", &many)), "invalid", "give at most 100");
}

#[test]
fn last_unrestricted_admin_stays() {
    // E-8
    let mut world = world();
    refused(world.by("root", delete("root")), "conflict", "root is the last unrestricted admin");
    refused(world.by("root", set_grants("root", &["admin:acme"])), "conflict", "make another user one first");
    assert!(world.by("root", set_grants("root", &["viewer:acme", "admin"])).is_ok());
    world.by("root", create_user("kim", &["admin"])).unwrap();
    world.by("root", delete("root")).unwrap();
    refused(world.by("kim", delete("kim")), "conflict", "last unrestricted admin");
}

#[test]
fn create_user_checks_its_form_and_takes_a_repeat() {
    let mut world = world();
    assert_eq!(world.by("root", create_user("eve", &["operator:acme/main"])), Ok(Vec::new()));
    refused(world.by("root", create_user("eve", &["viewer"])), "conflict", "choose another name");
    refused(world.by("root", create_user("a b", &["viewer"])), "invalid", "letters, digits");
    let plain = Command::CreateUser { name: "new".into(), password_hash: "hunter2".into(), grants: vec![] };
    refused(world.by("root", plain), "invalid", "not an argon2id hash");
    refused(world.by("root", set_password("nobody", 2)), "not_found", "there is no user nobody");
}

#[test]
fn user_changes_the_own_password_and_all_sessions_end() {
    let mut world = world();
    let later = world.now.plus(HOUR);
    world.by_master(open_session("zed", 1, later)).unwrap();
    world.by_master(open_session("zed", 2, later)).unwrap();
    world.by_master(open_session("eve", 3, later)).unwrap();
    world.by("zed", set_password("zed", 2)).unwrap();
    assert_eq!(world.state.user("zed").unwrap().password_hash, password(2));
    let open: Vec<&str> = world.state.sessions().values().map(|session| session.user.as_str()).collect();
    assert_eq!(open, ["eve"]);
    // Whose eve is, is not zed's to know.
    refused(world.by("zed", set_password("eve", 2)), "forbidden", "on everything");
    let mut token = principal("zed", &[]);
    token.actor.kind = ActorKind::Token;
    refused(world.submit(token, set_password("zed", 3)), "forbidden", "token zed");
}

#[test]
fn session_lives_until_it_is_closed_or_over() {
    let mut world = world();
    let end = world.now.plus(HOUR);
    world.by_master(open_session("eve", 1, end)).unwrap();
    assert_eq!(world.by_master(open_session("eve", 1, end)), Ok(Vec::new()));
    refused(world.by_master(open_session("zed", 1, end)), "conflict", "another session has this secret");
    refused(world.by_master(open_session("nobody", 2, end)), "not_found", "nobody");
    let now = world.now;
    refused(world.by_master(open_session("eve", 2, now)), "invalid", "in the past");
    refused(world.by("root", open_session("eve", 2, end)), "forbidden", "act as a master");

    let address = Some("192.0.2.9".to_owned());
    let found = world.state.authenticate_session(&digest(1), address.clone(), now).unwrap();
    assert_eq!((found.actor.name.as_str(), found.actor.address), ("eve", address));
    assert_eq!(found.grants, grants(&["operator:acme/main"]));
    assert_eq!(world.state.authenticate_session(&digest(1), None, end), None);
    assert_eq!(world.state.authenticate_session(&digest(9), None, now), None);

    let close = Command::CloseSession { secret_hash: digest(1) };
    refused(world.by("zed", close.clone()), "forbidden", "act as a master");
    assert_eq!(kinds(&world.by("eve", close.clone()).unwrap()), ["SessionClosed"]);
    assert_eq!(world.by_master(close), Ok(Vec::new()));
    assert_eq!(world.state.authenticate_session(&digest(1), None, now), None);
}

#[test]
fn oldest_session_makes_room_and_those_over_go_silently() {
    // E-9
    let mut world = world();
    for secret in 0..SESSIONS_MAX {
        let end = world.now.plus(HOUR);
        assert_eq!(world.by_master(open_session("eve", secret, end)).unwrap().len(), 1);
        world.pass(std::time::Duration::from_secs(1));
    }
    let end = world.now.plus(HOUR);
    let facts = world.by_master(open_session("eve", 100, end)).unwrap();
    assert_eq!(kinds(&facts), ["SessionClosed", "SessionOpened"]);
    assert_eq!(world.state.sessions().len(), SESSIONS_MAX);
    assert!(!world.state.sessions().contains_key(&digest(0)));
    world.pass(HOUR);
    let end = world.now.plus(HOUR);
    assert_eq!(kinds(&world.by_master(open_session("eve", 101, end)).unwrap()), ["SessionOpened"]);
    assert_eq!(world.state.sessions().len(), 1);
}

#[test]
fn token_gives_what_its_owner_may_at_the_time_of_use() {
    let mut world = world();
    world.by("eve", create_token(1, "eve", &["operator:acme/main/db"])).unwrap();
    let found = |world: &World| world.state.authenticate_token(&digest(1), None, world.now);
    let principal = found(&world).unwrap();
    assert_eq!(principal.actor.to_string(), "token eve/t1");
    assert_eq!(principal.grants, grants(&["operator:acme/main/db"]));
    world.by("root", set_grants("eve", &["viewer"])).unwrap();
    assert_eq!(found(&world).unwrap().grants, grants(&["viewer:acme/main/db"]));
    world.by("root", set_grants("eve", &["operator:bolt"])).unwrap();
    assert!(!found(&world).unwrap().may_somewhere(Right::Read));
    world.by("root", delete("eve")).unwrap();
    assert_eq!(found(&world), None);
    assert!(world.state.tokens().is_empty());
}

#[test]
fn user_makes_and_revokes_own_tokens_within_own_grants() {
    // E-8
    let mut world = world();
    refused(
        world.by("eve", create_token(1, "eve", &["viewer"])),
        "invalid",
        "viewer: more than its owner eve may",
    );
    refused(world.by("eve", create_token(1, "eve", &["admin:acme/main"])), "invalid", "give less");
    refused(world.by("eve", create_token(1, "eve", &[])), "invalid", "give at least one");
    refused(world.by("eve", create_token(1, "zed", &["viewer:bolt"])), "forbidden", "on everything");
    world.by("eve", create_token(1, "eve", &["viewer:acme/main"])).unwrap();
    assert_eq!(world.by("eve", create_token(1, "eve", &["viewer:acme/main"])), Ok(Vec::new()));
    let revoke = Command::RevokeToken { id: Uuid::from_u128(1) };
    refused(world.by("zed", revoke.clone()), "forbidden", "on everything");
    world.by("eve", revoke.clone()).unwrap();
    assert_eq!(world.state.authenticate_token(&digest(1), None, world.now), None);
    refused(world.by("root", revoke), "not_found", "revoked already");
}

#[test]
fn token_ends_by_itself_and_its_name_and_secret_are_its_own() {
    let mut world = world();
    let end = world.now.plus(HOUR);
    let with = |number: usize, change: &dyn Fn(&mut Command)| {
        let mut command = create_token(number, "eve", &["viewer:acme/main"]);
        if let Command::CreateToken { expires_at, .. } = &mut command {
            *expires_at = Some(end);
        }
        change(&mut command);
        command
    };
    world.by("eve", with(1, &|_| ())).unwrap();
    let same_secret = with(2, &|command| {
        if let Command::CreateToken { secret_hash, .. } = command {
            *secret_hash = digest(1);
        }
    });
    refused(world.by("eve", same_secret), "conflict", "another token has this secret");
    let same_name = with(2, &|command| {
        if let Command::CreateToken { name, .. } = command {
            *name = "t1".into();
        }
    });
    refused(world.by("eve", same_name.clone()), "conflict", "eve has a token named t1 already");
    assert!(world.state.authenticate_token(&digest(1), None, world.now).is_some());
    world.pass(HOUR);
    assert_eq!(world.state.authenticate_token(&digest(1), None, world.now), None);
    refused(world.by("eve", same_name), "invalid", "in the past");
    world.by("eve", create_token(3, "eve", &["viewer:acme/main"])).unwrap();
    assert_eq!(world.state.tokens().len(), 1, "the one that is over made room");
}

#[test]
fn login_failure_is_kept_with_a_bounded_name() {
    let mut world = world();
    let facts = world.by_master(Command::RecordLoginFailure { user: "x".repeat(5_000) }).unwrap();
    let EventBody::LoginFailed { user } = &facts[0] else { panic!("{facts:?}") };
    assert_eq!(user.len(), 253);
}
