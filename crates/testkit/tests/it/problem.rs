//! Problems of real processes: what crashes and what is killed is one problem each, handled from the command line.

use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use topmast_testkit::fleet::{Application, TestFleet};

/// Ends at once, again and again, until its budget is spent.
fn crasher() -> Application {
    let unit = "command = [\"/bin/false\"]\n[restart]\ninitial = \"10ms\"\nmax_restarts = 1\n";
    Application::from_unit("crasher", unit)
}

fn number(problem: &Value) -> anyhow::Result<String> {
    Ok(problem["id"].as_u64().with_context(|| format!("no number: {problem}"))?.to_string())
}

#[tokio::test]
async fn what_crashes_and_what_is_killed_is_one_problem_each() -> anyhow::Result<()> {
    let directory = tempfile::Builder::new().prefix("topmast-problem-").tempdir()?;
    let data = directory.path().join("master");
    let mut fleet = TestFleet::start_with(directory, &data, "down_after_s = 5\n").await?;
    fleet.add_agent("demo", &[crasher(), Application::new("steady")]).await?;
    let mut terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };

    // It crashes into quarantine: one problem, whatever went before.
    let quarantined = "rule=application-quarantined";
    let found = terminal.shows("problems", quarantined, 1).await?;
    let id = number(&found[0])?;
    let application = found[0]["object"].as_str().context("it is on nothing")?.to_owned();
    let server = application.strip_suffix("/crasher").context("it is on something else")?;
    ensure!(found[0]["severity"] == "critical", "{found:?}");
    terminal.done(&["ack", &id, "-m", "on it"]).await?;
    let filter = format!("id={id} suppressed=acknowledged owner=admin");
    terminal.shows("problems", &filter, 1).await?;

    // Another master process knows the same problem, and opens no second one.
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    terminal.url = fleet.url().to_owned();
    terminal.shows("servers", "status=UP", 1).await?;
    let again = terminal.shows("problems", quarantined, 1).await?;
    ensure!(number(&again[0])? == id, "{again:?}");
    ensure!(again[0]["acknowledgement"]["comment"] == "on it", "{again:?}");

    // The server is gone: one problem, of which what is on it is a symptom.
    terminal.done(&["unack", &id]).await?;
    fleet.agents()[0].process().kill()?;
    let down = terminal.shows("problems", "rule=server-down", 1).await?;
    let symptom = format!("id={id} suppressed=parent-down cause={}", number(&down[0])?);
    terminal.shows("problems", &symptom, 1).await?;
    terminal.done(&["mute", server, "--for", "1h"]).await?;
    terminal.shows("problems", "rule=server-down suppressed=muted", 1).await?;
    terminal.done(&["unmute", server]).await?;
    terminal.shows("problems", "rule=server-down suppressed=none", 1).await?;

    // It comes back: its problem is over, the other one is none of its symptoms any more.
    fleet.agents()[0].start_again()?;
    terminal.shows("problems", "rule=server-down", 0).await?;
    terminal.shows("problems", &format!("id={id} cause=none suppressed=none"), 1).await?;
    terminal.done(&["stop", &application, "--yes"]).await?;
    terminal.shows("problems", quarantined, 0).await?;
    let over = terminal.done(&["problems", &id]).await?;
    ensure!(over.contains("CLOSED") && over.contains("recovered"), "{over}");

    // A file whose query is no PromQL is refused with its name, its line and what is wrong there.
    let file = fleet.path().join("rules.toml");
    let wrong =
        "[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\nwhen.absent = { query = \"sum(\" }\n";
    std::fs::write(&file, wrong)?;
    let name = file.to_str().context("the folder has a strange name")?;
    for command in [["rules", "apply", "-f", name].as_slice(), &["rule", "test", name]] {
        let answer = terminal.run(command).await?;
        let place = format!("{name}: line 5, column 1: rule \"x\", query, 1:5");
        ensure!(answer.code == 2 && answer.err.contains(&place), "{command:?}: {}", answer.err);
    }

    // Both rules, tried on what has just been, find it again.
    for (rule, object) in [("server-down", server), ("application-quarantined", application.as_str())] {
        let trial: Value = serde_json::from_str(
            &terminal.done(&["rules", "test", rule, "--since", "1h", "-o", "json"]).await?,
        )?;
        let found = &trial[0]["problems"];
        ensure!(found[0]["object"] == object && found[0]["closed"].is_string(), "{trial}");
    }
    Ok(fleet.finish()?)
}
