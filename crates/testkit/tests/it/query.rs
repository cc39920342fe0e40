//! The history asked from outside, with a real agent's samples: Prometheus' own tool, and the command line.

use anyhow::{Context, ensure};
use serde_json::Value;
use std::process::{Output, Stdio};
use tokio::process::Command;
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::program;
use topmast_testkit::wait::{DEADLINE, wait_for};

/// A processor's time on a server: every Linux host has it, and it grows.
const IDLE: &str = r#"host_cpu_seconds_total{cpu="all",mode="idle",server="demo"}"#;

async fn run(command: &mut Command) -> anyhow::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(tokio::time::timeout(DEADLINE, command.output()).await.context("a command does not end")??)
}

/// What a command says that must do as it is told.
async fn done(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, stderr } = run(command).await?;
    let (out, err) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    ensure!(status.success(), "{command:?} ended with {status}: {err}{out}");
    Ok(out)
}

fn topmast(fleet: &TestFleet, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(program("topmast")?);
    command.args(arguments).env("XDG_CONFIG_HOME", fleet.path().join("home")).env("NO_COLOR", "1");
    command.env("TOPMAST_URL", fleet.url()).env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
    Ok(command)
}

/// A fleet whose one agent has been heard for a few seconds.
async fn fleet(name: &str) -> anyhow::Result<TestFleet> {
    let mut fleet = TestFleet::start(name).await?;
    fleet.add_agent("demo", &[]).await?;
    let enough = format!("count_over_time({IDLE}[1m]) > 3");
    wait_for("some seconds are in the history", DEADLINE, async || {
        let found = done(&mut topmast(&fleet, &["query", &enough, "--no-headers"]).ok()?).await.ok()?;
        (!found.is_empty()).then_some(())
    })
    .await?;
    Ok(fleet)
}

#[tokio::test]
async fn promtool_asks_the_history_as_it_stands() -> anyhow::Result<()> {
    if let Err(error) = run(Command::new("promtool").arg("--version")).await {
        println!("skipped: promtool cannot be started ({error}); scripts/setup test installs it");
        return Ok(());
    }
    let fleet = fleet("promtool").await?;
    let host = fleet.url().strip_prefix("http://").context("a fleet speaks plain HTTP")?;
    let server = format!("http://{USER}:{}@{host}/api/v1/prometheus", PASSWORD.replace(' ', "%20"));
    let promtool =
        async |arguments: &[&str]| done(Command::new("promtool").arg("query").args(arguments)).await;

    let instant = promtool(&["instant", &server, "count by (server) (host_load_1)"]).await?;
    ensure!(instant.starts_with(r#"{server="demo"} => 1 @["#), "{instant}");
    let range = promtool(&["range", "--step=1s", &server, IDLE]).await?;
    let labels = r#"{cluster="main", cpu="all", mode="idle", server="demo", tenant="default"}"#;
    let mut lines = range.lines();
    ensure!(lines.next() == Some(&format!("host_cpu_seconds_total{labels} =>")), "{range}");
    let values: Vec<f64> = lines.filter_map(|line| line.split_once(" @[")?.0.parse().ok()).collect();
    ensure!(values.len() > 3 && values.is_sorted() && values[0] > 0.0, "{range}");
    let series = promtool(&["series", &format!("--match={IDLE}"), &server]).await?;
    ensure!(series.lines().count() == 1 && series.contains(r#"mode="idle""#), "{series}");
    let labels = promtool(&["labels", &server, "server"]).await?;
    ensure!(labels == "demo\n", "{labels}");

    let wrong = run(Command::new("promtool").args(["query", "instant", &server, "sum("])).await?;
    let said = String::from_utf8(wrong.stderr)?;
    ensure!(!wrong.status.success() && said.contains("bad_data"), "{said}");
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn command_line_shows_tables_charts_and_what_the_history_costs() -> anyhow::Result<()> {
    let fleet = fleet("query").await?;
    let done = async |arguments: &[&str]| done(&mut topmast(&fleet, arguments)?).await;

    let table = done(&["query", "count by (server) (host_load_1)"]).await?;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    ensure!(rows == [["SERVER", "VALUE"], ["demo", "1"]], "{table}");
    let chart = done(&["query", "host_memory_total_bytes", "--range", "1m"]).await?;
    let drawn = chart.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
    ensure!(drawn && chart.contains("iB ┤") && chart.contains("UTC") && chart.contains("last "), "{chart}");
    let json = done(&["query", IDLE, "--range", "1m", "--step", "1s", "-o", "json"]).await?;
    let json: Value = serde_json::from_str(&json)?;
    let values = json["result"][0]["values"].as_array().context("no values")?;
    ensure!(json["resultType"] == "matrix" && values.len() > 3, "{json}");
    let csv = done(&["query", IDLE, "-o", "csv"]).await?;
    ensure!(csv.starts_with("__name__,cluster,cpu,mode,server,tenant,time,value\r\n"), "{csv}");
    let wrong = run(&mut topmast(&fleet, &["query", "sum(host_load_1"])?).await?;
    let said = String::from_utf8(wrong.stderr)?;
    ensure!(wrong.status.code() == Some(2) && said.contains('^'), "{said}");

    let status = done(&["history", "status"]).await?;
    ensure!(status.contains("TIER") && status.contains("demo") && status.contains("METRIC"), "{status}");
    let status: Value = serde_json::from_str(&done(&["history", "status", "-o", "json"]).await?)?;
    ensure!(status["series"].as_u64() > Some(50) && status["by_server"][0]["name"] == "demo", "{status}");
    Ok(fleet.finish()?)
}
