//! A console and two joined clusters, by the real `topmast` on real processes.

use crate::journey::{Terminal, payment_switch};
use crate::logs::World;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::path::Path;
use topmast_api::application::ApplicationRow;
use topmast_api::cluster::{ClusterRow, ClusterStatus};
use topmast_api::event::EventQuery;
use topmast_api::page::ListQuery;
use topmast_api::token::TokenRequest;
use topmast_model::principal::AuthMethod;
use topmast_testkit::cluster::{MasterPlan, Plan, TestCluster};
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::{Process, program};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

/// The section of `master.toml` that joins a cluster, with a token of its own in a folder.
async fn join(folder: &Path, name: &str, cluster: &TestFleet) -> anyhow::Result<String> {
    let request = TokenRequest {
        name: "console".into(),
        owner: None,
        grants: vec!["admin".parse()?],
        expires_in_s: None,
        speaks_for_users: true,
    };
    let file = folder.join(format!("{name}.token"));
    std::fs::write(&file, cluster.client().token_create(&request).await?.secret)?;
    let url = cluster.url();
    Ok(format!("[[join]]\nname = \"{name}\"\nurls = [\"{url}\"]\ntoken = \"file:{}\"\n", file.display()))
}

async fn status(console: &TestFleet, name: &str, wanted: &[ClusterStatus]) -> anyhow::Result<ClusterRow> {
    let client = console.client();
    let what = format!("{name} is {wanted:?}");
    let found = wait_for(&what, DEADLINE, async || {
        let rows = client.cluster_list().await.ok()?.items;
        rows.into_iter().find(|row| row.name == name && wanted.contains(&row.status))
    });
    Ok(found.await?)
}

#[tokio::test]
async fn console_acts_at_a_joined_cluster_and_one_that_hangs_holds_up_no_other() -> anyhow::Result<()> {
    let (mut east, west) = (TestFleet::start("east").await?, TestFleet::start("west").await?);
    east.add_agent("demo", &[payment_switch()?]).await?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("master");
    let joins = join(folder.path(), "east", &east).await? + &join(folder.path(), "west", &west).await?;
    let console = TestFleet::start_with(folder, &data, &joins).await?;
    let up = [ClusterStatus::Up];
    status(&console, "west", &up).await?;
    status(&console, "east", &up).await?;

    let at_east = Terminal { home: east.path().join("home"), url: east.url().to_owned() };
    let row = at_east.shows("apps", "status=STARTED", 1).await?.remove(0);
    let path = row["path"].as_str().context("no path")?.replacen("/main/", "/main@east/", 1);
    let terminal = Terminal { home: console.path().join("home"), url: console.url().to_owned() };
    let told = terminal.done(&["restart", &path, "--reason", "from afar"]).await?;
    ensure!(told.contains(&path) && told.contains("1 succeeded"), "{told}");
    let why = terminal.done(&["why", &path]).await?;
    ensure!(why.contains("restart by user admin"), "{why}");

    // Both audits tell it: the cluster's that it was the console, the console's what came of it.
    let find = ["audit", "search", "--kind", "restart", "-o", "json"];
    let deeds: Vec<Value> = serde_json::from_str(&at_east.done(&find).await?)?;
    let actor = &deeds[0]["event"]["actor"];
    ensure!(actor["name"] == "admin" && actor["through"] == "admin/console", "{actor}");
    ensure!(actor["auth"] == serde_json::to_value(AuthMethod::Console)?, "{actor}");
    let find = ["audit", "search", "--object", "east", "-o", "json"];
    let passed: Vec<Value> = serde_json::from_str(&terminal.done(&find).await?)?;
    let noted = passed.iter().find(|deed| deed["event"]["payload"]["request"]["path"] == "actions");
    ensure!(noted.context("it is not noted")?["result"] == "SUCCEEDED", "{passed:?}");

    // One hangs: the other is asked, and the list tells how each is.
    east.master().process().pause()?;
    status(&console, "east", &[ClusterStatus::Stale, ClusterStatus::Down]).await?;
    let (at_west, at_east) = (console.client().at_cluster("west"), console.client().at_cluster("east"));
    let waits = tokio::spawn(async move { at_east.session_get().await });
    let who = at_west.session_get().await?;
    ensure!(who.name == "admin" && who.auth == AuthMethod::Console, "{who:?}");
    status(&console, "west", &up).await?;
    east.master().process().resume()?;
    status(&console, "east", &up).await?;
    // It answered when it could, or was given up before by then.
    match waits.await? {
        Ok(who) => ensure!(who.name == "admin", "{who:?}"),
        Err(error) => ensure!(error.to_string().contains("east"), "{error}"),
    }
    console.finish()?;
    west.finish()?;
    Ok(east.finish()?)
}

#[tokio::test]
async fn logs_and_the_past_of_two_clusters_are_one_and_a_cluster_that_dies_is_named_and_comes_back()
-> anyhow::Result<()> {
    let mut east = World::start("logs-east", &["web-1"]).await?;
    let west = World::start("logs-west", &["web-7"]).await?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("master");
    let joins =
        join(folder.path(), "east", &east.fleet).await? + &join(folder.path(), "west", &west.fleet).await?;
    let console = TestFleet::start_with(folder, &data, &joins).await?;
    for name in ["east", "west"] {
        status(&console, name, &[ClusterStatus::Up]).await?;
    }
    for (world, server, text) in [
        (&east, "web-1", "2026-03-01T12:00:01Z first\n2026-03-01T12:00:03Z third\n"),
        (&west, "web-7", "2026-03-01T12:00:02Z second\n2026-03-01T12:00:04Z fourth\n"),
    ] {
        world.append(server, "shop.log", text)?;
    }
    let terminal = Terminal { home: console.path().join("home"), url: console.url().to_owned() };
    let found = terminal.done(&["logs", "name=shop", "--grep", "2026-03-01"]).await?;
    let said: Vec<&str> =
        found.lines().filter_map(|line| line.split_once(" | ")).map(|(_, text)| text).collect();
    let words: Vec<&str> = said.iter().filter_map(|text| text.split(' ').next_back()).collect();
    ensure!(words == ["first", "second", "third", "fourth"], "{found}");
    let listed = terminal.done(&["logs", "--list"]).await?;
    ensure!(listed.contains("main@east/web-1/shop") && listed.contains("main@west/web-7/shop"), "{listed}");
    // Each cluster has itself who read what there.
    for world in [&east, &west] {
        let events = world.terminal.done(&["events", "kind=LogsRead"]).await?;
        ensure!(events.contains("search of default/main/web-"), "{events}");
    }
    let client = console.client();
    let then = client.event_list(&EventQuery::default()).await?.items.first().context("no event")?.time;
    let past = client.overview_at(then).await?;
    ensure!(past.applications.total == 2 && past.missing.is_empty(), "{past:?}");

    let output = console.path().join("follow.out");
    let environment =
        [("TOPMAST_URL", console.url()), ("TOPMAST_USER", USER), ("TOPMAST_PASSWORD", PASSWORD)];
    let arguments = ["logs", "name=shop", "-f", "--source", "shop.log"];
    let mut follow = Process::start(&program("topmast")?, arguments, &environment, &output)?;
    let shows = async |text: &str| {
        let has = async || std::fs::read_to_string(&output).is_ok_and(|shown| shown.contains(text));
        wait_until(&format!("{text} is shown"), DEADLINE, has).await
    };
    shows("third").await?;
    shows("fourth").await?;
    east.fleet.master().process().kill()?;
    shows("the cluster east: ").await?;
    west.append("web-7", "shop.log", "while east is away\n")?;
    shows("while east is away").await?;
    // A search says what is missing, and has the rest.
    let half = terminal.run(&["logs", "name=shop", "--grep", "second"]).await?;
    ensure!(half.code == 1 && half.out.contains("second"), "{}", half.out);
    let is_named = half.err.contains("the cluster east: ") && half.err.contains("1 cluster did not answer");
    ensure!(is_named, "{}", half.err);
    // So do an overview and a list of the past.
    let past = client.overview_at(then).await?;
    ensure!(past.applications.total == 1 && past.missing.len() == 1, "{past:?}");
    ensure!(past.missing[0].starts_with("east: "), "{past:?}");
    let half = terminal.run(&["apps", "--at", &then.to_string()]).await?;
    let is_named = half.err.contains("topmast: the cluster east: ");
    ensure!(half.code == 0 && is_named && half.out.contains("web-7"), "{} {}", half.out, half.err);
    east.fleet.master().start_again().await?;
    let is_back = async || {
        let appended = east.append("web-1", "shop.log", "back again\n");
        appended.is_ok() && std::fs::read_to_string(&output).is_ok_and(|shown| shown.contains("back again"))
    };
    wait_until("east is followed again", DEADLINE, is_back).await?;
    follow.terminate(DEADLINE).await?;
    console.finish()?;
    west.fleet.finish()?;
    Ok(east.fleet.finish()?)
}

#[tokio::test]
async fn standby_of_a_console_shows_a_joined_cluster_and_acts_there_once_it_leads() -> anyhow::Result<()> {
    let mut east = TestFleet::start("east").await?;
    east.add_agent("demo", &[payment_switch()?]).await?;
    let folder = tempfile::tempdir()?;
    let more = join(folder.path(), "east", &east).await?;
    let masters = vec![MasterPlan { more, ..MasterPlan::default() }; 2];
    let plan = Plan { servers: 1, masters, agents: Vec::new(), is_cuttable: false };
    let mut console = TestCluster::start("console", &plan).await?;
    let leads = wait_for("a master leads", DEADLINE, async || console.holder().await).await?;
    let standby = 1 - leads;

    let client = console.clients().swap_remove(standby);
    let running = ListQuery { filter: Some("status=STARTED".into()), ..ListQuery::default() };
    let path = wait_for("the standby shows the application", DEADLINE, async || {
        let page = client.list::<ApplicationRow>(&running).await.ok()?;
        page.items.first().map(|row| row.path.to_string())
    })
    .await?;
    ensure!(path.starts_with("default/main@east/"), "{path}");

    console.masters()[leads].process().kill()?;
    let promoted = async || console.holder().await.filter(|holder| *holder == standby);
    wait_for("the standby leads", DEADLINE, promoted).await?;
    let url = console.masters()[standby].url().to_owned();
    let terminal = Terminal { home: console.path().join("home"), url };
    let told = terminal.done(&["restart", &path, "--reason", "after the failover"]).await?;
    ensure!(told.contains(&path) && told.contains("1 succeeded"), "{told}");
    let find = ["audit", "search", "--object", "east", "-o", "json"];
    let passed: Vec<Value> = serde_json::from_str(&terminal.done(&find).await?)?;
    let noted = passed.iter().find(|deed| deed["event"]["payload"]["request"]["path"] == "actions");
    ensure!(noted.context("it is not noted")?["result"] == "SUCCEEDED", "{passed:?}");
    console.finish()?;
    Ok(east.finish()?)
}
