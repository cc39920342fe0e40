//! `topmast approve`, `reject`, `continue` and `cancel`: what is said of an action that was accepted; and `policies`,
//! which say what another person has to approve, and `permits`, which wait for it beside actions.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column};
use clap::{Args, Subcommand};
use std::str::FromStr;
use topmast_api::action::{Action, ActionOrder, ActionOrderRequest};
use topmast_api::client::Client;
use topmast_api::permit::{PermitOrderRequest, PermitRow};
use topmast_api::safety::PolicyRow;
use topmast_model::application::Operation;
use topmast_model::id::{ActionId, IdError};
use topmast_model::path::ObjectPath;
use topmast_model::permit::{PermitKind, PermitRequest};
use topmast_model::rule::Span;

/// Arguments of `approve` and `reject`.
#[derive(Debug, Args)]
pub(super) struct Verdict {
    /// The action's id, or the permit's number
    id: Waiting,
    /// Why, for the audit and who asked
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

/// What waits for another person.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    Action(ActionId),
    Permit(u64),
}

impl FromStr for Waiting {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::Permit).or_else(|_| text.parse().map(Self::Action))
    }
}

/// Arguments of `continue` and `cancel`.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The action's id
    id: ActionId,
}

/// Lets an action be done, or not.
pub(super) async fn say(client: &Client, order: ActionOrder, verdict: Verdict) -> Result<(), Failure> {
    let comment = verdict.comment;
    match verdict.id {
        Waiting::Action(id) => {
            told(&client.action_order(id, &ActionOrderRequest { order, comment }).await?, order)
        }
        Waiting::Permit(id) => {
            let approved = matches!(order, ActionOrder::Approve);
            let permit = client.permit_order(id, &PermitOrderRequest { approved, comment }).await?;
            let status = permit.status.as_str();
            let what = format!("{} by {}: {status} (permit {id})\n", wanted(&permit), permit.by.name);
            Ok(terminal::print(&what)?)
        }
    }
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
    /// Its name; a new one of a tenant ends in @TENANT, as two-persons@acme
    name: String,
    /// Of these operations, e.g. stop,restart,open-terminal; of every one on applications when missing
    #[arg(long = "on", value_name = "OPERATION", value_delimiter = ',')]
    on: Vec<Held>,
    /// Of these custom actions, by name, e.g. rotate-keys; `--on act` is every one
    #[arg(long = "on-action", value_name = "ACTION", value_delimiter = ',')]
    actions: Vec<String>,
    /// Only on what is inside this path
    #[arg(long, value_name = "PATH")]
    within: Option<ObjectPath>,
    /// Only on applications, or servers, that this filter takes, e.g. 'name=switch'
    #[arg(long, value_name = "FILTER")]
    only: Option<String>,
    /// How long an order waits for its approval
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    expires: Span,
}

/// What a policy can be about.
#[derive(Debug, Clone, Copy)]
enum Held {
    Order(Operation),
    Request(PermitKind),
}

impl FromStr for Held {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let order = text.parse().map(Self::Order);
        let all = || PermitKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        order.or_else(|error| text.parse().map(Self::Request).map_err(|_| format!("{error}, or {}", all())))
    }
}

/// Lists, sets or deletes policies.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.policy_list().await?.items, POLICIES),
        Some(Command::Set(SetArguments { name, on, actions, within, only, expires })) => {
            let operations = on.iter().filter_map(|held| match held {
                Held::Order(operation) => Some(*operation),
                Held::Request(_) => None,
            });
            let requests = on.iter().filter_map(|held| match held {
                Held::Request(kind) => Some(*kind),
                Held::Order(_) => None,
            });
            let (operations, requests, expires) = (operations.collect(), requests.collect(), Some(expires));
            let policy = PolicyRow { name, operations, actions, requests, within, only, expires };
            let set = client.policy_set(&policy).await?;
            Ok(terminal::print(&format!("policy {} is set\n", set.name))?)
        }
        Some(Command::Delete { name }) => {
            client.policy_delete(&name).await?;
            Ok(terminal::print(&format!("deleted policy {name}\n"))?)
        }
    }
}

/// Lists permits.
pub(super) async fn permits(client: &Client, show: &ShowArguments) -> Result<(), Failure> {
    show.print(&client.permit_list().await?.items, PERMITS)
}

/// What a permit is for, in words.
fn wanted(row: &PermitRow) -> String {
    let (kind, targets) = (row.kind, row.targets.clone());
    let (command, account) = (row.command.clone(), row.account.clone());
    PermitRequest { kind, targets, command, account }.to_string()
}

const PERMITS: &[Column<PermitRow>] = &[
    Column::text("PERMIT", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("STATUS", "status", |row, _| Cell::plain(row.status.as_str())),
    Column::text("WHAT", "kind", |row, _| Cell::plain(wanted(row))),
    Column::text("BY", "by", |row, _| Cell::plain(&row.by.name)),
    Column::text("REASON", "reason", |row, _| Cell::plain(row.reason.as_deref().unwrap_or("-"))),
    Column::text("POLICIES", "policies", |row, _| Cell::plain(row.policies.join(" "))),
    Column::text("UNTIL", "ends_at", |row, _| Cell::plain(row.ends_at.to_string())),
];

const POLICIES: &[Column<PolicyRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("OPERATIONS", "operations", |row, _| {
        let operations = row.operations.iter().map(|operation| operation.as_str());
        let requests = row.requests.iter().map(|kind| kind.as_str());
        let actions = row.actions.iter().map(String::as_str);
        let words: Vec<&str> = operations.chain(actions).chain(requests).collect();
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
