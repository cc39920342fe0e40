//! Scheduled tasks and heartbeats, with a real agent and real commands.

use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use topmast_testkit::fleet::{Application, TestFleet};
use topmast_testkit::wait::{DEADLINE, wait_for};

const UNIT: &str = r#"
command = ["/bin/sleep", "100000"]
[[task]]
name = "good"
command = ["/bin/echo", "42 files"]
[[task]]
name = "bad"
command = ["/bin/sh", "-c", "echo no disk >&2; exit 3"]
retries = 1
retry_wait = "1ms"
[[task]]
name = "nightly"
schedule = "30 2 * * *"
time_zone = "Europe/Berlin"
command = "/bin/true"
"#;

#[tokio::test]
async fn tasks_run_when_told_fail_as_problems_and_heartbeats_give_signs() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("task").await?;
    fleet.add_agent("demo", &[Application::from_unit("batch", UNIT)]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let nightly = terminal.shows("tasks", "name=nightly", 1).await?.remove(0);
    ensure!(nightly["schedule"] == "30 2 * * * Europe/Berlin", "{nightly}");
    ensure!(nightly["next_due"].is_string() && nightly["status"] == "OK", "{nightly}");
    let application = nightly["path"].as_str().and_then(|path| path.rsplit_once('/')).context("no path")?.0;
    let path = |name: &str| format!("{application}/{name}");

    terminal.done(&["tasks", "run", &path("good"), "-m", "to try it"]).await?;
    terminal.done(&["tasks", "run", &path("bad")]).await?;
    let runs = async |name: &str, count: usize| {
        let task = path(name);
        let look = async || {
            let text = terminal.done(&["tasks", "runs", &task, "-o", "json"]).await.ok()?;
            let runs: Vec<Value> = serde_json::from_str(&text).ok()?;
            (runs.len() == count).then_some(runs)
        };
        wait_for(&format!("{count} runs of {name}"), DEADLINE, look).await
    };
    let good = runs("good", 1).await?.remove(0);
    ensure!(
        good["succeeded"] == true && good["output"] == "42 files\n" && good["by"] == "user admin",
        "{good}"
    );
    let bad = runs("bad", 2).await?;
    ensure!(bad[0]["attempt"] == 2 && bad[0]["code"] == 3, "{bad:?}");
    terminal.shows("tasks", "name=bad status=FAILED", 1).await?;
    terminal.shows("problems", "rule=task-failed", 1).await?;
    let deeds = terminal.done(&["audit", "search", "--object", "good", "-o", "json"]).await?;
    ensure!(deeds.contains("to try it"), "{deeds}");

    let address =
        terminal.done(&["heartbeats", "add", &path("backup"), "--every", "1h", "--grace", "5m"]).await?;
    terminal.shows("tasks", "name=backup status=UNKNOWN", 1).await?;
    // The address alone is enough; nobody is logged in.
    let sign = reqwest::get(format!("{}?done=30&total=100", address.trim())).await?;
    ensure!(sign.status().is_success(), "{sign:?}");
    let running = terminal.shows("tasks", "name=backup status=RUNNING", 1).await?.remove(0);
    ensure!(running["done"] == 30 && running["total"] == 100, "{running}");
    terminal.done(&["ping", "backup", "--failed", "-m", "no disk"]).await?;
    terminal.shows("tasks", "name=backup status=FAILED message~disk", 1).await?;
    terminal.done(&["ping", "backup"]).await?;
    terminal.shows("tasks", "name=backup status=OK", 1).await?;
    let wrong = reqwest::get(format!("{}/api/v1/ping/tmh_wrong", fleet.url())).await?;
    ensure!(wrong.status().as_u16() == 404, "{wrong:?}");
    terminal.done(&["heartbeats", "remove", &path("backup")]).await?;
    terminal.shows("tasks", "name=backup", 0).await?;

    // A new agent knows what the last one told: nothing runs twice, and nothing is forgotten.
    fleet.agents()[0].process().kill()?;
    fleet.agents()[0].start_again()?;
    terminal.shows("servers", "status=UP", 1).await?;
    runs("good", 1).await?;
    Ok(fleet.finish()?)
}
