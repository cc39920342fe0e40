//! A console and the clusters that are joined to it, each a master of its own.

use super::action::request;
use super::peer::{application, finished};
use super::world::{World, grants_of, path, refused, until, within};
use crate::access::secret_source::SecretSource;
use crate::config::JoinConfig;
use crate::config::TlsMode;
use reqwest::StatusCode;
use std::io::Read as _;
use topmast_api::audit::AuditQuery;
use topmast_api::client::Client;
use topmast_api::cluster::{ClusterRow, ClusterStatus};
use topmast_api::event::EventQuery;
use topmast_api::join_token::JoinTokenRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::server::ServerRow;
use topmast_api::token::{TokenCreated, TokenRequest};
use topmast_api::user::UserRequest;
use topmast_model::application::Operation;
use topmast_model::principal::AuthMethod;
use topmast_model::status::{ActionStatus, ApplicationStatus};

/// A token of a cluster for a console.
pub(super) async fn console_token(cluster: &World, name: &str, speaks_for_users: bool) -> TokenCreated {
    let request = TokenRequest {
        name: name.into(),
        owner: None,
        grants: grants_of(&["admin"]),
        expires_in_s: None,
        speaks_for_users,
    };
    cluster.admin.token_create(&request).await.unwrap()
}

/// How a console joins a cluster with the token in a file of the cluster's directory.
pub(super) fn join(name: &str, cluster: &World, secret: &str) -> JoinConfig {
    let file = cluster.directory.path().join(format!("{name}.token"));
    std::fs::write(&file, secret).unwrap();
    let urls = vec![cluster.master.url()];
    JoinConfig { name: name.into(), urls, token: SecretSource::File(file), ca: None }
}

pub(super) async fn status(console: &World, name: &str, status: ClusterStatus) -> ClusterRow {
    until(async || {
        let rows = console.admin.cluster_list().await.unwrap().items;
        rows.into_iter().find(|row| row.name == name && row.status == status)
    })
    .await
}

#[tokio::test]
async fn clusters_are_listed_with_what_each_says_and_why_one_does_not() {
    let east = World::start().await;
    let _agent = east.agent("web-1").await;
    let good = console_token(&east, "good", true).await;
    let plain = console_token(&east, "plain", false).await;
    let joins = vec![
        join("east", &east, &good.secret),
        join("plain", &east, &plain.secret),
        join("wrong", &east, "tmt_wrong"),
        JoinConfig { urls: vec!["http://127.0.0.1:9".into()], ..join("gone", &east, &good.secret) },
    ];
    let console = World::start_with(|config| config.joins = joins).await;
    let row = status(&console, "east", ClusterStatus::Up).await;
    assert_eq!(row.clusters, ["acme/main".parse().unwrap()]);
    assert_eq!(row.counts.unwrap().servers.total, 1);
    assert!(row.version.is_some() && row.age_ms.is_some() && !row.is_own);
    let refused = status(&console, "plain", ClusterStatus::Refused).await;
    assert!(refused.reason.unwrap().contains("--console"));
    let refused = status(&console, "wrong", ClusterStatus::Refused).await;
    assert!(refused.reason.unwrap().contains("wrong, revoked or over"));
    let rows = console.admin.cluster_list().await.unwrap().items;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["main", "east", "gone", "plain", "wrong"], "the own one first");
    assert!(rows[0].is_own && rows[0].status == ClusterStatus::Up);
    assert!(rows[2].status == ClusterStatus::Connecting && rows[2].counts.is_none());
    // Who may not read everything is not told how much there is.
    let (acme, _) = console.user("eve", &["viewer:acme"]).await;
    let rows = acme.cluster_list().await.unwrap().items;
    assert!(rows[1].counts.is_none() && rows[0].counts.is_some());
    // A console is told of the own cluster only: joins of joins are not followed.
    let outer = console_token(&console, "outer", true).await;
    let outer = console.bearer(&outer.secret);
    assert_eq!(outer.cluster_list().await.unwrap().items.len(), 1);
    let eve = outer.speaking_for("eve", None).unwrap();
    assert_eq!(eve.cluster_list().await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn watch_tells_that_a_token_was_revoked_and_that_a_new_one_counts() {
    let east = World::start().await;
    let old = console_token(&east, "old", true).await;
    let joins = vec![join("east", &east, &old.secret)];
    let console = World::start_with(|config| config.joins = joins).await;
    let mut watch = console.admin.cluster_watch();
    let mut told = async |status: ClusterStatus| {
        within(async {
            loop {
                let page = watch.next().await.unwrap();
                if page.is_some_and(|page| page.items[1].status == status) {
                    break;
                }
            }
        })
        .await;
    };
    told(ClusterStatus::Up).await;
    east.admin.token_revoke(old.row.id).await.unwrap();
    told(ClusterStatus::Refused).await;
    let new = console_token(&east, "new", true).await;
    join("east", &east, &new.secret);
    told(ClusterStatus::Up).await;
}

/// A console that has joined `east`, and is linked to it.
async fn joined(east: &World) -> World {
    let token = console_token(east, "console", true).await;
    let joins = vec![join("east", east, &token.secret)];
    let console = World::start_with(|config| config.joins = joins).await;
    status(&console, "east", ClusterStatus::Up).await;
    console
}

/// The same user in both, with grants of each.
pub(super) async fn in_both(console: &World, east: &World, name: &str, here: &str, there: &str) -> Client {
    let password = super::world::PASSWORD.into();
    let request = UserRequest { name: name.into(), password, grants: grants_of(&[there]) };
    east.admin.user_create(&request).await.unwrap();
    console.user(name, &[here]).await.0
}

#[tokio::test]
async fn action_goes_to_the_owner_under_the_persons_name_and_is_in_both_audits() {
    let east = World::start().await;
    let mut agent = east.agent("web-1").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let console = joined(&east).await;
    let ann = in_both(&console, &east, "ann", "viewer", "operator:acme").await.at_cluster("east");
    let target = "acme/main/web-1/switch";
    let action = ann.action_create(&request(Operation::Restart, &[target])).await.unwrap();
    assert_eq!((action.principal.as_str(), action.auth), ("user ann", AuthMethod::Console));
    let order = agent.order().await;
    assert_eq!(order.principal, "user ann");
    agent.report(vec![finished(order.step, true, "restarted")]).await;
    let mut stream = ann.action_watch(action.id);
    within(async { while stream.next().await.unwrap().is_some() {} }).await;
    assert_eq!(ann.action_get(action.id).await.unwrap().status, ActionStatus::Succeeded);
    // The owner's audit tells who and through which token, the console's where it went and what it became there.
    let query = AuditQuery { by: Some("ann".into()), ..AuditQuery::default() };
    let deed = east.admin.audit_search(&query).await.unwrap().items.remove(0);
    assert_eq!(deed.event.actor.through.as_deref(), Some("admin/console"));
    let query = AuditQuery { kind: Some("RequestPassedOn".into()), ..query };
    let deeds = console.admin.audit_search(&query).await.unwrap().items;
    let [deed] = &deeds[..] else { panic!("reading is no deed: {deeds:?}") };
    assert_eq!((deed.event.kind.as_str(), deed.result.as_str()), ("RequestPassedOn", "SUCCEEDED"));
    let query = EventQuery { kind: Some("RequestAnswered".into()), ..EventQuery::default() };
    let answer = console.admin.event_list(&query).await.unwrap().items.remove(0).payload;
    assert_eq!(answer["answer"]["action"], serde_json::json!(action.id));
    assert_eq!(answer["answer"]["status"], 202);
}

#[tokio::test]
async fn cluster_decides_what_a_person_may_there_whatever_the_person_may_here() {
    let east = World::start().await;
    let mut agent = east.agent("web-1").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let console = joined(&east).await;
    let eve = in_both(&console, &east, "eve", "admin", "viewer:acme").await;
    let order = request(Operation::Restart, &["acme/main/web-1/switch"]);
    assert_eq!(refused(eve.at_cluster("east").action_create(&order).await), ProblemCode::Forbidden);
    assert!(eve.at_cluster("east").server_get(&path("acme/main/web-1")).await.is_ok());
    let (stranger, _) = console.user("stranger", &["admin"]).await;
    let unknown = stranger.at_cluster("east").server_get(&path("acme/main/web-1")).await.unwrap_err();
    assert!(unknown.to_string().contains("no user stranger"), "{unknown}");
    // Whoever may read nothing here has nothing passed on, though east would let them.
    let nobody = in_both(&console, &east, "nobody", "writer", "admin").await;
    assert_eq!(refused(nobody.at_cluster("east").session_get().await), ProblemCode::Forbidden);
    let kept = TokenRequest {
        name: "kept".into(),
        owner: None,
        grants: grants_of(&["viewer:acme"]),
        expires_in_s: None,
        speaks_for_users: false,
    };
    let kept = eve.at_cluster("east").token_create(&kept).await;
    assert_eq!(refused(kept), ProblemCode::Forbidden, "it would outlast the console's token");
}

#[tokio::test]
async fn only_persons_and_only_the_api_of_a_cluster_that_is_there_are_passed_on() {
    let east = World::start().await;
    let console = joined(&east).await;
    let plain = console_token(&console, "plain", false).await;
    let outer = console_token(&console, "outer", true).await;
    let outer = console.bearer(&outer.secret);
    for client in [console.bearer(&plain.secret), outer.speaking_for("admin", None).unwrap(), outer] {
        assert_eq!(refused(client.at_cluster("east").session_get().await), ProblemCode::Forbidden);
    }
    assert_eq!(refused(console.admin.at_cluster("west").session_get().await), ProblemCode::NotFound);
    // A cluster here that is called as one of east's would be taken for it.
    let of = |name: &str| JoinTokenRequest { cluster: Some(path(name)), ..JoinTokenRequest::default() };
    assert_eq!(refused(console.admin.join_token_create(&of("acme/a@east")).await), ProblemCode::Invalid);
    assert!(console.admin.join_token_create(&of("acme/a@west")).await.is_ok());
    let http = reqwest::Client::new();
    let ask = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let address = format!("{}/api/v1/clusters/{path}", console.master.url());
        let mut asked = http.request(method, address);
        for (name, value) in headers {
            asked = asked.header(*name, *value);
        }
        asked.send().await.unwrap()
    };
    let bearer = format!("Bearer {}", console.secret);
    let bearer = ("authorization", bearer.as_str());
    for (method, path, status) in [
        ("GET", "east/nothing", StatusCode::NOT_FOUND),
        ("POST", "east/sessions", StatusCode::FORBIDDEN),
        ("GET", "east/ca.pem", StatusCode::FORBIDDEN),
        ("GET", "east/clusters/east/servers", StatusCode::FORBIDDEN),
        ("PATCH", "east/servers", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(ask(method, path, &[bearer]).await.status(), status, "{method} {path}");
    }
    // A browser's cookie acts for the console's own page only, and what comes back is no page.
    let cookie = format!("{}={}", topmast_api::session::COOKIE, console.secret);
    let cookie = ("cookie", cookie.as_str());
    let read = ask("GET", "east/sessions/current", &[cookie]).await;
    assert_eq!(read.status(), StatusCode::OK);
    assert_eq!(read.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert!(!read.headers().contains_key("set-cookie"));
    // Every browser takes packed answers.
    let packed = ask("GET", "east/sessions/current", &[cookie, ("accept-encoding", "gzip")]).await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let (mut text, packed) = (String::new(), packed.bytes().await.unwrap());
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains("admin"), "{text}");
    let forged = ask("DELETE", "east/tokens/00000000-0000-7000-8000-000000000000", &[cookie]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    let upgrade = [cookie, ("connection", "upgrade"), ("upgrade", "websocket")];
    assert_eq!(ask("GET", "east/live", &upgrade).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn streams_and_sockets_are_passed_on_and_end_with_the_session() {
    let east = World::start().await;
    let _agent = east.agent("web-1").await;
    let console = joined(&east).await;
    let ann = in_both(&console, &east, "ann", "viewer", "terminal:acme").await;
    let at_east = ann.at_cluster("east");
    let mut watch = at_east.watch::<ServerRow>(ListQuery::default());
    within(watch.next()).await.unwrap();
    let (_sender, mut receiver) = within(at_east.terminal_connect()).await.unwrap();
    ann.session_close().await.unwrap();
    within(async { while let Ok(Some(_)) = receiver.next().await {} }).await;
    within(async { while watch.next().await.is_ok() {} }).await;
    assert_eq!(refused(within(watch.next()).await), ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn cluster_whose_ca_is_not_trusted_is_told_nothing() {
    let east = World::start_with(|config| config.tls = TlsMode::On).await;
    let token = console_token(&east, "console", true).await;
    let other = east.directory.path().join("other.pem");
    let certified = rcgen::generate_simple_self_signed(vec!["other".to_owned()]).unwrap();
    std::fs::write(&other, certified.cert.pem()).unwrap();
    let good = east.directory.path().join("good.pem");
    std::fs::write(&good, east.master.ca_pem()).unwrap();
    let joins = vec![
        JoinConfig { ca: Some(other), ..join("wrong", &east, &token.secret) },
        JoinConfig { ca: Some(good), ..join("right", &east, &token.secret) },
    ];
    let console = World::start_with(|config| config.joins = joins).await;
    let row = status(&console, "wrong", ClusterStatus::Refused).await;
    assert!(row.reason.as_ref().unwrap().contains("write the CA of that cluster"), "{row:?}");
    status(&console, "right", ClusterStatus::Up).await;
    assert_eq!(refused(console.admin.at_cluster("wrong").session_get().await), ProblemCode::ClusterAway);
    assert_eq!(console.admin.at_cluster("right").session_get().await.unwrap().auth, AuthMethod::Console);
}
