//! Every row of the route table is served, guarded as it says, and nothing else is.

use super::world::{World, grants_of, path};
use crate::http::mounted_operations;
use reqwest::{Method, StatusCode};
use std::io::Read as _;
use topmast_api::problem::{MEDIA_TYPE, Problem, ProblemCode};
use topmast_api::route::{Access, ROUTES, Route};
use topmast_api::token::TokenRequest;
use topmast_model::principal::{Right, Role};

struct Caller<'a> {
    world: &'a World,
    http: reqwest::Client,
}

impl<'a> Caller<'a> {
    fn new(world: &'a World) -> Self {
        Self { world, http: reqwest::Client::new() }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, format!("{}{path}", self.world.master.url()))
    }

    fn route(&self, route: &Route) -> reqwest::RequestBuilder {
        let last = if route.path.contains("{id}") { "00000000-0000-7000-8000-000000000000" } else { "a/b/c" };
        self.request(route.method.as_str(), &route.fill(&[last, "0", "0"]))
    }

    /// The problem of an answer that must be one in every respect.
    async fn problem(&self, request: reqwest::RequestBuilder) -> Problem {
        let response = request.send().await.unwrap();
        let (status, url) = (response.status(), response.url().to_string());
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(media_type, MEDIA_TYPE, "{url} {status}");
        let problem: Problem = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem.status, status.as_u16());
        assert!(!problem.detail.is_empty());
        problem
    }
}

#[tokio::test]
async fn every_route_of_the_table_is_mounted_once_and_no_other() {
    let world = World::start().await;
    let mut mounted = mounted_operations(&world.master.context);
    let mut table: Vec<&str> = ROUTES.iter().map(|route| route.operation).collect();
    mounted.sort_unstable();
    table.sort_unstable();
    assert_eq!(mounted, table);
}

#[tokio::test]
async fn route_without_credentials_is_401_unless_it_is_public() {
    let world = World::start().await;
    let caller = Caller::new(&world);
    for route in ROUTES.iter().filter(|route| route.access != Access::Public) {
        let problem = caller.problem(caller.route(route)).await;
        assert_eq!(problem.code, ProblemCode::Unauthenticated, "{}", route.operation);
        for wrong in ["Bearer tms_wrong", "Bearer tmt_wrong", "Basic !!!", "Basic", "Digest x", "Bearer"] {
            let problem = caller.problem(caller.route(route).header("authorization", wrong)).await;
            assert_eq!(problem.code, ProblemCode::Unauthenticated, "{} {wrong}", route.operation);
        }
    }
    for route in ROUTES.iter().filter(|route| route.access == Access::Public) {
        let status = caller.route(route).send().await.unwrap().status();
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{}", route.operation);
    }
}

#[tokio::test]
async fn route_without_its_right_is_403() {
    let world = World::start().await;
    let caller = Caller::new(&world);
    // For each right a token with every role that does not have it.
    for right in [
        Right::Read,
        Right::ReadLogs,
        Right::Operate,
        Right::ApproveActions,
        Right::HandleProblems,
        Right::Write,
        Right::ManageRules,
        Right::ManageNotifications,
        Right::ManageServers,
        Right::ManageAccess,
        Right::RunCommands,
        Right::ReadAudit,
    ] {
        let roles = Role::GRANTABLE.iter().filter(|role| !role.has(right)).map(|role| role.as_str());
        let roles: Vec<&str> = roles.collect();
        let secret = match &roles[..] {
            // Every role reads: only a user without any does not.
            [] => continue,
            roles => token(&world, roles).await,
        };
        for route in ROUTES.iter().filter(|route| route.access.right() == Some(right)) {
            let problem = caller.problem(caller.route(route).bearer_auth(&secret)).await;
            assert_eq!(problem.code, ProblemCode::Forbidden, "{} needs {right}", route.operation);
        }
    }
    let (_, secret) = world.user("nobody", &[]).await;
    for route in ROUTES.iter().filter(|route| route.access.right().is_some()) {
        let problem = caller.problem(caller.route(route).bearer_auth(&secret)).await;
        assert_eq!(problem.code, ProblemCode::Forbidden, "{} by nobody", route.operation);
    }
}

async fn token(world: &World, grants: &[&str]) -> String {
    let request = TokenRequest {
        name: format!("narrow-{}", fastrand::u64(..)),
        owner: None,
        grants: grants_of(grants),
        expires_in_s: None,
        speaks_for_users: false,
    };
    world.admin.token_create(&request).await.unwrap().secret
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let world = World::start().await;
    let caller = Caller::new(&world);
    for address in ["/", "/api", "/api/v2/servers", "/api/v1/nothing", "/api/v1/servers/"] {
        let problem = caller.problem(caller.request("GET", address).bearer_auth("x")).await;
        assert!(
            matches!(problem.code, ProblemCode::NotFound | ProblemCode::Unauthenticated),
            "{address} {problem}"
        );
    }
    assert_eq!(caller.problem(caller.request("GET", "/nothing")).await.code, ProblemCode::NotFound);
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let offered = |method: &str| {
            ROUTES.iter().any(|route| route.path == path && route.method.as_str() == method)
                // `/servers/watch` is also an address of `/servers/{*path}`.
                || (method == "DELETE" && path == "/api/v1/servers/watch")
        };
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            if !offered(method) {
                let filled = path.replace("{*path}", "a/b/c").replace("{name}", "x").replace("{id}", "x");
                let problem = caller.problem(caller.request(method, &filled)).await;
                assert_eq!(problem.code, ProblemCode::MethodNotAllowed, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_with_a_reason() {
    let world = World::start().await;
    let caller = Caller::new(&world);
    let secret = token(&world, &["admin"]).await;
    let ask = |method: &str, path: &str| caller.request(method, path).bearer_auth(&secret);
    let json = |path: &str, body: &str| {
        ask("POST", path).header("content-type", "application/json").body(body.to_owned())
    };
    let uuid = "00000000-0000-7000-8000-000000000000";
    let cases = [
        (ask("GET", "/api/v1/actions/not-an-id"), ProblemCode::Invalid, "UUID"),
        (ask("DELETE", "/api/v1/tokens/%FF"), ProblemCode::Invalid, "UTF-8"),
        (ask("GET", &format!("/api/v1/actions/{uuid}")), ProblemCode::NotFound, uuid),
        (ask("GET", "/api/v1/servers/a//b"), ProblemCode::Invalid, "empty"),
        (ask("GET", "/api/v1/servers?limit=0"), ProblemCode::Invalid, "limit is 1 to"),
        (ask("GET", "/api/v1/servers?limit=-1"), ProblemCode::Invalid, "limit"),
        (ask("GET", "/api/v1/servers?colour=red"), ProblemCode::Invalid, "colour"),
        (ask("GET", "/api/v1/servers?sort=colour"), ProblemCode::Invalid, "colour"),
        (ask("GET", "/api/v1/servers?filter=status%3DUP%20cpu_pct%3E"), ProblemCode::InvalidFilter, ""),
        (ask("GET", "/api/v1/agents/connect"), ProblemCode::Invalid, "WebSocket"),
        (ask("GET", "/api/v1/events/stream?limit=3"), ProblemCode::Invalid, "limit"),
        (
            ask("GET", "/api/v1/events/stream").header("last-event-id", "soon"),
            ProblemCode::Invalid,
            "Last-Event-ID",
        ),
        (ask("POST", "/api/v1/users").body("{}"), ProblemCode::UnsupportedMediaType, "application/json"),
        (json("/api/v1/users", "{"), ProblemCode::Invalid, "EOF"),
        (json("/api/v1/users", r#"{"name":"x","colour":1}"#), ProblemCode::Invalid, "colour"),
        (
            json("/api/v1/users", &format!("{{\"name\":{}", "[".repeat(100_000))),
            ProblemCode::Invalid,
            "line 1",
        ),
        (json("/api/v1/users", &" ".repeat(3 << 20)), ProblemCode::TooLarge, "2 MiB"),
        (
            json("/api/v1/users", r#"{"name":"x","password":"short","grants":[]}"#),
            ProblemCode::Invalid,
            "at least 12",
        ),
    ];
    for (request, code, text) in cases {
        let problem = caller.problem(request).await;
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.detail.contains(text), "{problem} has no {text:?}");
    }
    let problem = caller.problem(ask("GET", "/api/v1/servers?filter=status%3DUP%20cpu_pct%3E")).await;
    assert!(problem.column.is_some(), "{problem:?}");
    assert!(world.admin.server_get(&path("acme/main/nothing")).await.is_err());
}

#[tokio::test]
async fn answers_are_never_kept_on_the_way_and_compressed_when_asked() {
    let world = World::start().await;
    let caller = Caller::new(&world);
    let secret = token(&world, &["admin"]).await;
    let document = caller.request("GET", "/api/v1/openapi.json").bearer_auth(&secret);
    let document = document.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(document.headers()["content-encoding"], "gzip");
    assert_eq!(document.headers()["cache-control"], "no-store");
    assert_eq!(document.headers()["x-content-type-options"], "nosniff");
    let export = caller.request("GET", "/api/v1/audit/export").bearer_auth(&secret);
    let export = export.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(export.headers()["content-encoding"], "gzip");
    let mut text = String::new();
    let packed = export.bytes().await.unwrap();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains("TokenCreated") && text.ends_with('\n'), "{text}");
    // A compressor would hold a stream's messages back.
    let watch = caller.request("GET", "/api/v1/servers/watch").bearer_auth(&secret);
    let mut watch = watch.header("accept-encoding", "gzip").send().await.unwrap();
    assert!(!watch.headers().contains_key("content-encoding"));
    assert!(super::world::within(watch.chunk()).await.unwrap().unwrap().starts_with(b"event: snapshot"));
}

#[tokio::test]
async fn master_on_any_port_says_which_one_it_got() {
    let world = World::start().await;
    let masters = world.admin.master_list().await.unwrap();
    assert_eq!(masters.items[0].url, world.master.url());
}
