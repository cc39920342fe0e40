//! `topmast freeze`: times in which nothing is acted on.

use super::failure::Failure;
use super::list::ShowArguments;
use super::maintenance::{Times, now, when};
use crate::output::terminal;
use crate::output::{Cell, Column, Tone, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::safety::{FreezeRequest, FreezeRow};
use topmast_model::path::ObjectPath;
use uuid::Uuid;

/// Arguments of `freeze`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Announce a freeze: once from now or --start on, or again and again with --at
    Set(SetArguments),
    /// End a freeze, or take it back
    Lift {
        /// Its id
        id: Uuid,
    },
}

#[derive(Debug, Args)]
struct SetArguments {
    /// Why nothing is to be acted on
    name: String,
    /// On what, and everything inside it
    #[arg(long = "on", value_name = "PATH", required = true)]
    objects: Vec<ObjectPath>,
    /// Only the applications inside that this filter takes, e.g. 'name=switch'
    #[arg(long, value_name = "FILTER")]
    only: Option<String>,
    #[command(flatten)]
    times: Times,
    /// The one to change; a new one when missing
    #[arg(long)]
    id: Option<Uuid>,
}

/// Lists, announces or lifts freezes.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.freeze_list().await?.items, FREEZES),
        Some(Command::Set(SetArguments { name, objects, only, times, id })) => {
            let request = FreezeRequest { id, name, objects, only, window: times.window(now())? };
            let set = client.freeze_set(&request).await?;
            Ok(terminal::print(&format!("freeze {} is announced: {}\n", set.id, when(&set.window)))?)
        }
        Some(Command::Lift { id }) => {
            client.freeze_lift(id).await?;
            Ok(terminal::print(&format!("lifted freeze {id}\n"))?)
        }
    }
}

const FREEZES: &[Column<FreezeRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("NOW", "in_force", |row, _| {
        if row.in_force { Cell::new("in force", Tone::Warn) } else { Cell::plain("-") }
    }),
    Column::text("OBJECTS", "objects", |row, _| {
        Cell::plain(row.objects.iter().map(ObjectPath::as_str).collect::<Vec<_>>().join(" "))
    }),
    Column::text("ONLY", "only", |row, _| Cell::plain(if row.only.is_empty() { "-" } else { &row.only })),
    Column::text("WHEN", "window", |row, _| Cell::plain(when(&row.window))),
    Column::text("NEXT", "periods", |row, style| {
        let next = row.periods.iter().map(|period| period.from).find(|from| *from > style.now);
        Cell::plain(human::until(style.now, next))
    }),
    Column::wide_text("BY", "by", |row, _| Cell::plain(&row.by.name)),
];
