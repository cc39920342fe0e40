//! The history in a store outside: both are killed without a word, and every sample is there afterwards.

use anyhow::{Context, ensure};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use topmast_api::history::RemoteStatus;
use topmast_api::query::{InstantQuery, QueryResult};
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::Process;
use topmast_testkit::wait::{DEADLINE, wait_for};

/// Samples of one request.
const AT_ONCE: usize = 10;

/// A Prometheus whose data outlives it.
struct Store {
    process: Option<Process>,
    address: SocketAddr,
    folder: PathBuf,
}

impl Store {
    fn new(folder: PathBuf) -> anyhow::Result<Self> {
        // Free a moment ago, on an address that no other test has.
        let [.., high, low] = std::process::id().to_be_bytes();
        let listener = TcpListener::bind((Ipv4Addr::new(127, 122, high, low.max(1)), 0))?;
        let address = listener.local_addr()?;
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("prometheus.yml"), "global: {}\n")?;
        Ok(Self { process: None, address, folder })
    }

    async fn start(&mut self) -> anyhow::Result<()> {
        let arguments = [
            format!("--config.file={}", self.folder.join("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", self.folder.join("data").display()),
            format!("--web.listen-address={}", self.address),
            "--web.enable-remote-write-receiver".to_owned(),
        ];
        let log = self.folder.join("log");
        self.process = Some(Process::start(Path::new("prometheus"), arguments, &[], &log)?);
        let ready = format!("http://{}/-/ready", self.address);
        wait_for("the store answers", DEADLINE, async || {
            reqwest::get(&ready).await.ok().filter(|answer| answer.status().is_success()).map(drop)
        })
        .await?;
        Ok(())
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().context("it does not run")?.kill()?;
        Ok(())
    }
}

/// Where the samples come from: one series, so that they are one record a request.
struct Source {
    start: i64,
    sent: usize,
}

impl Source {
    fn point(&self, place: usize) -> (i64, f64) {
        (self.start + i64::try_from(place).unwrap_or(0) * 100, (place * place % 1_009) as f64 / 7.0)
    }

    async fn send(&mut self, fleet: &TestFleet) -> anyhow::Result<()> {
        let mut lines = String::new();
        for place in self.sent..self.sent + AT_ONCE {
            let (time, value) = self.point(place);
            writeln!(lines, "outside,server=x value={value} {time}")?;
        }
        let url = format!("{}/api/v1/influx/write?precision=ms", fleet.url());
        let request = reqwest::Client::new().post(url).basic_auth(USER, Some(PASSWORD)).body(lines);
        let answer = request.send().await?;
        ensure!(answer.status().as_u16() == 204, "{answer:?}");
        self.sent += AT_ONCE;
        Ok(())
    }

    /// Sends while the store is away, until it is on the disk.
    async fn send_to_spool(&mut self, fleet: &TestFleet) -> anyhow::Result<()> {
        let before = status(fleet).await?.waiting_bytes;
        self.send(fleet).await?;
        wait_for("the samples are in the spool", DEADLINE, async || {
            (status(fleet).await.ok()?.waiting_bytes > before).then_some(())
        })
        .await?;
        Ok(())
    }
}

async fn status(fleet: &TestFleet) -> anyhow::Result<RemoteStatus> {
    fleet.client().history_status().await?.remote.context("there is no store outside")
}

async fn delivered(fleet: &TestFleet, samples: u64) -> anyhow::Result<RemoteStatus> {
    let done = async || {
        let status = status(fleet).await.ok()?;
        let settled = status.sent_samples + status.refused_samples;
        (status.waiting_bytes == 0 && settled >= samples).then_some(status)
    };
    Ok(wait_for("everything is delivered", DEADLINE, done).await?)
}

#[tokio::test]
async fn store_and_master_killed_lose_no_sample_that_was_on_a_disk() -> anyhow::Result<()> {
    if let Err(error) = std::process::Command::new("prometheus").arg("--version").output() {
        println!("skipped: prometheus cannot be started ({error}); scripts/setup test installs it");
        return Ok(());
    }
    let mut fleet = TestFleet::start("outside").await?;
    let mut store = Store::new(fleet.path().join("store"))?;
    store.start().await?;
    let mut config = fs::OpenOptions::new().append(true).open(fleet.path().join("master.toml"))?;
    let url = format!("http://{}", store.address);
    write!(
        config,
        "[history]\nstore = \"remote\"\n[history.remote]\nwrite_url = \"{url}/api/v1/write\"\nquery_url = \"{url}\"\n"
    )?;
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;

    let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?;
    let mut source = Source { start: (now - 600_000) / 1_000 * 1_000, sent: 0 };
    source.send(&fleet).await?;
    delivered(&fleet, source.sent as u64).await?;

    store.kill()?;
    for _ in 0..4 {
        source.send_to_spool(&fleet).await?;
    }
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    for _ in 0..4 {
        source.send_to_spool(&fleet).await?;
    }
    let waiting = status(&fleet).await?;
    ensure!(waiting.failing_since.is_some() && waiting.lost_samples == 0, "{waiting:?}");

    store.start().await?;
    // In the middle of what it catches up on, or not yet, or after it: nothing may depend on it.
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    let caught_up = delivered(&fleet, 0).await?;
    source.send(&fleet).await?;
    delivered(&fleet, caught_up.sent_samples + caught_up.refused_samples + AT_ONCE as u64).await?;

    let expected: Vec<(i64, f64)> = (0..source.sent).map(|place| source.point(place)).collect();
    let (last, _) = expected.last().context("nothing was sent")?;
    let query = InstantQuery {
        query: "outside_value[1h]".into(),
        time: Some(format!("{}.{:03}", last / 1_000, last % 1_000)),
    };
    let QueryResult::Matrix(series) = fleet.client().query_instant(&query).await?.data else {
        anyhow::bail!("no matrix")
    };
    let found: Value = serde_json::to_value(&series)?;
    let points = found[0]["values"].as_array().context("no values")?;
    let point = |point: &Value| {
        let time = point[0].as_f64()? * 1e3;
        Some((time.round(), point[1].as_str()?.parse::<f64>().ok()?))
    };
    let found: Option<Vec<(f64, f64)>> = points.iter().map(point).collect();
    let expected: Vec<(f64, f64)> = expected.iter().map(|(time, value)| (*time as f64, *value)).collect();
    ensure!(found.as_ref() == Some(&expected), "{found:?} is not {expected:?}");

    let log = fs::read_to_string(fleet.master().log())?;
    // Once for each of the two masters that saw the outage, and never again.
    let begins = log.matches("the store outside takes no samples").count();
    ensure!((1..=3).contains(&begins), "{begins} times: {log}");
    Ok(fleet.finish()?)
}
