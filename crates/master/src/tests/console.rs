//! Consoles of several clusters at the cluster that they ask: for whom they speak, and when they are not believed.

use super::world::{PASSWORD, World, grants_of, path, refused, within};
use reqwest::StatusCode;
use topmast_api::console::{ADDRESS, USER};
use topmast_api::event::EventQuery;
use topmast_api::network::NetworksRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::{Problem, ProblemCode};
use topmast_api::server::ServerRow;
use topmast_api::token::{TokenCreated, TokenRequest};
use topmast_api::user::UserRequest;
use topmast_model::principal::AuthMethod;

async fn console(world: &World, grants: &[&str]) -> TokenCreated {
    let request = TokenRequest {
        name: "console".into(),
        owner: None,
        grants: grants_of(grants),
        expires_in_s: None,
        speaks_for_users: true,
    };
    world.admin.token_create(&request).await.unwrap()
}

#[tokio::test]
async fn console_acts_as_the_user_whom_it_names_and_the_audit_tells_both() {
    let world = World::start().await;
    world.user("ann", &["admin:acme"]).await;
    let secret = console(&world, &["admin"]).await.secret;
    let itself = world.bearer(&secret);
    let ann = itself.speaking_for("ann", "10.1.2.3".parse().ok()).unwrap();
    let who = ann.session_get().await.unwrap();
    assert_eq!((who.name.as_str(), who.grants), ("ann", grants_of(&["admin:acme"])));
    let who = itself.session_get().await.unwrap();
    assert_eq!((who.name.as_str(), who.speaks_for_users), ("admin/console", true));
    let request =
        UserRequest { name: "new".into(), password: PASSWORD.into(), grants: grants_of(&["viewer:acme"]) };
    ann.user_create(&request).await.unwrap();
    let query = EventQuery { kind: Some("UserCreated".into()), ..EventQuery::default() };
    let event = world.admin.event_list(&query).await.unwrap().items.remove(0);
    assert_eq!((event.actor.name.as_str(), event.actor.auth), ("ann", AuthMethod::Console));
    assert_eq!(event.actor.address.as_deref(), Some("10.1.2.3"));
    assert_eq!(event.actor.through.as_deref(), Some("admin/console"));
}

#[tokio::test]
async fn what_a_console_says_is_refused_where_it_is_none() {
    let world = World::start().await;
    let (_, session) = world.user("eve", &["viewer"]).await;
    let console = console(&world, &["viewer"]).await;
    let plain = TokenRequest {
        name: "plain".into(),
        owner: None,
        grants: grants_of(&["admin"]),
        expires_in_s: None,
        speaks_for_users: false,
    };
    let plain = world.admin.token_create(&plain).await.unwrap().secret;
    let order = NetworksRequest { networks: vec!["10.0.0.0/8".parse().unwrap()], force: true };
    world.admin.user_set_networks("eve", &order).await.unwrap();
    let ask = async |path: &str, authorization: Option<&str>, headers: &[(&str, &str)]| {
        let mut request = reqwest::Client::new().get(format!("{}{path}", world.master.url()));
        for (name, value) in authorization.map(|value| ("authorization", value)).iter().chain(headers) {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        match response.status() {
            StatusCode::OK => None,
            _ => Some(response.json::<Problem>().await.unwrap().code),
        }
    };
    let bearer = |secret: &str| format!("Bearer {secret}");
    let (console, plain, session) = (bearer(&console.secret), bearer(&plain), bearer(&session));
    let list = "/api/v1/servers";
    let eve = (USER, "eve");
    assert_eq!(ask(list, Some(&console), &[eve, (ADDRESS, "10.0.0.7")]).await, None);
    for (path, authorization, headers, code) in [
        (list, Some(console.as_str()), &[(USER, "nobody")][..], ProblemCode::Forbidden),
        (list, Some(&console), &[eve], ProblemCode::Forbidden),
        (list, Some(&console), &[eve, (ADDRESS, "127.0.0.1")], ProblemCode::Forbidden),
        (list, Some(&console), &[eve, (ADDRESS, "here")], ProblemCode::Invalid),
        (list, Some(&console), &[(ADDRESS, "10.0.0.7")], ProblemCode::Invalid),
        (list, Some(&console), &[(USER, "")], ProblemCode::Invalid),
        (list, Some(&plain), &[eve], ProblemCode::Invalid),
        (list, Some(&session), &[eve], ProblemCode::Invalid),
        (list, Some("Basic YTpi"), &[eve], ProblemCode::Invalid),
        (list, None, &[eve], ProblemCode::Invalid),
        (list, Some("Bearer tmt_wrong"), &[eve], ProblemCode::Unauthenticated),
        ("/healthz", None, &[eve], ProblemCode::Invalid),
        ("/", None, &[eve], ProblemCode::Invalid),
    ] {
        assert_eq!(
            ask(path, authorization, headers).await,
            Some(code),
            "{path} {authorization:?} {headers:?}"
        );
    }
}

#[tokio::test]
async fn stream_of_a_user_through_a_console_ends_with_the_token_or_the_grants() {
    let world = World::start().await;
    world.user("ann", &["viewer:acme"]).await;
    let console = console(&world, &["viewer"]).await;
    let ann = world.bearer(&console.secret).speaking_for("ann", None).unwrap();
    let mut watch = ann.watch::<ServerRow>(ListQuery::default());
    within(watch.next()).await.unwrap();
    world.admin.user_set_grants("ann", grants_of(&["viewer:acme/main"])).await.unwrap();
    within(async { while watch.next().await.is_ok() {} }).await;
    within(watch.next()).await.unwrap();
    world.admin.token_revoke(console.row.id).await.unwrap();
    within(async { while watch.next().await.is_ok() {} }).await;
    assert_eq!(refused(within(watch.next()).await), ProblemCode::Unauthenticated);
    assert_eq!(refused(ann.server_get(&path("acme/main/x")).await), ProblemCode::Unauthenticated);
}
