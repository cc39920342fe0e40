//! AWS' own tools as they are: boto3 with each protocol that it speaks, signing with a key of a user of ours.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;
use topmast_api::access_key::AccessKeyRequest;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Role};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::DEADLINE;

/// The Python that has boto3: the one that `scripts/setup test` makes, or the one in the path.
fn python() -> String {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python-aws/bin/python3");
    if made.exists() { made.display().to_string() } else { "python3".to_owned() }
}

async fn run(command: &mut Command) -> anyhow::Result<(bool, String)> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output =
        tokio::time::timeout(2 * DEADLINE, command.output()).await.context("a command does not end")??;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8(said)?))
}

/// Runs a script of `aws` with each protocol of boto3's, and a key with these roles.
async fn in_every_protocol(name: &str, script: &str, roles: &[Role]) -> anyhow::Result<()> {
    let (has_boto3, said) = run(Command::new(python()).args(["-c", "import boto3"])).await?;
    ensure!(has_boto3, "scripts/setup test installs boto3: {said}");
    let fleet = TestFleet::start(name).await?;
    let tenant: ObjectPath = "default".parse()?;
    let grants = roles.iter().map(|role| Grant { role: *role, path: Some(tenant.clone()) }).collect();
    let request = AccessKeyRequest { name: "boto3".to_owned(), owner: None, grants, expires_in_s: None };
    let key = fleet.client().access_key_create(&request).await?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/aws").join(script);
    for protocol in ["json", "query", "cbor"] {
        let mut command = Command::new(python());
        // -B: nothing is left beside the scripts.
        command.arg("-B").arg(&script).arg(protocol).env("AWS_ENDPOINT_URL", fleet.url());
        command.env("AWS_ACCESS_KEY_ID", key.row.id.to_string()).env("AWS_SECRET_ACCESS_KEY", &key.secret);
        // Nothing of the user's own.
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        let (is_done, said) = run(&mut command).await?;
        ensure!(is_done, "{protocol}: {said}");
    }
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn boto3_puts_and_gets_metrics_in_every_protocol() -> anyhow::Result<()> {
    in_every_protocol("aws", "cloudwatch.py", &[Role::Viewer, Role::Writer]).await
}

#[tokio::test]
async fn boto3_makes_alarms_in_every_protocol() -> anyhow::Result<()> {
    in_every_protocol("aws-alarms", "alarm.py", &[Role::Admin]).await
}
