//! Who did what, why it is so, and what was so then: by the real `topmast` on real processes.

use crate::journey::{Terminal, payment_switch};
use anyhow::{Context as _, ensure};
use serde_json::Value;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::{DEADLINE, wait_for};

fn rows(text: &str) -> anyhow::Result<Vec<Value>> {
    Ok(serde_json::from_str(text)?)
}

#[tokio::test]
async fn operator_finds_who_stopped_it_why_it_does_not_run_and_how_it_was_before() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("audit").await?;
    fleet.add_agent("demo", &[payment_switch()?]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let row = terminal.shows("apps", "status=STARTED", 1).await?.remove(0);
    let path = row["path"].as_str().context("no path")?.to_owned();
    let measured = async || {
        let apps = rows(&terminal.done(&["apps", "-o", "json"]).await.ok()?).ok()?;
        apps.first()?["memory_bytes"].as_u64().filter(|bytes| *bytes > 0)
    };
    wait_for("it is measured", DEADLINE, measured).await?;
    let before = jiff::Timestamp::now().to_string();

    terminal.done(&["stop", "payment-switch", "--reason", "disk is exchanged"]).await?;
    terminal.shows("apps", "status=STOPPED", 1).await?;
    let find = [
        "audit",
        "search",
        "--object",
        "payment-switch",
        "--kind",
        "stop",
        "--since",
        "1h ago",
        "-o",
        "json",
    ];
    let look = async || {
        let deeds = rows(&terminal.done(&find).await.ok()?).ok()?;
        (deeds.len() == 1 && deeds[0]["result"] == "SUCCEEDED").then(|| deeds[0].clone())
    };
    let deed = wait_for("the stop is in the audit with its result", DEADLINE, look).await?;
    ensure!(deed["reason"] == "disk is exchanged" && deed["event"]["actor"]["name"] == "admin", "{deed}");

    // As asked, so it is well; killed, it is not.
    let why = terminal.done(&["why", &path]).await?;
    ensure!(
        why.contains("it does not run, as asked: stop by user admin, because: disk is exchanged"),
        "{why}"
    );
    let then: Vec<Value> = rows(&terminal.done(&["apps", "--at", &before, "-o", "json"]).await?)?;
    ensure!(then.len() == 1 && then[0]["status"] == "STARTED", "{then:?}");
    ensure!(then[0]["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "no numbers: {}", then[0]);
    let early = terminal.run(&["apps", "--at", "2000-01-01"]).await?;
    ensure!(early.code == 3 && early.err.contains("the journal begins later than"), "{}", early.err);
    terminal.done(&["audit", "verify"]).await?;
    Ok(fleet.finish()?)
}
