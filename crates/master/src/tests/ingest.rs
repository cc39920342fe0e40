//! The ways in for other programs' samples: what they send is found in the history, and what is wrong is said.

use super::world::{World, grants_of};
use reqwest::{RequestBuilder, Response, StatusCode};
use topmast_api::problem::{Problem, ProblemCode};
use topmast_api::token::TokenRequest;
use topmast_history::{Aggregate, Budget, Matcher, Selection, Source as _};

/// A master and the token of a program that writes.
pub(super) struct Way {
    pub(super) world: World,
    http: reqwest::Client,
    pub(super) secret: String,
    pub(super) now: i64,
}

impl Way {
    pub(super) async fn open() -> Self {
        Self::into(World::start().await).await
    }

    pub(super) async fn into(world: World) -> Self {
        let secret = token(&world, &["writer:acme/main"]).await;
        let now = world.master.context.bus.clock().now().0;
        Self { world, http: reqwest::Client::new(), secret, now }
    }

    pub(super) fn url(&self) -> String {
        self.world.master.url()
    }

    pub(super) fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.world.master.url())).bearer_auth(&self.secret).body(body)
    }

    pub(super) async fn remote_write(&self, body: &[u8]) -> Response {
        let packed = snap::raw::Encoder::new().compress_vec(body).unwrap();
        let request = self.post("/api/v1/prometheus/write", packed).header("content-encoding", "snappy");
        request.header("content-type", "application/x-protobuf").send().await.unwrap()
    }

    /// All that the history has of a metric: labels and samples.
    pub(super) fn found(&self, metric: &str) -> Vec<(String, Vec<(i64, f64)>)> {
        found_in(&self.world, metric)
    }
}

/// All that the history of a master has of a metric: labels and samples.
pub(super) fn found_in(world: &World, metric: &str) -> Vec<(String, Vec<(i64, f64)>)> {
    let matchers = [Matcher::equal("__name__", metric)];
    let selection = Selection {
        matchers: &matchers,
        from: 0,
        until: i64::MAX,
        resolution: 0,
        aggregate: Aggregate::Last,
    };
    let history = &world.master.context.history;
    let found = history.select(&selection, &Budget::unlimited()).unwrap();
    let samples = |times: &[i64], values: &[f64]| times.iter().copied().zip(values.iter().copied()).collect();
    found.iter().map(|one| (one.series.to_string(), samples(&one.times, &one.values))).collect()
}

async fn token(world: &World, grants: &[&str]) -> String {
    let name = format!("sender-{}", fastrand::u64(..));
    let request = TokenRequest {
        name,
        owner: None,
        grants: grants_of(grants),
        expires_in_s: None,
        speaks_for_users: false,
    };
    world.admin.token_create(&request).await.unwrap().secret
}

pub(super) async fn problem(response: Response) -> Problem {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

fn sample(series: &mut Vec<u8>, time: i64, value: f64) {
    let mut sample = vec![1 << 3 | 1];
    sample.extend(value.to_bits().to_le_bytes());
    sample.push(2 << 3);
    varint(&mut sample, time.cast_unsigned());
    field(series, 2, &sample);
}

/// Labels, time and value.
pub(super) type Sample<'a> = (&'a [(&'a str, &'a str)], i64, f64);

/// A request of version 1 with one sample of each series.
pub(super) fn request(all: &[Sample<'_>]) -> Vec<u8> {
    let mut request = Vec::new();
    for (labels, time, value) in all {
        let mut series = Vec::new();
        for (name, value) in *labels {
            let mut label = Vec::new();
            field(&mut label, 1, name.as_bytes());
            field(&mut label, 2, value.as_bytes());
            field(&mut series, 1, &label);
        }
        sample(&mut series, *time, *value);
        field(&mut request, 1, &series);
    }
    request
}

#[tokio::test]
async fn clients_of_influx_are_told_that_lines_are_taken() {
    let way = Way::open().await;
    for path in ["/ping", "/api/v1/influx/ping"] {
        let ask = || reqwest::Client::new().get(format!("{}{path}", way.url()));
        assert_eq!(ask().send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
        let answer = ask().bearer_auth(&way.secret).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert!(answer.headers().contains_key("x-influxdb-version"), "{path}");
    }
}

#[tokio::test]
async fn remote_write_is_found_with_the_masters_own_labels() {
    // N-1
    let way = Way::open().await;
    let now = way.now;
    let body = request(&[
        (&[("__name__", "up"), ("job", "node"), ("zone", "z")], now, 1.0),
        (&[("__name__", "up"), ("cluster", "theirs"), ("tenant", "other")], now, 0.0),
        (
            &[
                ("__name__", "down"),
                ("cluster", "new"),
                ("exported_cluster", "old"),
                ("exported_tenant", "x"),
            ],
            now,
            1.0,
        ),
    ]);
    for _ in 0..2 {
        // What is there already is no error.
        assert_eq!(way.remote_write(&body).await.status(), StatusCode::NO_CONTENT);
    }
    // Nor is what is older than the newest.
    let older = request(&[(&[("__name__", "up"), ("job", "node"), ("zone", "z")], now - 60_000, 2.0)]);
    assert_eq!(way.remote_write(&older).await.status(), StatusCode::NO_CONTENT);
    let mut found = way.found("up");
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let foreign = r#"up{cluster="main",exported_cluster="theirs",exported_tenant="other",tenant="acme"}"#;
    let renamed = r#"down{cluster="main",exported_cluster="new",exported_tenant="x",tenant="acme"}"#;
    assert_eq!(way.found("down"), [(renamed.to_owned(), vec![(now, 1.0)])]);
    let own = r#"up{cluster="main",job="node",tenant="acme",zone="z"}"#;
    assert_eq!(found[0], (foreign.to_owned(), vec![(now, 0.0)]));
    assert_eq!(found[1], (own.to_owned(), vec![(now - 60_000, 2.0), (now, 1.0)]));
}

#[tokio::test]
async fn remote_write_two_says_what_it_wrote_and_zstd_is_read() {
    let way = Way::open().await;
    let (mut series, mut body) = (Vec::new(), Vec::new());
    for symbol in ["", "__name__", "up"] {
        field(&mut body, 4, symbol.as_bytes());
    }
    field(&mut series, 1, &[1, 2]);
    sample(&mut series, way.now, 1.0);
    // A native histogram.
    field(&mut series, 3, b"");
    field(&mut body, 5, &series);
    let packed = snap::raw::Encoder::new().compress_vec(&body).unwrap();
    let media_type = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    let answer = way.post("/api/v1/prometheus/api/v1/write", packed).header("content-encoding", "snappy");
    let answer = answer.header("content-type", media_type).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-prometheus-remote-write-samples-written"), "1");
    assert_eq!(header("x-prometheus-remote-write-histograms-written"), "0");
    let problem = problem(answer).await;
    assert_eq!(problem.status, 400);
    assert!(
        problem.detail.contains("1 samples were taken") && problem.detail.contains("native"),
        "{problem}"
    );
    assert_eq!(way.found("up").len(), 1);
}

#[tokio::test]
async fn remote_write_refuses_what_it_cannot_take_and_says_so() {
    let way = Way::open().await;
    let old = request(&[
        (&[("__name__", "old")], way.now - 48 * 3_600_000, 1.0),
        (&[("__name__", "new")], way.now, 1.0),
        (&[("job", "nameless")], way.now, 1.0),
    ]);
    let told = problem(way.remote_write(&old).await).await;
    assert_eq!(told.code, ProblemCode::Invalid);
    for text in ["1 samples were taken", "1 samples were left out", "no metric name", "1 samples are too old"]
    {
        assert!(told.detail.contains(text), "{told} has no {text:?}");
    }
    assert_eq!((way.found("old").len(), way.found("new").len()), (0, 1));

    assert_eq!(problem(way.remote_write(b"hello").await).await.code, ProblemCode::Invalid);
    let path = "/api/v1/prometheus/write";
    let zeros = snap::raw::Encoder::new().compress_vec(&vec![0; 33 << 20]).unwrap();
    for (request, code) in [
        (way.post(path, "x").header("content-encoding", "snappy"), ProblemCode::Invalid),
        (way.post(path, "x").header("content-encoding", "br"), ProblemCode::UnsupportedMediaType),
        (way.post(path, "x").header("content-type", "text/plain"), ProblemCode::UnsupportedMediaType),
        (way.post(path, vec![0; (16 << 20) + 1]), ProblemCode::TooLarge),
        (way.post(path, zeros).header("content-encoding", "snappy"), ProblemCode::TooLarge),
    ] {
        let told = problem(request.send().await.unwrap()).await;
        assert_eq!(told.code, code, "{told}");
    }
}

#[tokio::test]
async fn writer_of_another_cluster_is_refused_and_one_of_this_sees_nothing() {
    // N-3
    let way = Way::open().await;
    let secret = token(&way.world, &["writer:acme/other", "viewer"]).await;
    let path = "/api/v1/prometheus/write";
    let refused = way.http.post(format!("{}{path}", way.world.master.url())).bearer_auth(secret);
    let told = problem(refused.body("").send().await.unwrap()).await;
    assert_eq!(told.code, ProblemCode::Forbidden);
    assert!(told.detail.contains("acme/main"), "{told}");
    let servers = way.http.get(format!("{}/api/v1/servers", way.world.master.url()));
    let told = problem(servers.bearer_auth(&way.secret).send().await.unwrap()).await;
    assert_eq!(told.code, ProblemCode::Forbidden);
}

#[tokio::test]
async fn influx_lines_are_found_and_wrong_ones_named() {
    let way = Way::open().await;
    let second = way.now / 1_000;
    let lines = format!("cpu,host=web-1 idle=1.5,name=\"x\" {second}\nwrong\nmem used=2i {second}\n");
    let path = "/api/v1/influx/write?db=telegraf&precision=s";
    let answer = way.post(path, lines).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    for member in ["error", "message", "detail"] {
        assert_eq!(body[member], "partial write: 1 lines are wrong: line 2: it has no fields", "{body}");
    }
    let cpu = r#"cpu_idle{cluster="main",host="web-1",tenant="acme"}"#;
    assert_eq!(way.found("cpu_idle"), [(cpu.to_owned(), vec![(second * 1_000, 1.5)])]);
    assert_eq!(way.found("mem_used").len(), 1);

    for path in ["/write", "/api/v2/write?bucket=b&org=o", "/api/v1/influx/api/v2/write"] {
        let taken = way.http.post(format!("{}{path}", way.world.master.url())).body("disk free=1");
        // As clients of the second version log in.
        let taken = taken.header("authorization", format!("Token {}", way.secret)).send().await.unwrap();
        assert_eq!(taken.status(), StatusCode::NO_CONTENT, "{path}");
    }
    assert!(way.found("disk_free")[0].1[0].0 >= way.now);
    let told = problem(way.post("/write?precision=d", "a b=1").send().await.unwrap()).await;
    assert_eq!(told.field.as_deref(), Some("precision"));
}

#[tokio::test]
async fn otlp_is_found_and_what_is_left_out_is_a_partial_success() {
    let way = Way::open().await;
    let nanos = format!("{}000000", way.now);
    let point = serde_json::json!({ "timeUnixNano": nanos, "asInt": "7" });
    let body = serde_json::json!({ "resourceMetrics": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "pay" } }] },
        "scopeMetrics": [{ "metrics": [
            { "name": "queue.size", "gauge": { "dataPoints": [point] } },
            { "name": "seen", "sum": { "aggregationTemporality": 1, "dataPoints": [point] } },
        ] }],
    }] });
    for path in ["/v1/metrics", "/api/v1/otlp/v1/metrics"] {
        let answer = way.post(path, body.to_string()).header("content-type", "application/json");
        let answer = answer.send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        let told: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(told["partialSuccess"]["rejectedDataPoints"], "1");
        let text = told["partialSuccess"]["errorMessage"].as_str().unwrap();
        assert!(text.contains("cumulative") && text.contains("seen"), "{text}");
    }
    let series = r#"queue_size{cluster="main",job="pay",tenant="acme"}"#;
    assert_eq!(way.found("queue_size"), [(series.to_owned(), vec![(way.now, 7.0)])]);

    // An empty request, in protobuf, is a whole success.
    let empty = way.post("/v1/metrics", "").header("content-type", "application/x-protobuf");
    let empty = empty.send().await.unwrap();
    assert_eq!(empty.status(), StatusCode::OK);
    assert!(empty.bytes().await.unwrap().is_empty());
    for (media_type, body, code) in [
        ("text/plain", "", ProblemCode::UnsupportedMediaType),
        ("application/json", "{", ProblemCode::Invalid),
        ("application/x-protobuf", "hello", ProblemCode::Invalid),
    ] {
        let refused = way.post("/v1/metrics", body).header("content-type", media_type);
        assert_eq!(problem(refused.send().await.unwrap()).await.code, code, "{media_type}");
    }
}
