//! The history beside its peers: the same remote-write requests to each server in turn, then the same queries.
//!
//! Each server is alone with the sender. What counts is its own processor time, from the first request until it
//! rests again; what is on disk is looked at after it was told to merge.

use super::dataset::Dataset;
use super::figure::percentile;
use super::{BenchError, Bound, Figure, Settings};
use crate::fleet::{PASSWORD, TestFleet, USER};
use crate::process::{Process, Usage};
use crate::wait::{DEADLINE, wait_until};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use topmast_history::{History, Options};

/// Debian's packages prometheus and victoria-metrics.
const PROMETHEUS: &str = "/usr/bin/prometheus";
const VICTORIA: &str = "/usr/bin/victoria-metrics";
/// Their ports, on the fleet's own address.
const PROMETHEUS_PORT: u16 = 9_090;
const VICTORIA_PORT: u16 = 8_428;
/// Servers that are sent, and seconds of each.
const SERVERS: usize = 100;
const SECONDS: usize = 600;
const QUICK_SECONDS: usize = 120;
/// Times that each query is asked.
const ASKED: usize = 40;
/// A server rests when it used no more than this in a second.
const AT_REST: Duration = Duration::from_millis(30);

/// One server that takes remote-write and answers `PromQL`.
struct Peer {
    name: &'static str,
    write: String,
    /// Base of `query` and `query_range`.
    query: String,
    process: Process,
}

/// What one server used.
struct Outcome {
    name: &'static str,
    samples_per_cpu_s: f64,
    peak_mib: f64,
    bytes_a_sample: f64,
    /// Median and 95th percentile of each query, in ms.
    queries: Vec<(f64, f64)>,
}

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let recorded = settings.span.as_secs().clamp(15, 120);
    let quick = settings.span < Duration::from_secs(30);
    let dataset = Dataset::record(recorded, SERVERS, if quick { QUICK_SECONDS } else { SECONDS }).await?;
    let queries = dataset.queries();
    let mut outcomes = vec![topmast(&dataset, &queries).await?];
    for (name, program) in [("victoria-metrics", VICTORIA), ("prometheus", PROMETHEUS)] {
        if Path::new(program).exists() {
            outcomes.push(peer(name, &dataset, &queries).await?);
        } else {
            show(Figure::new(format!("{name} is not installed"), f64::NAN, "-"));
        }
    }
    figures(&dataset, &queries, &outcomes, show);
    Ok(())
}

async fn topmast(dataset: &Dataset, queries: &[Query]) -> Result<Outcome, BenchError> {
    let mut fleet = TestFleet::start("bench-history").await?;
    let base = format!("{}/api/v1/prometheus", fleet.url());
    let http = reqwest::Client::new();
    let write = format!("{base}/write");
    let before = fleet.master().process().usage()?;
    let pid = fleet.master().process().pid();
    send(&http, &write, dataset).await?;
    rest(pid).await?;
    let used = fleet.master().process().usage()?.cpu.saturating_sub(before.cpu);
    let peak_mib = peak(pid)?;
    let times = ask(&http, &format!("{base}/api/v1"), queries).await?;
    fleet.master().process().terminate(DEADLINE).await?;
    let folder = fleet.path().join("master/history");
    let (history, _) =
        History::open(&folder, Options::default()).map_err(|error| BenchError::Strange(error.to_string()))?;
    history.seal_all(dataset.until()).map_err(|error| BenchError::Strange(error.to_string()))?;
    let raw = history.status().tiers.into_iter().find(|tier| tier.name == "raw");
    let bytes = raw.map_or(f64::NAN, |raw| raw.bytes as f64);
    drop(history);
    fleet.finish()?;
    Ok(outcome("topmast", dataset, used, peak_mib, bytes, times))
}

async fn peer(name: &'static str, dataset: &Dataset, queries: &[Query]) -> Result<Outcome, BenchError> {
    let folder = tempfile::tempdir().map_err(|error| BenchError::Strange(error.to_string()))?;
    let http = reqwest::Client::new();
    let peer = start(name, folder.path())?;
    let ready = format!("{}/query?query=1", peer.query);
    wait_until("the peer answers", DEADLINE, async || {
        http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success())
    })
    .await?;
    let pid = peer.process.pid();
    let before = peer.process.usage()?;
    send(&http, &peer.write, dataset).await?;
    rest(pid).await?;
    let used = peer.process.usage()?.cpu.saturating_sub(before.cpu);
    let peak_mib = peak(pid)?;
    let times = ask(&http, &peer.query, queries).await?;
    let bytes = merged_bytes(&http, &peer, folder.path()).await?;
    Ok(outcome(peer.name, dataset, used, peak_mib, bytes, times))
}

fn start(name: &'static str, folder: &Path) -> Result<Peer, BenchError> {
    let log = folder.join("log");
    let data = folder.join("data");
    if name == "prometheus" {
        let address = format!("127.0.0.1:{PROMETHEUS_PORT}");
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, "global: {}\n").map_err(|error| BenchError::Strange(error.to_string()))?;
        let arguments = [
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address={address}"),
            "--web.enable-remote-write-receiver".into(),
            "--web.enable-admin-api".into(),
        ];
        let process = Process::start(Path::new(PROMETHEUS), arguments, &[], &log)?;
        let base = format!("http://{address}/api/v1");
        return Ok(Peer { name, write: format!("{base}/write"), query: base, process });
    }
    let address = format!("127.0.0.1:{VICTORIA_PORT}");
    let arguments = [
        format!("-storageDataPath={}", data.display()),
        format!("-httpListenAddr={address}"),
        "-retentionPeriod=12".into(),
    ];
    let process = Process::start(Path::new(VICTORIA), arguments, &[], &log)?;
    let base = format!("http://{address}/api/v1");
    Ok(Peer { name, write: format!("{base}/write"), query: base, process })
}

/// Sends all of it, one request after the other, each again until it is taken.
async fn send(http: &reqwest::Client, url: &str, dataset: &Dataset) -> Result<(), BenchError> {
    for body in dataset.bodies() {
        let request = http
            .post(url)
            .basic_auth(USER, Some(PASSWORD))
            .header("content-encoding", "snappy")
            .header("content-type", "application/x-protobuf")
            .header("x-prometheus-remote-write-version", "0.1.0")
            .body(body);
        let answer = request.send().await.map_err(|source| BenchError::Http { url: url.into(), source })?;
        if !answer.status().is_success() {
            let status = answer.status();
            let text = answer.text().await.unwrap_or_default();
            return Err(BenchError::Strange(format!("{url} answered {status}: {text}")));
        }
    }
    Ok(())
}

/// Waits until a process uses next to nothing.
async fn rest(pid: u32) -> Result<(), BenchError> {
    let used = || {
        Usage::of(pid)
            .map(|usage| usage.cpu)
            .map_err(|error| BenchError::Strange(format!("read process {pid}: {error}")))
    };
    let mut before = used()?;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = used()?;
        if now.saturating_sub(before) <= AT_REST {
            break;
        }
        before = now;
    }
    Ok(())
}

/// The most memory that a process had, in MiB.
fn peak(pid: u32) -> Result<f64, BenchError> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|error| BenchError::Strange(error.to_string()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib / 1_024.0).ok_or_else(|| BenchError::Strange(format!("{path} has no VmHWM")))
}

/// A query: what it is called, its text, and whether it is about the whole span.
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// From when to when, in seconds since the Unix epoch; an instant when equal.
    pub(super) span: (i64, i64),
}

async fn ask(http: &reqwest::Client, base: &str, queries: &[Query]) -> Result<Vec<(f64, f64)>, BenchError> {
    let mut all = Vec::new();
    for query in queries {
        let mut times = Vec::new();
        for round in 0..ASKED {
            let (from, until) = query.span;
            // A little elsewhere each time: an answer kept by the server is not what is measured.
            let shift = i64::try_from(round % 10).unwrap_or(0);
            let url = if from == until {
                format!("{base}/query?time={}&query=", until - shift)
            } else {
                format!("{base}/query_range?start={}&end={}&step=15&query=", from + shift, until - shift)
            };
            let url = format!("{url}{}", encoded(&query.text));
            let began = Instant::now();
            let failed = |source| BenchError::Http { url: url.clone(), source };
            let request = http.get(&url).basic_auth(USER, Some(PASSWORD));
            let answer = request.send().await.map_err(failed)?.error_for_status().map_err(failed)?;
            let text = answer.text().await.map_err(failed)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            if !text.contains("\"metric\"") {
                return Err(BenchError::Strange(format!("{url} has no result: {text}")));
            }
        }
        times.sort_by(f64::total_cmp);
        let of = |percent| percentile(&times, percent).unwrap_or(f64::NAN);
        all.push((of(50), of(95)));
    }
    Ok(all)
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Bytes on disk once the server has merged what it has.
async fn merged_bytes(http: &reqwest::Client, peer: &Peer, folder: &Path) -> Result<f64, BenchError> {
    let call = async |method: reqwest::Method, url: String| {
        let answer = http.request(method, &url).send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(|source| BenchError::Http { url, source })
    };
    if peer.name == "prometheus" {
        call(reqwest::Method::POST, format!("{}/admin/tsdb/snapshot?skip_head=false", peer.query)).await?;
        return Ok(bytes_below(&folder.join("data/snapshots")));
    }
    let base = peer.query.trim_end_matches("/api/v1").to_owned();
    call(reqwest::Method::GET, format!("{base}/internal/force_flush")).await?;
    call(reqwest::Method::GET, format!("{base}/internal/force_merge")).await?;
    rest(peer.process.pid()).await?;
    Ok(bytes_below(&folder.join("data/data")) + bytes_below(&folder.join("data/indexdb")))
}

fn bytes_below(folder: &Path) -> f64 {
    let mut folders: Vec<PathBuf> = vec![folder.into()];
    let mut bytes = 0.0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => bytes += metadata.len() as f64,
                Err(_) => {}
            }
        }
    }
    bytes
}

fn outcome(
    name: &'static str,
    dataset: &Dataset,
    used: Duration,
    peak_mib: f64,
    bytes: f64,
    queries: Vec<(f64, f64)>,
) -> Outcome {
    let samples = dataset.samples() as f64;
    let samples_per_cpu_s = samples / used.as_secs_f64();
    Outcome { name, samples_per_cpu_s, peak_mib, bytes_a_sample: bytes / samples, queries }
}

fn figures(dataset: &Dataset, queries: &[Query], outcomes: &[Outcome], show: &mut dyn FnMut(Figure)) {
    let note = format!("{} samples of {} series", dataset.samples(), dataset.series());
    for Outcome { name, samples_per_cpu_s, peak_mib, bytes_a_sample, queries: times } in outcomes {
        let ingest = format!("remote-write, {name}");
        show(Figure::new(ingest, samples_per_cpu_s / 1e6, "M samples/CPU-s").note(note.clone()));
        show(Figure::new(format!("remote-write, {name}, peak memory"), *peak_mib, "MiB"));
        let disk = Figure::new(format!("disk after merging, {name}, raw tier"), *bytes_a_sample, "B/sample");
        let own = *name == "topmast";
        show(if own { disk.target(Bound::AtMost(0.3)) } else { disk });
        for (query, (p50, p95)) in queries.iter().zip(times) {
            show(Figure::new(format!("{}, {name}, p50", query.name), *p50, "ms"));
            show(Figure::new(format!("{}, {name}, p95", query.name), *p95, "ms"));
        }
    }
    let Some((own, peers)) = outcomes.split_first() else { return };
    for peer in peers {
        let ratio = own.samples_per_cpu_s / peer.samples_per_cpu_s;
        let target = if peer.name == "prometheus" { 4.0 } else { 2.0 };
        let name = format!("remote-write, times {}", peer.name);
        show(Figure::new(name, ratio, "times").target(Bound::AtLeast(target)));
    }
    for (place, query) in queries.iter().enumerate() {
        let faster = peers.iter().map(|peer| peer.queries[place].0).fold(f64::INFINITY, f64::min);
        if faster.is_finite() {
            let name = format!("{}, p50 beside the faster peer", query.name);
            show(Figure::new(name, own.queries[place].0, "ms").target(Bound::AtMost(faster)));
        }
    }
}
