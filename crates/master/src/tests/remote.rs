//! A store outside of the master: a real one that takes everything, and made ones that take it badly.

mod badly;
mod server;

use super::peer::Agent;
use super::world::{World, path, until};
use crate::config::{HistoryConfig, RemoteConfig, StoreKind};
use crate::history;
use server::Server;
use std::sync::Arc;
use topmast_api::client::Client;
use topmast_api::history::RemoteStatus;
use topmast_api::query::{InstantQuery, QueryResult, RangeQuery};
use topmast_history::{Aggregate, Batch, Budget, Matcher, Selection, Source as _};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, FrameEncoder};

/// A store's samples of one series: time, and the value's bits.
type Points = Vec<(i64, u64)>;

fn outside(write_url: &str, query_url: &str) -> HistoryConfig {
    let remote = RemoteConfig {
        write_url: write_url.into(),
        query_url: Some(query_url.into()),
        ..RemoteConfig::default()
    };
    HistoryConfig { store: StoreKind::Remote, remote: Some(remote), ..HistoryConfig::default() }
}

fn of(server: &Server) -> HistoryConfig {
    outside(&format!("{}/api/v1/write", server.url()), &server.url())
}

async fn status(world: &World) -> RemoteStatus {
    world.admin.history_status().await.unwrap().remote.unwrap()
}

/// Waits until nothing waits any more.
async fn delivered(world: &World) -> RemoteStatus {
    until(async || {
        sync(world).await;
        let status = status(world).await;
        (status.waiting_bytes == 0).then_some(status)
    })
    .await
}

async fn sync(world: &World) {
    let context = &world.master.context;
    history::sync(Arc::clone(&context.history), context.bus.clock().now()).await;
}

/// Values with few digits: one of the stores keeps some thirteen.
fn value(series: usize, tick: usize) -> f64 {
    (series as f64 + 1.0) * 0.25 + (tick * tick % 97) as f64 / 8.0
}

/// An agent's series: some loads, and a counter that only sometimes changes.
struct Sending {
    agent: Agent,
    encoder: FrameEncoder,
    indexes: Vec<u32>,
    start: i64,
    ticks: usize,
}

const LOADS: usize = 3;
const STEP_MS: i64 = 1_000;

impl Sending {
    async fn open(world: &World, name: &str, start: i64) -> Self {
        let agent = world.agent(name).await;
        let mut encoder = FrameEncoder::new();
        let load = |n: usize| Series::new("load", [("core", n.to_string().as_str())]);
        let mut indexes: Vec<u32> = (0..LOADS).map(|n| encoder.define(&load(n)).unwrap()).collect();
        indexes.push(encoder.define(&Series::new("work_total", [("application", "switch")])).unwrap());
        Self { agent, encoder, indexes, start, ticks: 0 }
    }

    async fn send(&mut self, ticks: usize) {
        for tick in self.ticks..self.ticks + ticks {
            let mut values: Vec<(u32, f64)> = (0..LOADS).map(|n| (self.indexes[n], value(n, tick))).collect();
            if tick % 5 == 0 {
                values.push((self.indexes[LOADS], (tick * 3) as f64));
            }
            let time = self.start + i64::try_from(tick).unwrap() * STEP_MS;
            self.encoder.tick(UnixMillis(time), &values).unwrap();
            let frame = self.encoder.take().unwrap();
            self.agent.link.send(&AgentMessage::Frame(frame)).await;
        }
        self.ticks += ticks;
    }

    /// What the store must have of a load.
    fn expected(&self, n: usize) -> Points {
        let point =
            |tick: usize| (self.start + i64::try_from(tick).unwrap() * STEP_MS, value(n, tick).to_bits());
        (0..self.ticks).map(point).collect()
    }

    fn samples(&self) -> u64 {
        (self.ticks * (LOADS + 1)) as u64
    }
}

/// A whole minute some while ago: the same for both histories that are compared.
fn some_while_ago(world: &World, ms: i64) -> i64 {
    (world.master.context.bus.clock().now().0 - ms).div_euclid(60_000) * 60_000
}

/// Everything of a metric that the history answers, by series.
async fn all(world: &World, metric: &str, (from, until): (i64, i64)) -> Vec<(String, Points)> {
    let (history, metric) = (Arc::clone(&world.master.context.history), metric.to_owned());
    let found = tokio::task::spawn_blocking(move || {
        let matchers = [Matcher::equal("__name__", &metric)];
        let selection =
            Selection { matchers: &matchers, from, until, resolution: 0, aggregate: Aggregate::Last };
        history.select(&selection, &Budget::unlimited()).unwrap()
    });
    let points = |times: &[i64], values: &[f64]| {
        times.iter().copied().zip(values.iter().map(|value| value.to_bits())).collect()
    };
    let found = found.await.unwrap();
    found.iter().map(|one| (one.series.to_string(), points(&one.times, &one.values))).collect()
}

async fn everything_arrives_once(mut server: Server) {
    let world = World::start_with(|world| world.history = of(&server)).await;
    let start = some_while_ago(&world, 600_000);
    let mut db = Sending::open(&world, "db", start).await;
    db.send(40).await;
    until(async || (delivered(&world).await.sent_samples == db.samples()).then_some(())).await;

    // The store is gone, and what comes meanwhile waits.
    server.end();
    db.send(40).await;
    let waiting = until(async || {
        sync(&world).await;
        Some(status(&world).await).filter(|status| status.failing_since.is_some() && status.waiting_bytes > 0)
    })
    .await;
    assert!(waiting.last_error.is_some() && waiting.waiting_since.is_some(), "{waiting:?}");
    until(async || (world.master.context.counters.taken() == db.samples()).then_some(())).await;
    // A master that starts again has it still.
    let Sending { ticks, .. } = db;
    let world = world.restart().await;
    assert!(status(&world).await.waiting_bytes > 0);

    server.start_again();
    let mut again = Sending { ticks, ..Sending::open(&world, "web", start).await };
    again.send(20).await;
    let end = until(async || {
        let status = delivered(&world).await;
        (status.sent_samples == ((40 + 20) * (LOADS + 1)) as u64).then_some(status)
    })
    .await;
    assert_eq!((end.refused_samples, end.lost_samples, end.failing_since), (0, 0, None));

    let found = until(async || {
        let found = all(&world, "load", (start - 1_000, start + 200_000)).await;
        let count: usize = found.iter().map(|(_, points)| points.len()).sum();
        (count == 100 * LOADS).then_some(found)
    })
    .await;
    assert_eq!(found.len(), 2 * LOADS, "{found:?}");
    for n in 0..LOADS {
        for (name, from, until) in [("db", 0, 80), ("web", 80, 100)] {
            let name = format!("load{{cluster=\"main\",core=\"{n}\",server=\"{name}\",tenant=\"acme\"}}");
            let (_, points) =
                found.iter().find(|(series, _)| *series == name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(*points, again.expected(n)[from..until], "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_once_in_prometheus_over_outages_of_both() {
    let Some(server) = Server::prometheus() else { return };
    everything_arrives_once(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_once_in_victoria_metrics_over_outages_of_both() {
    let Some(server) = Server::victoria_metrics() else { return };
    everything_arrives_once(server).await;
}

async fn instant(client: &Client, query: &str, time: i64) -> String {
    let query = InstantQuery { query: query.into(), time: Some(seconds(time)) };
    told(client.query_instant(&query).await.map(|answer| answer.data))
}

async fn range(client: &Client, query: &str, (start, end): (i64, i64), step: &str) -> String {
    let query =
        RangeQuery { query: query.into(), start: seconds(start), end: seconds(end), step: step.into() };
    told(client.query_range(&query).await.map(|answer| answer.data))
}

fn told<E: std::fmt::Debug>(answer: Result<QueryResult, E>) -> String {
    let mut answer = answer.unwrap();
    match &mut answer {
        QueryResult::Vector(series) => series.sort_by(|one, other| one.metric.cmp(&other.metric)),
        QueryResult::Matrix(series) => series.sort_by(|one, other| one.metric.cmp(&other.metric)),
        _ => {}
    }
    serde_json::to_string(&answer).unwrap()
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// Expressions of every kind of reading: newest samples, windows, subqueries, offsets.
const EXPRESSIONS: &[&str] = &[
    "load",
    r#"load{core=~"0|1",server!="web"}"#,
    "sum by (server) (load)",
    "topk(2, load)",
    "rate(work_total[20s])",
    "increase(work_total[1m])",
    "sum(rate(work_total[15s])) / count(load)",
    "avg_over_time(load[30s])",
    "quantile_over_time(0.9, load[1m])",
    "max_over_time(sum(load)[30s:5s])",
    "load offset 20s - load",
    "absent(nothing_at_all)",
    "count_over_time({__name__=~\"load|work_total\"}[1m])",
    "last_over_time(load{core=\"2\"}[2m])",
    "timestamp(load)",
    "{server=\"db\"}",
];

async fn same_answers_as_embedded(server: Server) {
    let embedded = World::start().await;
    let remote = World::start_with(|world| world.history = of(&server)).await;
    let start = some_while_ago(&embedded, 900_000);
    for world in [&embedded, &remote] {
        for name in ["db", "web"] {
            let mut sending = Sending::open(world, name, start).await;
            sending.send(120).await;
            let taken = 120 * (LOADS as u64 + 1) * if name == "db" { 1 } else { 2 };
            until(async || (world.master.context.counters.taken() == taken).then_some(())).await;
        }
    }
    delivered(&remote).await;
    let end = start + 119 * STEP_MS;
    let all = r#"count(count_over_time({server=~".+"}[2m])) + sum(count_over_time({server=~".+"}[2m]))"#;
    let complete = instant(&embedded.admin, all, end).await;
    until(async || (instant(&remote.admin, all, end).await == complete).then_some(())).await;
    for text in EXPRESSIONS {
        for time in [start + 7_300, start + 60_000, end, end + 100_000] {
            let expected = instant(&embedded.admin, text, time).await;
            assert_eq!(instant(&remote.admin, text, time).await, expected, "{text} at {time}");
        }
        for step in ["1s", "7s", "30s"] {
            let times = (start - 20_000, end + 20_000);
            let expected = range(&embedded.admin, text, times, step).await;
            assert_eq!(range(&remote.admin, text, times, step).await, expected, "{text} by {step}");
        }
    }
    // Names are those of the store.
    let worlds = [&embedded, &remote];
    let [one, other] = worlds.map(|world| async {
        let client = &world.admin;
        let mut series = client.query_series(&["load", "work_total"]).await.unwrap().data;
        series.sort();
        let values = client.query_label_values("server").await.unwrap().data;
        (series, client.query_labels().await.unwrap().data, values)
    });
    assert_eq!(one.await, other.await);
    narrow_viewer_sees_its_own(&remote, end).await;
    charts_are_drawn(&embedded, &remote, start).await;
}

async fn narrow_viewer_sees_its_own(world: &World, end: i64) {
    // V-1
    let (eve, _) = world.user("eve", &["viewer:acme/main/db"]).await;
    for (text, expected) in [
        ("count(load)", Some(3)),
        (r#"count({__name__=~".+"})"#, Some(4)),
        (r#"count(load{server="web"})"#, None),
        (r#"count(load{server=~"db|web"} or load)"#, Some(3)),
        ("count(max_over_time(load[1m]))", Some(3)),
    ] {
        let expected = match expected {
            Some(count) => format!("[{},\"{count}\"]", end / 1_000),
            None => r#""result":[]"#.to_owned(),
        };
        let answer = instant(&eve, text, end).await;
        assert!(answer.contains(&expected), "{text}: {answer}");
    }
    assert_eq!(eve.query_label_values("server").await.unwrap().data, ["db"]);
    assert_eq!(eve.query_series(&["load"]).await.unwrap().data.len(), LOADS);
    let (nobody, _) = world.user("nobody", &["viewer:acme/other"]).await;
    assert_eq!(instant(&nobody, "count(load)", end).await, r#"{"resultType":"vector","result":[]}"#);
    assert!(nobody.query_labels().await.unwrap().data.is_empty());
}

async fn charts_are_drawn(embedded: &World, remote: &World, start: i64) {
    let [one, other] = [embedded, remote].map(|world| async {
        let query = topmast_api::chart::ChartQuery {
            since: Some(topmast_api::time::Timestamp(UnixMillis(start))),
            until: Some(topmast_api::time::Timestamp(UnixMillis(start + 119_000))),
            figures: None,
            points: Some(60),
        };
        let chart = world.admin.chart_get(&path("acme/main/db"), &query).await.unwrap();
        (chart.times, chart.figures)
    });
    assert_eq!(one.await, other.await);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_of_prometheus_answer_as_the_embedded_history_does() {
    let Some(server) = Server::prometheus() else { return };
    same_answers_as_embedded(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_of_victoria_metrics_answer_as_the_embedded_history_does() {
    let Some(server) = Server::victoria_metrics() else { return };
    same_answers_as_embedded(server).await;
}

/// Three hours by four a minute, asked for by steps of minutes and more.
async fn minutes_made_by_the_store(server: Server) {
    let embedded = World::start().await;
    let remote = World::start_with(|world| world.history = of(&server)).await;
    let start = some_while_ago(&embedded, 3 * 3_600_000).div_euclid(3_600_000) * 3_600_000;
    let mut batch = Batch::default();
    for n in 0..3 {
        let n_text = n.to_string();
        batch.series("load", [("core", n_text.as_str()), ("tenant", "acme")]);
        (0..480).zip((start..).step_by(15_000)).for_each(|(tick, time)| batch.sample(time, value(n, tick)));
    }
    for world in [&embedded, &remote] {
        let now = world.master.context.bus.clock().now().0;
        let appended = world.master.context.history.append(&batch, usize::MAX, now).unwrap();
        assert_eq!(appended.taken, 3 * 480);
    }
    delivered(&remote).await;
    let end = start + 7_200_000 - 1;
    until(async || {
        let count = instant(&remote.admin, "sum(count_over_time(load[2h]))", end).await;
        count.contains("\"1440\"").then_some(())
    })
    .await;
    let functions = ["max", "min", "sum", "count", "avg", "last"];
    for text in functions.map(|function| format!("sum({function}_over_time(load[30m])) * 1.0")) {
        // Sums in another order differ in their last digits.
        let text = format!("round({text}, 0.000001)");
        for step in ["30m", "1h"] {
            let times = (start + 3_600_000 - 1, end);
            let expected = range(&embedded.admin, &text, times, step).await;
            assert_eq!(range(&remote.admin, &text, times, step).await, expected, "{text} by {step}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_that_prometheus_makes_are_those_of_the_samples() {
    let Some(server) = Server::prometheus() else { return };
    minutes_made_by_the_store(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_that_victoria_metrics_makes_are_those_of_the_samples() {
    let Some(server) = Server::victoria_metrics() else { return };
    minutes_made_by_the_store(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_goes_out_beside_the_embedded_history() {
    let Some(server) = Server::victoria_metrics() else { return };
    let config = HistoryConfig { store: StoreKind::Embedded, ..of(&server) };
    let world = World::start_with(|world| world.history = config).await;
    let start = some_while_ago(&world, 600_000);
    let mut db = Sending::open(&world, "db", start).await;
    db.send(20).await;
    until(async || (delivered(&world).await.sent_samples == db.samples()).then_some(())).await;
    let text = "sum(count_over_time({server=\"db\"}[1m]))";
    let end = start + 20_000;
    assert!(instant(&world.admin, text, end).await.contains("\"80\""));
    let status = world.admin.history_status().await.unwrap();
    assert!(status.series == 4 && status.remote.unwrap().query_url.is_none());
    let reader = World::start_with(|world| world.history = of(&server)).await;
    until(async || instant(&reader.admin, text, end).await.contains("\"80\"").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn series_that_ended_is_gone_at_once_where_the_store_tells_its_end() {
    let Some(server) = Server::victoria_metrics() else { return };
    let world = World::start_with(|world| world.history = of(&server)).await;
    let start = some_while_ago(&world, 600_000);
    let mut db = Sending::open(&world, "db", start).await;
    db.send(10).await;
    db.encoder.retire(db.indexes[0]);
    db.indexes.remove(0);
    for tick in [10, 11] {
        db.encoder.tick(UnixMillis(start + tick * STEP_MS), &[]).unwrap();
    }
    let frame = db.encoder.take().unwrap();
    db.agent.link.send(&AgentMessage::Frame(frame)).await;
    // Four series of ten ticks, three of two, and one end.
    until(async || (delivered(&world).await.sent_samples == 40 + 6 + 1).then_some(())).await;
    let end = start + 11 * STEP_MS;
    until(async || {
        instant(&world.admin, "sum(count_over_time(load[1m]))", end).await.contains("\"34\"").then_some(())
    })
    .await;
    assert!(instant(&world.admin, "count(load)", end).await.contains("\"2\""));
    assert!(instant(&world.admin, "count(load)", start + 9 * STEP_MS).await.contains("\"3\""));
}
