//! A full disk under the history, the journal on another one: what is live goes on, senders are told to wait, what
//! waits is bounded, and all is well again once there is room, also after a kill in between.
//!
//! The disk is a small tmpfs, which only root can mount; without that right the test says so and ends.

use crate::chaos::ask;
use crate::full_disk::SmallDisk;
use anyhow::ensure;
use reqwest::{Response, StatusCode};
use std::fs;
use std::process::Command;
use std::time::Instant;
use topmast_api::client::Client;
use topmast_api::page::ListQuery;
use topmast_api::query::{InstantQuery, QueryResult};
use topmast_api::server::ServerRow;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::status::ServerStatus;
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::program;
use topmast_testkit::simulator::{Options, Simulator, enrol_fleet};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};
use uuid::Uuid;

/// Bytes that the history lets wait, with a request of each shard on top.
const WAITING_MAX: u64 = (128 << 20) + (16 << 20);
/// Long labels fill memory faster than samples do: values of a series' three labels, at most.
const PAD: usize = 8_000;

/// A remote-write request of series with long labels, each with one sample.
fn request(metric: &str, count: usize, pad: usize, time: i64) -> anyhow::Result<Vec<u8>> {
    fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
        out.push(number << 3 | 2);
        varint(out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }
    fn varint(out: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        out.push((value & 0x7f) as u8);
    }
    let mut body = Vec::new();
    for _ in 0..count {
        let text = format!("{:020}{}", fastrand::u64(..), "x".repeat(pad));
        let mut series = Vec::new();
        for (name, value) in [("__name__", metric), ("pad1", &text), ("pad2", &text), ("pad3", &text)] {
            let mut label = Vec::new();
            field(&mut label, 1, name.as_bytes());
            field(&mut label, 2, value.as_bytes());
            field(&mut series, 1, &label);
        }
        let mut sample = vec![1 << 3 | 1];
        sample.extend(1.0_f64.to_le_bytes());
        sample.push(2 << 3);
        varint(&mut sample, time.unsigned_abs());
        field(&mut series, 2, &sample);
        field(&mut body, 1, &series);
    }
    Ok(snap::raw::Encoder::new().compress_vec(&body)?)
}

struct Sender {
    http: reqwest::Client,
    url: String,
}

impl Sender {
    async fn send(&self, metric: &str, count: usize, pad: usize) -> anyhow::Result<Response> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let body = request(metric, count, pad, i64::try_from(now.as_millis())?)?;
        let request = self.http.post(&self.url).basic_auth(USER, Some(PASSWORD)).body(body);
        Ok(request.header("content-encoding", "snappy").send().await?)
    }

    /// Sends until nothing is taken any more, whichever shard a series belongs to; the last answer.
    async fn fill(&self) -> anyhow::Result<Response> {
        while self.send("filling", 200, PAD).await?.status() == StatusCode::NO_CONTENT {}
        let mut refused = 0;
        loop {
            let answer = self.send("filling", 1, PAD).await?;
            refused = if answer.status() == StatusCode::NO_CONTENT { 0 } else { refused + 1 };
            if refused == 40 {
                return Ok(answer);
            }
        }
    }
}

/// The one value of an expression.
async fn value(client: &Client, query: &str) -> Option<f64> {
    match client.query_instant(&InstantQuery { query: query.into(), time: None }).await.ok()?.data {
        QueryResult::Vector(found) => Some(found.first()?.value.1.0),
        _ => None,
    }
}

/// The server's row shows data younger than a moment.
async fn is_live(client: &Client, since: Instant) -> anyhow::Result<()> {
    let fresh = async || {
        let page = client.list::<ServerRow>(&ListQuery::default()).await.ok()?;
        let row = page.items.into_iter().next()?;
        let younger = u128::from(row.age_ms?) < since.elapsed().as_millis();
        (row.status == ServerStatus::Up && younger).then_some(())
    };
    Ok(wait_for("live data younger than a moment", DEADLINE, fresh).await?)
}

#[tokio::test]
async fn full_disk_of_the_history_holds_up_nothing_else_and_loses_nothing_durable() -> anyhow::Result<()> {
    // Y-1, H-3
    let directory = tempfile::Builder::new().prefix("topmast-history-disk-").tempdir()?;
    let disk = match SmallDisk::mount(directory.path().join("disk")) {
        Ok(disk) => disk,
        Err(reason) => {
            println!("not tested: a tmpfs cannot be mounted here: {reason}");
            return Ok(());
        }
    };
    let (data, config) = (
        directory.path().join("master"),
        format!("[history]\ndata = \"{}\"\n", disk.0.join("history").display()),
    );
    let mut fleet = TestFleet::start_with(directory, &data, &config).await?;
    let client = fleet.client();
    let token = fleet.join_token(1).await?;
    let identities = enrol_fleet(&client, &token, "sim", 1).await?;
    let simulator = Simulator::start(fleet.url(), &identities, &Options::default())?;
    let target = identities[0].server.join("app0")?;
    let sender =
        Sender { http: reqwest::Client::new(), url: format!("{}/api/v1/prometheus/write", fleet.url()) };
    ensure!(sender.send("before", 5, 10).await?.status() == StatusCode::NO_CONTENT);
    wait_until("samples of the agent are durable", DEADLINE, async || {
        let waiting = client.history_status().await.map_or(u64::MAX, |status| status.waiting_bytes);
        waiting == 0 && value(&client, "count(service_transactions_total)").await == Some(1.0)
    })
    .await?;

    let filler = disk.fill()?;
    let trouble = async || client.history_status().await.ok()?.trouble;
    let told = wait_for("the status tells of the disk", DEADLINE, trouble).await?;
    ensure!(told.contains("No space left on device"), "{told}");
    let answer = sender.fill().await?;
    ensure!(answer.status() == StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    ensure!(answer.headers().contains_key("retry-after"), "{answer:?}");
    let text = answer.text().await?;
    ensure!(text.contains("free some space"), "{text}");
    let lost = async || client.history_status().await.ok().filter(|status| status.lost_samples > 0);
    let status = wait_for("what agents lose is counted", DEADLINE, lost).await?;
    ensure!((64 << 20..WAITING_MAX).contains(&status.waiting_bytes), "{} bytes wait", status.waiting_bytes);
    ensure!(status.damages.is_empty(), "{:?}", status.damages);

    // The journal and what is live have nothing to do with it.
    is_live(&client, Instant::now()).await?;
    let done = ask(&client, ActionId(Uuid::now_v7()), Operation::Restart, &target).await?;
    ensure!(done.is_ok(), "{done:?}");
    ensure!(value(&client, "count(before)").await == Some(5.0), "what is durable is not found");
    let mut command = Command::new(program("topmast")?);
    command.args(["history", "status"]).env("XDG_CONFIG_HOME", fleet.path().join("home"));
    command.env("TOPMAST_URL", fleet.url()).env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
    let output = command.output()?;
    let shown = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(1) && shown.contains("cannot be written"), "{shown}");
    let log = fs::read_to_string(fleet.master().log())?;
    for text in ["the history cannot write", "the history takes no samples"] {
        ensure!(log.matches(text).count() == 1, "{text:?} is not once in the log");
    }

    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    wait_for("the status tells of the disk", DEADLINE, trouble).await?;
    ensure!(value(&client, "count(before)").await == Some(5.0), "what was durable is gone");
    is_live(&client, Instant::now()).await?;

    fs::remove_file(&filler)?;
    wait_until("the history is written again", DEADLINE, async || {
        client
            .history_status()
            .await
            .is_ok_and(|status| status.trouble.is_none() && status.waiting_bytes == 0)
    })
    .await?;
    ensure!(sender.send("after", 7, 10).await?.status() == StatusCode::NO_CONTENT);
    let whole = async || {
        let before = value(&client, "count(before)").await;
        let after = value(&client, "count(after)").await;
        let agent = value(&client, "count_over_time(service_transactions_total[5s])").await;
        before == Some(5.0) && after == Some(7.0) && agent >= Some(3.0)
    };
    wait_until("samples come in again", DEADLINE, whole).await?;
    wait_until("they are durable", DEADLINE, async || {
        client.history_status().await.is_ok_and(|status| status.waiting_bytes == 0)
    })
    .await?;
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    wait_until("they are there after another kill", DEADLINE, whole).await?;
    ensure!(client.audit_verify().await?.ok, "the journal is not whole");
    drop(simulator);
    fleet.master().process().kill()?;
    drop(disk);
    Ok(fleet.finish()?)
}
