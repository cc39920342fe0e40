//! Who is logged in: lists, ending, idling, and what is kept of uses.

use super::world::{World, refused};
use crate::access::idle;
use std::time::Duration;
use topmast_api::event::EventQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::token::TokenRequest;
use uuid::Uuid;

#[tokio::test]
async fn sessions_are_seen_and_ended_by_their_user_and_who_manages_the_user() {
    let world = World::start().await;
    let (eve, secret) = world.user("eve", &["viewer:acme/main"]).await;
    let (zed, _) = world.user("zed", &["viewer:acme/main"]).await;
    let all = world.admin.session_list().await.unwrap().items;
    let whose: Vec<(&str, bool)> = all.iter().map(|row| (row.user.as_str(), row.current)).collect();
    assert_eq!(whose, [("admin", true), ("eve", false), ("zed", false)]);
    let own = eve.session_list().await.unwrap().items;
    assert_eq!((own.len(), own[0].user.as_str(), own[0].current), (1, "eve", true));
    assert_eq!(own[0].address.as_deref(), Some("127.0.0.1"));
    assert!(own[0].client.as_deref().is_some_and(|client| client.starts_with("topmast/")), "{own:?}");
    // What may not be seen and what is not there are answered alike.
    let id = own[0].id;
    assert_eq!(refused(zed.session_revoke(id).await), ProblemCode::NotFound);
    assert_eq!(refused(zed.session_revoke(Uuid::now_v7()).await), ProblemCode::NotFound);
    assert_eq!(refused(zed.user_end_sessions("eve").await), ProblemCode::Forbidden);
    assert_eq!(refused(zed.user_revoke_tokens("eve").await), ProblemCode::Forbidden);
    world.admin.session_revoke(id).await.unwrap();
    assert_eq!(refused(world.bearer(&secret).session_get().await), ProblemCode::Unauthenticated);

    let again = world.anybody().session_open("eve", super::world::PASSWORD).await.unwrap().token.unwrap();
    let other = world.anybody().session_open("eve", super::world::PASSWORD).await.unwrap().token.unwrap();
    world.bearer(&again).user_end_sessions("eve").await.unwrap();
    assert!(world.bearer(&again).session_get().await.is_ok(), "the one that asks stays");
    assert_eq!(refused(world.bearer(&other).session_get().await), ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn tokens_show_their_last_use_also_after_a_restart_and_end_together() {
    let world = World::start().await;
    let request = TokenRequest {
        name: "nightly".into(),
        owner: None,
        grants: super::world::grants_of(&["viewer"]),
        expires_in_s: None,
        speaks_for_users: false,
    };
    let secret = world.admin.token_create(&request).await.unwrap().secret;
    assert_eq!(world.admin.token_list().await.unwrap().items[0].last_seen_at, None);
    world.bearer(&secret).session_get().await.unwrap();
    let world = world.restart().await;
    let row = world.admin.token_list().await.unwrap().items.remove(0);
    assert!(row.last_seen_at.is_some());
    assert_eq!(row.last_address.as_deref(), Some("127.0.0.1"));
    let kept = std::fs::read_to_string(world.directory.path().join("master/last-seen.json")).unwrap();
    assert!(!kept.contains(&secret), "{kept}");
    world.admin.user_revoke_tokens("admin").await.unwrap();
    assert_eq!(refused(world.bearer(&secret).session_get().await), ProblemCode::Unauthenticated);
    assert_eq!(world.admin.token_list().await.unwrap().items, []);
}

#[tokio::test]
async fn uses_are_not_journaled_and_who_idles_is_out() {
    let world = World::start_with(|config| config.session_idle_minutes = 15).await;
    let (eve, secret) = world.user("eve", &["viewer"]).await;
    let head = world.master.context.bus.state().last_seq();
    for _ in 0..50 {
        eve.session_get().await.unwrap();
    }
    assert_eq!(world.master.context.bus.state().last_seq(), head, "fifty uses are no event");
    let clock = world.master.context.bus.clock();
    clock.not_before(clock.now().plus(Duration::from_mins(14)));
    assert!(eve.session_get().await.is_ok());
    clock.not_before(clock.now().plus(Duration::from_mins(14)));
    assert!(eve.session_get().await.is_ok(), "each use begins the time anew");
    clock.not_before(clock.now().plus(Duration::from_mins(15)));
    assert_eq!(refused(eve.session_get().await), ProblemCode::Unauthenticated);
    idle::close(&world.master.context).await;
    let admin = world.anybody().session_open("admin", &world.password).await.unwrap().token.unwrap();
    let admin = world.bearer(&admin);
    let query = EventQuery { kind: Some("SessionClosed".into()), ..EventQuery::default() };
    let closed = admin.event_list(&query).await.unwrap().items;
    assert_eq!(closed.len(), 2, "of eve and of the admin, who idled too");
    assert!(
        !world
            .master
            .context
            .bus
            .state()
            .sessions()
            .contains_key(&crate::access::secret::fingerprint(&secret))
    );
}
