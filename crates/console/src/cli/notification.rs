//! `topmast channels`, `routes` and `notifications`: where problems are told, and what was told.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone};
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use topmast_api::client::Client;
use topmast_api::notification::{
    ChannelRow, NotificationRow, NotificationWhy, NotificationsPlan, NotificationsRequest, RouteRow,
};
use topmast_api::page::ListQuery;
use topmast_model::notification::text;

/// Arguments of `channels`.
#[derive(Debug, Args)]
pub(super) struct ChannelArguments {
    #[command(subcommand)]
    command: Option<ChannelCommand>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Arguments of `routes`.
#[derive(Debug, Args)]
pub(super) struct RouteArguments {
    #[command(subcommand)]
    command: Option<RouteCommand>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Arguments of `notifications`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct NotificationArguments {
    #[command(subcommand)]
    command: Option<NotificationCommand>,
    /// Which, e.g. `problem=17 result!=delivered`
    filter: Vec<String>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Args)]
struct ApplyArguments {
    /// The file, as the guide shows; - is the standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Delete those that are not in the file and that you manage
    #[arg(long)]
    prune: bool,
    /// Only tell what it would do
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum ChannelCommand {
    /// List them
    List,
    /// Apply the channels of a file, all of them or none
    Apply(ApplyArguments),
    /// Print channels as a file has them, without secrets; all when none is named
    Show {
        /// Their names
        names: Vec<String>,
    },
    /// Delete a channel that no route uses
    Delete {
        /// Its name
        name: String,
    },
    /// Send a test message, and print what the receiver says
    Test {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum RouteCommand {
    /// List them
    List,
    /// Apply the routes of a file, all of them or none
    Apply(ApplyArguments),
    /// Print routes as a file has them; all when none is named
    Show {
        /// Their names
        names: Vec<String>,
    },
    /// Delete a route
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum NotificationCommand {
    /// Say why channels were told of a problem, or were not
    Why {
        /// The problem's number
        problem: String,
    },
}

/// Lists, applies, shows, deletes or tests channels.
pub(super) async fn channels(client: &Client, arguments: ChannelArguments) -> Result<(), Failure> {
    match arguments.command {
        None | Some(ChannelCommand::List) => {
            arguments.show.print(&client.channel_list().await?.items, CHANNELS)
        }
        Some(ChannelCommand::Apply(ApplyArguments { file, prune, dry_run })) => {
            let text = read(&file)?;
            text::read_channels(&text).map_err(|error| wrong(&file, &error))?;
            let plan = client.channel_apply(&NotificationsRequest { text, prune, dry_run }).await?;
            Ok(terminal::print(&told(&plan, dry_run))?)
        }
        Some(ChannelCommand::Show { names }) => {
            let all = client.channel_list().await?.items;
            show("channel", &names, all.iter().map(|row| (row.name.as_str(), row.text.as_str())))
        }
        Some(ChannelCommand::Delete { name }) => {
            client.channel_delete(&name).await?;
            Ok(terminal::print(&format!("deleted channel {name}\n"))?)
        }
        Some(ChannelCommand::Test { name }) => {
            let test = client.channel_test(&name).await?;
            if !test.delivered {
                return Err(Failure::Usage(format!("channel {name} did not take it: {}", test.answer)));
            }
            Ok(terminal::print(&format!("channel {name} took it: {}\n", test.answer))?)
        }
    }
}

/// Lists, applies, shows or deletes routes.
pub(super) async fn routes(client: &Client, arguments: RouteArguments) -> Result<(), Failure> {
    match arguments.command {
        None | Some(RouteCommand::List) => arguments.show.print(&client.route_list().await?.items, ROUTES),
        Some(RouteCommand::Apply(ApplyArguments { file, prune, dry_run })) => {
            let text = read(&file)?;
            text::read_routes(&text).map_err(|error| wrong(&file, &error))?;
            let plan = client.route_apply(&NotificationsRequest { text, prune, dry_run }).await?;
            Ok(terminal::print(&told(&plan, dry_run))?)
        }
        Some(RouteCommand::Show { names }) => {
            let all = client.route_list().await?.items;
            show("route", &names, all.iter().map(|row| (row.name.as_str(), row.text.as_str())))
        }
        Some(RouteCommand::Delete { name }) => {
            client.route_delete(&name).await?;
            Ok(terminal::print(&format!("deleted route {name}\n"))?)
        }
    }
}

/// Lists what channels were told, or says why.
pub(super) async fn notifications(client: &Client, arguments: NotificationArguments) -> Result<(), Failure> {
    if let Some(NotificationCommand::Why { problem }) = arguments.command {
        return Ok(terminal::print(&in_words(&client.notification_why(&problem).await?))?);
    }
    let filter = Some(arguments.filter.join(" ")).filter(|filter| !filter.is_empty());
    let page = client.notification_list(&ListQuery { filter, ..ListQuery::default() }).await?;
    arguments.show.print(&page.items, NOTIFICATIONS)
}

fn wrong(file: &Path, error: &text::NotificationTextError) -> Failure {
    Failure::Usage(format!("{}: {error}", file.display()))
}

fn show<'a>(
    what: &str,
    names: &[String],
    all: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Failure> {
    let all: Vec<(&str, &str)> = all.collect();
    if let Some(name) = names.iter().find(|name| !all.iter().any(|(known, _)| known == name)) {
        return Err(Failure::Usage(format!("there is no {what} {name}; `topmast {what}s` lists them")));
    }
    let wanted = all.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|one| one == name));
    let texts: Vec<&str> = wanted.map(|(_, text)| text.trim_end()).collect();
    Ok(terminal::print(&format!("{}\n", texts.join("\n\n")))?)
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
    Ok(text)
}

fn told(plan: &NotificationsPlan, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let lists = [("added", &plan.added), ("changed", &plan.changed), ("deleted", &plan.deleted)];
    let lines = lists
        .iter()
        .flat_map(|(what, names)| names.iter().map(move |name| format!("{name} {would}{what}\n")));
    format!("{}{} unchanged\n", lines.collect::<String>(), plan.unchanged.len())
}

fn in_words(why: &NotificationWhy) -> String {
    let mut lines = format!("problem {}: {}\n", why.problem, why.summary);
    for (what, all) in [("route", &why.routes), ("channel", &why.channels)] {
        if all.is_empty() {
            let _ = writeln!(lines, "no {what} has to do with it");
        }
        for one in all {
            let _ = writeln!(lines, "{what} {}: {}", one.name, one.says);
        }
    }
    lines
}

const CHANNELS: &[Column<ChannelRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("KIND", "kind", |row, _| Cell::plain(&row.kind)),
    Column::text("STATUS", "status", |row, _| match (row.enabled, row.status.as_str()) {
        (false, _) => Cell::new("disabled", Tone::Dim),
        (true, status) => Cell::plain(status),
    }),
    Column::number("LAST HOUR", "recent", |row, _| Cell::plain(row.recent.to_string())),
    Column::text("TENANT", "tenant", |row, _| {
        Cell::plain(row.tenant.as_ref().map_or("all", |tenant| tenant.as_str()))
    }),
];

const ROUTES: &[Column<RouteRow>] = &[
    Column::number("ORDER", "order", |row, _| Cell::plain(row.order.to_string())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("SEVERITY", "severity", |row, _| {
        Cell::plain(row.severity.map_or("any", |severity| severity.as_str()))
    }),
    Column::text("CHANNELS", "channels", |row, _| Cell::plain(row.channels.join(", "))),
    Column::text("ACTIVE", "in_schedule", |row, _| {
        let active = row.enabled && row.in_schedule;
        if active { Cell::plain("yes") } else { Cell::new("no", Tone::Dim) }
    }),
    Column::text("CONTINUE", "goes_on", |row, _| Cell::plain(if row.goes_on { "yes" } else { "no" })),
    Column::text("FILTER", "filter", |row, _| Cell::plain(&row.filter)),
];

const NOTIFICATIONS: &[Column<NotificationRow>] = &[
    Column::text("TIME", "time", |row, _| Cell::plain(row.time.to_string())),
    Column::text("ABOUT", "about", |row, _| Cell::plain(&row.about)),
    Column::text("CHANNEL", "channel", |row, _| Cell::plain(&row.channel)),
    Column::text("ROUTE", "route", |row, _| {
        Cell::plain(if row.route.is_empty() { &row.why } else { &row.route })
    }),
    Column::text("RESULT", "result", |row, _| Cell::plain(&row.result)),
    Column::number("ATTEMPT", "attempt", |row, _| Cell::plain(row.attempt.to_string())),
    Column::text("REASON", "reason", |row, _| Cell::plain(&row.reason)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::notification::Says;

    #[test]
    fn why_is_told_in_words() {
        let says = |name: &str, says: &str| Says { name: name.into(), says: says.into() };
        let why = NotificationWhy {
            problem: 7,
            summary: "nobody is told: somebody has it in hand".into(),
            routes: vec![says("all", "takes it, for chat")],
            channels: Vec::new(),
        };
        let expect = "problem 7: nobody is told: somebody has it in hand\nroute all: takes it, for chat\n\
                      no channel has to do with it\n";
        assert_eq!(in_words(&why), expect);
    }
}
