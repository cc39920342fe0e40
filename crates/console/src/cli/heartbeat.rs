//! `topmast heartbeats` and `topmast ping`: tasks that others run and give signs of.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::heartbeat::{HeartbeatRequest, HeartbeatRow, PingRequest};
use topmast_model::path::ObjectPath;
use topmast_model::rule::Span;
use topmast_model::task_order::Sign;

/// Arguments of `heartbeats`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Expect signs of a task from now on, and print the address that gives one, which is shown this once
    Add {
        /// tenant/cluster/server/application/task, of an application that there is
        path: ObjectPath,
        /// Longest time between two signs, e.g. 1h, 1d
        #[arg(long, value_name = "SPAN")]
        every: Span,
        /// How much longer it may be before it is LATE
        #[arg(long, value_name = "SPAN", default_value = "0s")]
        grace: Span,
    },
    /// Expect signs of a task no longer
    Remove {
        /// tenant/cluster/server/application/task
        path: ObjectPath,
    },
}

/// Arguments of `ping`.
#[derive(Debug, Args)]
#[command(after_help = "Examples: topmast ping backup; topmast ping backup --failed -m 'no disk'; \
                        topmast ping backup --done 30 --total 100")]
pub(super) struct PingArguments {
    /// The task's name, or its whole path where names are not unique
    #[arg(value_name = "NAME|PATH")]
    name: String,
    /// A run began
    #[arg(long, conflicts_with = "failed")]
    started: bool,
    /// A run failed
    #[arg(long)]
    failed: bool,
    /// In words
    #[arg(short = 'm', long, value_name = "TEXT")]
    message: Option<String>,
    /// Pieces that are done
    #[arg(long, value_name = "COUNT", requires = "total")]
    done: Option<u64>,
    /// Pieces in all
    #[arg(long, value_name = "COUNT", requires = "done")]
    total: Option<u64>,
}

/// Lists heartbeats, adds or removes one.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.heartbeat_list().await?.items, HEARTBEATS),
        Some(Command::Add { path, every, grace }) => {
            let request = HeartbeatRequest {
                path,
                every_s: every.as_millis() / 1_000,
                grace_s: grace.as_millis() / 1_000,
            };
            let created = client.heartbeat_create(&request).await?;
            let address = format!("{}{}", client.url().trim_end_matches('/'), created.address);
            arguments.show.print_secret(&created, &address)
        }
        Some(Command::Remove { path }) => {
            client.heartbeat_delete(&path).await?;
            Ok(terminal::print(&format!("no sign of {path} is expected any more\n"))?)
        }
    }
}

/// Gives a sign.
pub(super) async fn ping(client: &Client, arguments: PingArguments) -> Result<(), Failure> {
    let PingArguments { name, started, failed, message, done, total } = arguments;
    let sign = match (started, failed) {
        (true, _) => Some(Sign::Started),
        (_, true) => Some(Sign::Failed),
        _ => None,
    };
    let path = named(client, &name).await?;
    client.heartbeat_ping(&path, &PingRequest { sign, message, done, total }).await?;
    Ok(())
}

/// The only heartbeat of a name, or the one at a path.
async fn named(client: &Client, name: &str) -> Result<ObjectPath, Failure> {
    if name.contains('/') {
        return name.parse::<ObjectPath>().map_err(|error| Failure::Usage(error.to_string()));
    }
    let all = client.heartbeat_list().await?.items;
    let mut found = all.iter().map(|row| &row.path).filter(|path| path.name() == name);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (None, _) => {
            Err(Failure::Usage(format!("no heartbeat is named {name:?}; `topmast heartbeats` lists them")))
        }
        (Some(one), Some(other)) => {
            Err(Failure::Usage(format!("{one} and {other} are named {name:?}; write the whole path")))
        }
    }
}

const HEARTBEATS: &[Column<HeartbeatRow>] = &[
    Column::text("TASK", "path", |row, _| Cell::plain(row.path.as_str())),
    Column::text("EVERY", "every_s", |row, _| Cell::plain(human::span(row.every_s))),
    Column::text("GRACE", "grace_s", |row, _| Cell::plain(human::span(row.grace_s))),
    Column::number("LAST SIGN", "seen_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.seen_at)))
    }),
    Column::number("LATE", "overdue_at", |row, style| {
        Cell::plain(human::until(style.now, Some(row.overdue_at)))
    }),
];
