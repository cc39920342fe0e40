//! Shipped rules and the demo: nothing is a problem while it is well, and each way to break it is the problem expected.

use crate::journey::{Terminal, payment_switch};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::{DEADLINE, wait_for};

/// All problems on the demo, those that are over as well.
const ON_DEMO: [&str; 5] = ["problems", "application=payment-switch", "--all", "-o", "json"];

async fn problems(terminal: &Terminal) -> anyhow::Result<Vec<Value>> {
    Ok(serde_json::from_str(&terminal.done(&ON_DEMO).await?)?)
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::new()
}

/// Breaks the demo; one that ends by it may not answer.
async fn fault(port: u64, fault: Value) -> anyhow::Result<()> {
    let request = http().post(format!("http://127.0.0.1:{port}/fault")).json(&fault);
    if let Ok(answer) = request.timeout(DEADLINE).send().await {
        ensure!(answer.status().is_success(), "the demo refused {fault}: {}", answer.text().await?);
    }
    Ok(())
}

/// Waits until the demo was restarted so often and is well again.
async fn restarted(terminal: &Terminal, times: u64) -> anyhow::Result<()> {
    let filter = format!("name=payment-switch status=STARTED restarts={times}");
    terminal.shows("apps", &filter, 1).await?;
    terminal.shows("services", "name=AcqDB status=STARTED tps>0", 1).await?;
    Ok(())
}

#[tokio::test]
async fn demo_that_is_well_has_no_problem_and_each_fault_the_expected_one() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("noise").await?;
    fleet.add_agent("demo", &[payment_switch()?]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let rows = terminal.shows("apps", "name=payment-switch status=STARTED", 1).await?;
    let port = rows[0]["http_port"].as_u64().context("the demo has no port")?;

    // Longer than the `for` of every rule on states, and some looks of those on numbers.
    let enough = r#"min(count_over_time(service_transactions_total{application="payment-switch"}[5m])) > 40"#;
    wait_for("forty seconds of every service", 2 * DEADLINE, async || {
        let found = terminal.done(&["query", enough, "--no-headers"]).await.ok()?;
        (!found.is_empty()).then_some(())
    })
    .await?;
    let found = problems(&terminal).await?;
    ensure!(found.is_empty(), "the demo is well, and yet: {found:?}");
    let mut tried = 0;
    let rules: Vec<Value> = serde_json::from_str(&terminal.done(&["rules", "-o", "json"]).await?)?;
    for rule in rules {
        let name = rule["name"].as_str().context("a rule has no name")?;
        let on = ["--since", "1h", "--on", "application=payment-switch", "-o", "json"];
        let answer = terminal.run(&[&["rules", "test", name][..], &on].concat()).await?;
        if answer.code == 2 && answer.err.contains("cannot be tried on the past") {
            continue;
        }
        let trial: Value = serde_json::from_str(&answer.out).with_context(|| answer.err.clone())?;
        ensure!(trial[0]["total"] == 0, "the demo was well, and yet: {trial}");
        tried += 1;
    }
    ensure!(tried > 15, "only {tried} rules were tried");

    // A service that loses its line is that problem and no other, until it has it again.
    fault(port, json!({ "kind": "malfunction", "service": "MC_CREDIT" })).await?;
    let found = terminal.shows("problems", "application=payment-switch", 1).await?;
    ensure!(found[0]["rule"] == "service-malfunction", "{found:?}");
    ensure!(found[0]["object"].as_str().is_some_and(|object| object.ends_with("/MC_CREDIT")), "{found:?}");
    http().delete(format!("http://127.0.0.1:{port}/fault")).send().await?;
    terminal.shows("problems", "application=payment-switch", 0).await?;

    // What a restart makes well again is no problem the first three times, whatever it was.
    let faults = [
        json!({ "kind": "malfunction", "service": "AcqDB", "code": "UNAVAIL01" }),
        json!({ "kind": "hang" }),
        json!({ "kind": "crash" }),
    ];
    for (fault_of, times) in faults.into_iter().zip(1..) {
        fault(port, fault_of).await?;
        restarted(&terminal, times).await?;
    }
    let found = problems(&terminal).await?;
    ensure!(found.len() == 1, "restarts made it well again, and yet: {found:?}");
    fault(port, json!({ "kind": "exit", "code": 3 })).await?;
    terminal.shows("problems", "application=payment-switch rule=application-restarts", 1).await?;
    restarted(&terminal, 4).await?;

    // One that comes back no more is worse.
    for times in 5.. {
        fault(port, json!({ "kind": "crash" })).await?;
        let over = async || {
            let rows = terminal.rows("apps", "name=payment-switch status=STARTED,QUARANTINED").await.ok()?;
            let row = rows.first()?;
            let is_over = row["status"] == "QUARANTINED";
            (is_over || row["restarts"].as_u64() == Some(times)).then_some(is_over)
        };
        if wait_for("the demo is started again or given up", DEADLINE, over).await? {
            break;
        }
    }
    let quarantined = "application=payment-switch rule=application-quarantined severity=critical";
    terminal.shows("problems", quarantined, 1).await?;
    Ok(fleet.finish()?)
}
