//! Logs of servers without an agent: a real sshd, files that are rotated and packed, and the real command line.

use super::agentless_application::Stage;
use super::logs::rotate;
use anyhow::ensure;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use topmast_testkit::fleet::{PASSWORD, USER};
use topmast_testkit::process::{Process, program};
use topmast_testkit::sshd;
use topmast_testkit::wait::{DEADLINE, wait_until};

const PAN: &str = "4111111111111111";

/// A server that is read over ssh, with an application that writes below `logs`.
async fn stage(name: &str) -> anyhow::Result<(Stage, PathBuf)> {
    let stage = Stage::set_up(name, &[("shell", "")]).await?;
    let logs = stage.folder.join("logs");
    fs::create_dir(&logs)?;
    let files = format!("[\"{}/*.log\"]", logs.display());
    stage
        .set("shell", &[stage.table("shop", &[("log_files", &files)]), stage.table("mute", &[])], &[])
        .await?;
    Ok((stage, logs))
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    Ok(OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())?)
}

#[tokio::test]
async fn logs_are_searched_over_ssh_rotated_and_packed_files_included() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let (stage, logs) = stage("agentless-log-search").await?;
    let mut packed = GzEncoder::new(File::create(logs.join("shop.log.2.gz"))?, Compression::fast());
    write!(packed, "2026-01-01T09:00:00Z ERROR zero\n2026-01-01T09:00:01Z card {PAN}\n")?;
    packed.finish()?;
    append(&logs.join("shop.log.1"), "2026-01-01T10:00:00Z ERROR one\n2026-01-01T10:00:01Z fine\n")?;
    append(&logs.join("shop.log"), "2026-01-01T11:00:00Z fine\n2026-01-01T11:00:01Z ERROR two\n")?;
    append(&logs.join("other.log"), &"2026-01-01T08:00:00Z much\n".repeat(50_000))?;
    let terminal = &stage.terminal;

    let found = terminal.done(&["logs", "name=shop", "--grep", "ERROR", "--no-prefix"]).await?;
    let expected =
        "2026-01-01T09:00:00Z ERROR zero\n2026-01-01T10:00:00Z ERROR one\n2026-01-01T11:00:01Z ERROR two\n";
    ensure!(found == expected, "{found}");
    let since = ["logs", "name=shop", "-g", "error", "-i", "--since", "2026-01-01T10:30:00Z", "-C", "1"];
    let found = terminal.done(&since).await?;
    let expected = "shell/shop shop.log - 2026-01-01T11:00:00Z fine\nshell/shop shop.log | 2026-01-01T11:00:01Z ERROR two\n";
    ensure!(found == expected, "{found}");

    // What is hidden is not told, and not found.
    let cards = terminal.done(&["logs", "name=shop", "-g", "card", "--no-prefix"]).await?;
    ensure!(cards == "2026-01-01T09:00:01Z card 411111******1111\n", "{cards}");
    let guessed = terminal.run(&["logs", "name=shop", "-g", PAN]).await?;
    ensure!(guessed.out.is_empty(), "{}", guessed.out);

    // Long files come whole, and bounds end a search with words.
    let many = terminal
        .run(&["logs", "name=shop", "-g", "much", "-s", "other.log", "--limit", "5", "--no-prefix"])
        .await?;
    ensure!(
        many.out.lines().count() == 5 && many.err.contains("as many matches"),
        "{} {}",
        many.out,
        many.err
    );
    let file = stage.fleet.path().join("all.log");
    let target = file.display().to_string();
    terminal.done(&["logs", "name=shop", "-s", "other.log", "--download", &target]).await?;
    ensure!(fs::read_to_string(&file)?.lines().count() == 50_000, "a download has every line");

    let list = terminal.done(&["logs", "name=shop", "--list"]).await?;
    ensure!(list.contains("shop.log") && list.contains("other.log"), "{list}");
    let mute = terminal.run(&["logs", "name=mute", "-g", "x"]).await?;
    ensure!(mute.err.contains("log_files") && mute.err.contains("apps set"), "{} {}", mute.out, mute.err);
    let events = terminal.done(&["events", "kind=LogsRead"]).await?;
    ensure!(events.contains("search of default/main/shell/shop"), "{events}");
    Ok(())
}

fn pack(path: &Path) -> anyhow::Result<()> {
    let mut packed = GzEncoder::new(File::create(path.with_added_extension("gz"))?, Compression::fast());
    std::io::copy(&mut File::open(path)?, &mut packed)?;
    packed.finish()?;
    Ok(fs::remove_file(path)?)
}

#[tokio::test]
async fn logs_are_followed_over_ssh_through_rotation_and_a_broken_connection() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let (mut stage, logs) = stage("agentless-log-tail").await?;
    let path = logs.join("shop.log");
    append(&path, "begin\n")?;
    let output = stage.fleet.path().join("follow.out");
    let environment =
        [("TOPMAST_URL", stage.fleet.url()), ("TOPMAST_USER", USER), ("TOPMAST_PASSWORD", PASSWORD)];
    let arguments = ["logs", "name=shop", "-f", "--no-prefix"];
    let mut follow = Process::start(&program("topmast")?, arguments, &environment, &output)?;
    let shows = async |text: &str| {
        let has = async || fs::read_to_string(&output).is_ok_and(|shown| shown.contains(text));
        wait_until(&format!("{text} is shown"), DEADLINE, has).await
    };
    shows("begin\n").await?;
    // Fewer rotations at a time than files are kept, by every kind of them, within less than a look.
    let rotations = |number: usize| -> anyhow::Result<usize> {
        for turn in 0..6 {
            for number in number + turn * 40..number + (turn + 1) * 40 {
                append(&path, &format!("line {number} {}\n", "x".repeat(number % 90)))?;
            }
            rotate(&path, turn % 3 != 1)?;
            if turn == 3 {
                pack(&logs.join("shop.log.1"))?;
            }
        }
        Ok(number + 240)
    };
    let mut number = 1_000;
    number = rotations(number)?;
    append(&path, &format!("line {number} seen\n"))?;
    shows(&format!("line {number} seen\n")).await?;
    // Copied, cut, and as long as it was before.
    rotate(&path, false)?;
    append(&path, &format!("line {} seen\n", number + 1))?;
    shows(&format!("line {} seen\n", number + 1)).await?;
    number += 2;
    stage.sshd.stop()?;
    append(&path, &format!("line {number} away\n"))?;
    number = rotations(number + 1)?;
    stage.sshd.start_again().await?;
    append(&path, &format!("line {number} back\n"))?;
    shows(&format!("line {number} back\n")).await?;
    number += 1;
    follow.terminate(DEADLINE).await?;
    let shown = fs::read_to_string(&output)?;
    let numbers =
        shown.lines().filter_map(|line| line.strip_prefix("line ")?.split(' ').next()?.parse().ok());
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    let repeated = numbers.windows(2).filter(|pair| pair[0] == pair[1]).count();
    let missing: Vec<usize> = (1_000..number).filter(|wanted| !numbers.contains(wanted)).collect();
    ensure!((missing.len(), repeated) == (0, 0), "missing {missing:?}, {repeated} repeated");
    Ok(())
}
