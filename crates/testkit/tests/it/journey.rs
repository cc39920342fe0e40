//! An operator's way through the command line, with the real `topmast` and the demo payment switch.

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::net::TcpListener;
use std::process::Stdio;
use tokio::process::Command;
use topmast_testkit::fleet::{Application, PASSWORD, TestFleet, USER};
use topmast_testkit::process::program;
use topmast_testkit::wait::{DEADLINE, wait_for};

/// The fields that scripts rely on, by command.
const FIELDS: [(&str, &[&str]); 3] = [
    (
        "servers",
        &[
            "name",
            "address",
            "role",
            "version",
            "status",
            "cpu_pct",
            "memory_pct",
            "uptime_s",
            "os",
            "age_ms",
        ],
    ),
    (
        "apps",
        &[
            "name",
            "server",
            "status",
            "version",
            "restarts",
            "http_port",
            "memory_bytes",
            "cpu_pct",
            "started_at",
            "cause",
        ],
    ),
    (
        "services",
        &[
            "name",
            "application",
            "server",
            "status",
            "codes",
            "tps",
            "transactions_total",
            "errors_total",
            "latency_p95_ms",
            "since",
        ],
    ),
];

/// The operator's terminal: how commands are run, and where the profile is kept.
pub(super) struct Terminal {
    pub(super) home: std::path::PathBuf,
    pub(super) url: String,
}

pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Terminal {
    pub(super) async fn run(&self, arguments: &[&str]) -> anyhow::Result<Answer> {
        let mut command = Command::new(program("topmast")?);
        command.args(arguments).env("XDG_CONFIG_HOME", &self.home).env("NO_COLOR", "1").stdin(Stdio::null());
        command.env("TOPMAST_URL", &self.url).env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
        let output = tokio::time::timeout(DEADLINE, command.kill_on_drop(true).output())
            .await
            .with_context(|| format!("topmast {arguments:?} does not end"))??;
        Ok(Answer {
            code: output.status.code().context("topmast was killed")?,
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Runs a command that must do as it is told.
    pub(super) async fn done(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let Answer { code, out, err } = self.run(arguments).await?;
        ensure!(code == 0, "topmast {arguments:?} ended with {code}: {err}{out}");
        Ok(out)
    }

    /// Rows of a list as programs read it.
    pub(super) async fn rows(&self, noun: &str, filter: &str) -> anyhow::Result<Vec<Value>> {
        let text = self.done(&[noun, filter, "-o", "json"]).await?;
        match serde_json::from_str(&text)? {
            Value::Array(rows) => Ok(rows),
            other => bail!("{noun} -o json is no array: {other}"),
        }
    }

    /// Waits until a filter lets so many rows through.
    pub(super) async fn shows(&self, noun: &str, filter: &str, count: usize) -> anyhow::Result<Vec<Value>> {
        let look = async || match self.rows(noun, filter).await {
            Ok(rows) if rows.len() == count => Some(Ok(rows)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        wait_for(&format!("topmast {noun} {filter} shows {count}"), DEADLINE, look).await?
    }
}

/// The demo on a port that is free now.
pub(crate) fn payment_switch() -> anyhow::Result<Application> {
    payment_switch_at(free_port()?)
}

/// A port that is free now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The demo on a port.
pub(crate) fn payment_switch_at(port: u16) -> anyhow::Result<Application> {
    let program = program("payment-switch")?;
    let unit = format!(
        "command = [\"{}\", \"--listen\", \"127.0.0.1:{port}\", \"--rate\", \"200\"]\nhttp_port = {port}\n\
         [health]\nhttp = \"/health\"\ninterval = \"1s\"\n[[service]]\nsource = \"topmast\"\ninterval = \"1s\"\n",
        program.display()
    );
    let actions = include_str!("../../../../demo/payment-switch/actions.toml");
    Ok(Application::from_unit("payment-switch", &unit).with(actions))
}

#[tokio::test]
async fn operator_sees_stops_starts_and_proves() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("journey").await?;
    fleet.add_agent("demo", &[payment_switch()?]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };

    terminal.shows("servers", "status=UP", 1).await?;
    terminal.shows("apps", "status=STARTED", 1).await?;
    terminal.shows("services", "name=MC_CREDIT status=STARTED tps>0", 1).await?;
    for (noun, fields) in FIELDS {
        for row in terminal.rows(noun, "").await? {
            for field in fields {
                ensure!(row.get(field).is_some(), "{noun} -o json has no {field}: {row}");
            }
        }
    }
    let table = terminal.done(&["apps"]).await?;
    ensure!(table.lines().next().is_some_and(|line| line.starts_with("NAME")), "{table}");

    let plan = terminal.done(&["stop", "payment-switch", "--dry-run"]).await?;
    ensure!(plan.contains("payment-switch"), "{plan}");
    terminal.shows("apps", "name=payment-switch status=STARTED", 1).await?;

    terminal.done(&["stop", "payment-switch", "--reason", "journey"]).await?;
    terminal.shows("apps", "name=payment-switch status=STOPPED", 1).await?;
    terminal.done(&["start", "payment-switch"]).await?;
    terminal.done(&["restart", "payment-switch"]).await?;
    let rows = terminal.shows("apps", "name=payment-switch status=STARTED", 1).await?;
    ensure!(rows[0]["cause"].as_str().is_some_and(|cause| cause.contains("user admin")), "{}", rows[0]);
    terminal.shows("services", "name=MC_CREDIT status=STARTED", 1).await?;

    for (arguments, code) in [
        (&["stop", "no-such-application"][..], 2),
        (&["servers", "nosuchfield=1"][..], 2),
        (&["servers", "--no-such-flag"][..], 2),
    ] {
        let answer = terminal.run(arguments).await?;
        ensure!(answer.code == code, "topmast {arguments:?} ended with {}: {}", answer.code, answer.err);
    }
    let actions = terminal.done(&["actions", "-o", "json"]).await?;
    let actions: Vec<Value> = serde_json::from_str(&actions)?;
    ensure!(actions.len() == 3, "{} actions", actions.len());
    ensure!(actions.iter().all(|action| action["status"] == "SUCCEEDED"), "{actions:?}");
    ensure!(actions[2]["reason"] == "journey", "{}", actions[2]);
    let events = terminal.done(&["events", "--kind", "ActionAccepted", "-o", "json"]).await?;
    ensure!(serde_json::from_str::<Vec<Value>>(&events)?.len() == 3, "{events}");
    terminal.done(&["audit", "verify"]).await?;

    terminal.done(&["stop", "payment-switch"]).await?;
    Ok(fleet.finish()?)
}
