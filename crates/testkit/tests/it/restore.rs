//! A master restored to an earlier point, and an agent that was told since that its reports are in the journal.

use crate::journey::Terminal;
use anyhow::ensure;
use std::fs;
use topmast_testkit::fleet::{Application, TestFleet};

#[tokio::test]
async fn agent_obeys_a_restored_master_at_once_and_makes_it_know_all_that_is() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("restore").await?;
    let early = ["stays", "quits", "goes"].map(Application::new);
    fleet.add_agent("db", &early).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    terminal.shows("apps", "status=STARTED", 3).await?;
    let point = fleet.client().audit_verify().await?.head_seq.to_string();

    // What the restored master will not know.
    let folder = fleet.path().join("db");
    Application::new("late").write(&folder)?;
    terminal.shows("apps", "name=late status=STARTED", 1).await?;
    for name in ["quits", "goes"] {
        terminal.done(&["stop", name, "--yes"]).await?;
    }
    fs::remove_file(folder.join("apps.d/goes.toml"))?;
    terminal.shows("apps", "name=goes", 0).await?;
    let path = |name: &str| fleet.path().join(name).display().to_string();
    let (config, data, backup) = (path("master.toml"), path("master"), path("backup"));
    terminal.done(&["backup", "--config", &config, "--out", &backup]).await?;
    // The backup knows nothing of these starts, the agent does: it obeyed the last.
    for _ in 0..3 {
        fleet.master().process().kill()?;
        fleet.master().start_again().await?;
    }
    terminal.done(&["restart", "stays", "--yes"]).await?;
    fleet.master().process().kill()?;
    fs::rename(&data, format!("{data}.lost"))?;
    terminal.done(&["restore", &backup, "--data", &data, "--until", &point]).await?;
    fleet.master().start_again().await?;

    terminal.done(&["restart", "stays", "--yes"]).await?;
    terminal.shows("apps", "name=late status=STARTED", 1).await?;
    terminal.shows("apps", "name=quits status=STOPPED", 1).await?;
    terminal.shows("apps", "name=stays status=STARTED", 1).await?;
    terminal.shows("apps", "server=db", 3).await?;
    terminal.done(&["restart", "late", "--yes"]).await?;
    let starts = ["stays", "quits", "goes", "late"].map(|name| fleet.agents()[0].starts(name));
    ensure!(starts == [3, 1, 1, 2], "only what was asked for: {starts:?}");
    let restored = terminal.done(&["events", "--kind", "JournalRestored"]).await?;
    ensure!(restored.lines().any(|line| line.contains("backup of ")), "{restored}");

    let server = fleet.client().server_get(&"default/main/db".parse()?).await?;
    let problems = format!("{:?}", server.row.unit_problems);
    ensure!(problems.contains("are lost: the journal was restored"), "{problems}");
    let log = fs::read_to_string(fleet.master().log())?;
    ensure!(log.contains("the journal lacks reports that were acknowledged"), "{log}");
    ensure!(fleet.client().audit_verify().await?.ok, "the journal is whole");
    Ok(fleet.finish()?)
}
