//! Servers that take remote-write and answer `PromQL`: this project's and its peers, each started alone.

use super::BenchError;
use crate::fleet::{PASSWORD, TestFleet, USER};
use crate::process::{Process, Usage};
use crate::wait::{DEADLINE, wait_until};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The project's own; peers have the names of Debian's packages.
pub(super) const TOPMAST: &str = "topmast";
const PROMETHEUS: &str = "prometheus";
const VICTORIA: &str = "victoria-metrics";
/// Everybody, the own first.
pub(super) const ALL: [&str; 3] = [TOPMAST, VICTORIA, PROMETHEUS];

/// Their ports, on the fleet's own address.
const PROMETHEUS_PORT: u16 = 9_090;
const VICTORIA_PORT: u16 = 8_428;
/// A server rests when it used no more than this in a second.
const AT_REST: Duration = Duration::from_millis(30);
/// Samples may be 30 days old.
const CONFIG: &str = "[history]\nlate_hours = 720\n";

/// A server under test.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) http: reqwest::Client,
    write: String,
    /// Base of `query` and `query_range`.
    pub(super) query: String,
    runs: Runs,
}

enum Runs {
    Own(Box<TestFleet>),
    Peer(Process, TempDir),
}

fn strange(error: impl std::fmt::Display) -> BenchError {
    BenchError::Strange(error.to_string())
}

impl Server {
    /// Starts it with nothing in it; `None` for a peer that is not installed.
    pub(super) async fn start(name: &'static str) -> Result<Option<Self>, BenchError> {
        let http = reqwest::Client::new();
        if name == TOPMAST {
            let folder = tempfile::Builder::new().prefix("topmast-bench-").tempdir().map_err(strange)?;
            let data = folder.path().join("master");
            let fleet = TestFleet::start_with(folder, &data, CONFIG).await?;
            let base = format!("{}/api/v1/prometheus", fleet.url());
            let (write, query) = (format!("{base}/write"), format!("{base}/api/v1"));
            return Ok(Some(Self { name, http, write, query, runs: Runs::Own(Box::new(fleet)) }));
        }
        let program = Path::new("/usr/bin").join(name);
        if !program.exists() {
            return Ok(None);
        }
        let folder = tempfile::tempdir().map_err(strange)?;
        let (arguments, port) = arguments(name, folder.path())?;
        let process = Process::start(&program, arguments, &[], &folder.path().join("log"))?;
        let query = format!("http://127.0.0.1:{port}/api/v1");
        let ready = format!("{query}/query?query=1");
        wait_until("the peer answers", DEADLINE, async || {
            http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await?;
        let write = format!("{query}/write");
        Ok(Some(Self { name, http, write, query, runs: Runs::Peer(process, folder) }))
    }

    fn pid(&mut self) -> u32 {
        match &mut self.runs {
            Runs::Own(fleet) => fleet.master().process().pid(),
            Runs::Peer(process, _) => process.pid(),
        }
    }

    /// Processor time used so far.
    pub(super) fn used(&mut self) -> Result<Duration, BenchError> {
        let pid = self.pid();
        Usage::of(pid).map(|usage| usage.cpu).map_err(|error| strange(format!("read process {pid}: {error}")))
    }

    /// Sends requests one after the other.
    pub(super) async fn send(&self, bodies: impl Iterator<Item = Vec<u8>>) -> Result<(), BenchError> {
        let url = &self.write;
        for body in bodies {
            let request = self
                .http
                .post(url)
                .basic_auth(USER, Some(PASSWORD))
                .header("content-encoding", "snappy")
                .header("content-type", "application/x-protobuf")
                .header("x-prometheus-remote-write-version", "0.1.0")
                .body(body);
            let answer =
                request.send().await.map_err(|source| BenchError::Http { url: url.into(), source })?;
            if !answer.status().is_success() {
                let status = answer.status();
                let text = answer.text().await.unwrap_or_default();
                return Err(strange(format!("{url} answered {status}: {text}")));
            }
        }
        Ok(())
    }

    /// Waits until it uses next to nothing.
    pub(super) async fn rest(&mut self) -> Result<(), BenchError> {
        let mut before = self.used()?;
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = self.used()?;
            if now.saturating_sub(before) <= AT_REST {
                break;
            }
            before = now;
        }
        Ok(())
    }

    /// The most memory that it had, in MiB.
    pub(super) fn peak_mib(&mut self) -> Result<f64, BenchError> {
        let path = format!("/proc/{}/status", self.pid());
        let text = std::fs::read_to_string(&path).map_err(strange)?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.map(|kib| kib / 1_024.0).ok_or_else(|| strange(format!("{path} has no VmHWM")))
    }

    /// Ends it; bytes on disk once it has merged what it has.
    pub(super) async fn merged_bytes(mut self, until: i64) -> Result<f64, BenchError> {
        let call = async |http: &reqwest::Client, method: reqwest::Method, url: String| {
            let answer =
                http.request(method, &url).send().await.and_then(reqwest::Response::error_for_status);
            answer.map_err(|source| BenchError::Http { url, source })
        };
        if self.name == PROMETHEUS {
            let url = format!("{}/admin/tsdb/snapshot?skip_head=false", self.query);
            call(&self.http, reqwest::Method::POST, url).await?;
        }
        if self.name == VICTORIA {
            let base = self.query.trim_end_matches("/api/v1").to_owned();
            call(&self.http, reqwest::Method::GET, format!("{base}/internal/force_flush")).await?;
            call(&self.http, reqwest::Method::GET, format!("{base}/internal/force_merge")).await?;
            self.rest().await?;
        }
        match self.runs {
            Runs::Own(mut fleet) => {
                fleet.master().process().terminate(DEADLINE).await?;
                let bytes = super::history::sealed_bytes(&fleet.path().join("master/history"), until)?;
                fleet.finish()?;
                Ok(bytes)
            }
            Runs::Peer(_, folder) if self.name == PROMETHEUS => {
                Ok(bytes_below(&folder.path().join("data/snapshots")))
            }
            Runs::Peer(_, folder) => {
                let data = folder.path().join("data");
                Ok(bytes_below(&data.join("data")) + bytes_below(&data.join("indexdb")))
            }
        }
    }

    /// Ends it.
    pub(super) fn finish(self) -> Result<(), BenchError> {
        match self.runs {
            Runs::Own(fleet) => Ok(fleet.finish()?),
            Runs::Peer(..) => Ok(()),
        }
    }
}

/// A peer's command line, and its port.
fn arguments(name: &str, folder: &Path) -> Result<(Vec<String>, u16), BenchError> {
    let data = folder.join("data");
    if name == PROMETHEUS {
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, "global: {}\n").map_err(strange)?;
        let arguments = vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"),
            "--storage.tsdb.retention.time=60d".into(),
            "--web.enable-remote-write-receiver".into(),
            "--web.enable-admin-api".into(),
        ];
        return Ok((arguments, PROMETHEUS_PORT));
    }
    let arguments = vec![
        format!("-storageDataPath={}", data.display()),
        format!("-httpListenAddr=127.0.0.1:{VICTORIA_PORT}"),
        "-retentionPeriod=12".into(),
    ];
    Ok((arguments, VICTORIA_PORT))
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

pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
