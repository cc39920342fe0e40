//! `topmast maintenance`: times announced beforehand in which nobody is told of problems.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone, human};
use clap::{Args, Subcommand};
use std::time::SystemTime;
use topmast_api::client::Client;
use topmast_api::maintenance::{MaintenanceRequest, MaintenanceRow, MaintenanceWindow};
use topmast_api::time::Timestamp;
use topmast_model::maintenance::{Days, TimeOfDay, Weekday};
use topmast_model::path::ObjectPath;
use topmast_model::rule::Span;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Arguments of `maintenance`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Announce a maintenance: once from now or --start on, or again and again with --at
    Set(SetArguments),
    /// End a maintenance, or take it back
    Cancel {
        /// Its id
        id: Uuid,
    },
}

#[derive(Debug, Args)]
struct SetArguments {
    /// What is done
    name: String,
    /// On what, and everything inside it
    #[arg(long = "on", value_name = "PATH", required = true)]
    objects: Vec<ObjectPath>,
    /// For how long, e.g. 2h
    #[arg(long = "for", value_name = "SPAN")]
    lasts: Span,
    /// When it begins, e.g. 2026-03-01T22:00:00Z; now when missing
    #[arg(long, value_name = "TIME", conflicts_with = "at")]
    start: Option<Timestamp>,
    /// Again and again at this time of day, e.g. 02:30
    #[arg(long, value_name = "HH:MM", requires = "zone", value_parser = time_of_day)]
    at: Option<TimeOfDay>,
    /// The time zone of --at, e.g. Europe/Zurich
    #[arg(long, requires = "at")]
    zone: Option<String>,
    /// Only on these days of the week; every day when missing
    #[arg(long, value_delimiter = ',', requires = "at", value_parser = weekday)]
    days: Vec<Weekday>,
    /// Not from here on
    #[arg(long, value_name = "TIME", requires = "at")]
    until: Option<Timestamp>,
    /// The one to change; a new one when missing
    #[arg(long)]
    id: Option<Uuid>,
}

fn time_of_day(text: &str) -> Result<TimeOfDay, String> {
    TimeOfDay::try_from(text.to_owned())
}

fn weekday(text: &str) -> Result<Weekday, String> {
    serde_json::from_value(text.to_lowercase().into())
        .map_err(|_| format!("{text:?} is no day of the week; write for example monday"))
}

/// Lists, announces or cancels maintenances.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.maintenance_list().await?.items, MAINTENANCES),
        Some(Command::Set(arguments)) => {
            let set = client.maintenance_set(&arguments.request()).await?;
            Ok(terminal::print(&format!("maintenance {} is announced: {}\n", set.id, when(&set.window)))?)
        }
        Some(Command::Cancel { id }) => {
            client.maintenance_cancel(id).await?;
            Ok(terminal::print(&format!("cancelled maintenance {id}\n"))?)
        }
    }
}

impl SetArguments {
    fn request(self) -> MaintenanceRequest {
        let Self { name, objects, lasts, start, at, zone, days, until, id } = self;
        let window = if let (Some(at), Some(zone)) = (at, zone) {
            let on = if days.is_empty() { Days::Daily } else { Days::Weekly(days) };
            MaintenanceWindow::Recurring { on, at, zone, lasts, until }
        } else {
            let starts_at = start.unwrap_or_else(now);
            MaintenanceWindow::Once { starts_at, ends_at: Timestamp(starts_at.0.plus(lasts.duration())) }
        };
        MaintenanceRequest { id, name, objects, window }
    }
}

fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(UnixMillis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)))
}

/// A window in words.
fn when(window: &MaintenanceWindow) -> String {
    match window {
        MaintenanceWindow::Once { starts_at, ends_at } => format!("{starts_at} to {ends_at}"),
        MaintenanceWindow::Flexible { starts_at, ends_at, lasts } => {
            format!("{lasts} from the first problem between {starts_at} and {ends_at} on")
        }
        MaintenanceWindow::Recurring { on, at, zone, lasts, until } => {
            let days = match on {
                Days::Daily => "daily".to_owned(),
                Days::Weekly(days) => days.iter().map(word).collect::<Vec<_>>().join(", "),
                other => word(other),
            };
            let end = until.map(|until| format!(", until {until}")).unwrap_or_default();
            format!("{days} at {} {zone} for {lasts}{end}", String::from(*at))
        }
    }
}

/// As JSON has it, without the quotation marks of a text.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

const MAINTENANCES: &[Column<MaintenanceRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("NOW", "in_force", |row, _| {
        if row.in_force { Cell::new("in force", Tone::Warn) } else { Cell::plain("-") }
    }),
    Column::text("OBJECTS", "objects", |row, _| {
        Cell::plain(row.objects.iter().map(ObjectPath::as_str).collect::<Vec<_>>().join(" "))
    }),
    Column::text("WHEN", "window", |row, _| Cell::plain(when(&row.window))),
    Column::text("NEXT", "periods", |row, style| {
        let next = row.periods.iter().map(|period| period.from).find(|from| *from > style.now);
        Cell::plain(human::until(style.now, next))
    }),
    Column::wide_text("BY", "by", |row, _| Cell::plain(&row.by.name)),
];
