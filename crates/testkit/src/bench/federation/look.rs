//! Who looks at the console: a watcher who notes each change, people who look at what people look at, and who asks.

use super::super::BenchError;
use super::super::latency::{Seen, lock, watch as watch_bad};
use super::tree::Tree;
use crate::wait::{DEADLINE, wait_until};
use futures_util::StreamExt as _;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, JoinSet};
use topmast_api::client::{Client, Credentials};
use topmast_api::page::{ListQuery, Page};
use topmast_api::query::InstantQuery;
use topmast_api::server::ServerRow;

/// Services that are bad at the same time.
const BAD_AT_ONCE: usize = 25;
/// Shortest and longest pause between two changes, by chance, so that none keeps step with a timer.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 20..=80;
/// Time between two rounds of questions.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Rows of a page as a screen has them.
const PAGE: u32 = 100;
/// One series of every server.
const QUERY: &str = "sum by (cluster) (host_load_1)";

/// Watches all bad services of all clusters, until it is closed.
pub(super) struct Watcher {
    seen: Seen,
    reader: JoinHandle<()>,
}

pub(super) fn watch(tree: &Tree) -> Watcher {
    let seen = Seen::default();
    let reader = tokio::spawn(watch_bad(tree.console.client(), Arc::clone(&seen)));
    Watcher { seen, reader }
}

impl Watcher {
    /// How long each change took that was seen.
    pub(super) fn times_ms(&self, sent: &[(String, Instant)]) -> Vec<f64> {
        let seen = lock(&self.seen);
        let waits = sent.iter().filter_map(|(code, at)| Some(seen.get(code)?.duration_since(*at)));
        waits.map(|wait| wait.as_secs_f64() * 1e3).collect()
    }

    pub(super) fn close(self) {
        self.reader.abort();
    }
}

/// Changes services of some clusters.
pub(super) struct Change<'a> {
    tree: &'a Tree,
    watcher: &'a Watcher,
    clusters: Range<usize>,
}

impl<'a> Change<'a> {
    pub(super) fn new(tree: &'a Tree, watcher: &'a Watcher, clusters: Range<usize>) -> Self {
        Self { tree, watcher, clusters }
    }

    /// Makes services bad, one after the other, each with a code of its own, and heals the oldest; waits until all are
    /// seen, but not for ever.
    pub(super) async fn many(&self, name: &str, count: usize) -> Result<Vec<(String, Instant)>, BenchError> {
        let mut random = fastrand::Rng::with_seed(1);
        let mut sent = Vec::with_capacity(count);
        for number in 0..count {
            let code = format!("{name}{number}");
            sent.push((code.clone(), self.change(number, vec![code]).await?));
            // Never the one that has just become bad, however few there are.
            if let Some(old) = number.checked_sub(BAD_AT_ONCE) {
                self.change(old, Vec::new()).await?;
            }
            tokio::time::sleep(Duration::from_millis(random.u64(PAUSE_MS))).await;
        }
        let all = async || self.watcher.times_ms(&sent).len() == sent.len();
        // What never comes is counted.
        let _ = wait_until("every change is seen", DEADLINE, all).await;
        for old in count.saturating_sub(BAD_AT_ONCE)..count {
            self.change(old, Vec::new()).await?;
        }
        Ok(sent)
    }

    async fn change(&self, number: usize, codes: Vec<String>) -> Result<Instant, BenchError> {
        let clusters = self.clusters.len();
        let member = &self.tree.members[self.clusters.start + number % clusters];
        let server = number / clusters % member.servers;
        Ok(member.simulator.change_service(server, 0, 0, codes).await?)
    }
}

/// How long the console took to answer, and what of.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// A page that nobody looks at yet.
    pub(super) first_ms: Vec<f64>,
    /// The same page right after.
    pub(super) again_ms: Vec<f64>,
    pub(super) query_ms: Vec<f64>,
    /// Of the rows of those pages.
    pub(super) ages_ms: Vec<f64>,
    /// Clusters that an answer to a query has not, at most.
    pub(super) missing: f64,
}

impl Answers {
    /// Asks for a while.
    pub(super) async fn of(tree: &Tree, span: Duration) -> Result<Self, BenchError> {
        let (client, begun) = (tree.console.client(), Instant::now());
        let mut answers = Self::default();
        let mut round = 0;
        let mut rounds = tokio::time::interval(ASK_EVERY);
        while begun.elapsed() < span {
            rounds.tick().await;
            round += 1;
            // Rows of all clusters, and a list that nobody else has open.
            let query = ListQuery {
                filter: Some(format!("name!=nobody{round}")),
                sort: Some("name".into()),
                limit: Some(PAGE),
                ..ListQuery::default()
            };
            let page: Page<ServerRow> = timed(&mut answers.first_ms, client.list(&query)).await?;
            answers.ages_ms.extend(page.items.iter().filter_map(|row| Some(row.age_ms? as f64)));
            let _: Page<ServerRow> = timed(&mut answers.again_ms, client.list(&query)).await?;
            let query = InstantQuery { query: QUERY.into(), time: None };
            let answer = timed(&mut answers.query_ms, client.query_instant(&query)).await?;
            let found = json!(answer.data)["result"].as_array().map_or(0, Vec::len);
            answers.missing = answers.missing.max(tree.members.len().saturating_sub(found) as f64);
        }
        Ok(answers)
    }
}

async fn timed<T, E>(times_ms: &mut Vec<f64>, answer: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let begun = Instant::now();
    let answer = answer.await?;
    times_ms.push(begun.elapsed().as_secs_f64() * 1e3);
    Ok(answer)
}

/// Somebody who has the overview, the busiest servers and the bad services open, until it is dropped. Each is at an address of
/// their own and so, to the console, a person of their own.
pub(super) fn person(tree: &Tree, number: usize) -> Result<JoinSet<()>, BenchError> {
    let client = tree.console.client();
    let address = IpAddr::from(Ipv4Addr::new(127, 0, 1, 1 + u8::try_from(number).unwrap_or(u8::MAX)));
    let failed = |source| BenchError::Http { url: client.url().to_owned(), source };
    let http = reqwest::Client::builder().local_address(address).build().map_err(failed)?;
    let mut looks = JoinSet::new();
    for path in ["servers/watch?limit=100&sort=-cpu_pct", "services/watch?filter=status%3DMALFUNCTION"] {
        looks.spawn(drain(http.clone(), client.clone(), path));
    }
    looks.spawn(overview(http, client));
    Ok(looks)
}

/// Reads a stream and keeps nothing of it.
async fn drain(http: reqwest::Client, client: Client, path: &'static str) {
    let Ok(answer) = get(&http, &client, path).await else { return };
    let mut pieces = answer.bytes_stream();
    while let Some(Ok(_)) = pieces.next().await {}
}

/// Looks at the overview each second.
async fn overview(http: reqwest::Client, client: Client) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        if let Ok(answer) = get(&http, &client, "overview").await {
            // Its bytes are all that is wanted.
            let _ = answer.bytes().await;
        }
    }
}

async fn get(
    http: &reqwest::Client,
    client: &Client,
    path: &str,
) -> Result<reqwest::Response, reqwest::Error> {
    let request = http.get(format!("{}/api/v1/{path}", client.url()));
    let request = match client.credentials() {
        Credentials::Bearer(token) => request.bearer_auth(token),
        _ => request,
    };
    request.send().await?.error_for_status()
}
