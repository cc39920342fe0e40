//! A store that takes samples badly, or answers queries so.

use super::super::world::{World, within};
use super::{delivered, outside, status, sync};
use crate::Master;
use crate::config::{HistoryConfig, MasterConfig, RemoteConfig, TlsMode};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use topmast_api::query::InstantQuery;
use topmast_history::Batch;

/// What the made store does with the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Take,
    Refuse,
    Wait(u64),
    Unavailable,
    Forbid,
    Hang,
    Garbage,
    Huge,
    Foreign,
}

#[derive(Clone)]
struct Made {
    script: Arc<Mutex<VecDeque<Answer>>>,
    /// When each request came, and how it was answered.
    came: Arc<Mutex<Vec<(Instant, Answer)>>>,
    otherwise: Answer,
}

impl Made {
    async fn start(script: &[Answer], otherwise: Answer) -> (Self, String) {
        let made = Self {
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
            came: Arc::default(),
            otherwise,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(made.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (made, url)
    }

    fn answers(&self) -> Vec<Answer> {
        self.came.lock().unwrap().iter().map(|(_, answer)| *answer).collect()
    }
}

async fn answer(State(made): State<Made>, request: Request) -> Response {
    let uri = request.uri().to_string();
    // Read whole, as a store does.
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    let asks_for = |text: &str| uri.contains(text) || String::from_utf8_lossy(&body).contains(text);
    if !uri.starts_with("/write") && !asks_for("load") {
        // What the master's own rules ask for is no part of the script.
        return r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#.into_response();
    }
    let answer = made.script.lock().unwrap().pop_front().unwrap_or(made.otherwise);
    made.came.lock().unwrap().push((Instant::now(), answer));
    match answer {
        Answer::Take => StatusCode::NO_CONTENT.into_response(),
        Answer::Refuse => (StatusCode::BAD_REQUEST, "out of bounds\n").into_response(),
        Answer::Wait(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())], "slow down")
                .into_response()
        }
        Answer::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Answer::Forbid => (StatusCode::FORBIDDEN, "no such tenant").into_response(),
        Answer::Hang => std::future::pending().await,
        Answer::Garbage => "<html>}{\"status\":".into_response(),
        Answer::Huge => {
            let chunk = Bytes::from(vec![b' '; 1 << 20]);
            let chunks = futures_util::stream::repeat(Ok::<_, std::convert::Infallible>(chunk));
            Body::from_stream(chunks).into_response()
        }
        Answer::Foreign => {
            let row = |server: &str, values: &str| {
                format!(r#"{{"metric":{{"__name__":"load","server":"{server}"}},"values":[{values}]}}"#)
            };
            // Not what was asked for, twice, out of order, far too old and far too new.
            let rows = [
                row("other", r#"[1700000000,"5"]"#),
                row("db", r#"[1e300,"1"],[-1e300,"1"],[1.7e9,"7"],[1.7e9,"8"],[1699999999,"9"]"#),
            ];
            let body = format!(
                r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
                rows.join(",")
            );
            body.into_response()
        }
    }
}

fn of(url: &str) -> HistoryConfig {
    outside(&format!("{url}/write"), url)
}

/// Puts samples of one series, so that they are one request.
async fn put(world: &World, count: u32) {
    let now = world.master.context.bus.clock().now().0;
    let mut batch = Batch::default();
    batch.series("load", [("server", "db")]);
    // Nothing that can be packed.
    (0..i64::from(count))
        .for_each(|n| batch.sample(now - 10_000 + n, f64::from_bits(fastrand::u64(..1 << 62))));
    world.master.context.history.append(&batch, usize::MAX, now).unwrap();
    sync(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_refuses_is_dropped_and_counted_and_the_rest_goes_on() {
    let (made, url) = Made::start(&[Answer::Refuse], Answer::Take).await;
    let world = World::start_with(|world| world.history = of(&url)).await;
    put(&world, 3).await;
    put(&world, 4).await;
    let status = delivered(&world).await;
    assert_eq!((status.refused_samples, status.sent_samples, status.lost_samples), (3, 4, 0));
    assert_eq!(status.last_error.as_deref(), Some("400 out of bounds"));
    assert_eq!(status.failing_since, None);
    assert_eq!(made.answers(), [Answer::Refuse, Answer::Take]);
    let metrics = text_of(&world, "/api/v1/metrics").await;
    assert!(metrics.contains("topmast_remote_refused_samples_total 3\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn store_that_is_busy_gone_or_forbids_is_asked_again_until_it_takes() {
    let script = [Answer::Unavailable, Answer::Wait(1), Answer::Forbid, Answer::Hang];
    let (made, url) = Made::start(&script, Answer::Take).await;
    let mut config = of(&url);
    config.remote.as_mut().unwrap().timeout_s = 1;
    let world = World::start_with(|world| world.history = config).await;
    put(&world, 3).await;
    put(&world, 4).await;
    let status = delivered(&world).await;
    assert_eq!((status.refused_samples, status.sent_samples, status.lost_samples), (0, 7, 0));
    let came = made.came.lock().unwrap().clone();
    let answers: Vec<Answer> = came.iter().map(|(_, answer)| *answer).collect();
    assert_eq!(answers, [&script[..], &[Answer::Take, Answer::Take]].concat());
    let waited = came[2].0 - came[1].0;
    assert!(waited >= Duration::from_secs(1), "asked again after {waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spool_that_overflows_drops_the_oldest_and_no_more() {
    let (made, url) = Made::start(&[], Answer::Unavailable).await;
    let mut config = of(&url);
    config.remote.as_mut().unwrap().spool_mib = 1;
    let world = World::start_with(|world| world.history = config).await;
    let (requests, samples) = (200, 1_000);
    for _ in 0..requests {
        put(&world, samples).await;
    }
    let full = status(&world).await;
    // A sixteenth goes at a time.
    assert!(full.waiting_bytes <= 1 << 20 && full.waiting_bytes > (1 << 20) * 14 / 16, "{full:?}");
    assert!(full.lost_samples > 0 && full.failing_since.is_some(), "{full:?}");
    made.script.lock().unwrap().extend(std::iter::repeat_n(Answer::Take, 400));
    let end = delivered(&world).await;
    assert_eq!(end.sent_samples + end.lost_samples, u64::from(requests * samples));
    assert_eq!((end.lost_samples, end.refused_samples), (full.lost_samples, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn store_with_a_certificate_of_another_ca_is_sent_nothing() {
    let other = tempfile::tempdir().unwrap();
    let config = MasterConfig { tls: TlsMode::On, ..super::super::world::config(&other) };
    let stranger = Master::start(config).await.unwrap();
    let own = World::start().await;
    let ca = own.directory.path().join("ca.pem");
    std::fs::write(&ca, own.master.ca_pem()).unwrap();
    let mut config = outside(&format!("{}/write", stranger.url()), &stranger.url());
    config.remote.as_mut().unwrap().ca_file = Some(ca);
    let world = World::start_with(|world| world.history = config).await;
    put(&world, 3).await;
    let status =
        super::until(async || Some(status(&world).await).filter(|status| status.last_error.is_some())).await;
    assert!(status.last_error.unwrap().contains("ertificate"));
    assert!(status.waiting_bytes > 0 && status.sent_samples == 0);
    within(stranger.stop()).await;
}

async fn text_of(world: &World, path: &str) -> String {
    let request = reqwest::Client::new().get(format!("{}{path}", world.master.url()));
    request.bearer_auth(&world.secret).send().await.unwrap().text().await.unwrap()
}

/// The answer to a query that fails.
async fn failed(world: &World, query: &str) -> String {
    let answer =
        text_of(world, &format!("/api/v1/prometheus/api/v1/query?time=1700000000&query={query}")).await;
    assert!(answer.contains(r#""status":"error""#), "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_answers_to_queries_are_errors_that_say_whose() {
    for (answer, expected) in [
        (Answer::Garbage, "the answer cannot be read"),
        (Answer::Huge, "the answer is longer than 32 MiB"),
        (Answer::Refuse, "400 out of bounds"),
        (Answer::Unavailable, "503"),
    ] {
        let (_, url) = Made::start(&[], answer).await;
        let world = World::start_with(|world| world.history = of(&url)).await;
        let error = failed(&world, "load[10s]").await;
        assert!(error.contains(expected) && error.contains(&url), "{answer:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn store_that_never_answers_a_query_ends_with_it() {
    let (_, url) = Made::start(&[], Answer::Hang).await;
    let world =
        World::start_with(|world| world.history = HistoryConfig { query_timeout_s: 1, ..of(&url) }).await;
    let error = failed(&world, "load").await;
    assert!(error.contains("longer than 1 s"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_store_answers_only_what_was_asked_for_comes_out() {
    // A-2
    let (_, url) = Made::start(&[], Answer::Foreign).await;
    let world = World::start_with(|world| world.history = of(&url)).await;
    let query = InstantQuery { query: r#"load{server="db"}[10s]"#.into(), time: Some("1700000000".into()) };
    let answer = world.admin.query_instant(&query).await.unwrap().data;
    let text = serde_json::to_string(&answer).unwrap();
    assert_eq!(
        text,
        r#"{"resultType":"matrix","result":[{"metric":{"__name__":"load","server":"db"},"values":[[1700000000,"7"]]}]}"#
    );
}

#[test]
fn credentials_are_sent_to_where_nobody_listens_in() {
    let remote = |url: &str| RemoteConfig {
        write_url: url.into(),
        bearer_token_file: Some("/nowhere".into()),
        ..RemoteConfig::default()
    };
    for (url, allowed) in
        [("http://192.0.2.1/w", false), ("https://192.0.2.1/w", true), ("http://127.0.0.1/w", true)]
    {
        let history = HistoryConfig { remote: Some(remote(url)), ..HistoryConfig::default() };
        let config = MasterConfig { history, ..MasterConfig::default() };
        assert_eq!(config.check().is_ok(), allowed, "{url}");
    }
}
