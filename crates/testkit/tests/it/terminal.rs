//! Commands and shells on servers without an agent: real OpenSSH servers, the real command line, and everything that
//! goes wrong on the way.

use super::journey::Terminal;
use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use topmast_api::client::{TerminalEvent, TerminalReceiver, TerminalSender};
use topmast_api::terminal::{
    PaneOutcome, Panes, TerminalInput, TerminalMessage, TerminalOpen, TerminalQuery, TerminalRequest,
    TerminalResize, TerminalRow, TerminalSize,
};
use topmast_api::token::TokenRequest;
use topmast_model::path::ObjectPath;
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::program;
use topmast_testkit::sshd::{self, Sshd};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

/// Two hosts with several accounts: what a server prints can tell them apart by the port of its connection.
struct World {
    fleet: TestFleet,
    terminal: Terminal,
    first: Sshd,
    second: Sshd,
}

impl World {
    async fn start(name: &str) -> anyhow::Result<Self> {
        let fleet = TestFleet::start(name).await?;
        let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
        let accounts = [("shell", ""), ("forced", "command=\"echo forced\""), ("other", "")];
        let first = Sshd::start(&fleet.path().join("first"), &accounts).await?;
        let second = Sshd::start(&fleet.path().join("second"), &[("shell", "")]).await?;
        let world = Self { fleet, terminal, first, second };
        let jump = format!("--jump {}@{}", sshd::own_user(), world.first.address());
        world.add("a1", &world.first, "shell", "").await?;
        world.add("a2", &world.first, "shell", "").await?;
        world.add("b1", &world.second, "shell", "").await?;
        world.add("forced", &world.first, "forced", "").await?;
        // The hop has the login of the server's own account: the first host lets both keys in.
        let keys = fs::read_to_string(world.second.key("shell.pub"))?;
        let file = world.first.key("authorized_keys");
        fs::write(&file, fs::read_to_string(&file)? + &keys)?;
        world.add("behind", &world.second, "shell", &jump).await?;
        Ok(world)
    }

    async fn add(&self, name: &str, sshd: &Sshd, account: &str, more: &str) -> anyhow::Result<()> {
        add(&self.fleet, name, sshd, account, more).await
    }

    /// What `exec` tells programs, and its exit code.
    async fn exec(&self, arguments: &[&str]) -> anyhow::Result<(i32, Value)> {
        let mut whole = vec!["exec", "-o", "json"];
        whole.extend(arguments);
        let answer = self.terminal.run(&whole).await?;
        let json = serde_json::from_str(&answer.out)
            .with_context(|| format!("exec {arguments:?} ended with {}: {}", answer.code, answer.err))?;
        Ok((answer.code, json))
    }

    /// A refused `exec`: its exit code and what it says.
    async fn refused(&self, arguments: &[&str]) -> anyhow::Result<(i32, String)> {
        let mut whole = vec!["exec"];
        whole.extend(arguments);
        let answer = self.terminal.run(&whole).await?;
        Ok((answer.code, answer.err))
    }

    async fn terminals(&self) -> anyhow::Result<Vec<TerminalRow>> {
        Ok(self.fleet.client().terminal_list(&TerminalQuery::default()).await?.items)
    }

    async fn open(&self, open: TerminalOpen) -> anyhow::Result<(TerminalSender, TerminalReceiver)> {
        let (mut sender, receiver) = self.fleet.client().terminal_connect().await?;
        sender.send(&TerminalRequest::Open(open)).await?;
        Ok((sender, receiver))
    }
}

/// Adds a server whose keys are trusted as they are, and waits until they are pinned.
pub(crate) async fn add(
    fleet: &TestFleet,
    name: &str,
    sshd: &Sshd,
    account: &str,
    more: &str,
) -> anyhow::Result<()> {
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let host = format!("{}@{}", sshd::own_user(), sshd.address());
    let key = sshd.key(account).display().to_string();
    let mut arguments = vec!["server", "add", &host, "--agentless", "--name", name, "--key", &key];
    arguments.extend(["--accept-new", "--interval", "1"]);
    arguments.extend(more.split_whitespace());
    terminal.done(&arguments).await?;
    let server: ObjectPath = format!("default/main/{name}").parse()?;
    let client = fleet.client();
    let pinned = async || {
        let rows = client.agentless_list().await.ok()?.items;
        let row = rows.into_iter().find(|row| row.server == server)?;
        row.fingerprints.iter().all(Option::is_some).then_some(())
    };
    Ok(wait_for(&format!("the keys of {name} are pinned"), DEADLINE, pinned).await?)
}

fn shell_on(name: &str) -> anyhow::Result<TerminalOpen> {
    Ok(TerminalOpen {
        targets: vec![format!("default/main/{name}").parse()?],
        command: None,
        reason: None,
        size: Some(TerminalSize { columns: 91, rows: 31 }),
        timeout_ms: None,
        output_max_bytes: None,
        login: None,
    })
}

fn typed(text: &str) -> TerminalRequest {
    TerminalRequest::Input(TerminalInput { panes: vec![0], text: text.to_owned() })
}

/// Reads until a pane has printed a text.
async fn until_printed(receiver: &mut TerminalReceiver, part: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    let reading = async {
        while !text.contains(part) {
            match receiver.next().await?.context("the master ended it")? {
                TerminalEvent::Output { bytes, .. } => text.push_str(&String::from_utf8_lossy(&bytes)),
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

/// Reads until a pane is over.
async fn until_ended(receiver: &mut TerminalReceiver) -> anyhow::Result<PaneOutcome> {
    let reading = async {
        loop {
            match receiver.next().await?.context("the master ended it")? {
                TerminalEvent::Message(TerminalMessage::Ended(ended)) => return Ok(ended.outcome),
                TerminalEvent::Message(TerminalMessage::Refused(problem)) => anyhow::bail!("{problem}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.context("no pane ended")?
}

/// The process whose number a command wrote into a file.
async fn process_in(file: &Path) -> anyhow::Result<Pid> {
    let read = async || fs::read_to_string(file).ok()?.trim().parse().ok();
    Ok(Pid::from_raw(wait_for("the process has begun", DEADLINE, read).await?))
}

async fn is_gone(pid: Pid) -> anyhow::Result<()> {
    Ok(wait_until("the process on the server is gone", DEADLINE, async || kill(pid, None).is_err()).await?)
}

/// Says something else on the second host.
fn odd(world: &World) -> String {
    format!(
        "case \"$SSH_CONNECTION\" in *\" {}\") echo odd;; *) echo usual;; esac",
        world.second.address().port()
    )
}

#[tokio::test]
async fn command_runs_on_many_hosts_and_its_results_are_grouped() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let world = World::start("exec").await?;
    let groups = |json: &Value| json["groups"].clone();

    // Identical results stand together; also what is reached through another host.
    let (code, json) = world.exec(&["a1", "a2", "b1", "behind", "--", &odd(&world)]).await?;
    ensure!(code == 0, "{json}");
    let expected = json!([
        {"outcome": "exited", "exit_code": 0, "detail": null, "stdout": "usual\n", "stderr": "", "servers": ["a1", "a2"]},
        {"outcome": "exited", "exit_code": 0, "detail": null, "stdout": "odd\n", "stderr": "", "servers": ["b1", "behind"]},
    ]);
    ensure!(groups(&json) == expected, "{json:#}");
    let (code, json) = world.exec(&["name=a1", "--", "cat; echo end"]).await?;
    ensure!(code == 0 && json["groups"][0]["stdout"] == "end\n", "a filter, and an empty input: {json}");

    // Exit codes, standard error, signals, and an account that runs something else whatever it is asked.
    let (code, json) = world.exec(&["a1", "--", "echo out; echo err >&2; exit 3"]).await?;
    let group = &json["groups"][0];
    ensure!(code == 1 && group["exit_code"] == 3, "{json}");
    ensure!(group["stdout"] == "out\n" && group["stderr"] == "err\n", "{json}");
    let (code, json) = world.exec(&["a1", "--", "kill -9 $$"]).await?;
    ensure!(
        code == 1 && json["groups"][0]["outcome"] == "signalled" && json["groups"][0]["detail"] == "KILL",
        "{json}"
    );
    let (_, json) = world.exec(&["forced", "--", "uptime"]).await?;
    ensure!(json["groups"][0]["stdout"] == "forced\n", "{json}");

    // Too much and too long is ended, there as well.
    let file = world.fleet.path().join("pid");
    let endless = |what: &str| format!("echo $$ > {}; exec {what}", file.display());
    let (code, json) = world.exec(&["a1", "--output-limit", "64", "--", &endless("yes")]).await?;
    let group = &json["groups"][0];
    ensure!(code == 1 && group["detail"] == "it printed more than 65536 bytes and was stopped", "{json}");
    ensure!(group["stdout"].as_str().map(str::len) == Some(64 << 10), "all that is allowed is shown");
    is_gone(process_in(&file).await?).await?;
    fs::remove_file(&file)?;
    let (code, json) = world.exec(&["a1", "--timeout", "300ms", "--", &endless("sleep 600")]).await?;
    ensure!(
        code == 1 && json["groups"][0]["detail"] == "it took longer than 0.3 s and was stopped",
        "{json}"
    );
    is_gone(process_in(&file).await?).await?;

    // The canary decides, and an error stops what was not begun.
    let all = ["a1", "a2", "b1"];
    let (code, json) = world.exec(&[&all[..], &["--canary=b1", "--", "exit 7"]].concat()).await?;
    ensure!(code == 1, "{json}");
    ensure!(
        json["groups"][0]["outcome"] == "not-started" && json["groups"][0]["servers"] == json!(["a1", "a2"]),
        "{json}"
    );
    ensure!(json["groups"][1]["exit_code"] == 7 && json["groups"][1]["servers"] == json!(["b1"]), "{json}");
    let (code, json) = world.exec(&[&all[..], &["--canary", "--", "true"]].concat()).await?;
    ensure!(code == 0 && json["groups"][0]["servers"] == json!(all), "{json}");
    let (_, json) =
        world.exec(&[&all[..], &["--at-once", "1", "--on-error", "stop", "--", "exit 7"]].concat()).await?;
    ensure!(
        json["groups"][0]["outcome"] == "not-started" && json["groups"][0]["servers"] == json!(["a2", "b1"]),
        "{json}"
    );

    // Nothing is run that nobody agreed to, and a dry run says who would be reached.
    let before = world.terminals().await?.len();
    let (code, said) =
        world.refused(&["a1", "--", "rm -rf", &world.fleet.path().join("x").display().to_string()]).await?;
    ensure!(code == 2 && said.contains("removes directories") && said.contains("--yes"), "{said}");
    let (code, said) = world.refused(&["a1", "nobody", "--", "uptime"]).await?;
    ensure!(code == 2 && said.contains("names no server"), "{said}");
    let plan = world.terminal.done(&["exec", "a1", "behind", "--dry-run", "--", "rm -rf /nowhere"]).await?;
    let user = sshd::own_user();
    for part in [
        format!("a1      {user}@{} over ssh", world.first.address()),
        format!("behind  {user}@{} over ssh", world.second.address()),
        "would run on 2 of 2: rm -rf /nowhere".to_owned(),
        "attention: it removes directories with all that is in them".to_owned(),
    ] {
        ensure!(plan.contains(&part), "{plan} lacks {part:?}");
    }
    ensure!(world.terminals().await?.len() == before, "nothing was opened");

    // People see it as text: the odd one last.
    let shown = world.terminal.run(&["exec", "a1", "a2", "b1", "--", &odd(&world)]).await?;
    ensure!(shown.out == "a1, a2  exit 0   usual\nb1      exit 0 ≠ odd\n", "{:?}", shown.out);
    ensure!(shown.err.contains("3 exit 0 (terminal "), "{}", shown.err);
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn what_ran_is_in_the_audit_and_can_be_played() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let world = World::start("audit").await?;
    let command = "printf 'caf\\303'; sleep 0.1; printf '\\251\\n'; echo oops >&2";
    let (code, json) = world.exec(&["a1", "b1", "--reason", "looking", "--", command]).await?;
    ensure!(code == 0, "{json}");
    let id = json["terminal"].as_str().context("no id")?.to_owned();

    // An own login is used for this one only; a key that does not fit says so.
    let user = sshd::own_user();
    let own = world.first.key("other").display().to_string();
    let (code, json) = world.exec(&["a1", "--user", &user, "--key", &own, "--", "true"]).await?;
    ensure!(code == 0, "{json}");
    let stranger = sshd::make_key(world.fleet.path(), "stranger")?.display().to_string();
    let (code, json) = world.exec(&["a1", "--user", &user, "--key", &stranger, "--", "true"]).await?;
    let detail = json["groups"][0]["detail"].as_str().unwrap_or_default();
    ensure!(code == 1 && detail.contains("lets nobody in with this key"), "{json}");

    // Both events of each, with the command and without any secret.
    let closed =
        async || world.terminals().await.is_ok_and(|all| all.iter().all(|row| row.closed_at.is_some()));
    wait_until("all terminals are closed", DEADLINE, closed).await?;
    let journal = world.terminal.done(&["audit", "export"]).await?;
    let count = |kind: &str| journal.lines().filter(|line| line.contains(kind)).count();
    ensure!((count("TerminalOpened"), count("TerminalClosed")) == (3, 3), "{journal}");
    ensure!(journal.contains("oops") && journal.contains("looking"), "the command and the reason are in it");
    for key in [&own, &stranger] {
        let secret = fs::read_to_string(key)?;
        let secret = secret.lines().nth(2).context("a key has more lines")?;
        ensure!(!journal.contains(secret), "no secret is in it");
    }
    let listed = world.terminal.done(&["terminals"]).await?;
    ensure!(listed.lines().count() == 4 && listed.contains("looking"), "{listed}");
    let shown = world.terminal.done(&["terminals", "show", &id]).await?;
    ensure!(shown.matches("exit 0").count() >= 2 && shown.contains("default/main/b1"), "{shown}");

    // The recording is the owner's only, is what its digest says, and plays.
    let raw = world.terminal.done(&["terminals", "replay", &id, "a1", "--raw"]).await?;
    let mut lines = raw.lines().map(serde_json::from_str::<Value>);
    let head = lines.next().context("no head")??;
    ensure!(
        head["version"] == 2 && head["title"] == "default/main/a1" && head["command"] == command,
        "{head}"
    );
    let printed: Vec<String> = lines
        .map(|line| Ok(line?[2].as_str().unwrap_or_default().to_owned()))
        .collect::<anyhow::Result<_>>()?;
    ensure!(printed.concat().contains("café\n") && printed.concat().contains("oops\n"), "{printed:?}");
    let played = world.terminal.run(&["terminals", "replay", &id, "a1"]).await?;
    ensure!(played.code == 0 && played.out == printed.concat() && played.err.is_empty(), "{}", played.err);
    let file = world.fleet.path().join(format!("master/terminals/{id}/0.cast"));
    fs::write(&file, fs::read_to_string(&file)?.replace("oops", "fine"))?;
    let played = world.terminal.run(&["terminals", "replay", &id, "a1"]).await?;
    ensure!(played.err.contains("not the one whose digest is in the journal"), "{}", played.err);
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn hosts_that_are_not_trusted_or_not_there_are_refused_one_by_one() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let mut world = World::start("refusals").await?;
    let key = world.first.key("shell").display().to_string();
    let nobody =
        ["server", "add", "127.0.0.1:1", "--agentless", "--name", "nobody", "--key", &key, "--accept-new"];
    world.terminal.done(&nobody).await?;
    world.fleet.add_agent("agent", &[]).await?;
    world.terminal.shows("servers", "name=agent status=UP", 1).await?;
    world.second.change_host_key().await?;
    let (code, json) = world.exec(&["a1", "b1", "nobody", "agent", "--", "echo here"]).await?;
    ensure!(code == 1, "{json}");
    let detail = |server: &str| {
        let groups = json["groups"].as_array().into_iter().flatten();
        let own = groups.into_iter().find(|group| group["servers"] == json!([server]));
        own.map(|group| format!("{} {}", group["stdout"], group["detail"])).unwrap_or_default()
    };
    for (server, part) in [
        ("a1", "here"),
        ("b1", "is not the one that is trusted"),
        ("nobody", "is not known yet: wait until nobody was read once"),
        ("agent", "terminals are not allowed on this server; set allow = true"),
    ] {
        ensure!(detail(server).contains(part), "{server}: {} lacks {part:?}", detail(server));
    }
    // It saw no login since its key is another one.
    let log = fs::read_to_string(world.second.key("sshd.log"))?;
    let since = log.rsplit("Server listening").next().unwrap_or_default();
    ensure!(!since.contains("Accepted publickey"), "{since}");
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn shell_is_typed_into_and_ends_by_itself() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let world = World::start("shell").await?;
    let (mut sender, mut receiver) = world.open(shell_on("a1")?).await?;
    sender.send(&TerminalRequest::Start(Panes { panes: vec![0] })).await?;
    // Size, resize, and a paste that is longer than what a terminal takes at once.
    sender.send(&typed("stty -echo; PS1=; echo size-$(stty size)-\r")).await?;
    until_printed(&mut receiver, "size-31 91-").await?;
    let size = TerminalSize { columns: 1, rows: 1 };
    sender.send(&TerminalRequest::Resize(TerminalResize { panes: vec![0], size })).await?;
    sender.send(&typed("echo size-$(stty size)-\r")).await?;
    until_printed(&mut receiver, "size-1 1-").await?;
    let lines = (0..2_000).fold(String::new(), |text, number| text + &format!("# line {number}\r"));
    sender.send(&typed(&format!("{lines}echo past-$((6*7))-\r"))).await?;
    until_printed(&mut receiver, "past-42-").await?;
    sender.send(&typed("exit 5\r")).await?;
    ensure!(until_ended(&mut receiver).await? == PaneOutcome::Exited(5));
    // What is typed into what is over is no mistake.
    sender.send(&typed("ls\r")).await?;
    sender.close().await;
    ensure!(receiver.next().await?.is_none(), "nothing comes after that");
    let closed = async || world.terminals().await.ok()?.pop()?.closed_at;
    wait_for("the terminal is closed", DEADLINE, closed).await?;
    let id = world.terminals().await?[0].id;
    let details = world.fleet.client().terminal_get(id).await?;
    ensure!(details.panes[0].exit_code == Some(5) && details.panes[0].bytes_in > 20_000, "{details:?}");
    // What was typed while nothing was shown is not recorded.
    let recording = world.fleet.client().terminal_recording(id, 0).await?;
    ensure!(!recording.contains("line 1999"), "{recording}");
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn everything_ends_with_its_client_its_rights_and_its_master() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let mut world = World::start("ends").await?;
    let file = |name: &str| world.fleet.path().join(name);
    let endless = |name: &str| format!("echo $$ > {}; exec sleep 600", file(name).display());

    // A client that is killed.
    let mut command = tokio::process::Command::new(program("topmast")?);
    command.args(["exec", "a1", "--", &endless("killed")]).env("TOPMAST_URL", world.fleet.url());
    command.env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD).env("XDG_CONFIG_HOME", file("home"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut client = command.spawn()?;
    let pid = process_in(&file("killed")).await?;
    client.kill().await?;
    is_gone(pid).await?;
    let last = async || world.terminals().await.ok()?.into_iter().next()?.closed_at;
    wait_for("it is closed", DEADLINE, last).await?;
    let shown =
        world.terminal.done(&["terminals", "show", &world.terminals().await?[0].id.to_string()]).await?;
    ensure!(shown.contains("stopped"), "{shown}");

    // One that is interrupted tells what it knows.
    let mut command = tokio::process::Command::new(program("topmast")?);
    command.args(["exec", "a1", "a2", "--at-once", "1", "--", &endless("interrupted")]);
    command.env("TOPMAST_URL", world.fleet.url()).env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
    command.env("XDG_CONFIG_HOME", file("home")).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let client = command.spawn()?;
    let pid = process_in(&file("interrupted")).await?;
    kill(Pid::from_raw(i32::try_from(client.id().context("it runs")?)?), Signal::SIGINT)?;
    let output = tokio::time::timeout(DEADLINE, client.wait_with_output()).await??;
    let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    ensure!(output.status.code() == Some(1), "{out}{err}");
    ensure!(out.contains("not started") && out.contains("stopped"), "{out}");
    is_gone(pid).await?;

    // One whose reader takes nothing: the program waits, and is ended all the same.
    let (mut sender, mut receiver) = world.open(shell_on("a1")?).await?;
    sender.send(&TerminalRequest::Start(Panes { panes: vec![0] })).await?;
    sender.send(&typed(&format!("echo $$ > {}; exec yes\r", file("flood").display()))).await?;
    let pid = process_in(&file("flood")).await?;
    sender.send(&TerminalRequest::Stop(Panes { panes: vec![0] })).await?;
    ensure!(until_ended(&mut receiver).await? == PaneOutcome::Stopped);
    is_gone(pid).await?;
    drop((sender, receiver));

    // One whose token is revoked.
    let request = TokenRequest {
        name: "runner".into(),
        owner: None,
        grants: vec!["terminal".parse()?],
        expires_in_s: None,
        speaks_for_users: false,
    };
    let token = world.fleet.client().token_create(&request).await?;
    let own = world.fleet.client().with_credentials(topmast_api::client::Credentials::Bearer(token.secret));
    let (mut sender, mut receiver) = own.terminal_connect().await?;
    let open = TerminalOpen { command: Some(endless("revoked")), ..shell_on("a1")? };
    sender.send(&TerminalRequest::Open(open)).await?;
    sender.send(&TerminalRequest::Start(Panes { panes: vec![0] })).await?;
    let pid = process_in(&file("revoked")).await?;
    world.fleet.client().token_revoke(token.row.id).await?;
    let refusal = until_ended(&mut receiver).await;
    ensure!(refusal.is_err_and(|error| error.to_string().contains("have ended")), "it is told why");
    is_gone(pid).await?;

    // And when the master dies, the next one says that nobody knows.
    let (mut sender, mut receiver) = world.open(shell_on("a1")?).await?;
    sender.send(&TerminalRequest::Start(Panes { panes: vec![0] })).await?;
    sender.send(&typed("stty -echo; echo running-$((6*7))-\r")).await?;
    until_printed(&mut receiver, "running-42-").await?;
    let id = world.terminals().await?[0].id;
    world.fleet.master().process().kill()?;
    world.fleet.master().start_again().await?;
    let details = world.fleet.client().terminal_get(id).await?;
    ensure!(details.row.closed_at.is_some() && details.panes[0].outcome == "unknown", "{details:?}");
    let recording = world.fleet.client().terminal_recording(id, 0).await?;
    ensure!(recording.contains("running-42-"), "what was printed before can be read: {recording}");
    world.fleet.finish()?;
    Ok(())
}
