//! `topmast masters`: which one is active, how far the others are, and the hand-over to another one.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::master::{MasterRole, MasterRow};

/// Arguments of `masters`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make another master the active one; commands wait a moment meanwhile
    Promote {
        /// Its name
        name: String,
    },
}

/// Lists masters, or hands the lead over.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.master_list().await?.items, MASTERS),
        Some(Command::Promote { name }) => {
            client.master_promote(&name).await?;
            Ok(terminal::print(&format!("{name} becomes the active master\n"))?)
        }
    }
}

const MASTERS: &[Column<MasterRow>] = &[
    Column::text("NAME", "name", |row, _| {
        Cell::plain(if row.is_this { format!("{} (this one)", row.name) } else { row.name.clone() })
    }),
    Column::text("ROLE", "role", |row, _| {
        Cell::plain(match row.role {
            MasterRole::Active => "ACTIVE",
            MasterRole::Standby => "STANDBY",
            MasterRole::Stuck => "STUCK",
            MasterRole::Silent => "SILENT",
        })
    }),
    Column::number("LAG", "lag", |row, _| Cell::plain(row.lag.to_string())),
    Column::number("AGENTS", "agents", |row, _| {
        Cell::maybe(row.agents.map(|agents| agents.to_string()).as_deref())
    }),
    Column::number("HEARD", "age_ms", |row, _| {
        Cell::plain(
            row.age_ms.map_or_else(|| "now".to_owned(), |age| format!("{:.1} s ago", age as f64 / 1e3)),
        )
    }),
    Column::text("VERSION", "version", |row, _| Cell::plain(row.version.clone())),
    Column::text("ADDRESS", "url", |row, _| Cell::plain(row.url.clone())),
    Column::text("PROBLEM", "problem", |row, _| Cell::plain(row.problem.clone().unwrap_or_default())),
];
