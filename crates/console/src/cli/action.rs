//! `topmast actions`: what was asked for, and what became of it.

mod watch;

use super::failure::Failure;
use super::list::ShowArguments;
use super::operate;
use crate::output::{Cell, Column, Form, Tone, human, terminal};
use clap::Args;
use topmast_api::action::{Action, ActionQuery, ActionTarget, ActionWait, WaitKind};
use topmast_api::client::Client;
use topmast_api::page::Page;
use topmast_model::path::ObjectPath;
use topmast_model::status::ActionStatus;

/// Arguments of `actions`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An action's id, to show it with the result of each target; else terms `field:op value` and free
    /// text, e.g. status=FAILED user=eve
    #[arg(value_name = "ID|FILTER")]
    filter: Vec<String>,
    /// Only actions with a target at or inside this path
    #[arg(long, value_name = "PATH")]
    object: Option<ObjectPath>,
    /// Only actions with this status
    #[arg(long)]
    status: Option<ActionStatus>,
    /// Most actions
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    /// Keep the list true, or follow the action to its end
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    show: ShowArguments,
}

/// Lists actions, or shows one.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { filter, object, status, limit, watch, show } = arguments;
    if let [only] = filter.as_slice()
        && let Ok(id) = only.parse()
    {
        let action = client.action_get(id).await?;
        return if watch { follow(client, action, &show).await } else { show_one(&action, &show) };
    }
    let filter = Some(filter.join(" ")).filter(|filter| !filter.is_empty());
    let query = ActionQuery { filter, object, status, limit, ..ActionQuery::default() };
    if watch {
        return watch::run(client, query, &show).await;
    }
    let page = list(client, &query).await?;
    show.print(&page.items, ACTIONS)?;
    if matches!(show.output, Form::Table | Form::Wide) && (page.items.len() as u64) < page.total {
        terminal::notice(&format!("{} of {} shown", page.items.len(), page.total));
    }
    Ok(())
}

async fn list(client: &Client, query: &ActionQuery) -> Result<Page<Action>, Failure> {
    let filter = query.filter.as_deref().unwrap_or_default();
    client.action_list(query).await.map_err(|error| Failure::of_filter(error, filter))
}

/// Tells each target's changes, then how the action ended, also by the exit code.
async fn follow(client: &Client, action: Action, show: &ShowArguments) -> Result<(), Failure> {
    let is_table = matches!(show.output, Form::Table | Form::Wide);
    let action = operate::follow(client, action, !is_table).await?;
    if is_table {
        terminal::print(&format!("{}\n", operate::summary(&action)))?;
    } else {
        show_one(&action, show)?;
    }
    operate::outcome(&action)
}

/// The action itself, then its targets.
fn show_one(action: &Action, show: &ShowArguments) -> Result<(), Failure> {
    match show.output {
        Form::Json => return show.print(std::slice::from_ref(action), ACTIONS),
        Form::Csv => {}
        Form::Table | Form::Wide => {
            show.print(std::slice::from_ref(action), ACTIONS)?;
            terminal::print("\n")?;
        }
    }
    show.print(&action.targets, TARGETS)
}

/// Columns of a list of actions.
pub(crate) const ACTIONS: &[Column<Action>] = &[
    Column::text("ID", "id", |action, _| Cell::plain(action.id.to_string())),
    Column::text("OPERATION", "operation", |action, _| Cell::plain(operate::what(action))),
    Column::text("STATUS", "status", |action, _| match action.waits {
        // What is wanted of a person comes before what it is.
        Some(ActionWait { kind: WaitKind::Approval, .. }) => Cell::new("WAITS FOR APPROVAL", Tone::Warn),
        Some(ActionWait { kind: WaitKind::Person, .. }) => Cell::new("WAITS FOR A PERSON", Tone::Warn),
        Some(ActionWait { kind: WaitKind::Time, .. }) => Cell::plain("SCHEDULED"),
        None => Cell::new(action.status.as_str(), tone(action.status)),
    }),
    Column::number("DONE", "counts", |action, _| {
        Cell::plain(format!("{}/{}", action.counts.succeeded, action.counts.total()))
    }),
    Column::text("TARGETS", "targets", |action, _| match action.targets.as_slice() {
        [] => Cell::plain(human::UNKNOWN),
        [one] => Cell::plain(one.path.as_str()),
        [first, rest @ ..] => Cell::plain(format!("{} and {} more", first.path, rest.len())),
    }),
    Column::text("BY", "principal", |action, _| Cell::plain(&action.principal)),
    Column::text("REASON", "reason", |action, _| Cell::maybe(action.reason.as_deref())),
    Column::number("AGE", "created_at", |action, style| {
        Cell::plain(human::ago(style.now, Some(action.created_at)))
    }),
    Column::wide_text("APPROVAL", "approval", |action, _| {
        let Some(approval) = &action.approval else { return Cell::plain("-") };
        Cell::plain(match &approval.verdict {
            Some(verdict) if verdict.approved => format!("approved by {}", verdict.by),
            Some(verdict) => format!("rejected by {}", verdict.by),
            None => format!("until {}", approval.expires_at),
        })
    }),
    Column::wide_text("COMPLETED", "completed_at", |action, _| {
        Cell::plain(action.completed_at.map_or_else(|| human::UNKNOWN.to_owned(), |time| time.to_string()))
    }),
];

/// Columns of an action's targets.
pub(crate) const TARGETS: &[Column<ActionTarget>] = &[
    Column::text("TARGET", "path", |target, _| Cell::plain(target.path.as_str())),
    Column::text("STATUS", "status", |target, _| Cell::new(target.status.as_str(), tone(target.status))),
    Column::number("STARTED", "started_at", |target, style| {
        Cell::plain(human::ago(style.now, target.started_at))
    }),
    Column::number("FINISHED", "finished_at", |target, style| {
        Cell::plain(human::ago(style.now, target.finished_at))
    }),
    Column::text("MESSAGE", "message", |target, _| Cell::maybe(target.message.as_deref())),
];

/// What a status means for its colour.
pub(crate) const fn tone(status: ActionStatus) -> Tone {
    match status {
        ActionStatus::Succeeded => Tone::Good,
        ActionStatus::Pending | ActionStatus::Running => Tone::Plain,
        ActionStatus::Unknown => Tone::Warn,
        ActionStatus::Failed => Tone::Bad,
    }
}
