//! CloudWatch's requests beside moto's server: metrics put and read, each signed as AWS' tools sign.
//!
//! One sender, one request after the other, so that what counts is the processor time of the serving process alone.
//! Both servers are asked the same; what each then says it has is compared with what it was sent (B-2).
//!
//! A million metric names from one key follow, for Topmast only: how many it took, and what it costs in memory.

use super::{BenchError, Figure, Settings};
use crate::fleet::TestFleet;
use crate::process::{Process, Usage};
use crate::wait::{DEADLINE, wait_until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use topmast_api::access_key::AccessKeyRequest;
use topmast_aws::signature::Signer;
use topmast_aws::{Request, timestamp};
use topmast_model::principal::{Grant, Role};

/// What `scripts/setup test` installs.
const MOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/python-moto/bin/moto_server");
const MOTO_PORT: u16 = 5_005;
/// Metrics of a request, as Vector batches them, and those of a read.
const PUT: usize = 20;
const READ: usize = 5;
/// Minutes that values are put for.
const MINUTES: u64 = 60;
/// Names that one key makes up, and those of a request.
const NAMES: usize = 1_000_000;
const QUICK_NAMES: usize = 200_000;
const NAMES_A_REQUEST: usize = 1_000;
const MIB: f64 = 1_048_576.0;

/// A server with a key of its own.
struct Server {
    name: &'static str,
    url: String,
    key: (String, String),
    http: reqwest::Client,
    runs: Runs,
}

enum Runs {
    Own(Box<TestFleet>),
    /// The folder has its log.
    Moto {
        process: Process,
        _folder: TempDir,
    },
}

/// How fast one server was.
struct Outcome {
    puts: f64,
    reads: f64,
}

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let quick = settings.span < Duration::from_secs(30);
    let mut outcomes = Vec::new();
    let mut own = Server::topmast().await?;
    outcomes.push(own.measured(settings.span / 4, show).await?);
    match Server::moto(Path::new(MOTO)).await? {
        Some(mut moto) => outcomes.push(moto.measured(settings.span / 4, show).await?),
        None => show(Figure::new("moto is not installed: scripts/setup test", f64::NAN, "-")),
    }
    if let [own, moto] = outcomes.as_slice() {
        for (what, own, moto) in
            [("PutMetricData", own.puts, moto.puts), ("GetMetricData", own.reads, moto.reads)]
        {
            show(Figure::new(format!("{what}, times moto"), own / moto, "times"));
        }
    }
    own.names(if quick { QUICK_NAMES } else { NAMES }, show).await
}

fn strange(error: impl std::fmt::Display) -> BenchError {
    BenchError::Strange(error.to_string())
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Server {
    async fn topmast() -> Result<Self, BenchError> {
        let fleet = TestFleet::start("bench-aws").await?;
        let tenant = "default".parse().map_err(strange)?;
        let request = AccessKeyRequest {
            name: "bench".to_owned(),
            owner: None,
            grants: vec![Grant { role: Role::Admin, path: Some(tenant) }],
            expires_in_s: None,
        };
        let key = fleet.client().access_key_create(&request).await?;
        let (url, key) = (fleet.url().to_owned(), (key.row.id.to_string(), key.secret));
        let (http, runs) = (reqwest::Client::new(), Runs::Own(Box::new(fleet)));
        Ok(Self { name: "topmast", url, key, http, runs })
    }

    /// `None` when it is not installed.
    async fn moto(program: &Path) -> Result<Option<Self>, BenchError> {
        if !program.exists() {
            return Ok(None);
        }
        let folder = tempfile::tempdir().map_err(strange)?;
        let arguments = ["-H", "127.0.0.1", "-p", &MOTO_PORT.to_string()];
        let log: PathBuf = folder.path().join("log");
        let process = Process::start(program, arguments, &[], &log)?;
        let (url, http) = (format!("http://127.0.0.1:{MOTO_PORT}"), reqwest::Client::new());
        wait_until("moto answers", DEADLINE, async || http.get(&url).send().await.is_ok()).await?;
        let key = ("test".to_owned(), "test".to_owned());
        Ok(Some(Self { name: "moto", url, key, http, runs: Runs::Moto { process, _folder: folder } }))
    }

    fn used(&mut self) -> Result<Usage, BenchError> {
        let pid = match &mut self.runs {
            Runs::Own(fleet) => fleet.master().process().pid(),
            Runs::Moto { process, .. } => process.pid(),
        };
        Usage::of(pid).map_err(strange)
    }

    /// Seconds of processor time since then.
    fn used_since(&mut self, before: Usage) -> Result<f64, BenchError> {
        Ok(self.used()?.cpu.saturating_sub(before.cpu).as_secs_f64())
    }

    /// Asks for an operation: the status and the answer.
    async fn ask(&self, operation: &str, input: &Value) -> Result<(u16, Value), BenchError> {
        let (now, body) = (now_ms(), input.to_string());
        let (date, host) = (timestamp::format_basic(now), self.url.trim_start_matches("http://"));
        let target = format!("GraniteServiceVersion20100801.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("host", host),
            ("x-amz-date", &date),
            ("x-amz-target", &target),
        ];
        let bytes = headers.map(|(name, value)| (name, value.as_bytes()));
        let request =
            Request { method: "POST", path: "/", query: "", headers: &bytes, body: body.as_bytes() };
        let (id, secret) = &self.key;
        let signer = Signer { access_key_id: id, secret, region: "us-east-1", service: "monitoring" };
        let signed = headers.map(|(name, _)| name);
        let authorization = signer.authorization(&request, &signed, now).map_err(strange)?;
        let failed = |source| BenchError::Http { url: self.url.clone(), source };
        let mut sent = self.http.post(&self.url).header("authorization", authorization);
        for (name, value) in headers.into_iter().filter(|(name, _)| *name != "host") {
            sent = sent.header(name, value);
        }
        let answer = sent.body(body).send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(failed)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    async fn done(&self, operation: &str, input: &Value) -> Result<Value, BenchError> {
        match self.ask(operation, input).await? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(strange(format!("{}: {operation} is {status}: {answer}", self.name))),
        }
    }

    /// Puts for a time, then reads what was put for a time.
    async fn measured(
        &mut self,
        span: Duration,
        show: &mut dyn FnMut(Figure),
    ) -> Result<Outcome, BenchError> {
        let end_s = now_ms().div_euclid(60_000) * 60;
        let (before, begun, mut count) = (self.used()?, Instant::now(), 0_u64);
        while begun.elapsed() < span {
            let minute = i64::try_from(count % MINUTES).unwrap_or_default();
            let data: Vec<Value> = (0..PUT)
                .map(|at| {
                    json!({"MetricName": format!("m{at}"), "Value": count, "Unit": "Count", "Timestamp": end_s - 60 * (minute + 1)})
                })
                .collect();
            self.done("PutMetricData", &json!({"Namespace": "Bench", "MetricData": data})).await?;
            count += 1;
        }
        let puts = count as f64 * PUT as f64 / self.used_since(before)?;
        let lost = self.lost(count, end_s).await?;
        let note = format!("{count} requests of {PUT} values; {lost} values of one metric not told back");
        let name = self.name;
        show(Figure::new(format!("PutMetricData, {name}"), puts / 1e3, "k values/CPU-s").note(note));

        let (before, begun, mut count) = (self.used()?, Instant::now(), 0_u64);
        let input = Self::query(READ, "Sum", end_s);
        while begun.elapsed() < span {
            self.done("GetMetricData", &input).await?;
            count += 1;
        }
        let reads = count as f64 / self.used_since(before)?;
        let note = format!("{count} requests for {READ} metrics, an hour by the minute");
        show(Figure::new(format!("GetMetricData, {name}"), reads, "requests/CPU-s").note(note));
        Ok(Outcome { puts, reads })
    }

    fn query(metrics: usize, statistic: &str, end_s: i64) -> Value {
        let queries: Vec<Value> = (0..metrics)
            .map(|at| {
                let metric = json!({"Namespace": "Bench", "MetricName": format!("m{at}")});
                json!({"Id": format!("q{at}"), "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}})
            })
            .collect();
        json!({"StartTime": end_s - 3_600, "EndTime": end_s, "MetricDataQueries": queries})
    }

    /// Values of one metric that were put and are not told (B-2).
    async fn lost(&self, put: u64, end_s: i64) -> Result<f64, BenchError> {
        let answer = self.done("GetMetricData", &Self::query(1, "SampleCount", end_s)).await?;
        let values = answer["MetricDataResults"][0]["Values"].as_array();
        let told: f64 = values.into_iter().flatten().filter_map(Value::as_f64).sum();
        Ok(put as f64 - told)
    }

    /// Makes up names, until there are so many; most of them are refused.
    async fn names(&mut self, names: usize, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
        let (before, mut taken, mut refused) = (self.used()?, 0, 0);
        for from in (0..names).step_by(NAMES_A_REQUEST) {
            let data: Vec<Value> = (from..from + NAMES_A_REQUEST)
                .map(|at| json!({"MetricName": format!("made-up-{at}"), "Value": 1}))
                .collect();
            match self.ask("PutMetricData", &json!({"Namespace": "Made", "MetricData": data})).await? {
                (200, _) => taken += NAMES_A_REQUEST,
                (400, answer) if answer.to_string().contains("LimitExceeded") => refused += NAMES_A_REQUEST,
                (status, answer) => return Err(strange(format!("made up names: {status}: {answer}"))),
            }
        }
        let after = self.used()?;
        let grown = (after.resident_bytes as f64 - before.resident_bytes as f64) / MIB;
        let note = format!("{taken} taken, {refused} refused with LimitExceeded");
        show(
            Figure::new(format!("{names} metric names from one key, memory grown"), grown, "MiB").note(note),
        );
        let spent = self.used_since(before)?;
        show(Figure::new(format!("{names} metric names from one key, processor time"), spent, "CPU-s"));
        Ok(())
    }
}
