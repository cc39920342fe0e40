//! Servers without an agent, read over ssh: real OpenSSH servers, the real command line, and hosts that are wrong in
//! every way that we know.

use super::journey::Terminal;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::fs;
use std::path::Path;
use topmast_model::path::ObjectPath;
use topmast_model::status::ServerStatus;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::process::program;
use topmast_testkit::sshd::{self, Sshd};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

/// The text of a script that an account runs whatever it is asked.
async fn forced(terminal: &Terminal, folder: &Path) -> anyhow::Result<String> {
    let script = terminal.done(&["servers", "script", "linux"]).await?;
    let path = folder.join("whole.sh");
    fs::write(&path, script)?;
    Ok(path.display().to_string())
}

fn terminal(fleet: &TestFleet) -> Terminal {
    Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() }
}

/// A line of a file of hosts.
fn line(name: &str, sshd: &Sshd, account: &str, more: &str) -> String {
    let key = sshd.key(account);
    format!(
        "{}@{} --name {name} --key {} --interval 1 {more}\n",
        sshd::own_user(),
        sshd.address(),
        key.display()
    )
}

async fn problem_of(fleet: &TestFleet, name: &str, part: &str) -> anyhow::Result<String> {
    let client = fleet.client();
    let path: ObjectPath = format!("default/main/{name}").parse()?;
    let look = async || {
        let server = client.server_get(&path).await.ok()?;
        let problem = server.row.unit_problems.first()?.problem.clone();
        problem.contains(part).then_some(problem)
    };
    Ok(wait_for(&format!("{name} says {part:?}"), 2 * DEADLINE, look).await?)
}

#[tokio::test]
async fn operator_reads_hosts_over_ssh_that_have_no_agent() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let fleet = TestFleet::start("agentless").await?;
    let terminal = terminal(&fleet);
    let script = forced(&terminal, fleet.path()).await?;
    let forced = format!("restrict,command=\"sh {script}\"");
    let top = format!("restrict,pty,command=\"{}\"", "top");
    let sshd =
        Sshd::start(&fleet.path().join("sshd"), &[("shell", ""), ("forced", &forced), ("top", &top)]).await?;
    let (user, address) = (sshd::own_user(), sshd.address());

    // A file with wrong lines changes nothing and names them all.
    let hosts = fleet.path().join("hosts");
    let file = hosts.display().to_string();
    fs::write(&hosts, format!("{}bad --os vms\nnokey\n", line("shell", &sshd, "shell", "")))?;
    let refused = terminal.run(&["server", "add", "--agentless", "--from", &file]).await?;
    ensure!(refused.code == 2, "{}{}", refused.out, refused.err);
    for part in ["line 2: invalid value 'vms'", "line 3: no login"] {
        ensure!(refused.err.contains(part), "{} lacks {part:?}", refused.err);
    }

    // A dry run shows every command and changes nothing; a key that nobody knows is shown and not taken.
    let jump = format!("--jump {user}@{address}");
    fs::write(
        &hosts,
        [
            line("shell", &sshd, "shell", "--label site=north"),
            line("forced", &sshd, "forced", "--os linux"),
            line("top", &sshd, "top", ""),
            line("behind", &sshd, "shell", &jump),
        ]
        .concat(),
    )?;
    let shown = terminal.done(&["server", "add", "--agentless", "--from", &file, "--dry-run"]).await?;
    for part in [
        "line 2: default/main/forced: ssh",
        "linux\n",
        "linux: /bin/sh -s",
        "/proc/meminfo",
        "aix: /bin/sh",
        "lsps -s",
    ] {
        ensure!(shown.contains(part), "{shown} lacks {part:?}");
    }
    let refused = terminal.run(&["server", "add", "--agentless", "--from", &file]).await?;
    let fingerprint = sshd.fingerprint()?;
    ensure!(refused.code == 1 && refused.err.contains(&fingerprint), "{}", refused.err);
    ensure!(terminal.rows("servers", "").await?.is_empty(), "nothing was added");

    // With the key given, all of them are read, whatever the account gives.
    fs::write(
        &hosts,
        [
            line("shell", &sshd, "shell", &format!("--label site=north --fingerprint {fingerprint}")),
            line("forced", &sshd, "forced", "--os linux --accept-new"),
            line("top", &sshd, "top", &format!("--fingerprint {fingerprint}")),
            line("behind", &sshd, "shell", &format!("{jump} --accept-new")),
        ]
        .concat(),
    )?;
    let added = terminal.done(&["server", "add", "--agentless", "--from", &file]).await?;
    ensure!(added.lines().count() == 4 && added.contains("added default/main/behind"), "{added}");
    let rows = terminal.shows("servers", "role=agentless status=UP cpu_pct>=0 memory_pct>0", 4).await?;
    for row in &rows {
        ensure!(
            row["connected"] == Value::Bool(true) && row["unit_problems"] == serde_json::json!([]),
            "{row}"
        );
    }
    terminal.shows("servers", "label=site=north load1>=0 uptime_s>0 disk_pct>0", 1).await?;
    terminal.shows("servers", "name=top load1>=0 uptime_s>0", 1).await?;
    let told = terminal.done(&["server", "agentless", "-o", "wide"]).await?;
    ensure!(told.matches(&fingerprint).count() == 5, "every key is pinned: {told}");

    // The same once more is no news, and the secret is nowhere in clear.
    let again = terminal.done(&["server", "add", "--agentless", "--from", &file]).await;
    ensure!(again.is_err() || again?.contains("added"), "adding the same again is harmless");
    let secret = fs::read_to_string(sshd.key("shell"))?;
    let secret = secret.lines().nth(2).context("a key has more lines")?;
    for entry in fs::read_dir(fleet.path().join("master"))? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = fs::read(&path)?;
            ensure!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
        }
    }
    let journal = terminal.done(&["audit", "export"]).await?;
    ensure!(journal.contains("AgentlessServerAdded") && journal.contains("redacted"), "the journal says how");

    // Removed is removed.
    terminal.done(&["server", "remove", "default/main/top"]).await?;
    terminal.shows("servers", "", 3).await?;
    fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn hosts_that_are_wrong_say_why_and_hold_up_nobody() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let fleet = TestFleet::start("agentless-wrong").await?;
    let terminal = terminal(&fleet);
    let script = forced(&terminal, fleet.path()).await?;
    let cut = format!("command=\"sh {script} | head -c 3000\"");
    let accounts = [
        ("shell", ""),
        ("hang", "command=\"exec sleep 60\""),
        ("flood", "command=\"exec yes\""),
        ("talk", "command=\"echo this account is closed\""),
        ("cut", cut.as_str()),
    ];
    let mut sshd = Sshd::start(&fleet.path().join("sshd"), &accounts).await?;
    let other = sshd::make_key(fleet.path(), "stranger")?;
    let hosts = fleet.path().join("hosts");
    let mut text: String = accounts.iter().map(|(name, _)| line(name, &sshd, name, "")).collect();
    text += &line("other", &sshd, "shell", "--os aix");
    text += &line("stranger", &sshd, "shell", "")
        .replace(&sshd.key("shell").display().to_string(), &other.display().to_string());
    text += "127.0.0.1:1 --name nobody --interval 1\n";
    fs::write(&hosts, &text)?;
    let (file, key) = (hosts.display().to_string(), sshd.key("shell").display().to_string());
    terminal.done(&["server", "add", "--agentless", "--accept-new", "--from", &file, "--key", &key]).await?;

    problem_of(&fleet, "flood", "it printed more than 4096 KiB and was cut off").await?;
    problem_of(&fleet, "talk", "it says \"this account is closed\"").await?;
    problem_of(&fleet, "cut", "the answer ends within").await?;
    problem_of(&fleet, "other", "it is said to be aix and is linux").await?;
    problem_of(&fleet, "stranger", "lets nobody in with this key; it takes publickey").await?;
    problem_of(&fleet, "nobody", "cannot be reached: Connection refused").await?;
    problem_of(&fleet, "hang", "within 30 s").await?;
    terminal.shows("servers", "name=shell status=UP", 1).await?;

    // A host that shows another key is not read until a person says that it is right.
    sshd.change_host_key().await?;
    let problem = problem_of(&fleet, "shell", "is not the one that is trusted").await?;
    let shown = sshd.fingerprint()?;
    ensure!(problem.contains(&shown), "{problem}");
    let client = fleet.client();
    let path: ObjectPath = "default/main/shell".parse()?;
    let status = async || client.server_get(&path).await.ok().map(|server| server.row.status);
    wait_until("it is DOWN", 2 * DEADLINE, async || status().await == Some(ServerStatus::Down)).await?;
    let log = fs::read_to_string(fleet.path().join("sshd/sshd.log"))?;
    terminal.done(&["server", "trust", "default/main/shell", &shown]).await?;
    terminal.shows("servers", "name=shell status=UP", 1).await?;
    // While it was not trusted, it saw no login at all.
    let before = log.rsplit("Server listening").next().unwrap_or_default();
    ensure!(!before.contains("Accepted publickey"), "{before}");
    ensure!(program("topmast").is_ok());
    fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn host_with_more_series_than_the_history_takes_is_live_and_says_so() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let directory = tempfile::Builder::new().prefix("topmast-agentless-series-").tempdir()?;
    let data = directory.path().join("master");
    let fleet = TestFleet::start_with(directory, &data, "[history]\nmax_server_series = 5\n").await?;
    let terminal = terminal(&fleet);
    let sshd = Sshd::start(&fleet.path().join("sshd"), &[("shell", "")]).await?;
    let hosts = fleet.path().join("hosts");
    fs::write(&hosts, line("shell", &sshd, "shell", "--accept-new"))?;
    terminal.done(&["server", "add", "--agentless", "--from", &hosts.display().to_string()]).await?;
    problem_of(&fleet, "shell", "the history refuses series of it; they are live only").await?;
    terminal.shows("servers", "name=shell status=UP load1>=0 uptime_s>0 disk_pct>0", 1).await?;
    fleet.finish()?;
    Ok(())
}
