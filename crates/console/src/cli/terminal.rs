//! `topmast terminals`: what was run on which servers, and how it looked.

mod replay;

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::{Cell, Column, Form, Tone, human, terminal};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::terminal::{TerminalPane, TerminalQuery, TerminalRow};
use uuid::Uuid;

/// Arguments of `terminals`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Most terminals
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what became of each server of a terminal
    Show {
        /// The terminal's id
        id: Uuid,
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Play what a server printed, as it was printed
    Replay(replay::Arguments),
}

/// Lists, shows or plays.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { command, limit, show } = arguments;
    match command {
        Some(Command::Show { id, show }) => show_one(client, id, &show).await,
        Some(Command::Replay(arguments)) => replay::run(client, &arguments).await,
        None => {
            let page = client.terminal_list(&TerminalQuery { limit, offset: None }).await?;
            show.print(&page.items, TERMINALS)?;
            let shown = page.items.len() as u64;
            if matches!(show.output, Form::Table | Form::Wide) && shown < page.total {
                terminal::notice(&format!("{shown} of {} shown", page.total));
            }
            Ok(())
        }
    }
}

/// The terminal itself, then its servers.
async fn show_one(client: &Client, id: Uuid, show: &ShowArguments) -> Result<(), Failure> {
    let details = client.terminal_get(id).await?;
    match show.output {
        Form::Json => return Ok(terminal::print(&format!("{}\n", serde_json::to_string_pretty(&details)?))?),
        Form::Csv => {}
        Form::Table | Form::Wide => {
            show.print(std::slice::from_ref(&details.row), TERMINALS)?;
            terminal::print("\n")?;
        }
    }
    show.print(&details.panes, PANES)
}

/// Columns of a list of terminals.
const TERMINALS: &[Column<TerminalRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("BY", "actor", |row, _| Cell::plain(row.actor.name.clone())),
    Column::number("SERVERS", "servers", |row, _| Cell::plain(row.servers.to_string())),
    Column::text("ENDED", "succeeded", |row, _| match row.closed_at {
        None => Cell::new("open", Tone::Warn),
        Some(_) if row.succeeded == row.servers => Cell::new("exit 0", Tone::Good),
        Some(_) if row.command.is_none() => Cell::plain("closed"),
        Some(_) => Cell::new(format!("{} exit 0", row.succeeded), Tone::Bad),
    }),
    Column::number("AGE", "opened_at", |row, style| Cell::plain(human::ago(style.now, Some(row.opened_at)))),
    Column::wide_text("AS", "account", |row, _| Cell::maybe(row.account.as_deref())),
    Column::text("REASON", "reason", |row, _| Cell::maybe(row.reason.as_deref())),
    Column::text("COMMAND", "command", |row, _| {
        Cell::plain(
            row.command
                .as_deref()
                .map_or_else(|| "(shell)".to_owned(), |command| command.replace('\n', "; ")),
        )
    }),
];

/// Columns of a terminal's servers.
const PANES: &[Column<TerminalPane>] = &[
    Column::text("SERVER", "server", |pane, _| Cell::plain(pane.server.as_str())),
    Column::text("OUTCOME", "outcome", |pane, _| {
        let tone = match (pane.outcome.as_str(), pane.exit_code) {
            ("exited", Some(0)) => Tone::Good,
            ("open", _) => Tone::Warn,
            _ => Tone::Bad,
        };
        Cell::new(pane.exit_code.map_or_else(|| pane.outcome.clone(), |code| format!("exit {code}")), tone)
    }),
    Column::text("AS", "account", |pane, _| {
        Cell::maybe(Some(pane.account.as_str()).filter(|text| !text.is_empty()))
    }),
    Column::number("TYPED", "bytes_in", |pane, _| Cell::plain(human::bytes(Some(pane.bytes_in)))),
    Column::number("PRINTED", "bytes_out", |pane, _| Cell::plain(human::bytes(Some(pane.bytes_out)))),
    Column::text("RECORDING", "recording", |pane, _| {
        Cell::plain(match (&pane.unrecorded, &pane.recording) {
            (Some(why), _) => format!("not whole: {why}"),
            (None, Some(digest)) => digest.get(..12).unwrap_or(digest).to_owned(),
            (None, None) => human::UNKNOWN.to_owned(),
        })
    }),
    Column::text("DETAIL", "detail", |pane, _| {
        Cell::plain(if pane.exit_code.is_some() { "" } else { &pane.detail })
    }),
];
