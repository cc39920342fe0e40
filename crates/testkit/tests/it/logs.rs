//! Logs of applications with real processes: a master, agents, applications that write and rotate, and the command line.

use super::journey::Terminal;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use topmast_api::client::LogStream;
use topmast_api::log::{LogMessage, LogQuery, LogRow, LogState};
use topmast_api::user::UserRequest;
use topmast_testkit::fleet::{Application, PASSWORD, TestFleet, USER};
use topmast_testkit::process::{Process, program};
use topmast_testkit::wait::{DEADLINE, wait_until};

const PAN: &str = "4111111111111111";

pub(crate) struct World {
    pub(crate) fleet: TestFleet,
    pub(crate) terminal: Terminal,
}

impl World {
    /// Servers with one application each, `shop`, that says something and writes `shop.log`.
    pub(crate) async fn start(name: &str, servers: &[&str]) -> anyhow::Result<Self> {
        let mut fleet = TestFleet::start(name).await?;
        for server in servers {
            let command = format!("echo started on {server} with {PAN}; echo trouble >&2; exec sleep 86400");
            let unit = format!(
                "command = [\"/bin/sh\", \"-c\", \"{command}\"]\nstart_wait = \"100ms\"\nlog_files = [\"shop*.log\"]\n"
            );
            fleet.add_agent(server, &[Application::from_unit("shop", &unit)]).await?;
        }
        let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
        terminal.shows("apps", "name=shop status=STARTED", servers.len()).await?;
        Ok(Self { fleet, terminal })
    }

    pub(crate) fn path(&self, server: &str, file: &str) -> PathBuf {
        self.fleet.path().join(server).join(file)
    }

    pub(crate) fn append(&self, server: &str, file: &str, text: &str) -> anyhow::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(server, file))?;
        Ok(file.write_all(text.as_bytes())?)
    }
}

/// Reads until so many lines have come.
async fn lines(stream: &mut LogStream, count: usize) -> anyhow::Result<Vec<LogRow>> {
    let mut rows = Vec::new();
    let reading = async {
        while rows.len() < count {
            if let LogMessage::Line(row) = stream.next().await?.context("the master ended it")? {
                rows.push(row);
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(DEADLINE, reading).await.with_context(|| format!("{count} lines do not come"))??;
    Ok(rows)
}

/// Reads until so many servers follow.
async fn following(stream: &mut LogStream, count: usize) -> anyhow::Result<Vec<LogRow>> {
    let (mut rows, mut servers) = (Vec::new(), 0);
    let reading = async {
        while servers < count {
            match stream.next().await?.context("the master ended it")? {
                LogMessage::Line(row) => rows.push(row),
                LogMessage::Server(server) if server.state == LogState::Following => servers += 1,
                LogMessage::Server(server) => ensure!(server.state == LogState::Reading, "{server:?}"),
                _ => {}
            }
        }
        Ok(())
    };
    tokio::time::timeout(DEADLINE, reading).await.context("servers do not follow")??;
    Ok(rows)
}

#[tokio::test]
async fn lines_of_many_servers_come_as_they_are_written_without_card_numbers() -> anyhow::Result<()> {
    let world = World::start("logs-tail", &["web-1", "web-2"]).await?;
    world.append("web-1", "shop.log", "old\n")?;
    let mut stream = world.fleet.client().log_tail(&LogQuery::default()).await?;
    let begun = following(&mut stream, 2).await?;
    let texts: Vec<&str> = begun.iter().map(|row| row.text.as_str()).collect();
    for expected in
        ["started on web-1 with 411111******1111", "started on web-2 with 411111******1111", "trouble", "old"]
    {
        ensure!(texts.contains(&expected), "{expected} is not among {texts:?}");
    }
    world.append("web-2", "shop.log", "new file\n")?;
    world.append("web-1", "shop.log", "one\n")?;
    let rows = lines(&mut stream, 2).await?;
    let mut seen: Vec<String> = rows.iter().map(|row| format!("{} {}", row.application, row.text)).collect();
    seen.sort_unstable();
    ensure!(seen == ["default/main/web-1/shop one", "default/main/web-2/shop new file"], "{seen:?}");

    let text = world.terminal.done(&["logs", "server=web-1", "--source", "output"]).await?;
    ensure!(text.contains("web-1/shop output | started on web-1 with 411111******1111"), "{text}");
    ensure!(!text.contains(PAN) && !text.contains("web-2"), "{text}");
    let json = world.terminal.done(&["logs", "--list", "--json"]).await?;
    let sources: Value = serde_json::from_str(&json)?;
    ensure!(sources["items"].as_array().is_some_and(|items| items.len() == 4), "{sources}");
    let events = world.terminal.done(&["events", "kind=LogsRead"]).await?;
    ensure!(
        events.contains("tail of 2 targets") && events.contains("search of default/main/web-1/shop"),
        "{events}"
    );
    ensure!(!events.contains("started on"), "nothing of what was read is in the audit: {events}");
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn command_line_follows_a_log_that_is_rotated_and_loses_nothing() -> anyhow::Result<()> {
    let world = World::start("logs-rotation", &["web-1"]).await?;
    world.append("web-1", "shop.log", "begin\n")?;
    let output = world.fleet.path().join("follow.out");
    let environment =
        [("TOPMAST_URL", world.fleet.url()), ("TOPMAST_USER", USER), ("TOPMAST_PASSWORD", PASSWORD)];
    let arguments = ["logs", "name=shop", "-f", "--source", "shop.log", "--no-prefix"];
    let mut follow = Process::start(&program("topmast")?, arguments, &environment, &output)?;
    let shows = async |text: &str| {
        let has = async || fs::read_to_string(&output).is_ok_and(|shown| shown.contains(text));
        wait_until(&format!("{text} is shown"), DEADLINE, has).await
    };
    shows("begin").await?;
    let path = world.path("web-1", "shop.log");
    let mut number = 0;
    for turn in 0..40 {
        for _ in 0..50 {
            world.append("web-1", "shop.log", &format!("line {number}\n"))?;
            number += 1;
        }
        rotate(&path, turn % 2 == 0)?;
        // The next rotation after this is seen: far more of them than an agent looks at are made below.
        if turn % 4 == 3 {
            shows(&format!("line {}\n", number - 1)).await?;
        }
    }
    world.append("web-1", "shop.log", "end\n")?;
    shows("end\n").await?;
    follow.terminate(DEADLINE).await?;
    let shown = fs::read_to_string(&output)?;
    let mut numbers: Vec<u32> =
        shown.lines().filter_map(|line| line.strip_prefix("line ")?.parse().ok()).collect();
    numbers.sort_unstable();
    ensure!(numbers == (0..number).collect::<Vec<_>>(), "{} lines of {number}", numbers.len());
    world.fleet.finish()?;
    Ok(())
}

/// Renames a log, or copies and cuts it, as logrotate does.
pub(crate) fn rotate(path: &Path, rename: bool) -> anyhow::Result<()> {
    let at = |number: u32| PathBuf::from(format!("{}.{number}", path.display()));
    for number in (1..8).rev() {
        for packed in ["", ".gz"] {
            let [from, to] = [number, number + 1].map(|number| format!("{}{packed}", at(number).display()));
            if Path::new(&from).exists() {
                fs::rename(from, to)?;
            }
        }
    }
    if rename {
        fs::rename(path, at(1))?;
        fs::write(path, "")?;
    } else {
        fs::copy(path, at(1))?;
        OpenOptions::new().write(true).open(path)?.set_len(0)?;
    }
    Ok(())
}

#[tokio::test]
async fn search_finds_lines_in_rotated_files_and_download_has_them_in_order() -> anyhow::Result<()> {
    let world = World::start("logs-search", &["web-1", "web-2"]).await?;
    for server in ["web-1", "web-2"] {
        world.append(server, "shop.log.1", "2026-01-01T10:00:00Z ERROR one\n2026-01-01T10:00:01Z fine\n")?;
        world.append(server, "shop.log", "2026-01-01T11:00:00Z fine\n2026-01-01T11:00:01Z ERROR two\n")?;
    }
    let found = world.terminal.done(&["logs", "name=shop", "--grep", "ERROR", "--no-prefix"]).await?;
    ensure!(
        found == "2026-01-01T10:00:00Z ERROR one\n".repeat(2) + &"2026-01-01T11:00:01Z ERROR two\n".repeat(2),
        "{found}"
    );
    let since = ["logs", "server=web-1", "-g", "error", "-i", "--since", "2026-01-01T10:30:00Z", "-C", "1"];
    let found = world.terminal.done(&since).await?;
    let expected = "web-1/shop shop.log - 2026-01-01T11:00:00Z fine\nweb-1/shop shop.log | 2026-01-01T11:00:01Z ERROR two\n";
    ensure!(found == expected, "{found}");
    let file = world.fleet.path().join("all.log");
    let target = file.to_str().context("no UTF-8")?;
    world.terminal.done(&["logs", "server=web-2", "-s", "shop.log", "--download", target]).await?;
    let downloaded = fs::read_to_string(&file)?;
    ensure!(
        downloaded.lines().count() == 4 && downloaded.starts_with("2026-01-01T10:00:00Z"),
        "{downloaded}"
    );
    let wrong = world.terminal.run(&["logs", "--grep", "("]).await?;
    ensure!(wrong.code == 1 && wrong.err.contains("unclosed group"), "{} {}", wrong.code, wrong.err);
    world.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn who_may_not_read_logs_reads_none_and_a_server_that_is_gone_holds_up_no_other() -> anyhow::Result<()>
{
    let mut world = World::start("logs-rights", &["web-1", "web-2"]).await?;
    let client = world.fleet.client();
    for (name, grant) in [("vera", "viewer"), ("lena", "logs:default/main/web-1")] {
        let request = UserRequest {
            name: name.into(),
            password: "a password of tests only".into(),
            grants: vec![grant.parse()?],
        };
        client.user_create(&request).await?;
    }
    let run = async |user: &str| {
        let mut command = tokio::process::Command::new(program("topmast")?);
        command.args(["logs", "--json"]).env("TOPMAST_URL", world.fleet.url()).env("NO_COLOR", "1");
        command.env("TOPMAST_USER", user).env("TOPMAST_PASSWORD", "a password of tests only");
        anyhow::Ok(command.env("XDG_CONFIG_HOME", world.fleet.path().join("home")).output().await?)
    };
    let refused = run("vera").await?;
    ensure!(refused.status.code() == Some(3), "{refused:?}");
    ensure!(String::from_utf8_lossy(&refused.stderr).contains("read logs"), "{refused:?}");
    let own = String::from_utf8(run("lena").await?.stdout)?;
    ensure!(own.contains("default/main/web-1/shop") && !own.contains("web-2"), "{own}");

    world.fleet.agents()[1].process().terminate(DEADLINE).await?;
    world.terminal.shows("servers", "name=web-2 status=DOWN", 1).await?;
    let answer = world.terminal.run(&["logs", "name=shop"]).await?;
    ensure!(answer.code == 1 && answer.out.contains("started on web-1"), "{} {}", answer.out, answer.err);
    ensure!(answer.err.contains("the agent of web-2 is not connected"), "{}", answer.err);
    Ok(())
}

#[tokio::test]
async fn line_of_ten_megabytes_and_a_binary_file_are_told_in_bounds() -> anyhow::Result<()> {
    let world = World::start("logs-bad", &["web-1"]).await?;
    let long = "x".repeat(10 << 20);
    world.append("web-1", "shop.log", &format!("before\n{long}\nafter\n"))?;
    fs::write(world.path("web-1", "shop-core.log"), b"\x7fELF\0\0\0")?;
    let mut stream = world.fleet.client().log_search(&LogQuery::default()).await?;
    let (mut cut, mut notes) = (0, Vec::new());
    while let Some(message) = stream.next().await? {
        match message {
            LogMessage::Line(row) => {
                ensure!(row.text.len() <= 64 << 10, "{}", row.text.len());
                cut += row.cut;
            }
            LogMessage::Note(note) => notes.push(note.text),
            _ => {}
        }
    }
    ensure!(cut == (10 << 20) - (64 << 10), "{cut}");
    ensure!(notes.iter().any(|note| note.contains("binary")), "{notes:?}");
    world.fleet.finish()?;
    Ok(())
}
