//! `topmast top` in a real terminal, tmux, with a real master, agent and application.

use crate::journey::payment_switch;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::process::Command;
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::program;
use topmast_testkit::wait::{DEADLINE, wait_for};

async fn run(command: &mut Command) -> anyhow::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(tokio::time::timeout(DEADLINE, command.output()).await.context("a command does not end")??)
}

async fn done(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, stderr } = run(command).await?;
    let (out, err) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    ensure!(status.success(), "{command:?} ended with {status}: {err}{out}");
    Ok(out)
}

/// A tmux server of its own, with one session.
pub(crate) struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// Starts a program in a terminal of 100×30; the terminal stays when the program has ended.
    pub(crate) async fn start(
        folder: &Path,
        name: &str,
        environment: &[(&str, &str)],
        line: &str,
    ) -> anyhow::Result<Self> {
        let tmux = Self { socket: folder.join(format!("{name}.tmux")) };
        let mut command = tmux.command();
        command.args(["-f", "/dev/null", "-u", "new-session", "-d", "-x", "100", "-y", "30"]);
        command.envs(environment.iter().copied()).env("LC_ALL", "C.UTF-8");
        // What follows the program shows whether the terminal was given back.
        command.arg(format!("{line}; echo ended with $?; exec cat"));
        done(&mut command).await?;
        Ok(tmux)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).env_remove("TMUX");
        command
    }

    async fn screen(&self) -> anyhow::Result<String> {
        done(self.command().args(["capture-pane", "-p"])).await
    }

    /// What tmux knows of the terminal, as a format of it says.
    pub(crate) async fn ask(&self, format: &str) -> anyhow::Result<String> {
        done(self.command().args(["display-message", "-p", format])).await
    }

    /// Types keys, as tmux names them.
    pub(crate) async fn keys(&self, keys: &[&str]) -> anyhow::Result<()> {
        done(self.command().arg("send-keys").args(keys)).await.map(drop)
    }

    /// Waits until every text is on the screen.
    pub(crate) async fn shows(&self, texts: &[&str]) -> anyhow::Result<String> {
        let mut last = String::new();
        let look = async || {
            last = self.screen().await.ok()?;
            texts.iter().all(|text| last.contains(text)).then_some(())
        };
        let found = wait_for(&format!("the terminal shows {texts:?}"), DEADLINE, look).await;
        found.with_context(|| format!("it shows:\n{last}"))?;
        Ok(last)
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // One that has ended already has nothing to be ended.
        let _ = std::process::Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}

/// Fails where there is no tmux.
pub(crate) async fn tmux() -> anyhow::Result<()> {
    done(Command::new("tmux").arg("-V")).await.map(drop)
}

fn topmast(fleet: &TestFleet, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(program("topmast")?);
    command.args(arguments).env("XDG_CONFIG_HOME", fleet.path().join("home"));
    command.env("TOPMAST_URL", fleet.url()).env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
    Ok(command)
}

#[tokio::test]
async fn operator_finds_and_restarts_an_application_in_the_terminal() -> anyhow::Result<()> {
    if let Err(error) = tmux().await {
        println!("skipped: tmux cannot be started ({error}); scripts/setup test installs it");
        return Ok(());
    }
    let mut fleet = TestFleet::start("top").await?;
    fleet.add_agent("demo", &[payment_switch()?]).await?;
    let url = fleet.url().to_owned();
    let environment = [("TOPMAST_URL", url.as_str()), ("TOPMAST_USER", USER), ("TOPMAST_PASSWORD", PASSWORD)];
    let line = format!("{} top", program("topmast")?.display());
    let tmux = Tmux::start(fleet.path(), "operator", &environment, &line).await?;

    tmux.shows(&["LIVE", "[1 Servers", "demo", "UP"]).await?;
    tmux.keys(&["/", "status=DOWN", "Enter"]).await?;
    tmux.shows(&["no servers match the filter status=DOWN"]).await?;
    tmux.keys(&["/", "C-u", "cpuu>3", "Enter"]).await?;
    tmux.shows(&["column 1: there is no field cpuu; do you mean cpu?"]).await?;
    tmux.keys(&["C-u", "status=UP", "Enter"]).await?;
    tmux.shows(&["1 server match status=UP", "demo"]).await?;

    tmux.keys(&["Enter"]).await?;
    tmux.shows(&["[2 Applications", "in default/main/demo: 1 application", "payment-switch", "STARTED"])
        .await?;
    tmux.keys(&["Enter"]).await?;
    tmux.shows(&["[3 Services", "in default/main/demo/payment-switch: ", "MC_CREDIT"]).await?;
    tmux.keys(&["Escape"]).await?;
    tmux.shows(&["[2 Applications", "payment-switch"]).await?;

    tmux.keys(&["R"]).await?;
    tmux.shows(&["Restart default/main/demo/payment-switch", "reason"]).await?;
    tmux.keys(&["-l", "a new key"]).await?;
    tmux.keys(&["Enter"]).await?;
    tmux.shows(&["is stopped, then started", "y: restart", "any other key: nothing is done"]).await?;
    tmux.keys(&["y"]).await?;
    tmux.shows(&["SUCCEEDED: 1 of 1 done"]).await?;
    // Keys at once: only time tells Escape and a key from Alt and that key. Drawn anew, it goes on.
    tmux.keys(&["Escape", "C-l", "5"]).await?;
    tmux.shows(&["[5 Actions", "restart", "SUCCEEDED", "user admin"]).await?;

    let actions = done(&mut topmast(&fleet, &["actions", "-o", "json"])?).await?;
    let actions: Vec<Value> = serde_json::from_str(&actions)?;
    ensure!(actions.len() == 1, "{actions:?}");
    ensure!(actions[0]["status"] == "SUCCEEDED" && actions[0]["reason"] == "a new key", "{}", actions[0]);

    // The master goes away and comes back.
    fleet.master().process().kill()?;
    tmux.shows(&["NOT CONNECTED"]).await?;
    fleet.master().start_again().await?;
    tmux.shows(&["LIVE"]).await?;
    tmux.keys(&["q"]).await?;
    tmux.shows(&["ended with 0"]).await?;

    let once =
        done(topmast(&fleet, &["top", "--once"])?.env("COLUMNS", "60").env("LC_ALL", "C.UTF-8")).await?;
    ensure!(once.contains("demo") && once.lines().all(|line| line.chars().count() <= 60), "{once}");
    done(&mut topmast(&fleet, &["stop", "payment-switch"])?).await?;
    drop(tmux);
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn login_shell_shows_the_fleet_and_does_nothing() -> anyhow::Result<()> {
    if let Err(error) = tmux().await {
        println!("skipped: tmux cannot be started ({error}); scripts/setup test installs it");
        return Ok(());
    }
    let mut fleet = TestFleet::start("top-shell").await?;
    fleet.add_agent("demo", &[payment_switch()?]).await?;
    let home = fleet.path().join("home");
    let made = done(&mut topmast(&fleet, &["tokens", "create", "wall", "--grant", "operator"])?).await?;
    let profile = format!(
        "current = \"main\"\n[profiles.main]\nurl = \"{}\"\nuser = \"wall\"\ntoken = \"{}\"\n",
        fleet.url(),
        made.trim()
    );
    std::fs::create_dir_all(home.join("topmast"))?;
    std::fs::write(home.join("topmast/profiles.toml"), profile)?;
    let link = fleet.path().join("topmast-top");
    std::os::unix::fs::symlink(program("topmast")?, &link)?;
    let home = home.display().to_string();
    // The environment of whoever logs in decides nothing.
    let environment = [("XDG_CONFIG_HOME", home.as_str()), ("TOPMAST_URL", "http://127.0.0.1:1")];
    let line = link.display().to_string();
    let tmux = Tmux::start(fleet.path(), "shell", &environment, &line).await?;

    tmux.shows(&["LIVE", "wall (operator)", "read-only", "demo"]).await?;
    tmux.keys(&["2"]).await?;
    tmux.shows(&["payment-switch", "STARTED"]).await?;
    tmux.keys(&["R"]).await?;
    tmux.shows(&["this terminal is locked: it shows, and does nothing"]).await?;
    tmux.keys(&["C-z", "6"]).await?;
    tmux.shows(&["[6 Problems"]).await?;

    let mut command = Command::new(&link);
    command.args(["-c", "id"]).env("XDG_CONFIG_HOME", &home);
    let refused = run(&mut command).await?;
    ensure!(refused.status.code() == Some(2) && refused.stdout.is_empty(), "{refused:?}");
    let actions = done(&mut topmast(&fleet, &["actions", "-o", "json"])?).await?;
    ensure!(serde_json::from_str::<Vec<Value>>(&actions)?.is_empty(), "{actions}");

    tmux.keys(&["C-c"]).await?;
    tmux.shows(&["ended with 0"]).await?;
    done(&mut topmast(&fleet, &["stop", "payment-switch"])?).await?;
    drop(tmux);
    Ok(fleet.finish()?)
}
