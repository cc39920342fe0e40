//! `topmast tokens`: what programs authenticate with.

use super::failure::Failure;
use super::list::ShowArguments;
use super::user::grants_text;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::token::{TokenRequest, TokenRow};
use topmast_model::principal::Grant;
use uuid::Uuid;

/// Seconds of a day.
const DAY_S: u64 = 86_400;

/// Arguments of `tokens`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an API token and print its secret, which is shown this once
    Create {
        /// What it is for
        name: String,
        /// What it may do, never more than its owner: ROLE or ROLE:PATH
        #[arg(long = "grant", value_name = "ROLE[:PATH]", required = true)]
        grants: Vec<Grant>,
        /// The user it belongs to; you when missing
        #[arg(long)]
        owner: Option<String>,
        /// Days until it ends; never when missing
        #[arg(long, value_name = "DAYS")]
        days: Option<u64>,
    },
    /// End an API token, or all of a user
    Revoke {
        /// Its id
        #[arg(required_unless_present = "user")]
        id: Option<Uuid>,
        /// All tokens of this user
        #[arg(long, value_name = "NAME", conflicts_with = "id")]
        user: Option<String>,
    },
}

/// Lists, makes or ends API tokens.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.token_list().await?.items, TOKENS),
        Some(Command::Create { name, grants, owner, days }) => {
            let expires_in_s = days.map(|days| days.saturating_mul(DAY_S));
            let created = client.token_create(&TokenRequest { name, owner, grants, expires_in_s }).await?;
            arguments.show.print_secret(&created, &created.secret)
        }
        Some(Command::Revoke { user: Some(user), .. }) => {
            client.user_revoke_tokens(&user).await?;
            Ok(terminal::print(&format!("revoked the tokens of {user}\n"))?)
        }
        Some(Command::Revoke { id, .. }) => {
            let id = id.unwrap_or_default();
            client.token_revoke(id).await?;
            Ok(terminal::print(&format!("revoked token {id}\n"))?)
        }
    }
}

const TOKENS: &[Column<TokenRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("OWNER", "owner", |row, _| Cell::plain(&row.owner)),
    Column::text("GRANTS", "grants", |row, _| Cell::plain(grants_text(&row.grants))),
    Column::number("CREATED", "created_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.created_at)))
    }),
    Column::number("EXPIRES", "expires_at", |row, style| {
        Cell::plain(
            row.expires_at.map_or_else(|| "never".to_owned(), |end| human::until(style.now, Some(end))),
        )
    }),
    Column::number("LAST SEEN", "last_seen_at", |row, style| {
        Cell::plain(human::ago(style.now, row.last_seen_at))
    }),
    Column::text("FROM", "last_address", |row, _| {
        Cell::plain(row.last_address.as_deref().unwrap_or(human::UNKNOWN))
    }),
];
