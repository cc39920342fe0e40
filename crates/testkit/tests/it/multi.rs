//! `topmast multi` in a real terminal, tmux, with a real master and real OpenSSH servers.

use super::terminal::add;
use super::top::{Tmux, tmux};
use anyhow::{Context, ensure};
use std::fs;
use std::path::Path;
use topmast_api::terminal::TerminalQuery;
use topmast_testkit::fleet::{PASSWORD, TestFleet, USER};
use topmast_testkit::process::program;
use topmast_testkit::sshd::{self, Sshd};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

/// The prefix.
const PREFIX: &str = r"C-\";

/// A fleet of three servers, two of a kind, whose shells have only what the test gives them.
struct Panes {
    fleet: TestFleet,
    _web: Sshd,
    _db: Sshd,
}

impl Panes {
    /// Starts it; `None` where something it needs is missing.
    #[expect(clippy::print_stdout, reason = "a test that is left out says so in its output")]
    async fn start(name: &str) -> anyhow::Result<Option<Self>> {
        if !sshd::is_installed() {
            return Ok(None);
        }
        if let Err(error) = tmux().await {
            println!("skipped: tmux cannot be started ({error}); scripts/setup test installs it");
            return Ok(None);
        }
        let fleet = TestFleet::start(name).await?;
        let account =
            |name: &str, kind: &str| format!("command=\"exec env PS1='{name}$ ' KIND={kind} HISTFILE= sh\"");
        let accounts = [("web-1", "web"), ("web-2", "web"), ("db-1", "db")]
            .map(|(name, kind)| (name, account(name, kind)));
        let [one, two, three] = accounts.each_ref().map(|(name, options)| (*name, options.as_str()));
        let web = Sshd::start(&fleet.path().join("web"), &[one, two]).await?;
        let db = Sshd::start(&fleet.path().join("db"), &[three]).await?;
        for (name, host) in [("web-1", &web), ("web-2", &web), ("db-1", &db)] {
            add(&fleet, name, host, name, "").await?;
        }
        Ok(Some(Self { fleet, _web: web, _db: db }))
    }

    async fn multi(&self, arguments: &str, environment: &[(&str, &str)]) -> anyhow::Result<Tmux> {
        let url = self.fleet.url().to_owned();
        let mut all =
            vec![("TOPMAST_URL", url.as_str()), ("TOPMAST_USER", USER), ("TOPMAST_PASSWORD", PASSWORD)];
        all.extend(environment);
        let line = format!("{} multi {arguments}", program("topmast")?.display());
        Tmux::start(self.fleet.path(), "multi", &all, &line).await
    }
}

/// Types text, then Enter.
async fn line(tmux: &Tmux, text: &str) -> anyhow::Result<()> {
    tmux.keys(&["-l", text]).await?;
    tmux.keys(&["Enter"]).await
}

async fn is_gone(path: &Path) -> anyhow::Result<()> {
    let look = async || !path.exists();
    Ok(wait_until(&format!("{} is removed", path.display()), DEADLINE, look).await?)
}

#[tokio::test]
async fn operator_types_into_one_all_and_compares() -> anyhow::Result<()> {
    let Some(panes) = Panes::start("multi").await? else { return Ok(()) };
    let tmux = panes.multi("web-1 web-2 db-1 --reason 'a look around'", &[]).await?;

    // One server first; all only when it is asked for.
    tmux.shows(&[
        "TYPING GOES TO 1: db-1",
        "[db-1] >>> GETS KEYS",
        "web-2  no keys",
        "db-1$",
        "web-1$",
        "web-2$",
    ])
    .await?;
    tmux.keys(&[PREFIX, "a"]).await?;
    tmux.shows(&[">>> TYPING GOES TO ALL 3 <<<", "web-2  >>> GETS KEYS"]).await?;
    line(&tmux, "echo this-is-$PS1").await?;
    tmux.shows(&["this-is-web-1$", "this-is-web-2$", "this-is-db-1$"]).await?;

    // A composed line: what differs stands apart.
    tmux.keys(&[PREFIX, "l"]).await?;
    tmux.shows(&["THE LINE GOES TO ALL 3"]).await?;
    line(&tmux, "echo kind $KIND").await?;
    let results = tmux
        .shows(&["2 different results", "2 servers: web-1, web-2", "kind web", "1 server: db-1", "kind db"])
        .await?;
    ensure!(!results.contains("$KIND │"), "the echo is no result:\n{results}");
    line(&tmux, "echo alike").await?;
    tmux.shows(&["Results of: echo alike", "the same on 3 servers"]).await?;
    tmux.keys(&["Escape"]).await?;
    tmux.shows(&["web-2  >>> GETS KEYS"]).await?;
    tmux.keys(&[PREFIX, "l"]).await?;
    tmux.shows(&["TYPING GOES TO ALL 3"]).await?;

    // What destroys asks, and is not done by an answer that was meant for a shell.
    let victim = panes.fleet.path().join("victim");
    fs::create_dir(&victim)?;
    let command = format!("rm -rf {}", victim.display());
    line(&tmux, &command).await?;
    tmux.shows(&["STOP", "on 3 servers", "db-1, web-1, web-2"]).await?;
    line(&tmux, "y").await?;
    tmux.shows(&["nothing was done: the line still stands there"]).await?;
    ensure!(victim.exists(), "it was removed without a yes");
    tmux.keys(&["Enter"]).await?;
    tmux.shows(&["STOP"]).await?;
    line(&tmux, "3").await?;
    is_gone(&victim).await?;

    // A zoomed pane has the size it is drawn with.
    tmux.keys(&[PREFIX, "o", PREFIX, "z"]).await?;
    tmux.shows(&["zoomed, 1 of 3", "TYPING GOES TO 1: db-1"]).await?;
    line(&tmux, "stty size").await?;
    tmux.shows(&["27 100"]).await?;

    // What a server prints stays in its pane.
    line(&tmux, r"printf '\033]0;owned\007\033]52;c;aGk=\007\033[6n\033[c\033[8;9;9t'; echo said").await?;
    tmux.shows(&["said\n", "db-1$"]).await?;
    line(&tmux, "echo nothing was answered").await?;
    let screen = tmux.shows(&["\nnothing was answered"]).await?;
    ensure!(!screen.contains("[?"), "something was answered:\n{screen}");
    let title = tmux.ask("#{pane_title} #{window_name} #{window_width}").await?;
    ensure!(!title.contains("owned") && title.trim().ends_with("100"), "{title}");

    // A pane that ended says so and stays; the others end with the console.
    line(&tmux, "exit 3").await?;
    tmux.shows(&["ended with exit code 3", "TYPING GOES TO NOBODY: db-1 has ended"]).await?;
    tmux.keys(&[PREFIX, "q"]).await?;
    tmux.shows(&["Quit and end the shells on 2 servers", "web-1, web-2"]).await?;
    tmux.keys(&["y"]).await?;
    tmux.shows(&["ended with 0"]).await?;
    drop(tmux);
    Ok(panes.fleet.finish()?)
}

#[tokio::test]
async fn canary_goes_first_and_a_flood_does_not_freeze_the_keys() -> anyhow::Result<()> {
    let Some(panes) = Panes::start("multi-canary").await? else { return Ok(()) };
    // An old terminal has no colours and no UTF-8.
    let tmux = panes.multi("default/main --canary=web-2 --prefix ctrl-b", &[("NO_COLOR", "1")]).await?;
    tmux.shows(&[
        "TYPING GOES TO 1: web-2",
        "canary web-2",
        "Ctrl-B, then:",
        "web-1  no keys",
        "web-1$",
        "web-2$",
        "db-1$",
    ])
    .await?;
    tmux.keys(&["-l", "echo first"]).await?;
    // Only what the canary's screen shows is sent on.
    tmux.shows(&["web-2$ echo first"]).await?;
    tmux.keys(&["Enter"]).await?;
    tmux.shows(&["\nfirst\n"]).await?;
    tmux.keys(&["C-b", "s"]).await?;
    tmux.shows(&["Send the canary's line to 2 servers more", "echo first", "db-1, web-1"]).await?;
    tmux.keys(&["y"]).await?;
    tmux.shows(&["Results of: echo first", "the same on 2 servers"]).await?;
    tmux.keys(&["Escape"]).await?;
    tmux.shows(&["no keys"]).await?;

    tmux.keys(&["C-b", "a"]).await?;
    tmux.shows(&["TYPING GOES TO ALL 3"]).await?;
    line(&tmux, "yes 0123456789012345678901234567890123456789").await?;
    tmux.shows(&["01234567890123456789"]).await?;
    tmux.keys(&["C-b", "?"]).await?;
    tmux.shows(&["Keys after Ctrl-B", "typing goes to NOBODY"]).await?;
    tmux.keys(&["q", "C-c"]).await?;
    tmux.shows(&["^C", "db-1$", "web-1$", "web-2$"]).await?;

    // Whoever loses the terminal leaves no shell behind, and the journal has it.
    tmux.keys(&["C-b", "q", "y"]).await?;
    tmux.shows(&["ended with 0"]).await?;
    let client = panes.fleet.client();
    let closed = async || {
        let rows = client.terminal_list(&TerminalQuery::default()).await.ok()?.items;
        rows.first()?.closed_at.is_some().then_some(rows.len())
    };
    let count = wait_for("the terminal is closed", DEADLINE, closed).await?;
    ensure!(count == 1, "{count} terminals");
    drop(tmux);
    panes.fleet.finish().context("finish")
}
