//! `topmast exec`: one command on many servers.
//!
//! ```text
//! words ─► servers ─► [plan] or [question] ─► open (in the journal) ─► course: canary, so many at a time ─► groups
//! ```
//!
//! Invariants
//! - X-1: what destroys something is asked about, or `--yes` is said; where nobody can be asked nothing is done.
//! - X-2: the exit code is 0 only when every server said 0.

mod conduct;
mod course;
mod group;

use super::failure::Failure;
use super::own_login::OwnLogin;
use super::{joined, operate, target};
use crate::output::terminal;
use clap::{Args, ValueEnum};
use conduct::{Conduct, Outcome};
use course::Rules;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::time::Duration;
use topmast_api::client::Client;
use topmast_api::permit::{PermitRow, PermitStatus};
use topmast_api::terminal::{PlannedApproval, TerminalOpen, TerminalPlanRequest};
use topmast_model::destructive;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::OnError;
use topmast_model::terminal::COMMAND_LINE_MAX;

/// Names spelt out in a question.
const NAMED_MAX: usize = 10;

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Form {
    /// Groups for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Arguments of `exec`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 every server said 0; 1 one did not; 2 wrong usage, nothing was run; \
    3 not reached or refused; 4 the connection was lost and what became of some is unknown.")]
pub(super) struct Arguments {
    /// Servers by name, path or cluster; else terms `field:op value` and free text as in `topmast servers`
    #[arg(value_name = "FILTER|HOST", required = true)]
    targets: Vec<String>,
    /// The command line, for the shell of each server; read from standard input when missing
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Servers at a time
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    at_once: u16,
    /// One server first, the first or --canary=HOST: the others only when it exits 0
    #[arg(long, value_name = "HOST", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    canary: Option<String>,
    /// After a server that did not exit 0: continue, or stop and begin with no other
    #[arg(long, value_name = "continue|stop", default_value = "continue")]
    on_error: OnError,
    /// Time of each command, e.g. 30s or 10m; the master allows at most a day
    #[arg(long, value_name = "TIME", value_parser = operate::wait, default_value = "5m")]
    timeout: Duration,
    /// KiB that a command may print before it is stopped
    #[arg(long, value_name = "KIB", default_value_t = 256)]
    output_limit: u64,
    /// Show who would be reached as whom, and run nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask before a command that destroys something
    #[arg(short, long)]
    yes: bool,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
    #[command(flatten)]
    login: OwnLogin,
}

/// Runs it.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let command = command_line(&arguments.command)?;
    let servers = target::servers(client, &arguments.targets).await?;
    let names = target::short_names(&servers);
    let canary = canary(arguments.canary.as_deref(), &servers, &names)?;
    let (client, servers) = &joined::one_cluster(client, &servers, "a command")?;
    if arguments.dry_run {
        return plan(client, &arguments, servers, &names, &command).await;
    }
    if let Some(effect) = destructive::effect(&command).filter(|_| !arguments.yes) {
        confirm(effect, &command, &names)?;
    }
    let open = TerminalOpen {
        targets: servers.clone(),
        command: Some(command.clone()),
        reason: arguments.reason.clone(),
        size: None,
        timeout_ms: Some(u64::try_from(arguments.timeout.as_millis()).unwrap_or(u64::MAX)),
        output_max_bytes: Some(arguments.output_limit.saturating_mul(1 << 10)),
        login: arguments.login.read()?,
    };
    let rules =
        Rules { at_once: usize::from(arguments.at_once.max(1)), canary, on_error: arguments.on_error };
    let Outcome { id, mut groups, lost } = Conduct::new(&names, rules).run(client, open).await?;
    let (failed, has_unknown) = (groups.failed(), groups.has_unknown());
    match arguments.output {
        Form::Text => {
            terminal::print(&groups.text(&names, terminal::style()))?;
            terminal::notice(&format!("{} (terminal {id})", groups.summary()));
        }
        Form::Json => {
            let whole = serde_json::json!({
                "terminal": id, "command": command, "groups": groups.json(&names),
            });
            terminal::print(&format!("{}\n", serde_json::to_string_pretty(&whole)?))?;
        }
    }
    match lost {
        Some(error) if has_unknown => Err(Failure::Unknown(format!(
            "{error}; the master ends what still runs: `topmast terminals show {id}` tells what became of it"
        ))),
        _ if failed > 0 => Err(Failure::Target),
        _ => Ok(()),
    }
}

/// The words of the command line as a shell reads them; else a script from standard input.
fn command_line(words: &[String]) -> Result<String, Failure> {
    if !words.is_empty() {
        return Ok(words.join(" "));
    }
    if io::stdin().is_terminal() {
        return Err(Failure::Usage("say what to run after --, e.g. topmast exec web -- uptime".into()));
    }
    let mut script = String::new();
    io::stdin().lock().take(COMMAND_LINE_MAX as u64 + 1).read_to_string(&mut script)?;
    if script.trim().is_empty() {
        return Err(Failure::Usage("no command came after -- or on standard input".into()));
    }
    Ok(script)
}

/// The pane of the canary: the one named, or the first when the name is empty.
pub(super) fn canary(
    asked: Option<&str>,
    servers: &[ObjectPath],
    names: &[String],
) -> Result<Option<u16>, Failure> {
    let Some(host) = asked else { return Ok(None) };
    let is_meant =
        |(path, name): (&ObjectPath, &String)| host.is_empty() || path.as_str() == host || name == host;
    let index = servers.iter().zip(names).position(is_meant).and_then(|index| u16::try_from(index).ok());
    let missing = || Failure::Usage(format!("the canary {host} is none of the servers that are meant"));
    Ok(Some(index.ok_or_else(missing)?))
}

/// Says who would be reached as whom.
async fn plan(
    client: &Client,
    arguments: &Arguments,
    servers: &[ObjectPath],
    names: &[String],
    command: &str,
) -> Result<(), Failure> {
    let request = TerminalPlanRequest {
        targets: servers.to_vec(),
        command: Some(command.to_owned()),
        account: arguments.login.user.clone(),
    };
    let plan = client.terminal_plan(&request).await?;
    if arguments.output == Form::Json {
        let whole = serde_json::json!({
            "command": command, "effect": destructive::effect(command), "targets": plan.targets,
            "approval": plan.approval,
        });
        return Ok(terminal::print(&format!("{}\n", serde_json::to_string_pretty(&whole)?))?);
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (planned, name) in plan.targets.iter().zip(names) {
        let how = planned
            .problem
            .as_ref()
            .map_or_else(|| planned.account.clone(), |problem| format!("not reached: {problem}"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:width$}  {how}");
    }
    let reached = plan.targets.iter().filter(|planned| planned.problem.is_none()).count();
    let _ = writeln!(text, "\nwould run on {reached} of {}: {command}", plan.targets.len());
    if let Some(effect) = destructive::effect(command) {
        let _ = writeln!(text, "attention: it {effect}");
    }
    if let Some(approval) = &plan.approval {
        let _ = writeln!(text, "{}", awaited(approval));
    }
    Ok(terminal::print(&text)?)
}

/// Whose approval it takes, and how far that is.
fn awaited(approval: &PlannedApproval) -> String {
    let policies = approval.policies.join(", ");
    match &approval.permit {
        None => format!("it would wait for another person's approval: policy {policies}"),
        Some(PermitRow { id, status: PermitStatus::Approved, said_by, ends_at, .. }) => {
            let by = said_by.as_ref().map_or_else(String::new, |by| format!(" by {}", by.name));
            format!("approved{by} as permit {id}: it would run once, until {ends_at}")
        }
        Some(PermitRow { id, ends_at, .. }) => {
            format!(
                "it waits for another person's approval as permit {id} until {ends_at}: policy {policies}"
            )
        }
    }
}

/// Asks before something is destroyed (X-1).
fn confirm(effect: &str, command: &str, names: &[String]) -> Result<(), Failure> {
    let listed: Vec<&str> = names.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = names.len() - listed.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let text =
        format!("this {effect}:\n  {command}\non {}: {}{more}", counted(names.len()), listed.join(", "));
    if !is_dialogue() {
        return Err(Failure::Usage(format!("{text}\nnothing was run; say --yes if it is meant")));
    }
    terminal::notice(&text);
    if ask("run it? [y/N]")? { Ok(()) } else { Err(Failure::Usage("nothing was run".into())) }
}

pub(super) fn counted(count: usize) -> String {
    if count == 1 { "1 server".to_owned() } else { format!("{count} servers") }
}

/// True when somebody is there to answer a question.
fn is_dialogue() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn ask(question: &str) -> Result<bool, Failure> {
    terminal::notice(question);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canary_is_the_first_or_the_one_named() {
        let servers: Vec<ObjectPath> =
            ["a/b/db", "a/b/web"].iter().map(|text| text.parse().unwrap()).collect();
        let names = target::short_names(&servers);
        let canary = |asked: Option<&str>| canary(asked, &servers, &names).map_err(|failure| failure.code());
        assert_eq!(canary(None), Ok(None));
        assert_eq!(canary(Some("")), Ok(Some(0)));
        assert_eq!(canary(Some("web")), Ok(Some(1)));
        assert_eq!(canary(Some("a/b/web")), Ok(Some(1)));
        assert_eq!(canary(Some("we")), Err(2));
    }
}
