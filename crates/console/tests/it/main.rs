//! The built `topmast` against a master made of the API's own types: exit codes, filters, watches, logins.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod backup;
mod failover;
mod journal;
mod masters;
mod peer;

use peer::Peer;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use topmast_api::client::{ANSWER_TIMEOUT, Client, Credentials, Endpoint};

/// Longest wait for anything: far more than a busy machine needs.
const DEADLINE: std::time::Duration = std::time::Duration::from_mins(1);

/// What one run of the command left.
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// A peer and a home of its own for the command.
struct Bench {
    peer: Peer,
    home: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        Self { peer: Peer::start().await, home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_topmast"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A command with the peer's address and a good token in its environment.
    fn known(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("TOPMAST_URL", &self.peer.url).env("TOPMAST_TOKEN", peer::TOKEN);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        finish(self.known(arguments)).await
    }
}

async fn finish(mut command: Command) -> Run {
    let output = tokio::time::timeout(DEADLINE, command.output()).await.unwrap().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A client of a real master, as its first user.
fn client(url: &str) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let credentials = Credentials::Basic { user: masters::USER.into(), password: masters::PASSWORD.into() };
    Client::new(Endpoint { url: url.into(), ca_pem: None, credentials, timeout: ANSWER_TIMEOUT }).unwrap()
}

#[tokio::test]
async fn servers_are_listed_in_every_form() {
    let bench = Bench::new().await;
    let table = bench.run(&["servers"]).await;
    assert_eq!(table.code, 0, "{}", table.err);
    insta::assert_snapshot!(table.out, @"
    NAME   ADDRESS    ROLE    VERSION  STATUS    CPU  MEMORY  UPTIME  OS                              AGE
    pay-1  10.0.0.11  master  0.1.0    UP      12.3%   61.0%    2d4h  Debian GNU/Linux 12 (bookworm)   0s
    pay-2  10.0.0.12  agent   0.1.0    STALE       -       -       -  -                               12s
    ");
    let json: serde_json::Value =
        serde_json::from_str(&bench.run(&["servers", "-o", "json"]).await.out).unwrap();
    assert_eq!(json[0]["cpu_pct"], 12.3);
    assert_eq!(json[1]["cpu_pct"], serde_json::Value::Null);
    let csv = bench.run(&["servers", "-o", "csv", "--no-headers"]).await.out;
    assert!(
        csv.starts_with(
            "pay-1,10.0.0.11,master,0.1.0,UP,12.3,61.0,187200,Debian GNU/Linux 12 (bookworm),400,"
        ),
        "{csv}"
    );
}

#[tokio::test]
async fn filter_and_sort_reach_the_master_and_a_wrong_filter_is_pointed_at() {
    let bench = Bench::new().await;
    bench.run(&["servers", "status!=UP", "os=debian linux", "--sort", "-cpu_pct", "--limit", "5"]).await;
    let query = bench.peer.last_list();
    assert_eq!(query.filter.as_deref(), Some("status!=UP os=debian linux"));
    assert_eq!((query.sort.as_deref(), query.limit), (Some("-cpu_pct"), Some(5)));
    let wrong = bench.run(&["apps", "cpu>80", "stauts=UP"]).await;
    assert_eq!(wrong.code, 2);
    assert_eq!(wrong.err, "topmast: there is no field stauts\n  cpu>80 stauts=UP\n         ^\n");
}

#[tokio::test]
async fn actions_take_a_filter_or_an_id() {
    let bench = Bench::new().await;
    let listed = bench.run(&["actions", "status=FAILED", "user=eve", "--limit", "5"]).await;
    assert_eq!(listed.code, 0, "{}", listed.err);
    let query = bench.peer.last_actions();
    assert_eq!((query.filter.as_deref(), query.limit), (Some("status=FAILED user=eve"), Some(5)));
    let one = bench.run(&["actions", "018f0000-0000-7000-8000-000000000000"]).await;
    assert_eq!(one.code, 0, "{}", one.err);
    let (action, targets) = one.out.split_once("\n\n").unwrap();
    assert!(action.contains("restart") && action.contains("new key"), "{action}");
    insta::assert_snapshot!(targets, @"
    TARGET                  STATUS  STARTED  FINISHED  MESSAGE
    acme/main/pay-1/switch  FAILED        -         -  did not stop within 10 s
    ");
}

#[tokio::test]
async fn events_are_asked_for_until_there_are_enough_and_without_technical_ones() {
    let bench = Bench::new().await;
    let seqs = |run: &Run| run.out.lines().map(|line| line[..1].to_owned()).collect::<Vec<_>>().join(" ");
    let all = bench.run(&["events", "user=eve", "-o", "csv", "--no-headers"]).await;
    assert_eq!((all.code, seqs(&all).as_str()), (0, "3 7 9"), "{}", all.err);
    let asked = bench.peer.event_lists();
    let at: Vec<_> = asked.iter().map(|query| (query.before.map(|seq| seq.0), query.limit)).collect();
    assert_eq!(at, [(None, Some(100)), (Some(8), Some(99)), (Some(4), Some(98))]);
    let filter = Some("kind!=ReportsReceived (user=eve)");
    assert!(asked.iter().all(|query| query.filter.as_deref() == filter), "{asked:?}");
    let two = bench.run(&["events", "--all", "--limit", "2"]).await;
    assert!(two.err.contains("cursor 9:"), "{}", two.err);
    let asked = bench.peer.event_lists();
    assert_eq!((asked.len(), asked[4].filter.as_deref()), (5, None));
}

#[tokio::test]
async fn actions_end_with_the_code_of_their_outcome() {
    let bench = Bench::new().await;
    let path = "acme/main/pay-1/switch";
    let good = bench.run(&["restart", path, "--reason", "ok"]).await;
    assert_eq!(good.code, 0, "{}", good.err);
    assert!(good.out.contains("acme/main/pay-1/switch  SUCCEEDED  STARTED as process 7"), "{}", good.out);
    assert!(good.out.contains("restart: 1 succeeded (action "), "{}", good.out);
    let failed = bench.run(&["stop", path, "--reason", "fail"]).await;
    assert_eq!((failed.code, failed.err.as_str()), (1, ""));
    assert!(failed.out.contains("FAILED     did not stop"), "{}", failed.out);
    let unknown = bench.run(&["start", path, "--reason", "unknown"]).await;
    assert_eq!(unknown.code, 4, "{}", unknown.err);
    let started = bench.run(&["start", path, "--no-wait"]).await;
    assert_eq!((started.code, started.out.trim().len()), (0, 36), "{}", started.out);
}

#[tokio::test]
async fn name_on_several_servers_needs_all_or_a_path() {
    let bench = Bench::new().await;
    let many = bench.run(&["restart", "switch"]).await;
    assert_eq!(many.code, 2);
    assert!(many.err.contains("switch is on 2 servers:\n  acme/main/pay-1/switch\n"), "{}", many.err);
    assert_eq!(bench.peer.actions(), 0);
    let all = bench.run(&["restart", "switch", "--all", "--reason", "ok"]).await;
    assert_eq!(all.code, 0, "{}", all.err);
    assert!(all.out.contains("restart: 2 succeeded"), "{}", all.out);
    let none = bench.run(&["restart", "swicth"]).await;
    assert_eq!(none.code, 2);
    assert!(none.err.contains("there is no application swicth"), "{}", none.err);
}

#[tokio::test]
async fn dry_run_shows_the_plan_and_does_nothing() {
    let bench = Bench::new().await;
    let plan = bench.run(&["stop", "--filter", "status=STARTED", "--dry-run"]).await;
    assert_eq!(plan.code, 0, "{}", plan.err);
    insta::assert_snapshot!(plan.out, @"
    TARGET                  STATUS   EFFECT
    acme/main/pay-1/switch  STARTED  will be stopped
    acme/main/pay-2/switch  STARTED  will be stopped
    ");
    assert_eq!(bench.peer.actions(), 0);
}

#[tokio::test]
async fn lost_answer_is_asked_for_again_with_the_same_id() {
    // O-2 of operate.rs
    let bench = Bench::new().await;
    bench.peer.drop_next_answer();
    let run = bench.run(&["restart", "acme/main/pay-1/switch", "--reason", "ok"]).await;
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(bench.peer.actions(), 1);
}

#[tokio::test]
async fn refused_and_unreachable_masters_are_code_3() {
    let bench = Bench::new().await;
    let mut wrong = bench.command(&["servers"]);
    wrong.env("TOPMAST_URL", &bench.peer.url).env("TOPMAST_TOKEN", "wrong");
    let wrong = finish(wrong).await;
    assert_eq!(wrong.code, 3);
    assert_eq!(wrong.err, "topmast: the token is wrong or over (`topmast login URL`)\n");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let absent = bench.run(&["servers", "--url", &url]).await;
    assert_eq!(absent.code, 3);
    assert!(absent.err.starts_with(&format!("topmast: cannot reach {url}: ")), "{}", absent.err);
    assert_eq!(absent.err.lines().count(), 1);
}

#[tokio::test]
async fn usage_is_code_2_and_help_code_0() {
    let bench = Bench::new().await;
    assert_eq!(finish(bench.command(&["servers", "--frobnicate"])).await.code, 2);
    let nowhere = finish(bench.command(&["servers"])).await;
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("`topmast login URL`"), "{}", nowhere.err);
    let help = finish(bench.command(&[])).await;
    assert_eq!(help.code, 0);
    assert!(help.out.contains("restart"), "{}", help.out);
    assert!(finish(bench.command(&["--version"])).await.out.starts_with("topmast "));
    for shell in ["bash", "zsh", "fish"] {
        assert!(finish(bench.command(&["completion", shell])).await.out.contains("join-tokens"), "{shell}");
    }
}

#[tokio::test]
async fn login_keeps_a_session_that_the_next_command_uses() {
    let bench = Bench::new().await;
    let mut login = bench.command(&["login", &bench.peer.url, "--user", "eve"]);
    let mut child = login.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"correct horse battery\n").await.unwrap();
    drop(input);
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file: PathBuf = bench.home.path().join(".config/topmast/profiles.toml");
    assert!(std::fs::read_to_string(&file).unwrap().contains(peer::TOKEN));
    assert_eq!(finish(bench.command(&["servers"])).await.code, 0);
    let profiles = finish(bench.command(&["profile", "list"])).await.out;
    assert!(profiles.contains("eve") && profiles.contains("yes"), "{profiles}");
    assert_eq!(finish(bench.command(&["logout"])).await.code, 0);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(peer::TOKEN));
    assert_eq!(finish(bench.command(&["servers"])).await.code, 3);
}

#[tokio::test]
async fn login_that_a_master_prints_works_as_it_stands() {
    let bench = Bench::new().await;
    let data = bench.home.path().join("master");
    let mut master = bench.command(&["master", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
    let mut master = master.env("TOPMAST_ADMIN_PASSWORD", "correct horse battery").spawn().unwrap();
    let mut lines = BufReader::new(master.stdout.take().unwrap()).lines();
    let line = loop {
        let line = next_line(&mut lines).await;
        if line.trim_start().starts_with("topmast login") {
            break line;
        }
    };
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    assert!(words.contains(&"--fingerprint"), "{line}");
    let mut login = bench.command(&words);
    login.env("TOPMAST_PASSWORD", "correct horse battery");
    let login = finish(login).await;
    assert_eq!(login.code, 0, "{line}: {}", login.err);
    let open = words[1].replace("https:", "http:");
    let open = finish(bench.command(&["login", &open])).await;
    assert!(open.code == 2 && open.err.contains(&format!("log in to {}", words[1])), "{}", open.err);
    let servers = finish(bench.command(&["servers"])).await;
    assert_eq!((servers.code, servers.err.as_str()), (0, "there are no servers\n"));
    // Somebody of a tenant is called after it.
    let user = words.iter().position(|word| *word == "--user").unwrap() + 1;
    for (name, code, text) in [("mia@acme", 0, ""), ("zoe", 3, "call it zoe@acme"), ("zoe@acme", 0, "")] {
        let mut create = bench.command(&["users", "create", name, "--grant", "admin:acme"]);
        create.env("TOPMAST_NEW_PASSWORD", "several words of theirs");
        let created = finish(create).await;
        assert!(created.code == code && created.err.contains(text), "{} {}", created.code, created.err);
        if code == 0 {
            let mut of_tenant = words.clone();
            of_tenant[user] = name;
            let mut login = bench.command(&of_tenant);
            login.env("TOPMAST_PASSWORD", "several words of theirs");
            assert_eq!(finish(login).await.code, 0);
            assert!(finish(bench.command(&["whoami"])).await.out.contains(name));
        }
    }
    let mut login = bench.command(&words);
    login.env("TOPMAST_PASSWORD", "correct horse battery");
    assert_eq!(finish(login).await.code, 0);
    // One's own password: the present one, then the new one, a line each.
    for (lines, code, text) in [
        ("a wrong password\na new good password\n", 3, "the present password is wrong"),
        ("correct horse battery\na new good password\n", 0, ""),
    ] {
        let mut change = bench.command(&["users", "password", "admin"]);
        let mut child = change.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
        let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && error.contains(text), "{:?} {error}", output.status);
    }
    master.kill().await.unwrap();
}

#[tokio::test]
async fn audit_with_a_fault_is_code_1() {
    let bench = Bench::new().await;
    let broken = bench.run(&["audit", "verify"]).await;
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("NOT whole: record 7 was changed; good up to 6"), "{}", broken.err);
}

/// The next line of a command that goes on.
async fn next_line(lines: &mut tokio::io::Lines<BufReader<tokio::process::ChildStdout>>) -> String {
    tokio::time::timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn watch_prints_the_list_then_one_line_a_change() {
    let bench = Bench::new().await;
    let mut child = bench.known(&["services", "-w", "--no-headers"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(next_line(&mut lines).await.starts_with("MC_CREDIT  switch"));
    let changed = next_line(&mut lines).await;
    assert!(changed.starts_with("~ MC_CREDIT  switch  pay-1  MALFUNCTION  DISCONN01"), "{changed}");
    // The peer ends the connection here; the same rows again are no news, the removal is.
    assert_eq!(next_line(&mut lines).await, "- acme/main/pay-1/switch/MC_CREDIT");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn watched_actions_are_listed_again_after_an_event() {
    let bench = Bench::new().await;
    let mut child = bench.known(&["actions", "-w", "--no-headers"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = next_line(&mut lines).await;
    assert!(first.contains("RUNNING"), "{first}");
    let changed = next_line(&mut lines).await;
    assert!(changed.starts_with("~ ") && changed.contains("SUCCEEDED"), "{changed}");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn events_are_followed_behind_the_cursor() {
    let bench = Bench::new().await;
    let mut child = bench.known(&["events", "-f", "--after", "4", "-o", "json"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for seq in 5..=9_u64 {
        let event: serde_json::Value = serde_json::from_str(&next_line(&mut lines).await).unwrap();
        assert_eq!(event["seq"], seq);
    }
    child.kill().await.unwrap();
}
