//! `topmast approve`, `reject`, `continue` and `cancel`: what is said of an action that was accepted; and `policies`,
//! which say what another person has to approve.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column};
use clap::{Args, Subcommand};
use topmast_api::action::{Action, ActionOrder, ActionOrderRequest};
use topmast_api::client::Client;
use topmast_api::safety::PolicyRow;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::rule::Span;

/// Arguments of `approve` and `reject`.
#[derive(Debug, Args)]
pub(super) struct Verdict {
    /// The action's id
    id: ActionId,
    /// Why, for the audit and who asked
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

/// Arguments of `continue` and `cancel`.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The action's id
    id: ActionId,
}

/// Lets an action be done, or not.
pub(super) async fn say(client: &Client, order: ActionOrder, verdict: Verdict) -> Result<(), Failure> {
    let request = ActionOrderRequest { order, comment: verdict.comment };
    told(&client.action_order(verdict.id, &request).await?, order)
}

/// Lets an action go on, or ends it.
pub(super) async fn order(client: &Client, order: ActionOrder, which: &Which) -> Result<(), Failure> {
    told(&client.action_order(which.id, &ActionOrderRequest { order, comment: None }).await?, order)
}

fn told(action: &Action, order: ActionOrder) -> Result<(), Failure> {
    let done = match order {
        ActionOrder::Approve => "approved",
        ActionOrder::Reject => "rejected",
        ActionOrder::Continue => "goes on",
        ActionOrder::Cancel => "cancelled: what had begun goes on, nothing more begins",
    };
    let what = format!(
        "{} on {} targets by {}",
        super::operate::what(action),
        action.counts.total(),
        action.principal
    );
    Ok(terminal::print(&format!("{what}: {done} (action {})\n", action.id))?)
}

/// Arguments of `policies`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a policy, or change the one of that name
    Set(SetArguments),
    /// Delete a policy; what waits under it goes on waiting
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
struct SetArguments {
    /// Its name
    name: String,
    /// Of these operations, e.g. stop,restart; of every one when missing
    #[arg(long = "on", value_name = "OPERATION", value_delimiter = ',')]
    operations: Vec<Operation>,
    /// Of these custom actions, by name, e.g. rotate-keys; `--on act` is every one
    #[arg(long = "on-action", value_name = "ACTION", value_delimiter = ',')]
    actions: Vec<String>,
    /// Only on what is inside this path
    #[arg(long, value_name = "PATH")]
    within: Option<ObjectPath>,
    /// Only on applications that this filter takes, e.g. 'name=switch'
    #[arg(long, value_name = "FILTER")]
    only: Option<String>,
    /// How long an order waits for its approval
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    expires: Span,
}

/// Lists, sets or deletes policies.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.policy_list().await?.items, POLICIES),
        Some(Command::Set(SetArguments { name, operations, actions, within, only, expires })) => {
            let policy = PolicyRow { name, operations, actions, within, only, expires: Some(expires) };
            let set = client.policy_set(&policy).await?;
            Ok(terminal::print(&format!("policy {} is set\n", set.name))?)
        }
        Some(Command::Delete { name }) => {
            client.policy_delete(&name).await?;
            Ok(terminal::print(&format!("deleted policy {name}\n"))?)
        }
    }
}

const POLICIES: &[Column<PolicyRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("OPERATIONS", "operations", |row, _| {
        let operations = row.operations.iter().map(|operation| operation.as_str());
        let words: Vec<&str> = operations.chain(row.actions.iter().map(String::as_str)).collect();
        Cell::plain(if words.is_empty() { "every".to_owned() } else { words.join(" ") })
    }),
    Column::text("WITHIN", "within", |row, _| {
        Cell::plain(row.within.as_ref().map_or("everywhere", ObjectPath::as_str))
    }),
    Column::text("ONLY", "only", |row, _| Cell::plain(row.only.as_deref().unwrap_or("-"))),
    Column::text("EXPIRES", "expires", |row, _| {
        Cell::plain(row.expires.map_or_else(|| "-".to_owned(), |expires| expires.to_string()))
    }),
];
