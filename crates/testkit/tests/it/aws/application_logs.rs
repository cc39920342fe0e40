//! Logs of applications through AWS' tools: real agents and files, boto3 and the command line of Debian.

use super::driver::{Endpoint, python};
use super::run;
use crate::logs::World;
use anyhow::{Context, ensure};
use std::path::Path;
use tokio::process::Command;
use topmast_api::access_key::AccessKeyRequest;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::DEADLINE;

async fn key(fleet: &TestFleet, name: &str, grant: &str) -> anyhow::Result<Endpoint> {
    let grants = vec![grant.parse()?];
    let request = AccessKeyRequest { name: name.to_owned(), owner: None, grants, expires_in_s: None };
    let key = fleet.client().access_key_create(&request).await?;
    Ok(Endpoint { url: fleet.url().to_owned(), key: key.row.id.to_string(), secret: key.secret })
}

async fn boto3(endpoint: &Endpoint, arguments: &[&str]) -> anyhow::Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/aws/application_logs.py");
    let mut command = Command::new(python("python-aws"));
    command.arg("-B").arg(script).args(arguments);
    endpoint.dress(&mut command);
    let (is_done, said) = run(&mut command).await?;
    ensure!(is_done, "{arguments:?}: {said}");
    Ok(said)
}

#[tokio::test]
async fn aws_tools_read_logs_of_applications_where_they_are() -> anyhow::Result<()> {
    let mut world = World::start("aws-application-logs", &["web-1", "web-2"]).await?;
    world.append("web-1", "shop.log.1", "2026-01-01T10:00:00Z ERROR one\n2026-01-01T10:00:01Z fine two\n")?;
    // Lines of a stack trace have the time of the line before.
    world.append("web-1", "shop.log.1", "at trace-1\nat trace-2\nat trace-3\n")?;
    world.append("web-1", "shop.log", "2026-01-01T11:00:00Z ERROR three\n")?;
    world.append("web-1", "shop.log", "2026-01-01T11:30:00Z paid by 4111111111111111 at 4111-11\n")?;
    world.append("web-2", "shop.log", "2026-01-01T10:00:00.500Z ERROR else\n")?;
    let admin = key(&world.fleet, "all", "admin:default").await?;
    let log = world.path("web-1", "shop.log");
    let query = boto3(&admin, &["all", log.to_str().context("no UTF-8")?]).await?;

    let mut tail = Command::new("/usr/bin/aws");
    admin.dress(&mut tail);
    tail.args(["--endpoint-url", &admin.url, "logs", "tail", "/topmast/shop"]);
    tail.args(["--since", "2026-01-01T00:00:00Z", "--filter-pattern", "ERROR", "--format", "short"]);
    let (is_done, said) = run(&mut tail).await?;
    let shown: Vec<&str> = said.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    ensure!(is_done && shown == ["one", "else", "three"], "{said}");

    let viewer = key(&world.fleet, "viewer", "viewer:default").await?;
    boto3(&viewer, &["viewer", query.trim()]).await?;
    boto3(&key(&world.fleet, "one", "logs:default/main/web-1").await?, &["one"]).await?;

    // Pages of one search are one reading in the audit.
    let events = world.terminal.done(&["events", "kind=LogsRead"]).await?;
    ensure!(events.contains("access key admin/all") && events.contains("ERROR"), "{events}");
    ensure!(events.lines().count() < 40, "{events}");
    ensure!(!events.contains("paid by"), "nothing of what was read is in the audit: {events}");

    world.fleet.agents()[1].process().terminate(DEADLINE).await?;
    world.terminal.shows("servers", "name=web-2 status=DOWN", 1).await?;
    boto3(&admin, &["away"]).await?;
    Ok(world.fleet.finish()?)
}
