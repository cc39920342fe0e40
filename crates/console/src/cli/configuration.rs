//! `topmast configurations`: sets of files of applications, their revisions, and what of them lies on servers.

mod apply;
mod edit;
pub(super) mod text;

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;
use topmast_api::client::Client;
use topmast_api::configuration::{
    ConfigurationDiff, ConfigurationQuery, ConfigurationRequest, ConfigurationRevised, ConfigurationRow,
    ConfigurationTarget, DiffQuery,
};
use topmast_model::configuration::ConfigurationStatus;

/// Arguments of `configurations`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show a configuration: its revisions, and what lies on servers
    Show {
        /// Its name
        name: String,
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Compare two revisions
    Diff {
        /// Its name
        name: String,
        /// The older revision; the one before the newer when missing, 0 is nothing
        from: Option<u64>,
        /// The newer revision; the newest when missing
        to: Option<u64>,
    },
    /// Change a configuration in $VISUAL or $EDITOR
    Edit {
        /// Its name
        name: String,
        /// Why, for the audit
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Make a configuration of a file, or give one another revision
    Set {
        /// A file with one table `configuration`, as export prints it; - is the standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// The revision that it was made from; as its first line says when missing
        #[arg(long, value_name = "REVISION")]
        base: Option<u64>,
        /// Why, for the audit
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Only show what would change
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Lay a revision down on servers
    Apply(apply::Arguments),
    /// Make an older revision the newest one, and lay it down
    Rollback(apply::RollbackArguments),
    /// List where what lies there is not what was laid down, or differs between servers
    Drift {
        /// Its name; all when missing
        name: Option<String>,
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Print configurations in the text form; all when none is named
    Export {
        /// Their names
        names: Vec<String>,
        /// An older revision of the one that is named
        #[arg(long, value_name = "REVISION")]
        revision: Option<u64>,
    },
    /// Make what a file says of configurations their newest revisions, whatever those are now
    Import {
        /// A file of tables `configuration`; - is the standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// Why, for the audit
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Only show what would change
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Delete a configuration with its revisions; files on servers stay
    Delete {
        /// Its name
        name: String,
    },
}

/// Lists, shows, changes, applies or deletes.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.configuration_list().await?.items, CONFIGURATIONS),
        Some(Command::Show { name, show }) => {
            let details = client.configuration_get(&name, &ConfigurationQuery::default()).await?;
            show.print(&details.targets, TARGETS)?;
            let revisions = details.revisions.iter().map(|revision| {
                let reason = revision.reason.as_deref().unwrap_or("no reason given");
                format!("revision {} by {} at {}: {reason}", revision.number, revision.author, revision.at)
            });
            terminal::notice(&revisions.collect::<Vec<_>>().join("\n"));
            Ok(())
        }
        Some(Command::Diff { name, from, to }) => {
            let diff = client.configuration_diff(&name, &DiffQuery { from, to }).await?;
            Ok(terminal::print(&unified(&diff))?)
        }
        Some(Command::Edit { name, reason }) => edit::edit(client, &name, reason).await,
        Some(Command::Set { file, base, reason, dry_run }) => {
            let text = text::read(&file)?;
            let base = base.or_else(|| text::base(&text));
            let request = ConfigurationRequest { text: text::resolved(&file, &text)?, base, reason, dry_run };
            set(client, &request).await
        }
        Some(Command::Apply(arguments)) => apply::apply(client, arguments).await,
        Some(Command::Rollback(arguments)) => apply::rollback(client, arguments).await,
        Some(Command::Drift { name, show }) => drift(client, name.as_deref(), &show).await,
        Some(Command::Export { names, revision }) => export(client, names, revision).await,
        Some(Command::Import { file, reason, dry_run }) => {
            let text = text::read(&file)?;
            for (name, text) in text::each(&text::resolved(&file, &text)?)? {
                let rows = client.configuration_list().await?.items;
                let base = rows.iter().find(|row| row.name == name).map(|row| row.revision);
                set(client, &ConfigurationRequest { text, base, reason: reason.clone(), dry_run }).await?;
            }
            Ok(())
        }
        Some(Command::Delete { name }) => {
            client.configuration_delete(&name).await?;
            Ok(terminal::print(&format!("deleted configuration {name}\n"))?)
        }
    }
}

async fn set(client: &Client, request: &ConfigurationRequest) -> Result<(), Failure> {
    let revised = client.configuration_revise(request).await.map_err(text::refused)?;
    Ok(terminal::print(&told(&revised, request.dry_run))?)
}

/// What a change makes, after what differs.
fn told(revised: &ConfigurationRevised, dry_run: bool) -> String {
    let name = &revised.name;
    match revised.revision {
        None => format!("{name} is so already\n"),
        Some(number) if dry_run => format!("{}{name} would have revision {number}\n", unified(&revised.diff)),
        Some(number) => format!("{name} has revision {number}\n"),
    }
}

fn unified(diff: &ConfigurationDiff) -> String {
    diff.files.iter().map(|file| file.unified.as_str()).collect()
}

/// A file that is not what was laid down, or not as on most other servers.
#[derive(Serialize)]
struct DriftRow {
    configuration: String,
    application: String,
    file: String,
    drift: String,
}

async fn drift(client: &Client, name: Option<&str>, show: &ShowArguments) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let all = client.configuration_list().await?.items;
    if let Some(name) = name.filter(|name| !all.iter().any(|row| row.name == *name)) {
        return Err(Failure::Usage(format!(
            "there is no configuration {name}; `topmast configurations` lists them"
        )));
    }
    for row in all.iter().filter(|row| name.is_none_or(|name| row.name == name)) {
        let details = client.configuration_get(&row.name, &ConfigurationQuery::default()).await?;
        for target in &details.targets {
            let each = target.drifted.iter().map(|file| DriftRow {
                configuration: row.name.clone(),
                application: target.path.to_string(),
                file: file.path.clone(),
                drift: if file.found.is_some() { "changed on the server" } else { "gone" }.to_owned(),
            });
            rows.extend(each);
        }
        for peers in &details.peers {
            let most = peers.contents.first().map_or(0, |content| content.targets.len());
            for content in peers.contents.iter().skip(1) {
                let short =
                    content.sha256.as_deref().map_or("nothing", |sha256| &sha256[..sha256.len().min(12)]);
                rows.extend(content.targets.iter().map(|target| DriftRow {
                    configuration: row.name.clone(),
                    application: target.to_string(),
                    file: peers.path.clone(),
                    drift: format!("differs from {most} others: {short}"),
                }));
            }
        }
    }
    if rows.is_empty() {
        terminal::notice("nothing has drifted");
    }
    show.print(&rows, DRIFT)
}

async fn export(client: &Client, mut names: Vec<String>, revision: Option<u64>) -> Result<(), Failure> {
    if revision.is_some() && names.len() != 1 {
        return Err(Failure::Usage("name the one configuration of which a revision is meant".into()));
    }
    if names.is_empty() {
        names = client.configuration_list().await?.items.into_iter().map(|row| row.name).collect();
    }
    for (index, name) in names.iter().enumerate() {
        let details = client.configuration_get(name, &ConfigurationQuery { revision }).await?;
        let head = if names.len() == 1 { text::head(details.revision) } else { String::new() };
        let space = if index > 0 { "\n" } else { "" };
        terminal::print(&format!("{space}{head}{}", details.text))?;
    }
    Ok(())
}

fn status_cell(status: ConfigurationStatus) -> Cell {
    let tone = match status {
        ConfigurationStatus::InSync => Tone::Good,
        ConfigurationStatus::Pending => Tone::Warn,
        ConfigurationStatus::Drifted => Tone::Bad,
    };
    Cell::new(status.as_str(), tone)
}

const CONFIGURATIONS: &[Column<ConfigurationRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("APPLICATION", "application", |row, _| Cell::plain(&row.application)),
    Column::text("WITHIN", "within", |row, _| Cell::plain(row.within.as_str())),
    Column::number("REVISION", "revision", |row, _| Cell::plain(row.revision.to_string())),
    Column::number("IN SYNC", "in_sync", |row, _| Cell::plain(row.in_sync.to_string())),
    Column::number("PENDING", "pending", |row, _| Cell::plain(row.pending.to_string())),
    Column::number("DRIFTED", "drifted", |row, _| match row.drifted {
        0 => Cell::plain("0"),
        count => Cell::new(count.to_string(), Tone::Bad),
    }),
    Column::text("AUTHOR", "author", |row, _| Cell::plain(&row.author)),
    Column::text("KEPT", "as_code", |row, _| Cell::plain(if row.as_code { "as code" } else { "by hand" })),
    Column::wide_text("FILES", "files", |row, _| Cell::plain(row.files.join(" "))),
    Column::wide_text("REASON", "reason", |row, _| Cell::plain(row.reason.as_deref().unwrap_or(""))),
];

const TARGETS: &[Column<ConfigurationTarget>] = &[
    Column::text("APPLICATION", "path", |row, _| Cell::plain(row.path.as_str())),
    Column::text("STATUS", "status", |row, _| status_cell(row.status)),
    Column::number("REVISION", "revision", |row, _| {
        Cell::plain(row.revision.map_or_else(|| "-".to_owned(), |revision| revision.to_string()))
    }),
    Column::text("DRIFTED", "drifted", |row, _| {
        let files: Vec<&str> = row.drifted.iter().map(|file| file.path.as_str()).collect();
        Cell::plain(files.join(" "))
    }),
];

const DRIFT: &[Column<DriftRow>] = &[
    Column::text("CONFIGURATION", "configuration", |row, _| Cell::plain(&row.configuration)),
    Column::text("APPLICATION", "application", |row, _| Cell::plain(&row.application)),
    Column::text("FILE", "file", |row, _| Cell::plain(&row.file)),
    Column::text("DRIFT", "drift", |row, _| Cell::new(&row.drift, Tone::Bad)),
];
