//! `topmast join-tokens`: the secrets with which servers enter a cluster.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::join_token::{JoinTokenRequest, JoinTokenRow};
use topmast_model::path::ObjectPath;
use uuid::Uuid;

/// Seconds of a minute.
const MINUTE_S: u64 = 60;

/// Arguments of `join-tokens`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a join token and print its secret, which is shown this once
    Create {
        /// tenant/cluster; the master's own when missing
        #[arg(long, value_name = "PATH")]
        cluster: Option<ObjectPath>,
        /// How many servers it admits
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Minutes until it ends
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// End a join token
    Revoke {
        /// Its id
        id: Uuid,
    },
}

/// Lists, makes or ends join tokens.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.join_token_list().await?.items, JOIN_TOKENS),
        Some(Command::Create { cluster, uses, minutes }) => {
            let expires_in_s = Some(minutes.saturating_mul(MINUTE_S));
            let request = JoinTokenRequest { cluster, uses: Some(uses), expires_in_s };
            let created = client.join_token_create(&request).await?;
            arguments.show.print_secret(&created, &created.secret)
        }
        Some(Command::Revoke { id }) => {
            client.join_token_revoke(id).await?;
            Ok(terminal::print(&format!("revoked join token {id}\n"))?)
        }
    }
}

const JOIN_TOKENS: &[Column<JoinTokenRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("CLUSTER", "cluster", |row, _| Cell::plain(row.cluster.as_str())),
    Column::number("LEFT", "uses_left", |row, _| Cell::plain(format!("{}/{}", row.uses_left, row.uses))),
    Column::number("CREATED", "created_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.created_at)))
    }),
    Column::number("EXPIRES", "expires_at", |row, style| {
        Cell::plain(human::until(style.now, Some(row.expires_at)))
    }),
];
