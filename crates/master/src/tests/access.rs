//! Who may do what: logins, sessions, tokens, roles by path, and secrets that stay secret.

use super::peer::{application, finished};
use super::world::{PASSWORD, World, client, config, grants_of, path, refused, until, within};
use crate::bus::CommandBus;
use crate::start::create_first_user;
use crate::{FIRST_USER, Master};
use topmast_api::access_key::AccessKeyRequest;
use topmast_api::action::ActionRequest;
use topmast_api::application::ApplicationRow;
use topmast_api::audit::{ExportFormat, ExportQuery};
use topmast_api::client::{ClientError, Credentials};
use topmast_api::event::{EventMessage, EventQuery};
use topmast_api::join_token::JoinTokenRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::server::ServerRow;
use topmast_api::token::{TokenCreated, TokenRequest};
use topmast_api::user::{PasswordRequest, UserRequest};
use topmast_api::watch::WatchMessage;
use topmast_journal::{EmbeddedJournal, Options};
use topmast_model::application::Operation;
use topmast_model::id::{ActionId, Seq};
use topmast_model::status::ApplicationStatus;
use uuid::Uuid;

fn user(name: &str, grants: &[&str]) -> UserRequest {
    UserRequest { name: name.into(), password: PASSWORD.into(), grants: grants_of(grants) }
}

fn change(password: &str, current: Option<&str>) -> PasswordRequest {
    PasswordRequest { password: password.into(), current: current.map(str::to_owned) }
}

fn token(grants: &[&str], expires_in_s: Option<u64>) -> TokenRequest {
    TokenRequest {
        name: "script".into(),
        owner: None,
        grants: grants_of(grants),
        expires_in_s,
        speaks_for_users: false,
    }
}

fn stop_of(target: &str) -> ActionRequest {
    ActionRequest::new(Operation::Stop, vec![path(target)])
}

#[tokio::test]
async fn first_start_makes_one_admin_whose_password_logs_in() {
    let world = World::start().await;
    assert!(world.password.len() >= 40, "256 random bits");
    let who = world.basic(FIRST_USER, &world.password).session_get().await.unwrap();
    assert_eq!((who.name.as_str(), who.grants), (FIRST_USER, grants_of(&["admin"])));
    let users = world.admin.user_list().await.unwrap();
    assert_eq!(users.items.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), [FIRST_USER]);
}

#[tokio::test]
async fn given_first_password_is_taken_and_a_short_one_refused() {
    let directory = tempfile::tempdir().unwrap();
    let journal = EmbeddedJournal::open(&directory.path().join("journal.db"), Options::default()).unwrap();
    let (bus, _writer) =
        CommandBus::start(Box::new(journal), std::sync::Arc::default(), crate::bus::Standing::alone())
            .unwrap();
    let refused = create_first_user(&bus, 12, Some("short".into())).await.unwrap_err().to_string();
    assert!(refused.contains("at least 12"), "{refused}");
    assert_eq!(create_first_user(&bus, 12, Some(PASSWORD.into())).await.unwrap(), None);
    assert_eq!(bus.state().users().len(), 1);
    // Once there is a user, the variable has no meaning any more.
    assert_eq!(create_first_user(&bus, 12, Some("another password".into())).await.unwrap(), None);
    assert_eq!(bus.state().users().len(), 1);
}

#[tokio::test]
async fn session_opens_and_closes() {
    let world = World::start().await;
    let session = world.anybody().session_open(FIRST_USER, &world.password).await.unwrap();
    let one = client(&world.master, Credentials::of(&session));
    assert_eq!(one.session_get().await.unwrap().name, FIRST_USER);
    one.session_close().await.unwrap();
    assert_eq!(refused(one.session_get().await), ProblemCode::Unauthenticated);
    assert!(world.admin.session_get().await.is_ok(), "another session stays");
}

#[tokio::test]
async fn wrong_passwords_are_written_down_and_throttled_for_that_name() {
    let world = World::start().await;
    world.admin.user_create(&user("eve", &["viewer"])).await.unwrap();
    for _ in 0..5 {
        let wrong = world.anybody().session_open("eve", "wrong password").await;
        assert_eq!(refused(wrong), ProblemCode::Unauthenticated);
    }
    // The right one does not help now, and says when it will.
    let error = world.anybody().session_open("eve", PASSWORD).await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!((problem.code, problem.retry_after_s), (ProblemCode::TooManyRequests, Some(1)));
    let http = reqwest::Client::new();
    let login = http.post(format!("{}/api/v1/sessions", world.master.url()));
    let login = login.json(&serde_json::json!({"user": "eve", "password": PASSWORD})).send().await.unwrap();
    assert_eq!((login.status().as_u16(), &login.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    let query = EventQuery { kind: Some("LoginFailed".into()), ..EventQuery::default() };
    let failures = world.admin.event_list(&query).await.unwrap().items;
    assert_eq!(failures.len(), 5);
    assert_eq!(failures[0].actor.address.as_deref(), Some("127.0.0.1"));
    assert!(world.admin.session_get().await.is_ok(), "who is logged in stays so");
}

#[tokio::test]
async fn locked_name_is_told_so_and_an_administrator_unlocks_it() {
    let world = World::start().await;
    world.admin.user_create(&user("eve", &["viewer:acme/main"])).await.unwrap();
    let (zed, _) = world.user("zed", &["admin:acme/south"]).await;
    let here = Some(std::net::IpAddr::from([127, 0, 0, 1]));
    for _ in 0..9 {
        world.master.context.throttle.failed(
            "eve",
            here,
            std::time::Instant::now().checked_sub(std::time::Duration::from_mins(2)).unwrap(),
        );
    }
    let wrong = world.anybody().session_open("eve", "a wrong password").await;
    assert_eq!(refused(wrong), ProblemCode::Unauthenticated);
    let error = world.anybody().session_open("eve", PASSWORD).await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!((problem.code, problem.retry_after_s), (ProblemCode::TooManyRequests, Some(900)), "{problem}");
    assert!(problem.detail.contains("locked") && problem.detail.contains("15 min"), "{problem}");
    // A name that does not exist is answered alike.
    for _ in 0..10 {
        world.master.context.throttle.failed("nobody", here, std::time::Instant::now());
    }
    let other = world.anybody().session_open("nobody", PASSWORD).await.unwrap_err();
    assert_eq!(other.problem().unwrap().detail, problem.detail);
    let query = EventQuery { kind: Some("AccessChanged".into()), ..EventQuery::default() };
    assert_eq!(world.admin.event_list(&query).await.unwrap().items.len(), 1, "the lock is in the audit");
    let row =
        |users: Vec<topmast_api::user::UserRow>| users.into_iter().find(|row| row.name == "eve").unwrap();
    assert!(row(world.admin.user_list().await.unwrap().items).locked_until.is_some());
    assert_eq!(refused(zed.user_unlock("eve").await), ProblemCode::Forbidden);
    assert_eq!(world.admin.user_unlock("eve").await.unwrap().locked_until, None);
}

#[tokio::test]
async fn passwords_that_are_guessed_first_are_refused_with_the_reason() {
    let world = World::start_with(|config| config.access.password_min = 14).await;
    for (name, password, why) in [
        ("eve", "only 13 chars", "at least 14 characters"),
        ("eve", "Password123456", "first that are guessed"),
        ("operations", "operations-2026", "the user's name"),
        ("eve", "abcabcabcabcabc", "repeats"),
    ] {
        let request =
            UserRequest { name: name.into(), password: password.into(), grants: grants_of(&["viewer"]) };
        let error = world.admin.user_create(&request).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!((problem.code, problem.field.as_deref()), (ProblemCode::Invalid, Some("password")));
        assert!(problem.detail.contains(why) && !problem.detail.contains(password), "{problem}");
    }
}

#[tokio::test]
async fn guesses_made_at_once_do_not_pass_the_throttle_together() {
    let world = World::start().await;
    let guesses = (0..40).map(|_| {
        let anybody = world.anybody();
        async move { refused(anybody.session_open("admin", "a wrong password").await) }
    });
    let answers = within(futures_util::future::join_all(guesses)).await;
    let tried = answers.iter().filter(|code| **code == ProblemCode::Unauthenticated).count();
    // Five are free; of those that hash at the same time the last may have begun before the fifth failed.
    assert!((5..=6).contains(&tried), "{answers:?}");
}

#[tokio::test]
async fn password_change_ends_sessions_and_streams_of_that_user() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    let basic = world.basic("eve", PASSWORD);
    let mut by_session = eve.watch::<ServerRow>(ListQuery::default());
    let mut by_password = basic.watch::<ServerRow>(ListQuery::default());
    for stream in [&mut by_session, &mut by_password] {
        assert!(matches!(within(stream.next()).await.unwrap(), WatchMessage::Snapshot(_)));
    }
    // One's own password needs no right.
    eve.user_set_password("eve", &change("another good password", Some(PASSWORD))).await.unwrap();
    let _agent = world.agent("db").await;
    for stream in [&mut by_session, &mut by_password] {
        assert!(matches!(within(stream.next()).await, Err(ClientError::Lost { .. })));
    }
    assert_eq!(refused(eve.session_get().await), ProblemCode::Unauthenticated);
    assert_eq!(refused(basic.session_get().await), ProblemCode::Unauthenticated);
    world.basic("eve", "another good password").session_get().await.unwrap();
    assert_eq!(
        refused(world.basic("eve", "x").user_set_password("admin", &change(PASSWORD, None)).await),
        ProblemCode::Unauthenticated
    );
    let eve = world.basic("eve", "another good password");
    let others = change(PASSWORD, Some("another good password"));
    assert_eq!(refused(eve.user_set_password("admin", &others).await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn own_password_is_changed_only_by_who_knows_it() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    let new = "another good password";
    for current in [None, Some("a wrong password"), Some("")] {
        let error = eve.user_set_password("eve", &change(new, current)).await.unwrap_err();
        let problem = error.problem().unwrap();
        // Not 401: the session is good, and logging in again would not help.
        assert_eq!(
            (problem.code, problem.field.as_deref()),
            (ProblemCode::Invalid, Some("current")),
            "{problem}"
        );
    }
    assert!(eve.session_get().await.is_ok(), "nothing was changed");
    let query = EventQuery { kind: Some("LoginFailed".into()), ..EventQuery::default() };
    assert_eq!(world.admin.event_list(&query).await.unwrap().items.len(), 2, "guesses are written down");
    // An administrator knows other people's passwords as little as anybody.
    world.admin.user_set_password("eve", &change(new, None)).await.unwrap();
    world.basic("eve", new).session_get().await.unwrap();
    let own = world.admin.user_set_password(FIRST_USER, &change(new, None)).await;
    assert_eq!(refused(own), ProblemCode::Invalid, "an administrator's own is no exception");
    world.admin.user_set_password(FIRST_USER, &change(new, Some(&world.password))).await.unwrap();
}

#[tokio::test]
async fn guessing_the_present_password_is_throttled_like_a_login() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    for _ in 0..5 {
        let wrong = eve.user_set_password("eve", &change(PASSWORD, Some("a wrong password"))).await;
        assert_eq!(refused(wrong), ProblemCode::Invalid);
    }
    let right = eve.user_set_password("eve", &change("another good password", Some(PASSWORD))).await;
    assert_eq!(refused(right), ProblemCode::TooManyRequests);
}

#[tokio::test]
async fn stream_tells_nothing_after_its_session_was_closed() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["admin"]).await;
    let mut stream = eve.event_stream(EventQuery { after: Some(Seq(0)), ..EventQuery::default() });
    let head = world.master.context.bus.state().last_seq();
    while stream.cursor() != Some(head) {
        within(stream.next()).await.unwrap();
    }
    eve.session_close().await.unwrap();
    world.admin.user_create(&user("adam", &["viewer"])).await.unwrap();
    loop {
        match within(stream.next()).await {
            Ok(EventMessage::Heartbeat) => {}
            Ok(told) => panic!("{told:?}"),
            Err(ClientError::Lost { .. }) => return,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn token_does_what_it_grants_until_it_is_revoked_or_over() {
    let world = World::start().await;
    let made = world.admin.token_create(&token(&["viewer:acme/main"], None)).await.unwrap();
    let bearer = world.bearer(&made.secret);
    assert_eq!(bearer.session_get().await.unwrap().grants, grants_of(&["viewer:acme/main"]));
    assert_eq!(refused(bearer.user_list().await), ProblemCode::Forbidden);
    assert_eq!(refused(bearer.action_create(&stop_of("acme/main/a/b")).await), ProblemCode::Forbidden);
    // A token makes no tokens: what was revoked would live on in them.
    let child = TokenRequest { owner: Some("admin".into()), ..token(&["viewer:acme/main"], None) };
    assert_eq!(refused(bearer.token_create(&child).await), ProblemCode::Forbidden);
    world.admin.token_revoke(made.row.id).await.unwrap();
    assert_eq!(refused(bearer.session_get().await), ProblemCode::Unauthenticated);

    let TokenCreated { secret, row } = world.admin.token_create(&token(&["viewer"], Some(1))).await.unwrap();
    assert!(row.expires_at.is_some());
    let short = world.bearer(&secret);
    until(async || short.session_get().await.is_err().then_some(())).await;
    assert_eq!(refused(short.session_get().await), ProblemCode::Unauthenticated);
    assert_eq!(refused(world.admin.token_create(&token(&[], None)).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn access_key_is_of_one_tenant_and_its_secret_nowhere() {
    let world = World::start().await;
    let key = |grants: &[&str]| AccessKeyRequest {
        name: "aws".into(),
        owner: None,
        grants: grants_of(grants),
        expires_in_s: None,
    };
    assert_eq!(refused(world.admin.access_key_create(&key(&["viewer"])).await), ProblemCode::Invalid);
    let made = world.admin.access_key_create(&key(&["operator:acme/main"])).await.unwrap();
    assert_eq!((made.row.tenant.as_str(), made.secret.len()), ("acme", 40));
    assert_eq!(made.row.account.as_str().len(), 12);
    let audit = world.admin.event_list(&EventQuery::default()).await.unwrap();
    let told = serde_json::to_string(&audit).unwrap();
    assert!(told.contains("AccessKeyCreated") && !told.contains(&made.secret), "{told}");
    let (eve, _) = world.user("eve", &["operator:bolt"]).await;
    assert_eq!(eve.access_key_list().await.unwrap().items, []);
    assert_eq!(refused(eve.access_key_revoke(&made.row.id).await), ProblemCode::Forbidden);
    assert_eq!(world.admin.access_key_list().await.unwrap().items, std::slice::from_ref(&made.row));
    world.admin.access_key_revoke(&made.row.id).await.unwrap();
    assert_eq!(world.admin.access_key_list().await.unwrap().items, []);
}

#[tokio::test]
async fn token_never_does_more_than_its_owner_may() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["operator:acme/main"]).await;
    assert!(matches!(
        refused(eve.token_create(&token(&["admin"], None)).await),
        ProblemCode::Forbidden | ProblemCode::Invalid
    ));
    let made = eve.token_create(&token(&["operator:acme/main"], None)).await.unwrap();
    world.admin.user_set_grants("eve", grants_of(&["viewer:acme/main/db"])).await.unwrap();
    let grants = world.bearer(&made.secret).session_get().await.unwrap().grants;
    assert!(!grants.iter().any(|grant| grant.role.as_str() == "operator"), "{grants:?}");
    world.admin.user_delete("eve").await.unwrap();
    assert_eq!(refused(world.bearer(&made.secret).session_get().await), ProblemCode::Unauthenticated);
    assert_eq!(refused(eve.session_get().await), ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn operator_of_one_server_sees_and_acts_there_only() {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    for agent in &mut agents {
        agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    }
    let (eve, _) = world.user("eve", &["operator:acme/main/db"]).await;
    let seen = eve.list::<ApplicationRow>(&ListQuery::default()).await.unwrap();
    assert_eq!((seen.total, seen.items[0].path.as_str()), (1, "acme/main/db/switch"));
    let hidden = eve.server_get(&path("acme/main/web")).await;
    assert_eq!(refused(hidden), ProblemCode::NotFound);
    assert_eq!(refused(eve.action_create(&stop_of("acme/main/web/switch")).await), ProblemCode::Forbidden);
    let both = ActionRequest {
        targets: vec![path("acme/main/db/switch"), path("acme/main/web/switch")],
        ..stop_of("acme/main/db/switch")
    };
    assert_eq!(refused(eve.action_create(&both).await), ProblemCode::Forbidden);
    let own = eve.action_create(&stop_of("acme/main/db/switch")).await.unwrap();
    let step = agents[0].order().await.step;
    agents[0].report(vec![finished(step, true, "stopped")]).await;
    let other = world.admin.action_create(&stop_of("acme/main/web/switch")).await.unwrap();
    assert_eq!(refused(eve.action_get(other.id).await), ProblemCode::NotFound);
    let actions = eve.action_list(&topmast_api::action::ActionQuery::default()).await.unwrap();
    assert_eq!(actions.items.iter().map(|action| action.id).collect::<Vec<_>>(), [own.id]);
    let events = eve.event_list(&EventQuery::default()).await.unwrap().items;
    assert!(!events.is_empty());
    for event in events {
        let text = serde_json::to_string(&event).unwrap();
        assert!(!text.contains("acme/main/web"), "{text}");
    }
    assert_eq!(refused(eve.server_remove(&path("acme/main/db")).await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn admin_of_a_path_manages_nothing_outside_it() {
    let world = World::start().await;
    world.admin.user_create(&user("root2", &["admin"])).await.unwrap();
    world.admin.user_create(&user("nobody", &[])).await.unwrap();
    world.admin.user_create(&user("inside", &["viewer:acme/main/db"])).await.unwrap();
    let (eve, _) = world.user("eve", &["admin:acme/main"]).await;
    for (grants, allowed) in [
        (&["viewer:acme/main/db"][..], true),
        (&["admin:acme/main"], true),
        (&["admin"], false),
        (&["viewer:acme"], false),
        (&["viewer:acme/main/db", "viewer:bolt"], false),
        (&[], false),
    ] {
        let made = eve.user_create(&user(&format!("u{}", grants.concat().len()), grants)).await;
        assert_eq!(made.is_ok(), allowed, "{grants:?}: {made:?}");
    }
    for name in ["admin", "root2", "nobody"] {
        assert_eq!(
            refused(eve.user_set_password(name, &change(PASSWORD, None)).await),
            ProblemCode::Forbidden,
            "{name}"
        );
        assert_eq!(refused(eve.user_set_grants(name, vec![]).await), ProblemCode::Forbidden, "{name}");
        assert_eq!(refused(eve.user_delete(name).await), ProblemCode::Forbidden, "{name}");
    }
    let own = eve.user_set_grants("eve", grants_of(&["admin"])).await;
    assert_eq!(refused(own), ProblemCode::Forbidden);
    let foreign = TokenRequest { owner: Some("admin".into()), ..token(&["admin"], None) };
    assert_eq!(refused(eve.token_create(&foreign).await), ProblemCode::Forbidden);
    let names: Vec<String> = eve.user_list().await.unwrap().items.into_iter().map(|user| user.name).collect();
    assert!(names.contains(&"inside".to_owned()) && !names.contains(&"admin".to_owned()), "{names:?}");
    assert!(!names.contains(&"nobody".to_owned()), "{names:?}");
    let elsewhere = JoinTokenRequest { cluster: Some(path("acme/south")), ..JoinTokenRequest::default() };
    assert_eq!(refused(eve.join_token_create(&elsewhere).await), ProblemCode::Forbidden);
    assert_eq!(refused(eve.audit_verify().await), ProblemCode::Forbidden);
    assert_eq!(refused(eve.token_revoke(Uuid::nil()).await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn secrets_and_their_hashes_leave_by_no_door() {
    let world = World::start().await;
    let (_, session) = world.user("eve", &["admin"]).await;
    let token = world.admin.token_create(&token(&["viewer"], None)).await.unwrap().secret;
    let join = world.admin.join_token_create(&JoinTokenRequest::default()).await.unwrap().secret;
    let _agent = world.agent("db").await;
    world.bearer(&session).session_close().await.unwrap();
    let mut told = Vec::new();
    for format in [ExportFormat::Jsonl, ExportFormat::Cef] {
        let query = ExportQuery { format, ..ExportQuery::default() };
        let mut export = world.admin.audit_export(&query).await.unwrap();
        while let Some(piece) = within(export.next()).await.unwrap() {
            told.extend(piece);
        }
    }
    let events = world.admin.event_list(&EventQuery::default()).await.unwrap();
    let head = events.head_seq;
    told.extend(serde_json::to_vec(&events).unwrap());
    let mut stream = world.admin.event_stream(EventQuery { after: Some(Seq(0)), ..EventQuery::default() });
    while stream.cursor() != Some(head) {
        if let EventMessage::Event(event) = within(stream.next()).await.unwrap() {
            told.extend(serde_json::to_vec(&event).unwrap());
        }
    }
    told.extend(serde_json::to_vec(&world.admin.user_list().await.unwrap()).unwrap());
    told.extend(serde_json::to_vec(&world.admin.token_list().await.unwrap()).unwrap());
    told.extend(serde_json::to_vec(&world.admin.join_token_list().await.unwrap()).unwrap());
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("UserCreated") && told.contains("AgentEnrolled"));
    let join = join.split_once('.').unwrap().0.to_owned();
    for secret in [session, token, join, world.secret.clone()] {
        assert!(!told.contains(&secret));
        assert!(!told.contains(&crate::access::secret::fingerprint(&secret)), "the hash of {secret}");
    }
    assert!(!told.contains("argon2") && !told.contains(PASSWORD) && !told.contains(&world.password));
}

#[tokio::test]
async fn actions_under_one_id_are_one_and_only_of_the_same_content() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let (eve, _) = world.user("eve", &["operator"]).await;
    let request = ActionRequest { id: Some(ActionId(Uuid::now_v7())), ..stop_of("acme/main/db/switch") };
    let first = world.admin.action_create(&request).await.unwrap();
    assert_eq!(world.admin.action_create(&request).await.unwrap(), first);
    let other = ActionRequest { operation: Operation::Start, ..request.clone() };
    assert_eq!(refused(world.admin.action_create(&other).await), ProblemCode::Conflict);
    assert_eq!(refused(eve.action_create(&request).await), ProblemCode::Conflict);
    assert_eq!(agent.order().await.step.action, first.id);
    let head = world.master.context.bus.state().last_seq();
    assert_eq!(world.admin.action_create(&request).await.unwrap().id, first.id);
    assert_eq!(world.master.context.bus.state().last_seq(), head, "a repeat writes nothing");
}

#[tokio::test]
async fn users_made_by_one_master_are_unknown_to_another() {
    let (one, directory) = (World::start().await, tempfile::tempdir().unwrap());
    let other = Master::start(config(&directory)).await.unwrap();
    let session = client(&other, Credentials::Bearer(one.secret.clone())).session_get().await;
    assert_eq!(refused(session), ProblemCode::Unauthenticated);
    within(other.stop()).await;
}
