//! `topmast start`, `stop` and `restart`.
//!
//! ```text
//! names, paths, filter ─► paths ─► [plan] or [question] ─► action (accepted) ─► result of each target
//! ```
//!
//! Invariants
//! - O-1: only what was listed and agreed to is acted on: the paths are sent, never the filter.
//! - O-2: an action is sent with an id made here; sending it again after a lost answer asks for the same action.

use super::failure::Failure;
use crate::output::terminal;
use crate::output::{Cell, Column, Style};
use clap::Args;
use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;
use topmast_api::action::{
    Action, ActionMessage, ActionPlan, ActionRequest, ActionTarget, PlannedTarget, Rolling,
};
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, ClientError};
use topmast_api::page::ListQuery;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::rolling::OnError;
use topmast_model::status::ActionStatus;
use uuid::Uuid;

/// Tries to hand an action in, and to follow it, when the connection fails.
const TRIES: usize = 10;
/// Wait between two tries: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);
/// Time for each target when the command line does not say.
const TIMEOUT_S: u64 = 120;

/// Arguments of `start`, `stop` and `restart`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct Arguments {
    /// Applications: name, or path tenant/cluster/server/application
    #[arg(value_name = "APP", required_unless_present = "filter")]
    applications: Vec<String>,
    /// All applications that a filter lets through, e.g. 'status=FAILED'
    #[arg(long, conflicts_with = "applications")]
    filter: Option<String>,
    /// Take a name that is on several servers to mean all of them
    #[arg(long)]
    all: bool,
    /// Show what would happen, and do nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Seconds until a target without an outcome counts as UNKNOWN; with --batch counted for each batch
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT_S)]
    timeout: u64,
    /// This many applications at a time, in the order given or listed
    #[arg(long, value_name = "COUNT")]
    batch: Option<u32>,
    /// Time between two batches, e.g. 10s or 2m
    #[arg(long, value_name = "TIME", value_parser = wait, requires = "batch", default_value = "0s")]
    wait: Duration,
    /// After an application that failed or is unknown: stop, or continue with the next batch
    #[arg(long, value_name = "stop|continue", requires = "batch", default_value_t)]
    on_error: OnError,
    /// Do not wait for the results
    #[arg(long)]
    no_wait: bool,
    /// Do not ask before acting on several applications
    #[arg(short, long)]
    yes: bool,
    /// Print the plan or the finished action as JSON
    #[arg(long)]
    json: bool,
}

/// Acts, and waits for the result of each target.
pub(super) async fn run(client: &Client, operation: Operation, arguments: Arguments) -> Result<(), Failure> {
    let targets = resolve(client, &arguments).await?;
    let request = ActionRequest {
        id: Some(ActionId(Uuid::now_v7())),
        operation,
        targets,
        filter: None, // O-1
        reason: arguments.reason.clone(),
        timeout_ms: Some(arguments.timeout.saturating_mul(1_000)),
        rolling: rolling(&arguments),
        dry_run: arguments.dry_run,
    };
    if arguments.dry_run {
        return print_plan(&client.action_plan(&request).await?, arguments.json);
    }
    if request.targets.len() > 1 && !arguments.yes && is_dialogue() {
        confirm(client, &request).await?;
    }
    let action = submit(client, &request).await?;
    if arguments.no_wait {
        return Ok(terminal::print(&format!("{}\n", action.id))?);
    }
    let action = follow(client, action, arguments.json).await?;
    if arguments.json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(&action)?))?;
    } else {
        terminal::print(&format!("{}\n", summary(&action)))?;
    }
    outcome(&action)
}

fn rolling(arguments: &Arguments) -> Option<Rolling> {
    let wait_ms = u64::try_from(arguments.wait.as_millis()).unwrap_or(u64::MAX);
    arguments.batch.map(|batch| Rolling { batch, wait_ms, on_error: arguments.on_error })
}

/// A time like `10s`, `2m`, `500ms`, or seconds as a bare number.
pub(super) fn wait(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = digits.parse::<u64>().ok().zip(unit_ms).and_then(|(count, unit)| count.checked_mul(unit));
    millis.map(Duration::from_millis).ok_or_else(|| "write a time like 10s, 2m or 500ms".to_owned())
}

/// The paths of everything that the arguments mean, each once.
async fn resolve(client: &Client, arguments: &Arguments) -> Result<Vec<ObjectPath>, Failure> {
    if let Some(filter) = &arguments.filter {
        let rows = list(client, filter).await?;
        if rows.is_empty() {
            return Err(Failure::Usage(format!(
                "no application matches {filter:?}; `topmast apps` lists all"
            )));
        }
        return Ok(rows.into_iter().map(|row| row.path).collect());
    }
    let mut targets = Vec::new();
    for text in &arguments.applications {
        let found =
            if text.contains('/') { vec![path(text)?] } else { by_name(client, text, arguments.all).await? };
        for path in found {
            if !targets.contains(&path) {
                targets.push(path);
            }
        }
    }
    Ok(targets)
}

fn path(text: &str) -> Result<ObjectPath, Failure> {
    let path: ObjectPath = text.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    if path.level() == Level::Application {
        return Ok(path);
    }
    Err(Failure::Usage(format!("{path} is not an application; write tenant/cluster/server/application")))
}

async fn by_name(client: &Client, name: &str, all: bool) -> Result<Vec<ObjectPath>, Failure> {
    topmast_model::path::check_name(name).map_err(|error| Failure::Usage(error.to_string()))?;
    // The filter narrows what is sent; the exact name is compared here, for filters take no notice of case.
    let rows = list(client, &format!("name=\"{name}\"")).await?;
    let paths: Vec<ObjectPath> =
        rows.into_iter().filter(|row| row.name == name).map(|row| row.path).collect();
    match paths.len() {
        0 => Err(Failure::Usage(format!("there is no application {name}; `topmast apps` lists all"))),
        1 => Ok(paths),
        _ if all => Ok(paths),
        count => {
            let listed: Vec<String> = paths.iter().map(|path| format!("  {path}")).collect();
            Err(Failure::Usage(format!(
                "{name} is on {count} servers:\n{}\ngive the path of one, or --all for all of them",
                listed.join("\n")
            )))
        }
    }
}

async fn list(client: &Client, filter: &str) -> Result<Vec<ApplicationRow>, Failure> {
    let query = ListQuery { filter: Some(filter.to_owned()), ..ListQuery::default() };
    let page = client.list_all(&query).await;
    Ok(page.map_err(|error| Failure::of_filter(error, filter))?.items)
}

/// True when somebody is there to answer a question.
fn is_dialogue() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

async fn confirm(client: &Client, request: &ActionRequest) -> Result<(), Failure> {
    let plan = client.action_plan(request).await?;
    // A notice is without colour, as every text on standard error.
    terminal::notice(plan_table(&plan, Style { colour: false, ..terminal::style() }).trim_end());
    terminal::notice(&format!("{} these {} applications? [y/N]", request.operation, plan.targets.len()));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::Usage("nothing was done".into()))
}

/// Hands the action in; after a lost answer again, with the same id (O-2).
async fn submit(client: &Client, request: &ActionRequest) -> Result<Action, Failure> {
    let mut may_have_arrived = false;
    for _ in 1..TRIES {
        match client.action_create(request).await {
            Err(error @ (ClientError::Lost { .. } | ClientError::Timeout { .. })) => {
                may_have_arrived = true;
                terminal::notice(&format!("topmast: {error}; asking again for the same action"));
            }
            // The master may be on its way back with the action already in its journal.
            Err(error) if may_have_arrived && error.is_transient() => {}
            other => return Ok(other?),
        }
        tokio::time::sleep(RETRY).await;
    }
    let id = request.id.map_or_else(String::new, |id| id.to_string());
    let unknown = |error| {
        Failure::Unknown(format!("{error}; the action may have been accepted: `topmast actions {id}`"))
    };
    client.action_create(request).await.map_err(unknown)
}

/// Follows the action to its final status and tells each target's changes.
pub(super) async fn follow(client: &Client, mut action: Action, quiet: bool) -> Result<Action, Failure> {
    let mut stream = client.action_watch(action.id);
    let mut failures = 0;
    report(&[], &action.targets, quiet)?;
    while !action.status.is_final() {
        let next = tokio::select! {
            next = stream.next() => next,
            _ = tokio::signal::ctrl_c() => return Err(left(&action, "stopped waiting")),
        };
        let before = action.targets.clone();
        match next {
            Ok(Some(message)) => {
                failures = 0;
                match message {
                    ActionMessage::Snapshot(whole) => action = whole,
                    ActionMessage::Progress(progress) => action.apply(progress),
                    ActionMessage::Heartbeat => {}
                }
            }
            Ok(None) => action = client.action_get(action.id).await?,
            Err(error) if error.is_transient() && failures < TRIES => {
                failures += 1;
                terminal::notice(&format!("topmast: {error}; trying again"));
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(left(&action, &error.to_string())),
        }
        report(&before, &action.targets, quiet)?;
    }
    Ok(action)
}

fn left(action: &Action, why: &str) -> Failure {
    Failure::Unknown(format!("{why}; the action goes on: `topmast actions {}`", action.id))
}

/// One line for each target whose status is news.
fn report(before: &[ActionTarget], after: &[ActionTarget], quiet: bool) -> Result<(), Failure> {
    if quiet {
        return Ok(());
    }
    let width = after.iter().map(|target| target.path.as_str().len()).max().unwrap_or(0);
    for (index, target) in after.iter().enumerate() {
        let is_news = before.get(index).is_none_or(|before| before.status != target.status);
        if is_news && target.status != ActionStatus::Pending {
            let message = target.message.as_deref().unwrap_or_default().replace(char::is_control, " ");
            let line = format!("{:width$}  {:9}  {message}", target.path.as_str(), target.status);
            terminal::print(&format!("{}\n", line.trim_end()))?;
        }
    }
    Ok(())
}

/// How many targets ended how, on one line.
pub(super) fn summary(action: &Action) -> String {
    let counts = action.counts;
    let parts: Vec<String> =
        [(counts.succeeded, "succeeded"), (counts.failed, "failed"), (counts.unknown, "unknown")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
    format!("{}: {} (action {})", action.operation, parts.join(", "), action.id)
}

/// The exit code that an action deserves.
pub(super) fn outcome(action: &Action) -> Result<(), Failure> {
    match action.counts {
        counts if counts.failed > 0 => Err(Failure::Target),
        counts if counts.unknown > 0 => Err(Failure::Unknown(
            "no outcome came in time: look at what the targets do now with `topmast apps`".into(),
        )),
        _ => Ok(()),
    }
}

fn print_plan(plan: &ActionPlan, json: bool) -> Result<(), Failure> {
    let text = if json {
        format!("{}\n", serde_json::to_string_pretty(plan)?)
    } else {
        plan_table(plan, terminal::style())
    };
    Ok(terminal::print(&text)?)
}

fn plan_table(plan: &ActionPlan, style: Style) -> String {
    let in_batches = plan.targets.iter().any(|target| target.batch > 1);
    crate::output::render(&plan.targets, PLAN.iter().skip(usize::from(!in_batches)), true, style)
}

/// The batch is the first, and left out when there is only one.
const PLAN: &[Column<PlannedTarget>] = &[
    Column::number("BATCH", "batch", |target, _| Cell::plain(target.batch.to_string())),
    Column::text("TARGET", "path", |target, _| Cell::plain(target.path.as_str())),
    Column::text("STATUS", "status", |target, _| {
        Cell::new(target.status.as_str(), super::application::tone(target.status))
    }),
    Column::text("EFFECT", "effect", |target, _| Cell::plain(&target.effect)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_read_with_its_unit_and_refused_without_sense() {
        let millis = |text| wait(text).map(|wait| wait.as_millis());
        assert_eq!(
            ["500ms", "10s", "10", "2m", "1h"].map(millis),
            [Ok(500), Ok(10_000), Ok(10_000), Ok(120_000), Ok(3_600_000)]
        );
        for wrong in ["", "s", "-1s", "1.5s", "10 s", "10d", "99999999999999999999h", "9999999999999999999h"]
        {
            assert!(millis(wrong).is_err(), "{wrong:?}");
        }
    }
}
