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

/// Said of a token that speaks for users.
const DANGER: &str = "whoever has this token may act as every user of this cluster, as far as its grants reach: keep it as \
    you keep an administrator's password, say with `topmast networks` from where it may come, and revoke it when in doubt";

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
        /// For a console of several clusters: whoever has it may act as every user, as far as its grants reach
        #[arg(long)]
        console: bool,
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
        Some(Command::Create { name, grants, owner, days, console }) => {
            let expires_in_s = days.map(|days| days.saturating_mul(DAY_S));
            let request = TokenRequest { name, owner, grants, expires_in_s, speaks_for_users: console };
            let created = client.token_create(&request).await?;
            if console {
                terminal::notice(DANGER);
            }
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
    Column::text("FOR", "speaks_for_users", |row, _| {
        Cell::plain(if row.speaks_for_users { "every user" } else { "itself" })
    }),
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
