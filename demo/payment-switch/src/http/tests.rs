//! Tests of the HTTP port over a real socket.

use super::*;
use crate::simulate::{Settings, TICK_MS};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A served switch whose clock only moves when the test ticks it.
struct Served {
    shared: Arc<Shared>,
    address: SocketAddr,
    orders: mpsc::Receiver<Order>,
    _stop: watch::Sender<bool>,
}

impl Served {
    async fn start() -> Self {
        let settings = Settings { seed: 1, tps: 1_000.0, day_ms: 600_000, log_every: 1_000 };
        let (orders, ordered) = mpsc::channel(1);
        let shared = Arc::new(Shared::new(Switch::new(settings, 1_000_000), orders));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, Arc::clone(&shared), stopped));
        let served = Self { shared, address, orders: ordered, _stop: stop };
        served.tick(100);
        served
    }

    fn tick(&self, ticks: u64) {
        let now = self.shared.switch().now() + TICK_MS;
        self.shared.tick(ticks, now);
    }

    /// One request on a connection of its own: the status and the body.
    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let answer = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!(
                "{method} {path} HTTP/1.1\r\nhost: switch\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = tokio::time::timeout(Duration::from_secs(30), answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, body.to_owned())
    }

    async fn json(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.ask("GET", path, "").await;
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}")))
    }
}

#[tokio::test]
async fn services_follow_the_contract_and_a_fault() {
    let switch = Served::start().await;
    let (status, report) = switch.json("/topmast/v1/services").await;
    assert_eq!((status, &report["version"]), (200, &json!("2.4.1")));
    let names: Vec<_> =
        report["services"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["AcqDB", "HSMAdapter", "MC_CREDIT", "MC_DEBIT", "VISA_CREDIT", "VISA_DEBIT", "Platform"]
    );
    let platform = &report["services"][6];
    let by_code: u64 = platform["responses"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(platform["transactions_total"].as_u64().unwrap(), by_code);
    assert!(platform["latency_seconds"]["0.95"].as_f64().unwrap() > 0.0);
    assert_eq!((&platform["codes"], &platform["message"]), (&json!([]), &Value::Null));
    let task = &report["tasks"][0];
    assert_eq!(
        (&task["name"], &task["status"], &task["next_due"]),
        (&json!("end-of-day"), &json!("OK"), &json!(1_600_000))
    );

    let (status, _) = switch.ask("POST", "/fault", r#"{"kind":"malfunction","service":"AcqDB"}"#).await;
    assert_eq!(status, 201);
    let (_, report) = switch.json("/topmast/v1/services").await;
    for (index, status) in [(0, "MALFUNCTION"), (2, "STARTED"), (6, "MALFUNCTION")] {
        assert_eq!(report["services"][index]["status"], json!(status), "service {index}");
    }
    assert_eq!(report["services"][6]["codes"], json!(["DISCONN01"]));
    assert_eq!(switch.ask("GET", "/health", "").await, (503, r#"{"status":"MALFUNCTION"}"#.to_owned()));

    let (_, faults) = switch.json("/fault").await;
    assert_eq!(
        faults,
        json!({"faults": [{"kind": "malfunction", "service": "AcqDB", "code": "DISCONN01", "until": null}]})
    );
    assert_eq!(switch.ask("DELETE", "/fault", "").await.0, 204);
    assert_eq!(switch.ask("GET", "/health", "").await.0, 200);
}

#[tokio::test]
async fn link_is_signed_off_and_on_and_reset() {
    let switch = Served::start().await;
    let status = async || switch.json("/topmast/v1/services").await.1["services"][2]["status"].clone();
    let (code, body) = switch.ask("POST", "/services/MC_CREDIT/sign-off", "").await;
    assert_eq!((code, body.as_str()), (200, r#"{"message":"MC_CREDIT is signed off"}"#));
    assert_eq!(status().await, json!("STOPPED"));
    let (_, report) = switch.json("/topmast/v1/services").await;
    let declined = |report: &Value| report["services"][2]["transactions_total"].as_u64().unwrap();
    let before = declined(&report);
    switch.tick(100);
    let (_, report) = switch.json("/topmast/v1/services").await;
    assert!(declined(&report) > before && report["services"][2]["responses"]["91"].as_u64().unwrap() > 0);
    let (code, body) = switch.ask("POST", "/services/MC_CREDIT/sign-on", r#"{"keys":"new"}"#).await;
    assert_eq!((code, body.as_str()), (200, r#"{"message":"MC_CREDIT is signed on with new keys"}"#));
    assert_eq!(status().await, json!("STARTED"));

    switch.ask("POST", "/fault", r#"{"kind":"malfunction","service":"MC_CREDIT"}"#).await;
    let (code, body) = switch.ask("POST", "/services/MC_CREDIT/sign-on", "").await;
    assert!(code == 409 && body.contains("reset it first"), "{body}");
    assert_eq!(switch.ask("POST", "/services/MC_CREDIT/reset", "").await.0, 200);
    assert_eq!(status().await, json!("STARTED"));
    assert_eq!(switch.ask("POST", "/services/AcqDB/sign-off", "").await.0, 409);
    assert_eq!(switch.ask("POST", "/services/AMEX/reset", "").await.0, 404);
    assert_eq!(switch.ask("POST", "/services/VISA_DEBIT/sign-on", r#"{"key":1}"#).await.0, 400);
}

#[tokio::test]
async fn prometheus_and_actuator_count_the_same_transactions() {
    let switch = Served::start().await;
    let (_, metrics) = switch.ask("GET", "/metrics", "").await;
    let value = |prefix: &str| -> f64 {
        let line = metrics
            .lines()
            .find(|line| line.starts_with(prefix))
            .unwrap_or_else(|| panic!("{prefix}: {metrics}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let approved = value(r#"payment_switch_transactions_total{service="Platform",code="00"}"#);
    assert!(approved > 500.0, "{approved}");
    assert!(value(r#"payment_switch_latency_seconds{service="Platform",quantile="0.99"}"#) > 0.0);

    let (status, metric) =
        switch.json("/actuator/metrics/payment.transactions?tag=service:Platform&tag=code:00").await;
    assert_eq!(status, 200);
    assert_eq!(metric["measurements"][0]["value"].as_f64(), Some(approved));
    let (_, timer) = switch.json("/actuator/metrics/payment.latency?tag=service:Platform").await;
    assert_eq!(
        timer["measurements"][0]["value"].as_f64(),
        Some(value(r#"payment_switch_latency_seconds_count{service="Platform"}"#))
    );
    let (_, names) = switch.json("/actuator/metrics").await;
    assert_eq!(names, json!({"names": ["http.server.requests", "payment.latency", "payment.transactions"]}));
    for path in ["/actuator/metrics/jvm.memory.used", "/actuator/metrics/payment.latency?tag=service:AMEX"] {
        assert_eq!(switch.json(path).await.0, 404, "{path}");
    }

    assert_eq!(switch.json("/actuator/health").await.0, 200);
    switch.ask("POST", "/fault", r#"{"kind":"malfunction","service":"HSMAdapter","code":"UNAVAIL01"}"#).await;
    let (status, health) = switch.json("/actuator/health").await;
    assert_eq!((status, &health["status"]), (503, &json!("DOWN")));
    assert_eq!(health["components"]["HSMAdapter"]["details"]["code"], json!("UNAVAIL01"));
    assert_eq!(health["components"]["AcqDB"]["status"], json!("UP"));
}

#[tokio::test]
async fn actuator_counts_the_requests_answered_by_outcome() {
    let switch = Served::start().await;
    for (path, times) in [("/health", 3), ("/nothing", 2)] {
        for _ in 0..times {
            switch.ask("GET", path, "").await;
        }
    }
    let (_, requests) = switch.json("/actuator/metrics/http.server.requests").await;
    assert_eq!(requests["measurements"][0], json!({"statistic": "COUNT", "value": 5}));
    assert_eq!(
        requests["availableTags"],
        json!([
            {"tag": "outcome", "values": ["CLIENT_ERROR", "SUCCESS"]},
            {"tag": "status", "values": ["200", "404"]},
        ])
    );
    let (_, refused) = switch.json("/actuator/metrics/http.server.requests?tag=outcome:CLIENT_ERROR").await;
    assert_eq!(refused["measurements"][0]["value"], json!(2));
    assert_eq!(refused["availableTags"], json!([{"tag": "status", "values": ["404"]}]));
    assert_eq!(switch.json("/actuator/metrics/http.server.requests?tag=uri:/x").await.0, 404);
}

#[tokio::test]
async fn bad_requests_are_refused_in_words_and_change_nothing() {
    let switch = Served::start().await;
    let long = format!("{{\"kind\":\"{}\"}}", "x".repeat(BODY_MAX));
    let cases = [
        ("POST", "/fault", "", 400, "the body is not understood"),
        ("POST", "/fault", r#"{"kind":"malfunction","service":"AMEX"}"#, 400, "write one of AcqDB"),
        ("POST", "/fault", long.as_str(), 413, r#""title":"Payload Too Large""#),
        ("PUT", "/rate", r#"{"tps":-1}"#, 400, "a number from 0 to 20000"),
        ("PUT", "/rate", r#"{"tps":"fast"}"#, 400, r#"write e.g. {\"tps\":500}"#),
        ("POST", "/task/lunch", "", 404, "the one task is end-of-day"),
        ("GET", "/actuator/metrics/payment.latency?tag=AcqDB", "", 400, "write KEY:VALUE"),
        ("GET", "/nothing", "", 404, "there is nothing at this path"),
        ("PATCH", "/fault", "", 405, "does not know that method"),
    ];
    for (method, path, body, expected, words) in cases {
        let (status, answer) = switch.ask(method, path, body).await;
        assert_eq!(status, expected, "{method} {path}: {answer}");
        assert!(answer.contains(words), "{method} {path}: {answer}");
    }
    assert_eq!(switch.json("/fault").await.1, json!({"faults": []}));
    assert!((switch.shared.switch().tps() - 1_000.0).abs() < 1e-9);
}

#[tokio::test]
async fn rate_and_task_are_set_by_request() {
    let switch = Served::start().await;
    assert_eq!(switch.ask("PUT", "/rate", r#"{"tps":0}"#).await, (200, r#"{"tps":0.0}"#.to_owned()));
    let total = || switch.shared.switch().service(crate::service::ServiceName::Platform).transactions();
    let before = total();
    switch.tick(100);
    assert_eq!(total(), before, "no transaction at rate 0");

    assert_eq!(switch.ask("POST", "/task/end-of-day", "").await.0, 202);
    assert_eq!(switch.ask("POST", "/task/end-of-day", "").await.0, 409);
    assert_eq!(switch.json("/topmast/v1/services").await.1["tasks"][0]["status"], json!("RUNNING"));
    switch.tick(301);
    assert_eq!(switch.json("/topmast/v1/services").await.1["tasks"][0]["status"], json!("OK"));
}

#[tokio::test]
async fn hang_holds_what_is_shown_until_it_is_cleared_by_control() {
    let switch = Served::start().await;
    assert_eq!(switch.ask("POST", "/fault", r#"{"kind":"hang"}"#).await.0, 201);
    let mut held = TcpStream::connect(switch.address).await.unwrap();
    held.write_all(b"GET /health HTTP/1.1\r\nhost: switch\r\nconnection: close\r\n\r\n").await.unwrap();
    // The waiting request holds a receiver, so its count says that the request has arrived and waits.
    while switch.shared.hanging.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(switch.json("/fault").await.0, 200, "control answers meanwhile");
    assert!(held.try_read(&mut [0; 1]).is_err(), "nothing has been answered yet");
    assert_eq!(switch.ask("DELETE", "/fault", "").await.0, 204);
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(30), held.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn crash_and_exit_become_orders_and_one_is_enough() {
    let mut switch = Served::start().await;
    assert_eq!(switch.ask("POST", "/fault", r#"{"kind":"exit","code":3}"#).await.0, 202);
    assert_eq!(switch.ask("POST", "/fault", r#"{"kind":"crash"}"#).await.0, 409);
    assert_eq!(switch.orders.recv().await, Some(Order::Exit(3)));
}
