//! `topmast packages keys`: whose signatures of packages are trusted.

use crate::cli::failure::Failure;
use crate::cli::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use std::io::Read as _;
use std::path::Path;
use topmast_api::client::Client;
use topmast_api::package::{TrustKeyRequest, TrustKeyRow};
use topmast_model::package::key::TrustKeyId;
use topmast_model::path::ObjectPath;

/// Most bytes read of a file that is to hold a key; minisign's has some 120.
const FILE_MAX: u64 = 4 << 10;

/// Arguments of `packages keys`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the keys
    List {
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Trust what a key signs; from the first one on, unsigned packages are refused
    Add {
        /// minisign's public key: its .pub file, or the second line of it
        #[arg(value_name = "FILE|KEY")]
        key: String,
        /// Whose it is
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
        /// Whose servers are to trust it; those of the master's own tenant when missing
        #[arg(long)]
        tenant: Option<ObjectPath>,
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Trust keys no longer
    Remove {
        /// Which, as the list shows it
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<TrustKeyId>,
        /// Whose; needed where several tenants trust it
        #[arg(long)]
        tenant: Option<ObjectPath>,
    },
}

/// Lists, adds or removes.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => list(client, &arguments.show).await,
        Some(Command::List { show }) => list(client, &show).await,
        Some(Command::Add { key, comment, tenant, show }) => {
            let request = TrustKeyRequest { tenant, key: text_of(key)?, comment };
            show.print(std::slice::from_ref(&client.trust_key_add(&request).await?), KEYS)
        }
        Some(Command::Remove { keys, tenant }) => remove(client, &keys, tenant.as_ref()).await,
    }
}

async fn list(client: &Client, show: &ShowArguments) -> Result<(), Failure> {
    show.print(&client.trust_key_list().await?.items, KEYS)
}

/// The text of the file, where there is one of the name; else the key itself.
fn text_of(given: String) -> Result<String, Failure> {
    let path = Path::new(&given);
    if !path.is_file() {
        return Ok(given);
    }
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(FILE_MAX).read_to_string(&mut text));
    read.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
    Ok(text)
}

async fn remove(client: &Client, keys: &[TrustKeyId], tenant: Option<&ObjectPath>) -> Result<(), Failure> {
    let all = client.trust_key_list().await?.items;
    let mut found = Vec::new();
    for id in keys {
        let is_meant =
            |row: &&TrustKeyRow| row.id == *id && tenant.is_none_or(|tenant| *tenant == row.tenant);
        let mut rows = all.iter().filter(is_meant);
        match (rows.next(), rows.next()) {
            (Some(row), None) => found.push(row),
            (None, _) => {
                return Err(Failure::Usage(format!(
                    "there is no key {id}; `topmast packages keys list` shows them"
                )));
            }
            (Some(first), Some(_)) => {
                return Err(Failure::Usage(format!(
                    "several tenants trust {id}; name one with --tenant {}",
                    first.tenant
                )));
            }
        }
    }
    for row in found {
        client.trust_key_remove(&row.tenant, row.id).await?;
        terminal::print(&format!("key {} removed\n", row.id))?;
    }
    Ok(())
}

const KEYS: &[Column<TrustKeyRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("COMMENT", "comment", |row, _| Cell::plain(row.comment.as_deref().unwrap_or("-"))),
    Column::text("KEY", "key", |row, _| Cell::plain(row.key.as_str())),
    Column::number("ADDED", "added_at", |row, style| Cell::plain(human::ago(style.now, Some(row.added_at)))),
    Column::text("BY", "added_by", |row, _| Cell::plain(&row.added_by)),
    Column::wide_text("TENANT", "tenant", |row, _| Cell::plain(row.tenant.as_str())),
];
