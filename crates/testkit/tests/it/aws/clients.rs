//! The same scenario with each client of AWS', as it comes from its registry, in the protocol that it chooses itself.

use super::driver::{self, Driver, Endpoint};
use super::relay::Relay;
use super::{access_key, scenario};
use crate::journey::{Terminal, free_port, payment_switch_at};
use anyhow::ensure;
use serde_json::{Value, json};
use std::path::Path;
use topmast_model::principal::Role;
use topmast_testkit::fleet::TestFleet;

/// What a scenario has operated, as the audit tells it: the operation, and by which call.
fn orders(client: &str) -> [(&'static str, String); 4] {
    let update = || "ecs:UpdateService".to_owned();
    [
        ("stop", update()),
        ("start", update()),
        ("stop", format!("by {client}")),
        ("start", "ssm:SendCommand".to_owned()),
    ]
}

/// What there was of the alarm on the fault, as the audit tells it, and whether the key did it.
fn alarms() -> [(&'static str, bool); 4] {
    [
        ("AwsAlarmPut", true),
        // Calm at first, then the fault.
        ("AwsAlarmStateChanged", false),
        ("AwsAlarmStateChanged", false),
        ("AwsAlarmDeleted", true),
    ]
}

/// Plays the scenario on a fleet with the demo, and looks for all of it in the audit.
///
/// - `kind`: what the client must have sent to CloudWatch.
async fn play(
    client: &str,
    kind: &str,
    driver: impl FnOnce(&Endpoint) -> anyhow::Result<Driver>,
) -> anyhow::Result<()> {
    let mut fleet = TestFleet::start(client).await?;
    let port = free_port()?;
    fleet.add_agent("demo", &[payment_switch_at(port)?]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    terminal.shows("services", "name=MC_CREDIT status=STARTED tps>0", 1).await?;
    let relay = Relay::start(fleet.url()).await?;
    let key = access_key(&fleet, client, &[Role::Admin]).await?;
    let endpoint = Endpoint { url: relay.url.clone(), ..key };
    let mut names = scenario::times();
    names.insert("client".to_owned(), client.to_owned());
    names.insert("demo".to_owned(), format!("http://127.0.0.1:{port}"));
    scenario::play(&mut driver(&endpoint)?, "topmast", &mut names, &[]).await?;
    let seen: Vec<String> = relay.seen().into_iter().collect();
    ensure!(seen == [kind], "{client} sent {seen:?}, not {kind}");

    let audit = terminal.done(&["audit", "export"]).await?;
    let (mut accepted, mut by_alarm) = (Vec::new(), Vec::new());
    for line in audit.lines() {
        let record: Value = serde_json::from_str(line)?;
        let (kind, actor) = (record["kind"].as_str().unwrap_or_default(), &record["actor"]);
        let by_key = actor["kind"] == "access-key" && actor["name"] == format!("admin/{client}");
        if kind == "ActionAccepted" {
            ensure!(by_key, "{record}");
            ensure!(record["payload"]["targets"] == json!(["default/main/demo/payment-switch"]), "{record}");
            accepted.push((record["payload"]["operation"].clone(), record["payload"]["reason"].clone()));
        }
        if kind.starts_with("AwsAlarm") && line.contains(&format!("{client}-fault")) {
            by_alarm.push((kind.to_owned(), by_key));
        }
    }
    let expected = orders(client).map(|(operation, reason)| (operation.into(), reason.into()));
    ensure!(accepted == expected, "{accepted:?}, not {expected:?}");
    let expected = alarms().map(|(kind, by_key)| (kind.to_owned(), by_key));
    ensure!(by_alarm == expected, "{by_alarm:?}, not {expected:?}");
    terminal.done(&["audit", "verify"]).await?;
    terminal.done(&["stop", "payment-switch"]).await?;
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn boto3_does_the_scenario() -> anyhow::Result<()> {
    play("boto3", "application/x-amz-json-1.0", |endpoint| Driver::boto3("python-aws", endpoint)).await
}

#[tokio::test]
async fn boto3_of_before_json_does_the_scenario() -> anyhow::Result<()> {
    play("boto3-old", "application/x-www-form-urlencoded", |endpoint| {
        Driver::boto3("python-aws-old", endpoint)
    })
    .await
}

#[tokio::test]
async fn the_command_line_of_pypi_does_the_scenario() -> anyhow::Result<()> {
    play("awscli", "application/x-amz-json-1.0", |endpoint| Driver::aws(&driver::command_line(), endpoint))
        .await
}

#[tokio::test]
async fn the_command_line_of_debian_does_the_scenario() -> anyhow::Result<()> {
    let kind = "application/x-www-form-urlencoded";
    play("awscli-debian", kind, |endpoint| Driver::aws(Path::new("/usr/bin/aws"), endpoint)).await
}

#[tokio::test]
async fn the_sdk_for_javascript_does_the_scenario() -> anyhow::Result<()> {
    play("javascript", "application/x-amz-json-1.0", Driver::javascript).await
}
