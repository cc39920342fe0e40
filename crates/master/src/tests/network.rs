//! From where people and programs may come: sessions, tokens, passwords, keys.

use super::world::{PASSWORD, World, grants_of, refused};
use std::net::SocketAddr;
use topmast_api::client::Credentials;
use topmast_api::network::NetworksRequest;
use topmast_api::problem::ProblemCode;
use topmast_api::token::TokenRequest;
use topmast_model::network::Network;

/// What a request from an address is answered, without a network: no machine has all these addresses.
async fn status(
    world: &World,
    from: &str,
    credentials: &Credentials,
    body: Option<serde_json::Value>,
) -> u16 {
    use axum::extract::ConnectInfo;
    use axum::http::{Request, header};
    use base64::Engine as _;
    use tower::ServiceExt as _;
    let path = if body.is_some() { "/api/v1/sessions" } else { "/api/v1/sessions/current" };
    let mut request = Request::builder().uri(path).method(if body.is_some() { "POST" } else { "GET" });
    request = match credentials {
        Credentials::None => request,
        Credentials::Bearer(secret) => request.header(header::AUTHORIZATION, format!("Bearer {secret}")),
        Credentials::Basic { user, password } => {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            request.header(header::AUTHORIZATION, format!("Basic {text}"))
        }
    };
    let text = body.map(|body| body.to_string()).unwrap_or_default();
    let mut request =
        request.header(header::CONTENT_TYPE, "application/json").body(axum::body::Body::from(text)).unwrap();
    let address: SocketAddr = from.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(address));
    let router = crate::http::router(std::sync::Arc::clone(&world.master.context));
    router.oneshot(request).await.unwrap().status().as_u16()
}

fn only(texts: &[&str]) -> NetworksRequest {
    let networks: Vec<Network> = texts.iter().map(|text| text.parse().unwrap()).collect();
    NetworksRequest { networks, force: false }
}

#[tokio::test]
async fn everybody_comes_from_the_allowed_networks_only() {
    let world = World::start().await;
    let (_, secret) = world.user("eve", &["viewer"]).await;
    let session = Credentials::Bearer(secret);
    let basic = Credentials::Basic { user: "eve".into(), password: PASSWORD.into() };
    let login = || Some(serde_json::json!({"user": "eve", "password": PASSWORD}));
    assert_eq!(status(&world, "192.0.2.1:5", &session, None).await, 200);
    world.admin.network_set(&only(&["10.0.0.0/8", "fd00::/8"])).await.unwrap();
    for (from, allowed) in [
        ("10.1.2.3:5", true),
        ("[fd00::1]:5", true),
        ("[::ffff:10.1.2.3]:5", true),
        ("127.0.0.1:5", true),
        ("[::1]:5", true),
        ("192.0.2.1:5", false),
        ("[fe80::1]:5", false),
    ] {
        let expect = |good: u16| if allowed { good } else { 403 };
        assert_eq!(status(&world, from, &session, None).await, expect(200), "{from}");
        assert_eq!(status(&world, from, &basic, None).await, expect(200), "{from}");
        assert_eq!(status(&world, from, &Credentials::None, login()).await, expect(201), "{from}");
    }
    assert_eq!(
        world.admin.network_list().await.unwrap().networks,
        only(&["10.0.0.0/8", "fd00::/8"]).networks
    );
}

#[tokio::test]
async fn user_and_token_have_lists_of_their_own() {
    let world = World::start().await;
    let (eve, secret) = world.user("eve", &["viewer"]).await;
    let request = TokenRequest {
        name: "t".into(),
        owner: None,
        grants: grants_of(&["viewer"]),
        expires_in_s: None,
        speaks_for_users: false,
    };
    let token = eve.token_create(&request).await.unwrap();
    let (session, program) = (Credentials::Bearer(secret), Credentials::Bearer(token.secret));
    world.admin.user_set_networks("eve", &only(&["10.1.0.0/16"])).await.unwrap();
    world.admin.token_set_networks(token.row.id, &only(&["10.1.2.0/24"])).await.unwrap();
    for (from, of_user, of_token) in
        [("10.1.2.3:5", 200, 200), ("10.1.9.9:5", 200, 403), ("10.2.2.3:5", 403, 403)]
    {
        assert_eq!(status(&world, from, &session, None).await, of_user, "{from}");
        assert_eq!(status(&world, from, &program, None).await, of_token, "{from}");
    }
    // Where a right password is of no use it is answered as a wrong one.
    let login = |password: &str| Some(serde_json::json!({"user": "eve", "password": password}));
    assert_eq!(status(&world, "10.2.2.3:5", &Credentials::None, login(PASSWORD)).await, 401);
    assert_eq!(status(&world, "10.2.2.3:5", &Credentials::None, login("a wrong password")).await, 401);
    assert_eq!(refused(eve.user_set_networks("eve", &only(&[])).await), ProblemCode::Forbidden);
    assert_eq!(refused(eve.network_list().await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn admin_of_a_path_sets_no_list_for_everybody() {
    let world = World::start().await;
    let (ann, _) = world.user("ann", &["admin:acme/main"]).await;
    assert_eq!(refused(ann.network_set(&only(&["10.0.0.0/8"])).await), ProblemCode::Forbidden);
}
