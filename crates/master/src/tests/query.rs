//! The history asked over HTTP: what agents sent is found, by those who may, and after a restart.

use super::peer::Agent;
use super::world::{World, path, refused, until, within};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use topmast_api::client::Client;
use topmast_api::problem::ProblemCode;
use topmast_api::query::{InstantQuery, LabelSet, Point, QueryResult, RangeQuery};
use topmast_history::Budget;
use topmast_model::sample::Series;
use topmast_wire::{AgentMessage, FrameEncoder};

/// Sends a load of an agent's server as of now, and its time.
pub(super) async fn send_load(world: &World, agent: &mut Agent, load: f64) -> i64 {
    let mut encoder = FrameEncoder::new();
    let index = encoder.define(&Series::new("host_load_1", Vec::<(&str, &str)>::new())).unwrap();
    let memory =
        encoder.define(&Series::new("application_memory_bytes", [("application", "switch")])).unwrap();
    let now = world.master.context.bus.clock().now();
    encoder.tick(now, &[(index, load), (memory, 1e6)]).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    now.0
}

/// A world whose servers `db` and `web` have a load of 1.5 and 4, and the time of the first one.
async fn world() -> (World, [Agent; 2], i64) {
    let world = World::start().await;
    let (mut db, mut web) = (world.agent("db").await, world.agent("web").await);
    let time = send_load(&world, &mut db, 1.5).await;
    send_load(&world, &mut web, 4.0).await;
    until(async || (value(&world.admin, "count(host_load_1)").await == Some(2.0)).then_some(())).await;
    (world, [db, web], time)
}

async fn ask(client: &Client, text: &str) -> QueryResult {
    let query = InstantQuery { query: text.into(), time: None };
    client.query_instant(&query).await.unwrap().data
}

/// The only value that an expression has.
pub(super) async fn value(client: &Client, text: &str) -> Option<f64> {
    match ask(client, text).await {
        QueryResult::Vector(series) if series.is_empty() => None,
        QueryResult::Vector(series) if series.len() == 1 => Some(series[0].value.1.0),
        other => panic!("{text}: {other:?}"),
    }
}

fn labels(pairs: &[(&str, &str)]) -> LabelSet {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load_of(server: &str) -> LabelSet {
    labels(&[("__name__", "host_load_1"), ("tenant", "acme"), ("cluster", "main"), ("server", server)])
}

/// Servers, series and label values that somebody sees.
async fn seen(client: &Client) -> (Vec<String>, BTreeSet<LabelSet>, Vec<String>) {
    let series = client.query_series(&[r#"{__name__=~".+"}"#, "host_load_1"]).await.unwrap().data;
    (
        client.query_label_values("server").await.unwrap().data,
        series.into_iter().collect(),
        client.query_label_values("__name__").await.unwrap().data,
    )
}

#[tokio::test]
async fn samples_of_agents_are_found_by_labels_queries_and_after_a_restart() {
    let (world, _agents, time) = world().await;
    let (servers, series, metrics) = seen(&world.admin).await;
    assert_eq!(servers, ["db", "web"]);
    assert_eq!(metrics, ["application_memory_bytes", "host_load_1"]);
    assert!(series.len() == 4 && series.contains(&load_of("db")), "{series:?}");
    let names = world.admin.query_labels().await.unwrap().data;
    assert_eq!(names, ["__name__", "application", "cluster", "server", "tenant"]);
    // Over time: a value from the step at which it was taken on.
    let query = RangeQuery {
        query: r#"host_load_1{server="db"}"#.into(),
        start: format!("{}.{:03}", time / 1_000 - 2, time % 1_000),
        end: format!("{}.{:03}", time / 1_000 + 2, time % 1_000),
        step: "1s".into(),
    };
    let over_time = world.admin.query_range(&query).await.unwrap().data;
    let world = world.restart().await;
    for result in [over_time, world.admin.query_range(&query).await.unwrap().data] {
        let QueryResult::Matrix(series) = result else { panic!("{result:?}") };
        assert_eq!((series.len(), &series[0].metric), (1, &load_of("db")));
        let expected: Vec<Point> = (0..3).map(|step| Point::new(time + step * 1_000, 1.5)).collect();
        assert_eq!(series[0].values, expected);
    }
    assert_eq!(value(&world.admin, "sum(host_load_1)").await, Some(5.5));
}

#[tokio::test]
async fn viewer_of_a_path_sees_its_series_only_in_whatever_way_it_asks() {
    let (world, _agents, time) = world().await;
    // As other ways in make it: without a path.
    let mut batch = topmast_history::Batch::default();
    batch.series("foreign_total", [("job", "node")]);
    batch.sample(time, 7.0);
    world.master.context.history.append(&batch, usize::MAX, time).unwrap();
    assert_eq!(value(&world.admin, "foreign_total").await, Some(7.0));

    let (eve, _) = world.user("eve", &["viewer:acme/main/db"]).await;
    let (servers, series, metrics) = seen(&eve).await;
    assert_eq!(
        (servers, metrics),
        (vec!["db".into()], vec!["application_memory_bytes".into(), "host_load_1".into()])
    );
    assert!(series.len() == 2 && series.contains(&load_of("db")), "{series:?}");
    assert!(!eve.query_labels().await.unwrap().data.contains(&"job".to_owned()));
    for (text, expected) in [
        ("sum(host_load_1)", Some(1.5)),
        ("count({__name__=~\".+\"})", Some(2.0)),
        ("max(host_load_1) or vector(0)", Some(1.5)),
        ("max_over_time(max(host_load_1)[10s:1ms])", Some(1.5)),
        ("absent(host_load_1{server=\"web\"})", Some(1.0)),
        ("host_load_1{server=\"web\"}", None),
        ("foreign_total", None),
    ] {
        assert_eq!(value(&eve, text).await, expected, "{text}");
    }
    let (switch, _) = world.user("switch", &["viewer:acme/main/web/switch"]).await;
    assert_eq!(value(&switch, "count({__name__=~\".+\"})").await, Some(1.0));
    assert_eq!(value(&switch, "application_memory_bytes").await, Some(1e6));
    let (both, _) = world.user("both", &["viewer:acme/main/db/switch", "operator:acme/main/web"]).await;
    assert_eq!(value(&both, "count({__name__=~\".+\"})").await, Some(3.0));
    let (servers, series, _) = seen(&both).await;
    assert!(servers == ["db", "web"] && series.len() == 3 && !series.contains(&load_of("db")), "{series:?}");
    let (nobody, _) = world.user("nobody-here", &["viewer:other"]).await;
    assert_eq!(seen(&nobody).await, Default::default());
    assert_eq!(refused(eve.history_status().await), ProblemCode::Forbidden);
    let status = world.admin.history_status().await.unwrap();
    assert_eq!((status.series, status.by_server.len(), status.damages.len()), (5, 2, 0));
    assert_eq!(status.tiers.iter().map(|tier| tier.name.as_str()).collect::<Vec<_>>(), ["raw", "1m", "1h"]);
}

struct Door {
    http: reqwest::Client,
    base: String,
    secret: String,
}

impl Door {
    fn of(world: &World) -> Self {
        let base = format!("{}/api/v1/prometheus/api/v1", world.master.url());
        Self { http: reqwest::Client::new(), base, secret: world.secret.clone() }
    }

    async fn get(&self, address: &str) -> (StatusCode, Value) {
        let request = self.http.get(format!("{}/{address}", self.base));
        Self::answer(request.bearer_auth(&self.secret)).await
    }

    async fn post(&self, address: &str, form: &str) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}/{address}", self.base)).body(form.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Self::answer(request.bearer_auth(&self.secret)).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
        let response = request.send().await.unwrap();
        let status = response.status();
        assert_eq!(response.headers()["content-type"], "application/json");
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }
}

#[tokio::test]
async fn answers_are_those_of_prometheus() {
    let (world, _agents, _) = world().await;
    let door = Door::of(&world);
    let ok = |data: Value| (StatusCode::OK, json!({"status": "success", "data": data}));
    let scalar = ok(json!({"resultType": "scalar", "result": [1.5, "+Inf"]}));
    assert_eq!(door.get("query?query=1%2F0&time=1970-01-01T00:00:01.5Z").await, scalar);
    assert_eq!(door.post("query", "query=1%2F0&time=1.5").await, scalar);
    // A form goes before the address, and what is not known is passed over.
    assert_eq!(door.post("query?query=2&time=1.5&stats=all", "query=1%2F0").await, scalar);
    let matrix =
        ok(json!({"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "1"], [2, "2"]]}]}));
    assert_eq!(door.post("query_range", "query=time()&start=1&end=2.9&step=1s").await, matrix);
    let limited = door.get("query?query=host_load_1&limit=1").await.1;
    assert_eq!(limited["data"]["result"].as_array().unwrap().len(), 1);
    assert_eq!(limited["warnings"], json!(["results truncated due to limit"]));
    assert_eq!(door.get("label/server/values?match[]=host_load_1&limit=5").await, ok(json!(["db", "web"])));
    assert_eq!(door.get("label/server/values?match[]=nothing").await, ok(json!([])));
    assert_eq!(
        door.get("labels?match[]=host_load_1{server=\"db\"}").await.1["data"].as_array().unwrap().len(),
        4
    );
    assert_eq!(door.get("series?match[]=host_load_1&end=1").await.0, StatusCode::OK);
    let load = json!([{"type": "gauge", "help": "Load average over one minute.", "unit": ""}]);
    assert_eq!(door.get("metadata?metric=host_load_1").await, ok(json!({"host_load_1": load})));
    assert_eq!(door.get("metadata?limit=2").await.1["data"].as_object().unwrap().len(), 2);
    assert_eq!(door.post("query_exemplars", "query=up").await, ok(json!([])));
    assert_eq!(door.get("rules?type=alert").await, ok(json!({"groups": []})));
    assert_eq!(door.get("alerts").await, ok(json!({"alerts": []})));
    assert_eq!(door.get("status/buildinfo").await.1["data"]["version"], "2.42.0");
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_told_as_prometheus_does() {
    let (world, _agents, _) = world().await;
    let door = Door::of(&world);
    let cases = [
        ("query?query=sum(", 400, "bad_data", "invalid parameter \"query\": 1:5: "),
        ("query", 400, "bad_data", "the expression is empty"),
        ("query?query=1&time=soon", 400, "bad_data", "invalid parameter \"time\": cannot parse \"soon\""),
        ("query?query=1&timeout=never", 400, "bad_data", "timeout"),
        ("query?query=1&limit=-1", 400, "bad_data", "limit"),
        ("query_range?query=1&start=1&end=2", 400, "bad_data", "step"),
        ("query_range?query=1&start=1&end=2&step=0", 400, "bad_data", "above zero"),
        ("query_range?query=1&start=2&end=1&step=1", 400, "bad_data", "ends before it starts"),
        ("query_range?query=1&start=0&end=100000&step=1", 400, "bad_data", "steps"),
        ("series", 400, "bad_data", "no match[] parameter provided"),
        ("series?match[]={server=\"\"}", 400, "bad_data", "every series"),
        ("series?match[]=sum(up)", 400, "bad_data", "no selector"),
        ("label/0x/values", 400, "bad_data", "invalid label name"),
        (
            "query?query=label_replace(host_load_1,\"server\",\"x\",\"server\",\".*\")",
            422,
            "execution",
            "same labels",
        ),
    ];
    for (address, status, kind, text) in cases {
        let (found, answer) = door.get(address).await;
        assert_eq!(
            (found.as_u16(), &answer["status"], &answer["errorType"]),
            (status, &json!("error"), &json!(kind)),
            "{address}: {answer}"
        );
        assert!(answer["error"].as_str().unwrap().contains(text), "{address}: {answer}");
    }
    // The typed client reads them too.
    let query = InstantQuery { query: "sum(".into(), time: None };
    assert_eq!(refused(world.admin.query_instant(&query).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn query_that_costs_too_much_or_takes_too_long_is_ended() {
    let (world, _agents, _) = world().await;
    let door = Door::of(&world);
    // Every place is taken by a query without an end, until nobody waits for it.
    let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let places = world.master.context.config.history.query_concurrency;
    let endless: Vec<_> = (0..places)
        .map(|_| {
            let (context, began) = (Arc::clone(&world.master.context), began.clone());
            let work = move |budget: &Budget| {
                began.send(()).unwrap();
                while budget.charge(0).is_ok() {
                    std::thread::yield_now();
                }
            };
            tokio::spawn(async move { context.queries.run(None, &context.stop, work).await })
        })
        .collect();
    for _ in 0..places {
        within(begun.recv()).await.unwrap();
    }
    let (status, answer) = door.get("query?query=1&timeout=10ms").await;
    assert_eq!((status.as_u16(), &answer["errorType"]), (503, &json!("timeout")), "{answer}");
    endless.iter().for_each(tokio::task::JoinHandle::abort);
    let wide = "query=count_over_time(vector(1)[100000000s:1s])";
    let (status, answer) = door.post("query", wide).await;
    assert_eq!((status.as_u16(), &answer["errorType"]), (422, &json!("execution")), "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("50000000 samples"), "{answer}");
    assert!(world.admin.server_get(&path("acme/main/db")).await.is_ok());
}
