//! AWS' own tools as they are, signing with a key of a user of ours.

mod application_logs;
mod clients;
pub(crate) mod driver;
mod moto;
mod relay;
mod rust_sdk;
mod scenario;

use anyhow::{Context, ensure};
use driver::Endpoint;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;
use topmast_api::access_key::AccessKeyRequest;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Role};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::DEADLINE;

/// A key with these roles in the whole tenant.
async fn access_key(fleet: &TestFleet, name: &str, roles: &[Role]) -> anyhow::Result<Endpoint> {
    let tenant: ObjectPath = "default".parse()?;
    let grants = roles.iter().map(|role| Grant { role: *role, path: Some(tenant.clone()) }).collect();
    let request = AccessKeyRequest { name: name.to_owned(), owner: None, grants, expires_in_s: None };
    let key = fleet.client().access_key_create(&request).await?;
    Ok(Endpoint { url: fleet.url().to_owned(), key: key.row.id.to_string(), secret: key.secret })
}

async fn run(command: &mut Command) -> anyhow::Result<(bool, String)> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output =
        tokio::time::timeout(2 * DEADLINE, command.output()).await.context("a command does not end")??;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8(said)?))
}

/// Runs a script of `aws` with each of these protocols of boto3's, and a key with these roles.
async fn in_protocols(name: &str, script: &str, protocols: &[&str], roles: &[Role]) -> anyhow::Result<()> {
    let python = driver::python("python-aws");
    ensure!(python.exists(), "scripts/setup test installs boto3 into {}", python.display());
    let fleet = TestFleet::start(name).await?;
    let endpoint = access_key(&fleet, "boto3", roles).await?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/aws").join(script);
    for protocol in protocols {
        let mut command = Command::new(&python);
        // -B: nothing is left beside the scripts.
        command.arg("-B").arg(&script).arg(protocol);
        endpoint.dress(&mut command);
        let (is_done, said) = run(&mut command).await?;
        ensure!(is_done, "{protocol}: {said}");
    }
    Ok(fleet.finish()?)
}

async fn in_every_protocol(name: &str, script: &str, roles: &[Role]) -> anyhow::Result<()> {
    in_protocols(name, script, &["json", "query", "cbor"], roles).await
}

#[tokio::test]
async fn boto3_puts_and_gets_metrics_in_every_protocol() -> anyhow::Result<()> {
    in_every_protocol("aws", "cloudwatch.py", &[Role::Viewer, Role::Writer]).await
}

#[tokio::test]
async fn boto3_has_credentials_dashboards_and_signed_urls_in_every_protocol() -> anyhow::Result<()> {
    in_every_protocol("aws-identity", "identity.py", &[Role::Admin]).await
}

#[tokio::test]
async fn boto3_makes_alarms_in_every_protocol() -> anyhow::Result<()> {
    in_every_protocol("aws-alarms", "alarm.py", &[Role::Admin]).await
}

#[tokio::test]
async fn boto3_puts_searches_and_queries_logs() -> anyhow::Result<()> {
    in_protocols("aws-logs", "logs.py", &["json"], &[Role::Admin]).await
}
