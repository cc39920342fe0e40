//! A drill: everything is killed at once, and `topmast recover` starts again what ran, in the order of what comes after
//! what; the first failure stops it.
//!
//! ```text
//! each of 4 servers:   db, queue  ◄── core-0, core-1, core-2  ◄── web-0 … web-4      10 applications
//! ```

use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use std::collections::BTreeMap;
use std::fs;
use topmast_api::action::{Action, ActionQuery};
use topmast_api::application::ApplicationRow;
use topmast_api::client::Client;
use topmast_api::page::ListQuery;
use topmast_model::status::{ActionStatus, ApplicationStatus};
use topmast_testkit::fleet::{Application, TestFleet};
use topmast_testkit::process::kill_inside;
use topmast_testkit::wait::{DEADLINE, wait_until};

const AGENTS: usize = 4;
const APPLICATIONS: usize = 40;

/// The ten applications of a server. None starts again by itself, and `core-1` does not run beside a file `broken`.
fn applications() -> Vec<Application> {
    let alone = "[restart]\npolicy = \"never\"\n";
    let with = |name: &str, after: &str| Application::new(name).with(after).with(alone);
    let mut all = vec![with("db", ""), with("queue", "")];
    let after_core = "after = [\"core-0\", \"core-1\", \"core-2\"]\n";
    let after_base = "after = [\"db\", \"queue\"]\n";
    all.extend(["core-0", "core-2"].map(|name| with(name, after_base)));
    let command = "command = [\"/bin/sh\", \"-c\", \"test ! -e broken && echo $$ >> core-1.starts && exec sleep 86400\"]\n";
    all.push(Application::from_unit(
        "core-1",
        &format!("{command}start_wait = \"100ms\"\n{after_base}{alone}"),
    ));
    all.extend((0..5).map(|number| with(&format!("web-{number}"), after_core)));
    all
}

/// The wave that an application belongs to.
fn wave(name: &str) -> usize {
    match name.split('-').next() {
        Some("core") => 1,
        Some("web") => 2,
        _ => 0,
    }
}

async fn count(client: &Client, status: ApplicationStatus) -> usize {
    let rows = client.list_all::<ApplicationRow>(&ListQuery::default()).await;
    rows.map_or(0, |page| page.items.iter().filter(|row| row.status == status && !row.stale).count())
}

/// `kill -9` of the master, every agent and every application, then the start of the master and the agents.
async fn kill_everything(fleet: &mut TestFleet) -> anyhow::Result<()> {
    let folders: Vec<_> = fleet.agents().iter().map(|agent| agent.name().to_owned()).collect();
    for agent in fleet.agents() {
        agent.process().kill()?;
    }
    for folder in folders {
        kill_inside(&fleet.path().join(folder));
    }
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    for agent in fleet.agents() {
        agent.start_again()?;
    }
    let client = fleet.client();
    let all_down = async || count(&client, ApplicationStatus::Failed).await == APPLICATIONS;
    Ok(wait_until("all applications are seen to be down", DEADLINE, all_down).await?)
}

async fn newest(client: &Client) -> anyhow::Result<Action> {
    let page = client.action_list(&ActionQuery { limit: Some(1), ..ActionQuery::default() }).await?;
    page.items.into_iter().next().context("there is no action")
}

#[tokio::test]
async fn forty_applications_come_back_in_their_order_after_everything_was_killed() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("recover").await?;
    for number in 0..AGENTS {
        fleet.add_agent(&format!("server{number}"), &applications()).await?;
    }
    let client = fleet.client();
    let all_up = async || count(&client, ApplicationStatus::Started).await == APPLICATIONS;
    wait_until("all applications are STARTED", DEADLINE, all_up).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let nothing = terminal.run(&["recover", "--yes"]).await?;
    ensure!(nothing.code != 0 && nothing.err.contains("nothing is to be started again"), "{}", nothing.err);

    kill_everything(&mut fleet).await?;
    let plan = terminal.done(&["recover", "-n"]).await?;
    ensure!(plan.contains("WAVE") && plan.lines().count() == APPLICATIONS + 1, "{plan}");
    terminal.done(&["recover", "--yes", "--reason", "power came back"]).await?;
    let action = newest(&client).await?;
    ensure!(action.counts.succeeded as usize == APPLICATIONS, "{:?}", action.counts);
    let mut waves: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for target in &action.targets {
        let times = (target.started_at.context("not begun")?, target.finished_at.context("not over")?);
        waves.entry(wave(target.path.name())).or_default().push(times);
    }
    for (before, after) in waves.values().zip(waves.values().skip(1)) {
        let last = before.iter().map(|(_, finished)| *finished).max();
        let first = after.iter().map(|(started, _)| *started).min();
        ensure!(last <= first, "a wave began at {first:?}, before the one below was over at {last:?}");
    }
    ensure!(all_up().await, "all run");
    for agent in fleet.agents() {
        let starts = ["db", "core-0", "web-4"].map(|name| agent.starts(name));
        ensure!(starts == [2, 2, 2], "{}: started {starts:?} times", agent.name());
    }

    // Again, and one of the middle wave does not come up.
    kill_everything(&mut fleet).await?;
    let broken = fleet.path().join("server2").join("broken");
    fs::write(&broken, "")?;
    let failed = terminal.run(&["recover", "--yes"]).await?;
    ensure!(failed.code == 1, "{}: {}", failed.code, failed.err);
    let action = newest(&client).await?;
    for target in &action.targets {
        let is_broken = target.path.as_str().ends_with("server2/core-1");
        let expected = match wave(target.path.name()) {
            0 => ActionStatus::Succeeded,
            1 if !is_broken => ActionStatus::Succeeded,
            _ => ActionStatus::Failed,
        };
        ensure!(target.status == expected, "{target:?}");
        let message = target.message.as_deref().unwrap_or_default();
        ensure!(wave(target.path.name()) < 2 || message.contains("server2/core-1 FAILED"), "{target:?}");
    }
    // What is missing comes with the next one, once the cause is gone.
    fs::remove_file(broken)?;
    terminal.done(&["recover", "--yes"]).await?;
    wait_until("all applications are STARTED", DEADLINE, all_up).await?;
    let verified = client.audit_verify().await?;
    ensure!(verified.ok, "{verified:?}");
    Ok(fleet.finish()?)
}
