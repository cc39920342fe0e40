//! `topmast sessions`: who is logged in, and ending it.

use crate::cli::failure::Failure;
use crate::cli::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::session::SessionRow;
use uuid::Uuid;

/// Arguments of `sessions`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// End a session, or all of a user; the one that asks stays
    Revoke {
        /// Its id
        #[arg(required_unless_present = "user")]
        id: Option<Uuid>,
        /// All sessions of this user
        #[arg(long, value_name = "NAME", conflicts_with = "id")]
        user: Option<String>,
    },
}

/// Lists or ends sessions.
pub(in crate::cli) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let done = match arguments.command {
        None => return arguments.show.print(&client.session_list().await?.items, SESSIONS),
        Some(Command::Revoke { user: Some(user), .. }) => {
            client.user_end_sessions(&user).await?;
            format!("ended the sessions of {user}")
        }
        Some(Command::Revoke { id, .. }) => {
            let id = id.unwrap_or_default();
            client.session_revoke(id).await?;
            format!("ended session {id}")
        }
    };
    Ok(terminal::print(&format!("{done}\n"))?)
}

const SESSIONS: &[Column<SessionRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("USER", "user", |row, _| Cell::plain(&row.user)),
    Column::text("THIS", "current", |row, _| Cell::plain(if row.current { "yes" } else { "" })),
    Column::number("OPENED", "opened_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.opened_at)))
    }),
    Column::number("LAST SEEN", "last_seen_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.last_seen_at)))
    }),
    Column::number("EXPIRES", "expires_at", |row, style| {
        Cell::plain(human::until(style.now, Some(row.expires_at)))
    }),
    Column::text("ADDRESS", "address", |row, _| {
        Cell::plain(row.address.as_deref().unwrap_or(human::UNKNOWN))
    }),
    Column::text("CLIENT", "client", |row, _| Cell::plain(row.client.as_deref().unwrap_or(human::UNKNOWN))),
];
