//! An HTTP server on a socket that answers as the engine's API is documented to; a real engine is asked in the master's tests.

use super::*;
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use topmast_model::catalogue::Metric;
use topmast_model::sample::{SampleSink, Series};

const LIST: &str = r#"[{"Id":"ed37ab","Names":["/web"],"Image":"nginx:1.27","State":"running"},
    {"Id":"77aa01","Names":["/gone"],"Image":"nginx:1.27","State":"running"}]"#;
const STATS: &str = r#"{"id":"ed37ab","name":"/web","cpu_stats":{"cpu_usage":{"total_usage":3500000000}},
    "memory_stats":{"usage":5000,"limit":100000,"stats":{"inactive_file":1000}}}"#;

#[derive(Default)]
struct Told(Vec<(String, f64)>);

impl SampleSink for Told {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        let labels = metric.labels.iter().copied().zip(labels.iter().copied());
        self.0.push((Series::new(metric.name, labels).to_string(), value));
    }
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn good(path: &str) -> String {
    match path {
        "/containers/json?all=1" => http("200 OK", LIST),
        "/containers/ed37ab/stats?stream=false&one-shot=true" => http("200 OK", STATS),
        _ => http("404 Not Found", r#"{"message":"No such container"}"#),
    }
}

/// The whole answer to a request for a path.
type Reply = fn(&str) -> String;

fn engine(socket: &Path, reply: Reply) -> tokio::task::JoinHandle<()> {
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8(head).unwrap();
            let _ = stream.write_all(reply(head.split(' ').nth(1).unwrap_or_default()).as_bytes()).await;
        }
    })
}

#[tokio::test]
async fn containers_are_shown_until_the_engine_ends() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let (board, mut seen) = (Arc::new(ContainerBoard::default()), 0);
    let mut asking = Engine::new(socket.clone(), Arc::clone(&board));
    // CO-1
    asking.once().await;
    board.news(&mut seen, |_| panic!("nothing was ever shown"));
    let running = engine(&socket, good);
    asking.once().await;
    let mut told = Told::default();
    board.news(&mut seen, |shown| shown.unwrap().emit(&mut told));
    let value = |series: &str| told.0.iter().find(|(name, _)| name == series).map(|(_, value)| *value);
    assert_eq!(value(r#"container_cpu_seconds_total{container="web"}"#), Some(3.5));
    assert_eq!(value(r#"container_memory_bytes{container="web"}"#), Some(4_000.0));
    assert_eq!(value(r#"container_memory_bytes{container="gone"}"#), None);
    assert_eq!(value(r#"containers_count{state="running"}"#), Some(2.0));
    board.news(&mut seen, |_| panic!("it was taken before"));
    // CO-2
    running.abort();
    let _ = running.await;
    asking.once().await;
    let mut ended = false;
    board.news(&mut seen, |shown| ended = shown.is_none());
    assert!(ended);
}

#[tokio::test]
async fn what_is_no_engine_shows_nothing_and_says_why() {
    let replies: [(Reply, &str); 4] = [
        (|_| "SSH-2.0-OpenSSH_9.2\r\n".into(), "group docker"),
        (|_| http("200 OK", "{}"), "is it a Docker Engine"),
        (|_| http("500 Internal Server Error", ""), "is it a Docker Engine"),
        (|_| http("200 OK", &" ".repeat(http::BODY_MAX + 1)), "more than 4194304 bytes"),
    ];
    for (number, (reply, expect)) in replies.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let _running = engine(&socket, reply);
        let error = Engine::new(socket, Arc::default()).read().await.unwrap_err();
        assert!(error.contains(expect), "{number}: {error:?} does not say {expect:?}");
    }
}
