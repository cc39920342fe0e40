//! Tenants are strictly apart: with the strongest role in another tenant, nothing of a tenant is seen or changed.
//!
//! ```text
//! zebra   the tenant that is hidden: one of everything that there is
//! bolt    the tenant of the spy, who is its admin
//! ```
//!
//! Three things are proved of every route, subscription and operation, and that none is left out:
//! - TI-1: what the spy is told of its own is the same before zebra is there and after: names, counts and totals.
//! - TI-2: asking for something of zebra's is answered as asking for something that there is not.
//! - TI-3: nothing that the spy tries is in zebra's journal.
//! - TI-4: a name that zebra has is answered as one that nobody has, whatever the spy would call so.

mod availability;
mod aws;
mod live;
mod names;
mod owned;
mod quota;
mod rest;

use super::peer::{Agent, Identity, application, service};
use super::world::World;
use names::Names;
use serde_json::{Value, json};
use std::time::Duration;
use topmast_api::join_token::JoinTokenRequest;
use topmast_model::status::{ApplicationStatus, ServiceStatus};

/// A server in a cluster of a tenant, with an application and a service.
async fn server(world: &World, cluster: &str, name: &str, application_name: &str) -> Agent {
    let request = JoinTokenRequest { cluster: Some(cluster.parse().unwrap()), ..JoinTokenRequest::default() };
    let token = world.admin.join_token_create(&request).await.unwrap().secret;
    let identity = Identity::enrol(&world.anybody(), &token, name).await.unwrap();
    let mut agent = Agent::connect(world, identity).await;
    agent
        .report(vec![
            application(application_name, ApplicationStatus::Started),
            service(application_name, &format!("{application_name}-service"), ServiceStatus::Started, &[]),
        ])
        .await;
    agent
}

/// Answers the master's pings, so that the server stays up.
async fn stays(mut agent: Agent) {
    while agent.link.next().await.is_some() {}
}

/// Somebody with a session.
struct Asker {
    http: reqwest::Client,
    url: String,
    secret: String,
}

impl Asker {
    fn new(world: &World, secret: &str) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { http, url: world.master.url(), secret: secret.to_owned() }
    }

    /// The administrator of a tenant that has a server of its own.
    async fn spy(world: &World) -> Self {
        tokio::spawn(stays(server(world, "bolt/main", "bolt-db", "bolt-switch").await));
        let (_, secret) = world.user("bo", &["admin:bolt"]).await;
        Self::new(world, &secret)
    }

    /// Status and body; of a stream, its first piece.
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.secret);
        request = match body {
            Some(Value::String(text)) => request.body(text.clone()),
            Some(body) => request.json(body),
            None => request,
        };
        let mut response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let media_type = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        if media_type.as_deref() == Some("text/event-stream") {
            let piece = response.chunk().await.unwrap().unwrap_or_default();
            return (status, String::from_utf8(piece.to_vec()).unwrap());
        }
        (status, response.text().await.unwrap())
    }

    async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, text) = self.ask(method, path, Some(&body)).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// An answer without what is different each time: times, secrets made anew, and how far the journal is.
fn steady(text: &str) -> String {
    const VOLATILE: &[&str] = &[
        "revision",
        "seq",
        "head_seq",
        "event",
        "time",
        "age_ms",
        "id",
        "until",
        "now",
        "taken",
        "last_seen_at",
        "added_at",
        "created_at",
        "seen_at",
        "overdue_at",
        "address",
        "offer",
        "secret",
        "uri",
        "qr",
    ];
    fn clear(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| !VOLATILE.contains(&name.as_str()));
                members.values_mut().for_each(clear);
            }
            Value::Array(values) => values.iter_mut().for_each(clear),
            _ => {}
        }
    }
    let lines = text.trim().lines().filter(|line| !line.starts_with("id: "));
    let json = lines.map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let lines = json.map(|line| {
        serde_json::from_str::<Value>(line).map_or_else(
            |_| line.to_owned(),
            |mut value| {
                clear(&mut value);
                value.to_string()
            },
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a master has of everything for zebra; the agent keeps its server up.
async fn populate(world: &World) -> (Names, Agent) {
    let mut agent = server(world, "zebra/main", "zebra-db", "zebra-switch").await;
    agent.report(vec![application("zebra-broken", ApplicationStatus::Failed)]).await;
    let names = names::populate(&Asker::new(world, &world.secret)).await;
    aws::populate(world).await;
    (names, agent)
}

/// The events of zebra's journal, but for what the master does there by itself.
async fn journal(world: &World) -> Vec<String> {
    let admin = Asker::new(world, &world.secret);
    let (_, text) = admin.ask("GET", "/api/v1/audit/export?format=jsonl", None).await;
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_zebra = records
        .filter(|record| record["tenant"] == json!("zebra") && record["actor"]["kind"] != json!("master"));
    of_zebra.map(|record| format!("{} by {}", record["kind"], record["actor"]["name"])).collect()
}
