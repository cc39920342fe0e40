//! Commands and shells over agents: a real master, a real agent, the real command line, and what the server's own
//! configuration allows.

use super::journey::Terminal;
use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use topmast_api::client::{TerminalEvent, TerminalReceiver, TerminalSender};
use topmast_api::terminal::{
    PaneOutcome, Panes, TerminalInput, TerminalMessage, TerminalOpen, TerminalRequest, TerminalResize,
    TerminalSize,
};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

struct World {
    fleet: TestFleet,
    terminal: Terminal,
    /// Whoever runs the tests.
    account: String,
}

impl World {
    /// A server whose agent allows nothing.
    async fn start(name: &str) -> anyhow::Result<Self> {
        let mut fleet = TestFleet::start(name).await?;
        let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
        fleet.add_agent("db-1", &[]).await?;
        terminal.shows("servers", "name=db-1 status=UP", 1).await?;
        let account =
            User::from_uid(Uid::effective())?.context("the tests run as nobody that is known")?.name;
        Ok(Self { fleet, terminal, account })
    }

    /// A server whose agent allows everything, as whoever runs the tests.
    async fn allowed(name: &str) -> anyhow::Result<Self> {
        let mut world = Self::start(name).await?;
        let policy = format!("[terminal]\nallow = true\nuser = \"{}\"\nshell = \"/bin/sh\"\n", world.account);
        let file = world.fleet.path().join("db-1/agent.toml");
        fs::write(&file, fs::read_to_string(&file)? + &policy)?;
        world.fleet.agents()[0].process().terminate(DEADLINE).await?;
        world.fleet.agents()[0].start_again()?;
        let runs = async || world.exec(&["db-1", "--", "true"]).await.is_ok_and(|(code, _)| code == 0);
        wait_until("the agent runs commands", DEADLINE, runs).await?;
        Ok(world)
    }

    /// The one group of results of `exec`, with its exit code.
    async fn exec(&self, arguments: &[&str]) -> anyhow::Result<(i32, Value)> {
        let mut whole = vec!["exec", "-o", "json"];
        whole.extend(arguments);
        let answer = self.terminal.run(&whole).await?;
        let json: Value = serde_json::from_str(&answer.out)
            .with_context(|| format!("exec {arguments:?} ended with {}: {}", answer.code, answer.err))?;
        Ok((answer.code, json["groups"][0].clone()))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.fleet.path().join(name)
    }

    async fn open(&self, command: Option<String>) -> anyhow::Result<(TerminalSender, TerminalReceiver)> {
        let (mut sender, receiver) = self.fleet.client().terminal_connect().await?;
        let open = TerminalOpen {
            targets: vec!["default/main/db-1".parse()?],
            command,
            reason: None,
            size: Some(TerminalSize { columns: 91, rows: 31 }),
            timeout_ms: None,
            output_max_bytes: None,
            login: None,
        };
        sender.send(&TerminalRequest::Open(open)).await?;
        sender.send(&TerminalRequest::Start(Panes { panes: vec![0] })).await?;
        Ok((sender, receiver))
    }
}

fn typed(text: &str) -> TerminalRequest {
    TerminalRequest::Input(TerminalInput { panes: vec![0], text: text.to_owned() })
}

/// Reads until the pane has printed a text, or said that it began.
async fn until(receiver: &mut TerminalReceiver, part: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    let reading = async {
        while !text.contains(part) {
            match receiver.next().await?.context("the master ended it")? {
                TerminalEvent::Output { bytes, .. } => text.push_str(&String::from_utf8_lossy(&bytes)),
                TerminalEvent::Message(TerminalMessage::Started(started)) => text.push_str(&started.account),
                TerminalEvent::Message(message) => {
                    ensure!(!matches!(message, TerminalMessage::Ended(_)), "{message:?} after {text:?}");
                }
            }
        }
        Ok(())
    };
    tokio::time::timeout(DEADLINE, reading).await.with_context(|| format!("{part:?} was not printed"))??;
    Ok(text)
}

async fn until_ended(receiver: &mut TerminalReceiver) -> anyhow::Result<PaneOutcome> {
    let reading = async {
        loop {
            if let TerminalEvent::Message(TerminalMessage::Ended(ended)) =
                receiver.next().await?.context("the master ended it")?
            {
                return Ok(ended.outcome);
            }
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.context("the pane does not end")?
}

/// The process whose number a command wrote into a file.
async fn process_in(file: &Path) -> anyhow::Result<Pid> {
    let read = async || fs::read_to_string(file).ok()?.trim().parse().ok();
    Ok(Pid::from_raw(wait_for("the process has begun", DEADLINE, read).await?))
}

async fn is_gone(pid: Pid) -> anyhow::Result<()> {
    Ok(wait_until("the process is gone", DEADLINE, async || kill(pid, None).is_err()).await?)
}

#[tokio::test]
async fn agent_that_allows_nothing_says_what_to_do() -> anyhow::Result<()> {
    let world = World::start("not-allowed").await?;
    let file = world.file("ran");
    let (code, group) = world.exec(&["db-1", "--", &format!("touch {}", file.display())]).await?;
    let detail = group["detail"].as_str().unwrap_or_default();
    ensure!(code == 1 && group["outcome"] == "failed", "{group}");
    ensure!(detail.contains("set allow = true and user below [terminal]"), "{group}");
    ensure!(!file.exists(), "it ran all the same");
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn command_runs_over_an_agent_and_ends_at_its_bounds() -> anyhow::Result<()> {
    let world = World::allowed("over-agent").await?;
    let (code, group) = world.exec(&["db-1", "--", "echo out; echo err >&2; cat; id -un; exit 3"]).await?;
    let expected = json!({
        "outcome": "exited", "exit_code": 3, "detail": null, "stdout": format!("out\n{}\n", world.account),
        "stderr": "err\n", "servers": ["db-1"],
    });
    ensure!(code == 1 && group == expected, "{group}");
    let (_, group) = world.exec(&["db-1", "--", "kill -9 $$"]).await?;
    ensure!(group["outcome"] == "signalled" && group["detail"] == "KILL", "{group}");
    // An exact amount that needs more credit than is given at first.
    let (_, group) = world
        .exec(&["db-1", "--output-limit", "2048", "--", "head -c 2000000 /dev/zero | tr '\\0' x"])
        .await?;
    ensure!(group["stdout"].as_str().map(str::len) == Some(2_000_000), "{}", group["detail"]);

    // Too much and too long, in the words that a server over ssh would have, and ended with what it started.
    let pid = world.file("pid");
    let endless = |what: &str| format!("sleep 600 & echo $! > {}; {what}", pid.display());
    let (_, group) = world.exec(&["db-1", "--output-limit", "1", "--", &endless("exec yes")]).await?;
    ensure!(group["detail"] == "it printed more than 1024 bytes and was stopped", "{}", group["detail"]);
    is_gone(process_in(&pid).await?).await?;
    fs::remove_file(&pid)?;
    let (_, group) = world.exec(&["db-1", "--timeout", "1s", "--", &endless("sleep 600")]).await?;
    ensure!(group["detail"] == "it took longer than 1 s and was stopped", "{group}");
    is_gone(process_in(&pid).await?).await?;

    // Who was asked, by whom, as whom.
    let plan = world.terminal.done(&["exec", "db-1", "--dry-run", "--", "true"]).await?;
    ensure!(plan.contains("db-1 over its agent"), "{plan}");
    let answer = world.terminal.run(&["exec", "db-1", "--user", "other", "--dry-run", "--", "true"]).await?;
    ensure!((answer.out + &answer.err).contains("leave --user out for db-1"), "an own login is for ssh");
    let log = fs::read_to_string(world.file("db-1/agent.log"))?;
    ensure!(log.contains("terminal opened") && log.contains("principal=\"user admin\""), "{log}");
    // The only master runs on this system, which nobody takes down through it. The line itself ends before it could.
    let down = world.terminal.run(&["exec", "db-1", "--yes", "--", "exit 0; reboot"]).await?;
    let told = down.out + &down.err;
    ensure!(
        down.code != 0 && told.contains("guard active-master on default/main/db-1"),
        "{}: {told}",
        down.code
    );
    // The server is as healthy as before: its figures went on.
    world.terminal.shows("servers", "name=db-1 status=UP", 1).await?;
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn shell_over_an_agent_is_typed_into_and_resized() -> anyhow::Result<()> {
    let world = World::allowed("agent-shell").await?;
    let (mut sender, mut receiver) = world.open(None).await?;
    until(&mut receiver, &format!("{}@db-1 over its agent", world.account)).await?;
    sender.send(&typed("stty -echo; PS1=; echo size-$(stty size)-\r")).await?;
    until(&mut receiver, "size-31 91-").await?;
    let size = TerminalSize { columns: 1, rows: 1 };
    sender.send(&TerminalRequest::Resize(TerminalResize { panes: vec![0], size })).await?;
    sender.send(&typed("echo size-$(stty size)-\r")).await?;
    until(&mut receiver, "size-1 1-").await?;
    let lines = "# a line of a paste\r".repeat(2_000);
    sender.send(&typed(&format!("{lines}echo past-$((6*7))-\r"))).await?;
    until(&mut receiver, "past-42-").await?;
    sender.send(&typed("exit 5\r")).await?;
    ensure!(until_ended(&mut receiver).await? == PaneOutcome::Exited(5));

    // One that floods is stopped at once, with its jobs.
    let (mut sender, mut receiver) = world.open(None).await?;
    let (job, flood) = (world.file("job"), world.file("flood"));
    let line = format!("sleep 600 & echo $! > {}; echo $$ > {}; exec yes\r", job.display(), flood.display());
    sender.send(&typed(&line)).await?;
    let (job, flood) = (process_in(&job).await?, process_in(&flood).await?);
    sender.send(&TerminalRequest::Stop(Panes { panes: vec![0] })).await?;
    ensure!(until_ended(&mut receiver).await? == PaneOutcome::Stopped);
    is_gone(job).await?;
    is_gone(flood).await?;
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn panes_end_with_their_client_and_their_agent_and_begin_only_once() -> anyhow::Result<()> {
    let mut world = World::allowed("agent-ends").await?;
    let endless = |name: &str| {
        let file = world.file(name);
        (file.clone(), Some(format!("echo $$ >> {}; exec sleep 600", file.display())))
    };
    // The client goes.
    let (file, command) = endless("left");
    let (sender, receiver) = world.open(command).await?;
    let pid = process_in(&file).await?;
    drop((sender, receiver));
    is_gone(pid).await?;

    // The agent ends, and takes what it ran with it.
    let (file, command) = endless("ended");
    let (_sender, mut receiver) = world.open(command).await?;
    let pid = process_in(&file).await?;
    world.fleet.agents()[0].process().terminate(DEADLINE).await?;
    let outcome = until_ended(&mut receiver).await?;
    let PaneOutcome::Failed(words) = outcome else { anyhow::bail!("{outcome:?}") };
    ensure!(words.contains("the connection to the agent of db-1 broke while it ran"), "{words}");
    is_gone(pid).await?;
    let (code, group) = world.exec(&["db-1", "--", "true"]).await?;
    let detail = group["detail"].as_str().unwrap_or_default();
    ensure!(code == 1 && detail.contains("the agent of db-1 is not connected"), "{group}");

    // Nothing is run again when it comes back.
    world.fleet.agents()[0].start_again()?;
    let runs = async || world.exec(&["db-1", "--", "true"]).await.is_ok_and(|(code, _)| code == 0);
    wait_until("the agent runs commands", DEADLINE, runs).await?;
    ensure!(fs::read_to_string(&file)?.lines().count() == 1, "it was begun twice");

    // An agent that is killed says nothing; the pane ends all the same.
    let (file, command) = (world.file("killed"), world.file("killed").display().to_string());
    let (_sender, mut receiver) = world.open(Some(format!("echo $$ > {command}; exec sleep 600"))).await?;
    let pid = process_in(&file).await?;
    world.fleet.agents()[0].process().kill()?;
    ensure!(matches!(until_ended(&mut receiver).await?, PaneOutcome::Failed(_)));
    // Nobody is left who would end it.
    kill(pid, Signal::SIGKILL)?;
    world.fleet.finish()?;
    Ok(())
}
