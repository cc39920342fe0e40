//! `topmast agents`: enrolled agents and their certificates.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone, human};
use clap::{Args, Subcommand};
use topmast_api::agent::AgentRow;
use topmast_api::client::Client;
use topmast_model::path::ObjectPath;

/// Arguments of `agents`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Refuse an agent's certificates from now on
    Revoke {
        /// tenant/cluster/server
        server: ObjectPath,
    },
}

/// Lists agents, or revokes one.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.agent_list().await?.items, AGENTS),
        Some(Command::Revoke { server }) => {
            client.agent_revoke(&server).await?;
            Ok(terminal::print(&format!("revoked the agent of {server}\n"))?)
        }
    }
}

const AGENTS: &[Column<AgentRow>] = &[
    Column::text("SERVER", "server", |row, _| Cell::plain(row.server.as_str())),
    Column::text("CONNECTED", "connected", |row, _| match (row.revoked_at, row.connected) {
        (Some(_), _) => Cell::new("revoked", Tone::Bad),
        (None, true) => Cell::new("yes", Tone::Good),
        (None, false) => Cell::new("no", Tone::Warn),
    }),
    Column::number("ENROLLED", "enrolled_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.enrolled_at)))
    }),
    Column::number("CERTIFICATE ENDS", "not_after", |row, style| {
        Cell::plain(human::until(style.now, row.not_after))
    }),
    Column::text("FINGERPRINT", "fingerprint", |row, _| Cell::maybe(row.fingerprint.as_deref())),
];
