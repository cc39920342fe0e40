//! Applications of servers without an agent: a real sshd, real small daemons with a pid file, the real command line,
//! commands that are wrong in every way that we know, and a master that is killed in the middle.

use super::journey::Terminal;
use anyhow::ensure;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::sshd::{self, Sshd};
use topmast_testkit::wait::{DEADLINE, wait_until};

/// A daemon as init scripts have them: `ctl start|stop|status FOLDER`.
const CTL: &str = r#"#!/bin/sh
pid=$2/pid
is_up() { [ -s "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; }
case $1 in
start) echo "start" >> "$2/log"; is_up && exit 0
  setsid sleep 100000 </dev/null >/dev/null 2>&1 & echo $! > "$pid"; echo started ;;
stop) echo "stop" >> "$2/log"; is_up && kill "$(cat "$pid")"; rm -f "$pid"; echo stopped ;;
status) if is_up; then echo "subsystem group $(cat "$pid") active"; exit 0; fi; echo "subsystem group inoperative"; exit 3 ;;
esac
"#;

pub(crate) struct Stage {
    pub(crate) fleet: TestFleet,
    pub(crate) terminal: Terminal,
    pub(crate) sshd: Sshd,
    pub(crate) folder: PathBuf,
}

/// Daemons that a test leaves behind are ended with it.
impl Drop for Stage {
    fn drop(&mut self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let text = fs::read_to_string(entry.path().join("pid")).unwrap_or_default();
            if let Ok(pid) = text.trim().parse() {
                // What has ended by itself need not be ended.
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

impl Stage {
    pub(crate) async fn set_up(name: &str, accounts: &[(&str, &str)]) -> anyhow::Result<Self> {
        let fleet = TestFleet::start(name).await?;
        let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
        let sshd = Sshd::start(&fleet.path().join("sshd"), accounts).await?;
        let folder = fleet.path().join("daemons");
        fs::create_dir(&folder)?;
        fs::write(folder.join("ctl"), CTL)?;
        fs::set_permissions(folder.join("ctl"), fs::Permissions::from_mode(0o755))?;
        for (account, _) in accounts {
            let host = format!("{}@{}", sshd::own_user(), sshd.address());
            let key = sshd.key(account).display().to_string();
            let add =
                ["server", "add", &host, "--agentless", "--name", account, "--key", &key, "--accept-new"];
            terminal.done(&[&add[..], &["--interval", "1"]].concat()).await?;
        }
        Ok(Self { fleet, terminal, sshd, folder })
    }

    /// A command of the daemon `name`.
    fn ctl(&self, verb: &str, name: &str) -> String {
        format!("{}/ctl {verb} {}", self.folder.display(), self.of(name).display())
    }

    /// The folder of a daemon.
    fn of(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        // It is there already, mostly.
        let _ = fs::create_dir(&folder);
        folder
    }

    pub(crate) fn table(&self, name: &str, more: &[(&str, &str)]) -> String {
        let mut fields: Vec<(&str, String)> = vec![
            ("status_command", self.ctl("status", name)),
            ("start_command", self.ctl("start", name)),
            ("stop_command", self.ctl("stop", name)),
        ];
        fields.retain(|(field, _)| more.iter().all(|(other, _)| field != other));
        fields.extend(more.iter().map(|(field, text)| (*field, (*text).to_owned())));
        let lines = fields.iter().filter(|(_, text)| !text.is_empty()).map(|(field, text)| {
            if field.ends_with("_s") || field.ends_with("_when") || *field == "log_files" {
                return format!("{field} = {text}\n");
            }
            format!("{field} = '''{text}'''\n")
        });
        format!("[[application]]\nname = \"{name}\"\n{}", lines.collect::<String>())
    }

    pub(crate) async fn set(&self, server: &str, tables: &[String], more: &[&str]) -> anyhow::Result<String> {
        let file = self.folder.join("apps.toml");
        fs::write(&file, tables.concat())?;
        let path = format!("default/main/{server}");
        let file = file.display().to_string();
        let arguments = ["servers", "apps", "set", &path, "--from", &file];
        self.terminal.done(&[&arguments[..], more].concat()).await
    }

    async fn is(&self, name: &str, status: &str) -> anyhow::Result<Value> {
        let rows = self.terminal.shows("apps", &format!("name={name} status={status}"), 1).await?;
        Ok(rows[0].clone())
    }

    /// Waits until the cause of an application's state has this in it.
    async fn says(&self, name: &str, part: &str) -> anyhow::Result<()> {
        let look = async || {
            let rows = self.terminal.rows("apps", &format!("name={name}")).await.unwrap_or_default();
            rows.iter().any(|row| row["cause"].as_str().is_some_and(|cause| cause.contains(part)))
        };
        Ok(wait_until(&format!("{name} says {part:?}"), DEADLINE, look).await?)
    }

    /// An action that does not succeed: what it says.
    async fn fails(&self, verb: &str, name: &str, status: &str) -> anyhow::Result<String> {
        let answer = self.terminal.run(&[verb, name]).await?;
        ensure!(answer.code != 0, "{verb} {name} did as it was told: {}", answer.out);
        let text = format!("{}{}", answer.out, answer.err);
        ensure!(text.contains(status), "{verb} {name}: {text} lacks {status}");
        Ok(text)
    }
}

fn count(path: &Path, word: &str) -> usize {
    fs::read_to_string(path.join("log")).unwrap_or_default().lines().filter(|line| *line == word).count()
}

#[tokio::test]
async fn operator_sees_and_operates_applications_where_no_agent_is() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let stage = Stage::set_up("agentless-apps", &[("shell", "")]).await?;
    let terminal = &stage.terminal;
    let words = [
        ("started_when", r#"["active"]"#),
        ("stopped_when", r#"["inoperative"]"#),
        ("version_command", "echo 7.1; echo more"),
    ];
    let tables = [stage.table("switch", &words), stage.table("batch", &[])];

    // A dry run shows every command and changes nothing.
    let shown = stage.set("shell", &tables, &["--dry-run"]).await?;
    for part in
        [stage.ctl("start", "switch"), stage.ctl("stop", "batch"), "every reading".into(), "active".into()]
    {
        ensure!(shown.contains(&part), "{shown} lacks {part}");
    }
    ensure!(terminal.rows("apps", "").await?.is_empty(), "a dry run sets nothing");
    stage.set("shell", &tables, &[]).await?;
    stage.is("switch", "STOPPED").await?;
    stage.is("batch", "STOPPED").await?;
    let listed = terminal.done(&["servers", "apps", "show", "default/main/shell"]).await?;
    ensure!(listed == shown, "{listed}");

    // Started, seen, stopped, restarted; what is done already is not done again.
    terminal.done(&["start", "switch", "--reason", "try"]).await?;
    let row = stage.is("switch", "STARTED").await?;
    ensure!(row["cause"].as_str().is_some_and(|cause| cause.contains("user admin")), "{row}");
    terminal.shows("apps", "name=switch version=7.1 kind=script", 1).await?;
    terminal.done(&["start", "switch"]).await?;
    ensure!(count(&stage.of("switch"), "start") == 1, "it ran already");
    let pid = fs::read_to_string(stage.of("switch").join("pid"))?;
    terminal.done(&["restart", "switch"]).await?;
    ensure!(fs::read_to_string(stage.of("switch").join("pid"))? != pid, "it is another process");
    terminal.done(&["start", "switch", "batch", "--batch", "1"]).await?;
    terminal.shows("apps", "status=STARTED", 2).await?;
    terminal.done(&["stop", "batch"]).await?;
    stage.is("batch", "STOPPED").await?;

    // What ends by itself is seen.
    let pid: i32 = fs::read_to_string(stage.of("switch").join("pid"))?.trim().parse()?;
    kill(Pid::from_raw(pid), Signal::SIGKILL)?;
    stage.is("switch", "STOPPED").await?;

    // Who did what is in the audit, with the commands.
    let events = terminal.done(&["events", "--kind", "AgentlessApplicationsSet"]).await?;
    ensure!(events.contains(&stage.ctl("start", "switch")), "{events}");
    let export = terminal.done(&["audit", "export"]).await?;
    for part in
        ["AgentlessApplicationsSet", "StepStarted", "StepFinished", "STARTED already, nothing was run"]
    {
        ensure!(export.contains(part), "{part} is not in the audit");
    }
    terminal.done(&["audit", "verify"]).await?;

    // What is not among them any more is gone.
    stage.set("shell", &tables[1..], &[]).await?;
    terminal.shows("apps", "", 1).await?;
    Ok(())
}

#[tokio::test]
async fn commands_that_are_wrong_say_why_and_hold_up_nobody() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let accounts = [("shell", ""), ("closed", "command=\"echo this account is closed\"")];
    let stage = Stage::set_up("agentless-apps-wrong", &accounts).await?;
    let hang = [("start_command", "echo waiting; sleep 1000; true"), ("command_timeout_s", "2")];
    let denied = [("start_command", "cat /etc/shadow.none && exec /etc/passwd"), ("command_timeout_s", "5")];
    let lies = [("start_command", "echo done"), ("command_timeout_s", "2")];
    let tables = [
        stage.table("good", &[]),
        stage.table("fails", &[("start_command", "echo one; echo 'no licence' >&2; exit 9")]),
        stage.table("hangs", &hang),
        stage.table("denied", &denied),
        stage.table("lies", &lies),
        stage.table("mute", &[("start_command", "")]),
        stage.table("stuck", &[("status_command", "sleep 1000; true"), ("status_timeout_s", "1")]),
    ];
    stage.set("shell", &tables, &[]).await?;
    let terminal = &stage.terminal;
    terminal.shows("apps", "status=STOPPED", 6).await?;
    stage.says("stuck", "the status command did not end within 1 s").await?;
    terminal.shows("servers", "name=shell status=UP", 1).await?;

    for (name, part) in [
        ("fails", "the start command ended with code 9: one / no licence"),
        ("hangs", "the start command did not end within 2 s and was killed: waiting"),
        ("denied", "the start command ended with code 1"),
        ("lies", "the start command ended well, and the application is STOPPED still"),
        ("mute", "nothing was run: it has no start_command"),
    ] {
        let text = stage.fails("start", name, "FAILED").await?;
        ensure!(text.contains(part), "{name}: {text} lacks {part:?}");
    }
    terminal.done(&["start", "good"]).await?;
    stage.is("good", "STARTED").await?;

    // An account without a shell runs nothing, and says so.
    stage.set("closed", &[stage.table("shut", &[])], &[]).await?;
    let text = stage.fails("start", "shut", "FAILED").await?;
    ensure!(text.contains("nothing was run") && text.contains("this account is closed"), "{text}");
    ensure!(count(&stage.of("shut"), "start") == 0);

    // Whoever may only look sets nothing.
    let path = "default/main/shell";
    let bad = stage.folder.join("bad.toml");
    fs::write(&bad, "[[application]]\nname = 'x'\nstatus_command = ''\n")?;
    let refused =
        terminal.run(&["servers", "apps", "set", path, "--from", &bad.display().to_string()]).await?;
    ensure!(refused.code != 0 && refused.err.contains("status_command"), "{}", refused.err);
    terminal.shows("apps", "", 8).await?;
    Ok(())
}

#[tokio::test]
async fn step_that_a_killed_master_had_begun_is_unknown_and_never_run_again() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let mut stage = Stage::set_up("agentless-apps-killed", &[("shell", "")]).await?;
    let folder = stage.of("slow");
    let start =
        format!("{}; while [ ! -e {}/go ]; do sleep 0.1; done", stage.ctl("start", "slow"), folder.display());
    let slow = [("start_command", start.as_str()), ("command_timeout_s", "100")];
    stage.set("shell", &[stage.table("slow", &slow)], &[]).await?;
    stage.is("slow", "STOPPED").await?;
    stage.terminal.done(&["start", "slow", "--no-wait"]).await?;
    wait_until("the start command runs", DEADLINE, async || count(&folder, "start") == 1).await?;
    stage.fleet.master().process().kill()?;
    fs::write(folder.join("go"), "")?;
    stage.fleet.master().start_again().await?;
    let terminal = &stage.terminal;
    let look = async || {
        let text = terminal.done(&["actions", "-o", "json"]).await.unwrap_or_default();
        text.contains("\"UNKNOWN\"") && text.contains("the master ended while it ran this over ssh")
    };
    wait_until("the step is UNKNOWN", DEADLINE, look).await?;
    // It is seen as it is, and the step is not run again.
    stage.is("slow", "STARTED").await?;
    ensure!(count(&folder, "start") == 1, "it was run again");
    ensure!(stage.sshd.address().port() > 0);
    Ok(())
}
