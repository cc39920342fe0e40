//! What a person sees who watches while a master is killed: nothing but the other master's address.

use crate::masters::{Master, Nats, PASSWORD, USER, topmast, until};
use crate::{DEADLINE, finish};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// Two masters on one journal; the first leads.
async fn pair(folder: &Path) -> (Nats, Master, Master) {
    let nats = Nats::start(folder);
    let mut one = Master::new(folder, "one");
    one.configure(&nats.section());
    one.start().await;
    let mut two = one.beside(folder, "two");
    two.configure(&nats.section());
    two.start().await;
    until("both are known", async || {
        (one.done(&["masters", "-o", "json"]).await.matches("\"url\"").count() == 2).then_some(())
    })
    .await;
    (nats, one, two)
}

/// A command with a home of its own, that knows masters by its profile alone.
fn at_home(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = topmast(arguments);
    command.env("HOME", folder);
    command
}

async fn log_in(folder: &Path, master: &Master, other: &Master) {
    let mut command = at_home(folder, &["login", &master.url, "--user", USER]);
    command.env("TOPMAST_PASSWORD", PASSWORD);
    let run = finish(command).await;
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(&format!("does not answer: {}", other.url)), "{}", run.err);
}

#[tokio::test]
async fn commands_and_watches_go_on_with_the_other_master() {
    let folder = tempfile::tempdir().unwrap();
    let (_nats, mut one, two) = pair(folder.path()).await;
    log_in(folder.path(), &one, &two).await;
    let profile = || std::fs::read_to_string(folder.path().join(".config/topmast/profiles.toml")).unwrap();
    assert!(profile().contains(&two.url), "{}", profile());

    let mut watching = at_home(folder.path(), &["events", "-f", "--all", "--after", "0", "-o", "json"]);
    let mut watching = watching.stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut seen = async |word: &str| {
        let found = async { while !lines.next_line().await.unwrap().unwrap().contains(word) {} };
        tokio::time::timeout(DEADLINE, found).await.unwrap_or_else(|_| panic!("no {word}"));
    };
    let before = finish(at_home(folder.path(), &["join-tokens", "create", "--uses", "111"])).await;
    assert_eq!(before.code, 0, "{}", before.err);
    seen("111").await;

    one.kill().await;
    // At once, while nobody leads: it waits for the other master to take over.
    let after = finish(at_home(folder.path(), &["join-tokens", "create", "--uses", "222"])).await;
    assert_eq!(after.code, 0, "{}", after.err);
    seen("222").await;
    watching.kill().await.unwrap();
    // The one that answered is asked first from now on.
    assert!(profile().contains(&format!("url = \"{}\"", two.url)), "{}", profile());
    assert!(profile().contains(&one.url), "{}", profile());
    let both = format!("{},{}", one.url, two.url);
    let mut given = topmast(&["--url", &both, "masters"]);
    given.env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
    let listed = finish(given).await;
    assert!(listed.code == 0 && listed.out.contains("ACTIVE"), "{}{}", listed.out, listed.err);
}

/// A tmux server of its own.
struct Tmux<'a>(&'a Path);

impl Tmux<'_> {
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new("tmux");
        command
            .arg("-S")
            .arg(self.0.join("tmux"))
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    fn window(&self, name: &str, line: &str) {
        let folder = self.0.display();
        let line = format!("HOME={folder} exec {} {line}", env!("CARGO_BIN_EXE_topmast"));
        let new = ["-f", "/dev/null", "-u", "new-session", "-d", "-s", name, "-x", "120", "-y", "20", &line];
        assert!(self.command(&new).status().unwrap().success());
    }

    async fn shows(&self, name: &str, texts: &[&str]) {
        let mut last = String::new();
        let begun = std::time::Instant::now();
        while !texts.iter().all(|text| last.contains(text)) {
            assert!(begun.elapsed() < DEADLINE, "{name} does not show {texts:?} but:\n{last}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let shown = self.command(&["capture-pane", "-p", "-t", name]).output().unwrap();
            last = String::from_utf8(shown.stdout).unwrap();
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}

#[tokio::test]
async fn screens_go_on_with_the_other_master() {
    if Command::new("tmux").arg("-V").output().await.is_err() {
        println!("skipped: there is no tmux; scripts/setup test installs it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_nats, mut one, two) = pair(folder.path()).await;
    log_in(folder.path(), &one, &two).await;
    let tmux = Tmux(folder.path());
    tmux.window("list", "servers -w");
    tmux.window("top", "top");
    let host = |master: &Master| master.url.trim_start_matches("http://").to_owned();
    tmux.shows("list", &[&format!("at {}", one.url)]).await;
    tmux.shows("top", &["LIVE", &host(&one)]).await;
    one.kill().await;
    tmux.shows("list", &[&format!("at {}", two.url)]).await;
    tmux.shows("top", &["LIVE", &host(&two)]).await;
}

/// The only file below a folder.
fn only_file(folder: &Path) -> Option<std::path::PathBuf> {
    let mut entries = std::fs::read_dir(folder).ok()?.flatten();
    let path = entries.next()?.path();
    if path.is_dir() { only_file(&path) } else { Some(path) }
}

#[tokio::test]
async fn packages_come_to_the_standby_before_it_leads() {
    let folder = tempfile::tempdir().unwrap();
    let (_nats, mut one, two) = pair(folder.path()).await;
    let program = folder.path().join("tool");
    let bytes = b"#!/bin/sh\nexec sleep 1000\n".repeat(40_000);
    std::fs::write(&program, &bytes).unwrap();
    let file = program.display().to_string();
    one.done(&["packages", "add", &file, "--name", "tool", "--version", "1.0"]).await;
    let store = two.data().join("packages/sha256");
    let fetched = until("the standby has it", async || only_file(&store)).await;
    assert!(std::fs::read(&fetched).unwrap() == bytes);

    // Altered bytes are not taken, and it is said that some are missing.
    let kept = only_file(&one.data().join("packages/sha256")).unwrap();
    std::fs::write(&kept, [b"x".as_slice(), &bytes[1..]].concat()).unwrap();
    std::fs::remove_file(&fetched).unwrap();
    let log = || std::fs::read_to_string(two.folder.join("log")).unwrap();
    until("the standby says what it lacks", async || log().contains("have another SHA-256").then_some(()))
        .await;
    assert!(!fetched.exists() && log().contains("missing"), "{}", log());
    std::fs::write(&kept, &bytes).unwrap();
    until("the standby has it again", async || fetched.exists().then_some(())).await;

    // Whoever is no master gets nothing.
    let digest = fetched.file_name().unwrap().to_str().unwrap();
    let host = one.url.trim_start_matches("http://");
    let record = format!("/masters/journal/1/{}", "0".repeat(64));
    for path in [format!("/masters/packages/{digest}"), record, "/masters/journal/x/y".to_owned()] {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
        assert!(["HTTP/1.1 400", "HTTP/1.1 404"].contains(&&answer[..12]), "{path}: {answer}");
    }
    one.kill().await;
    until("the other lists it", async || two.run(&["packages"]).await.out.contains("tool").then_some(()))
        .await;
}
