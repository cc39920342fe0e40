//! Channels and routes in a running master: a receiver is told, is down, is told of the end.

use super::world::{World, refused, until};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use topmast_api::notification::{NotificationRow, NotificationsRequest};
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::rule::RulesRequest;

const RULE: &str = r#"
[[rule]]
name = "always"
severity = "warning"
when.server = { status = ["UP"] }
message = "{name} is up"
"#;
const ROUTE: &str = r#"
[[route]]
name = "all"
severity = "warning"
filter = "rule=always"
channels = ["hook"]
"#;

/// A receiver of web hooks; gives the bodies that it took.
pub(super) fn receiver(listener: TcpListener) -> mpsc::UnboundedReceiver<serde_json::Value> {
    let (bodies, taken) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let body = loop {
                if stream.read_buf(&mut request).await.unwrap() == 0 {
                    break None;
                }
                let text = String::from_utf8_lossy(&request);
                let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
                if let Ok(body) = serde_json::from_str(body) {
                    break Some(body);
                }
            };
            let Some(body) = body else { continue };
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
            if bodies.send(body).is_err() {
                return;
            }
        }
    });
    taken
}

pub(super) fn channel(address: SocketAddr) -> NotificationsRequest {
    named_channel("hook", address)
}

/// A web hook of this name.
pub(super) fn named_channel(name: &str, address: SocketAddr) -> NotificationsRequest {
    let secret = "0123456789abcdef0123456789abcdef";
    text(&format!(
        "[[channel]]\nname = \"{name}\"\nwebhook = {{ url = \"http://{address}/\", secret = \"{secret}\" }}\n"
    ))
}

pub(super) fn text(text: &str) -> NotificationsRequest {
    NotificationsRequest { text: text.to_owned(), prune: false, dry_run: false }
}

async fn apply_rule(world: &World) {
    let request = RulesRequest { text: RULE.to_owned(), prune: false, dry_run: false };
    world.admin.rule_apply(&request).await.unwrap();
}

pub(super) async fn ledger(world: &World) -> Vec<NotificationRow> {
    world.admin.notification_list(&ListQuery::default()).await.unwrap().items
}

/// The attempt that went so.
async fn attempt(world: &World, result: &str) -> NotificationRow {
    until(async || ledger(world).await.into_iter().find(|row| row.result == result)).await
}

#[tokio::test]
async fn a_receiver_is_told_of_a_problem_and_of_its_end_once() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut taken = receiver(listener);
    world.admin.channel_apply(&channel(address)).await.unwrap();
    world.admin.route_apply(&text(ROUTE)).await.unwrap();
    let agent = world.agent("db").await;
    apply_rule(&world).await;
    let told = taken.recv().await.unwrap();
    let problem = &told["problems"][0];
    assert_eq!((&problem["notice"], &problem["message"]), (&"opened".into(), &"db is up".into()), "{told}");
    let id = problem["id"].as_u64().unwrap();
    assert_eq!(attempt(&world, "delivered").await.problems[0].id, id);
    let why = world.admin.notification_why(&id.to_string()).await.unwrap();
    assert!(why.routes[0].says.contains("takes it") && why.channels[0].says.contains("told"), "{why:?}");
    world.admin.rule_delete("always").await.unwrap();
    let told = taken.recv().await.unwrap();
    assert_eq!(
        (&told["problems"][0]["notice"], &told["problems"][0]["id"]),
        (&"recovered".into(), &id.into())
    );
    drop(agent);
    let attempts = until(async || {
        let rows = ledger(&world).await;
        rows.iter().all(|row| row.result == "delivered").then_some(rows)
    });
    assert_eq!(attempts.await.len(), 2);
}

#[tokio::test]
async fn a_receiver_that_was_down_is_told_after_a_restart_of_the_master() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    world.admin.channel_apply(&channel(address)).await.unwrap();
    world.admin.route_apply(&text(ROUTE)).await.unwrap();
    let agent = world.agent("db").await;
    apply_rule(&world).await;
    let failed = attempt(&world, "failed").await;
    assert!(failed.reason.contains("does the receiver run?"), "{failed:?}");
    drop(agent);
    let world = world.restart().await;
    let mut taken = receiver(TcpListener::bind(address).await.unwrap());
    let told = taken.recv().await.unwrap();
    assert_eq!(told["problems"][0]["notice"], "opened", "{told}");
    assert!(attempt(&world, "delivered").await.attempt > 1);
}

#[tokio::test]
async fn a_test_that_fails_says_why_at_once_and_is_no_problem() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    world.admin.channel_apply(&channel(address)).await.unwrap();
    let test = world.admin.channel_test("hook").await.unwrap();
    assert!(!test.delivered && test.answer.contains("does the receiver run?"), "{test:?}");
    let rows = ledger(&world).await;
    assert_eq!((rows.len(), rows[0].result.as_str(), rows[0].attempt), (1, "given-up", 1), "{rows:?}");
    assert_eq!(world.admin.channel_list().await.unwrap().items[0].status, "WORKING");
}

#[tokio::test]
async fn messages_link_to_the_console_where_its_address_is_known() {
    let world = World::start_with(|config| {
        config.public_url = Some("https://console.example.com/".into());
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut taken = receiver(listener);
    world.admin.channel_apply(&channel(address)).await.unwrap();
    world.admin.route_apply(&text(ROUTE)).await.unwrap();
    let _agent = world.agent("db").await;
    apply_rule(&world).await;
    let told = taken.recv().await.unwrap();
    let id = told["problems"][0]["id"].as_u64().unwrap();
    let link = format!("https://console.example.com/problems?open={id}");
    assert_eq!(told["problems"][0]["link"], link, "{told}");
    world.admin.channel_test("hook").await.unwrap();
    assert_eq!(taken.recv().await.unwrap()["link"], "https://console.example.com/notifications");
}

#[tokio::test]
async fn secrets_are_shown_to_nobody_and_only_admins_change() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (viewer, _) = world.user("eve", &["viewer"]).await;
    assert_eq!(refused(viewer.channel_apply(&channel(address)).await), ProblemCode::Forbidden);
    world.admin.channel_apply(&channel(address)).await.unwrap();
    let shown = viewer.channel_list().await.unwrap().items.remove(0);
    assert!(shown.text.contains("<secret>") && !shown.text.contains("0123456789abcdef"), "{}", shown.text);
    // What was shown can be applied again, and changes nothing.
    let again = world.admin.channel_apply(&text(&shown.text)).await.unwrap();
    assert_eq!(again.unchanged, ["hook"], "{again:?}");
    assert_eq!(refused(viewer.channel_test("hook").await), ProblemCode::Forbidden);
    let mut taken = receiver(listener);
    let test = world.admin.channel_test("hook").await.unwrap();
    assert!(test.delivered, "{test:?}");
    assert_eq!(taken.recv().await.unwrap()["test"], true);
    let rows = ledger(&world).await;
    let told: Vec<_> =
        rows.iter().map(|row| (row.why.as_str(), row.result.as_str(), row.about.as_str())).collect();
    assert_eq!(told, [("test", "delivered", "a test")], "{rows:?}");
    let wrong = world.admin.route_apply(&text("[[route]]\nname = \"r\"\nchannels = [\"nowhere\"]\n")).await;
    assert!(wrong.unwrap_err().to_string().contains("nowhere"));
}
