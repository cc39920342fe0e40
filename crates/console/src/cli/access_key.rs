//! `topmast access-keys`: what AWS' own tools sign their requests with.

use super::failure::Failure;
use super::list::ShowArguments;
use super::user::grants_text;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use topmast_api::access_key::{AccessKeyCreated, AccessKeyRequest, AccessKeyRow};
use topmast_api::client::Client;
use topmast_model::account::AccessKeyId;
use topmast_model::principal::Grant;

/// Seconds of a day.
const DAY_S: u64 = 86_400;

/// Arguments of `access-keys`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an access key and print it for a shell, its secret this once
    Create {
        /// What it is for
        name: String,
        /// What it may do in one tenant, never more than its owner: ROLE:PATH
        #[arg(long = "grant", value_name = "ROLE:PATH", required = true)]
        grants: Vec<Grant>,
        /// The user it belongs to; you when missing
        #[arg(long)]
        owner: Option<String>,
        /// Days until it ends; never when missing
        #[arg(long, value_name = "DAYS")]
        days: Option<u64>,
    },
    /// End an access key
    Revoke {
        /// Its id
        id: AccessKeyId,
    },
}

/// Lists, makes or ends access keys.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.access_key_list().await?.items, KEYS),
        Some(Command::Create { name, grants, owner, days }) => {
            let expires_in_s = days.map(|days| days.saturating_mul(DAY_S));
            let created =
                client.access_key_create(&AccessKeyRequest { name, owner, grants, expires_in_s }).await?;
            arguments.show.print_secret(&created, &exports(&created))
        }
        Some(Command::Revoke { id }) => {
            client.access_key_revoke(&id).await?;
            Ok(terminal::print(&format!("revoked access key {id}\n"))?)
        }
    }
}

/// The key as a shell takes it, for its id is told nowhere else at once: `eval "$(topmast access-keys create …)"`.
fn exports(created: &AccessKeyCreated) -> String {
    let AccessKeyCreated { secret, row } = created;
    format!("export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={secret}", row.id)
}

const KEYS: &[Column<AccessKeyRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("ACCOUNT", "account", |row, _| Cell::plain(row.account.to_string())),
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
];
