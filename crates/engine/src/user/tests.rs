//! Rules of access: users, passwords, grants, sessions, tokens.

use super::*;
use crate::fixture::*;
use crate::session::SESSIONS_MAX;
use topmast_model::access::{AccessOrder, CLIENT_MAX, NewSession, Outside, OutsideKind};
use topmast_model::agentless::Sealed;
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
    let (id, user, secret_hash) = (Uuid::from_u128(secret as u128), user.into(), digest(secret));
    Command::OpenSession { session: Box::new(NewSession { id, user, secret_hash, expires_at, client: None }) }
}

fn create_token(number: usize, owner: &str, texts: &[&str]) -> Command {
    Command::CreateToken {
        id: Uuid::from_u128(number as u128),
        name: format!("t{number}"),
        owner: owner.into(),
        secret_hash: digest(number),
        grants: grants(texts),
        expires_at: None,
        speaks_for_users: false,
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
        create_user("new@acme", &["viewer:acme"]),
        create_user("new@acme", &["admin:acme", "auditor:acme/main"]),
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

    let close = Command::ChangeAccess { order: AccessOrder::CloseSession { secret_hash: digest(1) } };
    refused(world.by("zed", close.clone()), "forbidden", "manage access");
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

#[test]
fn sessions_and_tokens_are_ended_by_their_user_or_who_manages_the_user() {
    let all = |user: &str| Command::ChangeAccess {
        order: AccessOrder::CloseSessions { user: user.into(), except: Some(digest(2)) },
    };
    let tokens =
        |user: &str| Command::ChangeAccess { order: AccessOrder::RevokeTokens { user: user.into() } };
    for (who, user, allowed) in [
        ("eve", "eve", true),
        ("ann", "eve", true),
        ("root", "eve", true),
        ("zed", "eve", false),
        ("eve", "zed", false),
        ("ann", "zed", false),
        ("ann", "root", false),
    ] {
        let mut world = world();
        let end = world.now.plus(HOUR);
        for secret in 1..4 {
            world.by_master(open_session(user, secret, end)).unwrap();
        }
        world.by("root", create_token(7, user, &["viewer:bolt"])).unwrap_or_default();
        world.by("root", create_token(8, user, &["viewer:acme/main"])).unwrap_or_default();
        let made = world.state.tokens().len();
        let (ended, revoked) = (world.by(who, all(user)), world.by(who, tokens(user)));
        assert_eq!((ended.is_ok(), revoked.is_ok()), (allowed, allowed), "{who} of {user}: {ended:?}");
        let left: Vec<&String> = world.state.sessions().keys().collect();
        assert_eq!(left.len(), if allowed { 1 } else { 3 }, "the one that asks stays");
        assert_eq!(world.state.tokens().len(), if allowed { 0 } else { made });
    }
    refused(world().by("root", all("nobody")), "not_found", "nobody");
    refused(world().by("ann", all("nobody")), "forbidden", "everything");
}

#[test]
fn what_a_client_calls_itself_is_cut() {
    let mut world = world();
    let session = NewSession {
        id: Uuid::from_u128(1),
        user: "eve".into(),
        secret_hash: digest(1),
        expires_at: world.now.plus(HOUR),
        client: Some("ü".repeat(CLIENT_MAX)),
    };
    world.by_master(Command::OpenSession { session: Box::new(session) }).unwrap();
    let kept = &world.state.sessions()[&digest(1)];
    assert_eq!(kept.client.as_ref().map(String::len), Some(CLIENT_MAX));
}

#[test]
fn codes_of_a_second_factor_count_once_and_in_their_order() {
    let change = |order| Command::ChangeAccess { order };
    let set = |user: &str| {
        let recovery = vec![digest(1), digest(2)];
        change(AccessOrder::SetSecondFactor {
            user: user.into(),
            secret: Sealed("sealed".into()),
            recovery,
            step: 7,
        })
    };
    let code = |step| change(AccessOrder::UseSecondFactor { user: "eve".into(), step });
    let recovery =
        |number| change(AccessOrder::UseRecoveryCode { user: "eve".into(), code_hash: digest(number) });
    let reset = change(AccessOrder::ResetSecondFactor { user: "eve".into() });
    let mut world = world();
    refused(world.by_master(code(8)), "conflict", "has no second factor");
    refused(world.by("eve", set("eve")), "forbidden", "act as a master");
    world.by_master(set("eve")).unwrap();
    refused(world.by_master(set("eve")), "conflict", "remove it first");
    refused(world.by_master(code(7)), "conflict", "used already");
    world.by_master(code(9)).unwrap();
    for step in [9, 8, 0] {
        refused(world.by_master(code(step)), "conflict", "used already");
    }
    world.by_master(recovery(1)).unwrap();
    refused(world.by_master(recovery(1)), "conflict", "used already");
    refused(world.by_master(recovery(3)), "conflict", "wrong");
    refused(world.by("zed", reset.clone()), "forbidden", "manage access");
    refused(world.by("eve", reset.clone()), "forbidden", "manage access");
    assert_eq!(kinds(&world.by("ann", reset.clone()).unwrap()), ["AccessChanged"]);
    assert_eq!(world.by("ann", reset), Ok(Vec::new()));
    assert_eq!(world.state.user("eve").unwrap().second_factor, None);
    refused(world.by_master(recovery(2)), "conflict", "has no second factor");
}

#[test]
fn name_of_a_user_here_is_not_taken_over_from_elsewhere() {
    // OU-1
    let admit = |user: &str, number, texts: &[&str]| {
        let outside = Outside { kind: OutsideKind::Oidc, subject: digest(number) };
        let order = AccessOrder::AdmitUser { user: user.into(), outside, grants: grants(texts) };
        Command::ChangeAccess { order }
    };
    let mut world = world();
    for local in ["root", "eve"] {
        refused(world.by_master(admit(local, 1, &["admin"])), "conflict", "belongs to another user");
    }
    refused(world.by("root", admit("oda", 1, &["viewer"])), "forbidden", "act as a master");
    refused(world.by_master(admit("a/b", 1, &["viewer"])), "invalid", "user");
    world.by_master(admit("oda", 1, &["viewer"])).unwrap();
    refused(world.by_master(admit("oda", 2, &["admin"])), "conflict", "belongs to another user");
    assert_eq!(world.by_master(admit("oda", 1, &["viewer"])), Ok(Vec::new()));
    world.by_master(admit("oda", 1, &["operator:acme"])).unwrap();
    assert_eq!(world.state.user("oda").unwrap().grants, grants(&["operator:acme"]));
    refused(world.by("root", set_password("oda", 3)), "conflict", "through the identity provider");
    refused(world.by("root", set_grants("oda", &["admin"])), "conflict", "through the identity provider");
    world.by("root", delete("oda")).unwrap();
    world.by_master(admit("oda", 2, &["viewer"])).unwrap();
}
