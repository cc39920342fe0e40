//! `topmast start`, `stop`, `restart` and `recover`, and how every action is handed in and followed.
//!
//! ```text
//! names, paths, filter ─► paths ─► [plan] or [question] ─► action (accepted) ─► result of each target
//! ```
//!
//! Invariants
//! - O-1: only what was listed and agreed to is acted on: the paths are sent, never the filter.
//! - O-2: an action is sent with an id made here; sending it again after a lost answer asks for the same action.

mod how;
mod plan;

pub(super) use how::{How, Order, Pace, wait};

use super::failure::Failure;
use super::joined;
use crate::output::Style;
use crate::output::terminal;
use clap::Args;
use plan::{plan_table, print_plan};
use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;
use topmast_api::action::{
    Action, ActionMessage, ActionOrder, ActionOrderRequest, ActionRequest, ActionTarget, ActionWait, WaitKind,
};
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, ClientError};
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::package::PackageVersion;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ActionStatus;
use uuid::Uuid;

/// Tries to hand an action in, and to follow it, when the connection fails.
const TRIES: usize = 10;
/// Wait between two tries: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);

/// Arguments of `start`, `stop` and `restart`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) which: Which,
    #[command(flatten)]
    pub(super) how: How,
}

/// Which applications are meant.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Applications: name, or path tenant/cluster/server/application
    #[arg(value_name = "APP", required_unless_present = "filter", conflicts_with = "filter")]
    applications: Vec<String>,
    #[command(flatten)]
    several: Several,
}

/// How several applications are meant without naming each.
#[derive(Debug, Args)]
pub(super) struct Several {
    /// All applications that a filter lets through, e.g. 'status=FAILED'
    #[arg(long)]
    pub(super) filter: Option<String>,
    /// Take a name that is on several servers to mean all of them
    #[arg(long)]
    pub(super) all: bool,
}

/// Arguments of `recover`.
#[derive(Debug, Args)]
pub(super) struct RecoverArguments {
    /// Only of the applications that these terms let through, e.g. cluster=main
    filter: Vec<String>,
    #[command(flatten)]
    order: Order,
}

/// Starts again what ran before its server or agent went away, in waves; the first failure stops it.
pub(super) async fn recover(client: &Client, arguments: RecoverArguments) -> Result<(), Failure> {
    let RecoverArguments { filter, order } = arguments;
    let filter = Some(filter.join(" ")).filter(|filter| !filter.is_empty());
    let request = order.request(Operation::Start, Vec::new());
    let asked = ActionRequest { id: None, filter, recover: true, waves: true, dry_run: false, ..request };
    let plan = client.action_plan(&asked).await?;
    if order.dry_run {
        return print_plan(&plan, order.json);
    }
    let targets = plan.targets.iter().map(|target| target.path.clone()).collect();
    // O-1
    let id = Some(ActionId(Uuid::now_v7()));
    let request = ActionRequest { id, targets, filter: None, recover: false, ..asked };
    carry_out(client, &request, &order, false).await
}

/// Acts, and waits for the result of each target.
pub(super) async fn run(client: &Client, operation: Operation, arguments: Arguments) -> Result<(), Failure> {
    let targets = resolve(client, &arguments.which).await?;
    act(client, operation, targets, None, &arguments.how).await
}

/// Acts on these applications, and waits for the result of each.
pub(super) async fn act(
    client: &Client,
    operation: Operation,
    targets: Vec<ObjectPath>,
    package: Option<PackageVersion>,
    arguments: &How,
) -> Result<(), Failure> {
    let request = ActionRequest { package, ..arguments.request(operation, targets) };
    carry_out(client, &request, &arguments.order, false).await
}

/// Shows what an order would do, or asks about it where that is called for, and gives it: one action for each cluster that
/// targets are in, one after the other.
///
/// - `asks`: also about a single target.
pub(super) async fn carry_out(
    client: &Client,
    request: &ActionRequest,
    order: &Order,
    asks: bool,
) -> Result<(), Failure> {
    let groups = joined::by_cluster(client, &request.targets);
    let mut result = Ok(());
    for (client, targets) in groups {
        // Each cluster has an action of its own (O-2).
        let id = Some(ActionId(Uuid::now_v7()));
        let request = ActionRequest { id, targets, ..request.clone() };
        if let Some(join) = client.cluster().filter(|_| !order.json) {
            terminal::notice(&format!("at {join}:"));
        }
        let done = carry_out_at(&client, &request, order, asks).await;
        result = result.and(done);
    }
    result
}

/// The same at one cluster, in its own paths.
async fn carry_out_at(
    client: &Client,
    request: &ActionRequest,
    order: &Order,
    asks: bool,
) -> Result<(), Failure> {
    if order.dry_run {
        return print_plan(&client.action_plan(request).await?, order.json);
    }
    if (asks || request.targets.len() > 1) && !order.yes && is_dialogue() {
        confirm(client, request).await?;
    }
    see_through(client, submit(client, request).await?, order).await
}

/// Follows an action that was accepted, unless it waits for somebody else or for its time.
pub(super) async fn see_through(client: &Client, action: Action, order: &Order) -> Result<(), Failure> {
    if let Some(waits) = action.waits.filter(|waits| waits.kind != WaitKind::Person) {
        terminal::notice(&waiting(&action, waits));
        return Ok(terminal::print(&format!("{}\n", action.id))?);
    }
    if order.no_wait {
        return Ok(terminal::print(&format!("{}\n", action.id))?);
    }
    let action = follow(client, action, order.json).await?;
    if order.json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(&action)?))?;
    } else {
        terminal::print(&format!("{}\n", summary(&action)))?;
    }
    outcome(&action)
}

/// What an action waits for, and what to do about it.
fn waiting(action: &Action, waits: ActionWait) -> String {
    let until = waits.until.map(|until| until.to_string()).unwrap_or_default();
    let id = action.id;
    match waits.kind {
        WaitKind::Approval => {
            let policies = action.approval.as_ref().map(|approval| approval.policies.join(", "));
            format!(
                "waits for approval until {until} (policy {}): another person runs `topmast approve {id}`",
                policies.unwrap_or_default()
            )
        }
        WaitKind::Time => format!("begins at {until}; `topmast cancel {id}` takes it back"),
        WaitKind::Person => {
            format!("waits before the next batch: `topmast continue {id}`, or `topmast cancel {id}`")
        }
    }
}

/// The paths of everything that the arguments mean, each once.
pub(super) async fn resolve(client: &Client, arguments: &Which) -> Result<Vec<ObjectPath>, Failure> {
    if let Some(filter) = &arguments.several.filter {
        return filtered(client, filter).await;
    }
    let mut targets = Vec::new();
    for text in &arguments.applications {
        let found = if text.contains('/') {
            vec![path(text)?]
        } else {
            by_name(client, text, arguments.several.all).await?
        };
        for path in found {
            if !targets.contains(&path) {
                targets.push(path);
            }
        }
    }
    Ok(targets)
}

/// The applications that a filter lets through, at least one.
pub(super) async fn filtered(client: &Client, filter: &str) -> Result<Vec<ObjectPath>, Failure> {
    let rows = list(client, filter).await?;
    if rows.is_empty() {
        return Err(Failure::Usage(format!("no application matches {filter:?}; `topmast apps` lists all")));
    }
    Ok(rows.into_iter().map(|row| row.path).collect())
}

pub(super) fn path(text: &str) -> Result<ObjectPath, Failure> {
    let path: ObjectPath = text.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    if path.level() == Level::Application {
        return Ok(path);
    }
    Err(Failure::Usage(format!("{path} is not an application; write tenant/cluster/server/application")))
}

pub(super) async fn by_name(client: &Client, name: &str, all: bool) -> Result<Vec<ObjectPath>, Failure> {
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
pub(super) fn is_dialogue() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

async fn confirm(client: &Client, request: &ActionRequest) -> Result<(), Failure> {
    let plan = client.action_plan(request).await?;
    // A notice is without colour, as every text on standard error.
    terminal::notice(plan_table(&plan, Style { colour: false, ..terminal::style() }).trim_end());
    let what = match &request.custom {
        Some(custom) => format!("{} on", custom.name),
        None => request.operation.to_string(),
    };
    terminal::notice(&format!("{what} these {} targets? [y/N]", plan.targets.len()));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::Usage("nothing was done".into()))
}

/// True when the master may have done it.
fn is_unknown(error: &ClientError) -> bool {
    match error {
        ClientError::Lost { .. } | ClientError::Timeout { .. } => true,
        ClientError::Refused(problem) => problem.code == ProblemCode::OutcomeUnknown,
        _ => false,
    }
}

/// Hands the action in; after a lost answer again, with the same id (O-2).
async fn submit(client: &Client, request: &ActionRequest) -> Result<Action, Failure> {
    let mut may_have_arrived = false;
    for _ in 1..TRIES {
        match client.action_create(request).await {
            Err(error) if is_unknown(&error) => {
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
    report(client, &[], &action.targets, quiet)?;
    let mut asked = false;
    while !action.status.is_final() {
        match action.waits.filter(|waits| waits.kind == WaitKind::Person) {
            None => asked = false,
            Some(waits) if !asked => {
                asked = true;
                ask(client, &action, waits).await?;
            }
            Some(_) => {}
        }
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
        report(client, &before, &action.targets, quiet)?;
    }
    Ok(action)
}

/// Asks whether the next batch may begin, when somebody is there to say so.
async fn ask(client: &Client, action: &Action, waits: ActionWait) -> Result<(), Failure> {
    if !is_dialogue() {
        terminal::notice(&waiting(action, waits));
        return Ok(());
    }
    let counts = action.counts;
    terminal::notice(&format!("{} of {} are done; go on? [y/N]", counts.finished(), counts.total()));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let goes_on = matches!(answer.trim(), "y" | "Y" | "yes");
    let order = if goes_on { ActionOrder::Continue } else { ActionOrder::Cancel };
    client.action_order(action.id, &ActionOrderRequest { order, comment: None }).await?;
    Ok(())
}

fn left(action: &Action, why: &str) -> Failure {
    Failure::Unknown(format!("{why}; the action goes on: `topmast actions {}`", action.id))
}

/// One line for each target whose status is news.
fn report(
    client: &Client,
    before: &[ActionTarget],
    after: &[ActionTarget],
    quiet: bool,
) -> Result<(), Failure> {
    if quiet {
        return Ok(());
    }
    let suffix = client.cluster().map_or(0, |join| join.len() + 1);
    let width = after.iter().map(|target| target.path.as_str().len() + suffix).max().unwrap_or(0);
    for (index, target) in after.iter().enumerate() {
        let is_news = before.get(index).is_none_or(|before| before.status != target.status);
        if is_news && target.status != ActionStatus::Pending {
            let mut lines = target.message.as_deref().unwrap_or_default().lines();
            let message = lines.next().unwrap_or_default().replace(char::is_control, " ");
            let path = joined::shown(client, &target.path);
            let line = format!("{:width$}  {:9}  {message}", path.as_str(), target.status);
            terminal::print(&format!("{}\n", line.trim_end()))?;
            // What a custom action printed or answered.
            for line in lines {
                terminal::print(&format!("    {}\n", line.replace(char::is_control, " ")))?;
            }
        }
    }
    Ok(())
}

/// What an action does, in words: `restart`, `rotate-keys keys=3`.
pub(super) fn what(action: &Action) -> String {
    let Some(custom) = &action.custom else { return action.operation.to_string() };
    let arguments = custom.arguments.iter().map(|(name, argument)| format!(" {name}={argument}"));
    std::iter::once(custom.name.clone()).chain(arguments).collect()
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
    format!("{}: {} (action {})", what(action), parts.join(", "), action.id)
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
