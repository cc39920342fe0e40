//! Watchers as consoles and programs have them, in a thread of their own, and when each saw each change.

use super::super::BenchError;
use super::super::latency::watch_services;
use super::super::stage::Stage;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use topmast_api::client::{Client, Credentials};
use topmast_api::live::Topic;
use topmast_api::page::ListQuery;
use topmast_api::route::LIVE_CONNECT;
use topmast_model::path::ObjectPath;

/// What the codes of changes begin with; their number follows.
pub(super) const CODE: &str = "LOAD";
/// Changes before the newest one that a watcher remembers to have seen: more than are bad at the same time.
const REMEMBERED: usize = 64;
/// Pause before a connection that ended is made again.
const RECONNECT: Duration = Duration::from_millis(100);
/// Time for all of them to connect and get their first snapshot.
const WARM_UP: Duration = Duration::from_secs(5);

/// One watcher saw one change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// Number of the change.
    pub(super) change: usize,
    pub(super) at: Instant,
    /// Whether it watches what many others do as well.
    pub(super) is_shared: bool,
}

/// Watchers at work. They end with this.
pub(super) struct Watchers {
    /// Those that watch the same: every service that is bad.
    pub(super) shared: usize,
    /// Those that watch one server each: the first ones of the fleet.
    pub(super) own: usize,
    sights: Receiver<Sight>,
    stop: watch::Sender<bool>,
    thread: thread::JoinHandle<()>,
}

/// What one of them looks at, and tells.
struct Watcher {
    client: Client,
    filter: String,
    is_shared: bool,
    sights: Sender<Sight>,
    seen: BTreeSet<usize>,
}

impl Watchers {
    /// Opens so many: half over SSE, half over a console's WebSocket; half of each watch the same.
    pub(super) async fn open(stage: &Stage, count: usize) -> Result<Self, BenchError> {
        let failed = |error: io::Error| BenchError::Strange(format!("start the watchers: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (sender, sights) = channel();
        let (stop, mut stopped) = watch::channel(false);
        let client = stage.fleet.client();
        let servers: Vec<ObjectPath> = stage.simulator.servers().take(count / 2).cloned().collect();
        let own = servers.len();
        let shared = count - own;
        let body = move || {
            runtime.block_on(async {
                let mut tasks = JoinSet::new();
                let filters = (0..shared).map(|_| None).chain(servers.iter().map(Some));
                for (number, server) in filters.enumerate() {
                    let filter = match server {
                        None => "status=MALFUNCTION".to_owned(),
                        Some(server) => format!("server={}", server.name()),
                    };
                    let watcher = Watcher {
                        client: client.clone(),
                        filter,
                        is_shared: server.is_none(),
                        sights: sender.clone(),
                        seen: BTreeSet::new(),
                    };
                    if number % 2 == 0 {
                        tasks.spawn(watcher.over_sse());
                    } else {
                        tasks.spawn(watcher.over_live());
                    }
                }
                let _ = stopped.wait_for(|stop| *stop).await;
            });
        };
        let thread = thread::Builder::new().name("watchers".into()).spawn(body).map_err(failed)?;
        tokio::time::sleep(WARM_UP).await;
        Ok(Self { shared, own, sights, stop, thread })
    }

    pub(super) fn count(&self) -> usize {
        self.shared + self.own
    }

    /// What was seen since the last call.
    pub(super) fn sights(&self) -> Vec<Sight> {
        self.sights.try_iter().collect()
    }

    pub(super) fn close(self) {
        self.stop.send_replace(true);
        // A panic of theirs was printed there already.
        let _ = self.thread.join();
    }
}

impl Watcher {
    fn query(&self) -> ListQuery {
        ListQuery { filter: Some(self.filter.clone()), ..ListQuery::default() }
    }

    async fn over_sse(mut self) {
        let (client, query) = (self.client.clone(), self.query());
        watch_services(&client, query, |rows, now| {
            rows.iter().flat_map(|row| &row.codes).for_each(|code| self.note(code, now));
        })
        .await;
    }

    async fn over_live(mut self) {
        loop {
            // Whatever ended it, it begins again with a snapshot.
            let _ = self.follow().await;
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// Until the connection ends.
    async fn follow(&mut self) -> Option<()> {
        let authority = self.client.url().strip_prefix("http://")?.to_owned();
        let Credentials::Bearer(token) = self.client.credentials() else { return None };
        let mut request = format!("ws://{authority}{}", LIVE_CONNECT.path).into_client_request().ok()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().ok()?);
        let stream = TcpStream::connect(authority).await.ok()?;
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.ok()?;
        let subscribe = json!({ "subscribe": { "id": 1, "to": Topic::Services(self.query()) } });
        socket.send(Message::text(subscribe.to_string())).await.ok()?;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let now = Instant::now();
            let told: Value = serde_json::from_str(&text).ok()?;
            let rows = ["items", "changed"].into_iter().filter_map(|rows| told["data"][rows].as_array());
            for code in rows.flatten().filter_map(|row| row["codes"].as_array()).flatten() {
                self.note(code.as_str()?, now);
            }
        }
        Some(())
    }

    fn note(&mut self, code: &str, at: Instant) {
        let Some(change) = code.strip_prefix(CODE).and_then(|number| number.parse().ok()) else { return };
        if self.seen.insert(change) {
            // Whoever asked for it may have gone.
            let _ = self.sights.send(Sight { change, at, is_shared: self.is_shared });
        }
        while self.seen.len() > REMEMBERED {
            self.seen.pop_first();
        }
    }
}
