//! Five queries of a console, over an hour of 10,000 series and 30 days of a hundred.

use super::dataset::{encoded_labels, request};
use super::figure::percentile;
use super::peer::{ALL, Server, encoded};
use super::{BenchError, Bound, Figure};
use crate::fleet::{PASSWORD, USER};
use std::time::{Duration, Instant};

/// Servers, each with ten services, sampled every 15 s for an hour.
const SERVERS: usize = 1_000;
const SERVICES: usize = 10;
const HOUR_S: i64 = 3_600;
const HOUR_STEP_S: usize = 15;
/// Series of which there is a sample a minute for a month.
const ARCHIVED: usize = 100;
const MONTH_S: i64 = 719 * HOUR_S;
/// Samples of one request.
const PER_REQUEST: usize = 2_000;
/// Longer than any server leaves what it took in as it is: they are asked what they keep, not what just came.
const SETTLE: Duration = Duration::from_secs(25);
/// Times that each query is asked, after as many as warm it up.
const ASKED: usize = 50;
const WARM_UP: usize = 5;

struct Query {
    name: &'static str,
    text: &'static str,
    /// How far back it reaches, in s; none for an instant.
    span_s: i64,
    step_s: i64,
}

const QUERIES: [Query; 5] = [
    Query {
        name: "one series, 1 h",
        text: r#"service_transactions_total{instance="server-007",service="MC_03"}"#,
        span_s: HOUR_S - 60,
        step_s: 15,
    },
    Query {
        name: "one metric of 1,000 servers now",
        text: r#"service_transactions_total{service="MC_03"}"#,
        span_s: 0,
        step_s: 0,
    },
    Query {
        name: "rate over 1,000 series, 1 h",
        text: r#"sum(rate(service_transactions_total{service="MC_03"}[1m]))"#,
        span_s: HOUR_S - 120,
        step_s: 15,
    },
    Query {
        name: "top 10 of 10,000",
        text: "topk(10, rate(service_transactions_total[1m]))",
        span_s: 0,
        step_s: 0,
    },
    Query {
        name: "100 series, 30 days",
        text: "sum(rate(archive_transactions_total[2h]))",
        span_s: MONTH_S - 4 * HOUR_S,
        step_s: 2 * HOUR_S,
    },
];

pub(super) async fn measure(show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let now = i64::try_from(now).unwrap_or(0);
    let mut all = Vec::new();
    for name in ALL {
        let Some(mut server) = Server::start(name).await? else { continue };
        server.send(month(now)).await?;
        server.send(hour(now)).await?;
        tokio::time::sleep(SETTLE).await;
        server.rest().await?;
        let mut times = Vec::new();
        for query in &QUERIES {
            times.push(ask(&server, query, now).await?);
        }
        server.finish()?;
        all.push((name, times));
    }
    for (place, query) in QUERIES.iter().enumerate() {
        for (name, times) in &all {
            let (p50, p95) = times[place];
            show(Figure::new(format!("{}, {name}, p50", query.name), p50, "ms"));
            show(Figure::new(format!("{}, {name}, p95", query.name), p95, "ms"));
        }
        let Some(((_, own), peers)) = all.split_first() else { continue };
        let faster = peers.iter().map(|(_, times)| times[place].0).fold(f64::INFINITY, f64::min);
        if faster.is_finite() {
            let name = format!("{}, p50 beside the faster peer", query.name);
            show(Figure::new(name, own[place].0, "ms").target(Bound::AtMost(faster)));
        }
    }
    Ok(())
}

/// Requests with a sample a minute of the archived series, up to an hour ago.
fn month(now: i64) -> impl Iterator<Item = Vec<u8>> {
    let labels: Vec<Vec<u8>> =
        (0..ARCHIVED).map(|server| encoded_labels("archive_transactions_total", server)).collect();
    let minutes = (now - MONTH_S..now - HOUR_S).step_by(60);
    minutes.enumerate().map(move |(minute, time)| {
        let values: Vec<f64> = (0..ARCHIVED).map(|series| grown(minute, series)).collect();
        request(&labels, &values, time * 1_000)
    })
}

/// Requests of the last hour.
fn hour(now: i64) -> impl Iterator<Item = Vec<u8>> {
    let labels: Vec<Vec<u8>> = (0..SERVERS)
        .flat_map(|server| {
            (0..SERVICES).map(move |service| {
                encoded_labels(&format!("service_transactions_total|service|MC_{service:02}"), server)
            })
        })
        .collect();
    (now - HOUR_S..now).step_by(HOUR_STEP_S).enumerate().flat_map(move |(step, time)| {
        let values: Vec<f64> = (0..labels.len()).map(|series| grown(step, series)).collect();
        let parts = labels.chunks(PER_REQUEST).zip(values.chunks(PER_REQUEST));
        parts.map(|(labels, values)| request(labels, values, time * 1_000)).collect::<Vec<_>>()
    })
}

/// A counter after so many steps, each series at a pace of its own, not quite evenly.
fn grown(step: usize, series: usize) -> f64 {
    let pace = 20 + series % 37;
    (step * pace + (step * 7 + series * 13) % pace) as f64
}

async fn ask(server: &Server, query: &Query, now: i64) -> Result<(f64, f64), BenchError> {
    let mut times = Vec::new();
    for round in 0..WARM_UP + ASKED {
        // An answer kept by the server is not what is measured: a little elsewhere each time, and without the
        // kept answers of VictoriaMetrics, which moves ranges to whole steps; others do not know the word.
        let until = now - 20 - i64::try_from(round % 10).unwrap_or(0);
        let base = &server.query;
        let url = if query.span_s == 0 {
            format!("{base}/query?nocache=1&time={until}&query=")
        } else {
            // What is archived ends an hour ago.
            let until = if query.span_s > HOUR_S { until - HOUR_S } else { until };
            format!(
                "{base}/query_range?nocache=1&start={}&end={until}&step={}&query=",
                until - query.span_s,
                query.step_s
            )
        };
        let url = format!("{url}{}", encoded(query.text));
        let failed = |source| BenchError::Http { url: url.clone(), source };
        let began = Instant::now();
        let request = server.http.get(&url).basic_auth(USER, Some(PASSWORD));
        let answer = request.send().await.map_err(failed)?.error_for_status().map_err(failed)?;
        let text = answer.text().await.map_err(failed)?;
        if round >= WARM_UP {
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        if !text.contains("\"metric\"") {
            return Err(BenchError::Strange(format!("{url} has no result: {text}")));
        }
    }
    times.sort_by(f64::total_cmp);
    let of = |percent| percentile(&times, percent).unwrap_or(f64::NAN);
    Ok((of(50), of(95)))
}
