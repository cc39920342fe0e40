//! `topmast tasks`: lists, the runs of one, and running one now.

use super::failure::Failure;
use super::list::{self, ListArguments, Listed, ShowArguments, status};
use crate::output::terminal;
use crate::output::{Cell, Column, Form, Tone, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::task::{TaskRow, TaskRunRequest, TaskRunRow, TaskRunsQuery};
use topmast_model::path::ObjectPath;
use topmast_model::status::TaskStatus;

/// Arguments of `tasks`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: ListArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let its agent run a task now
    Run {
        /// tenant/cluster/server/application/task
        path: ObjectPath,
        /// Why, for the audit
        #[arg(short = 'm', long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Show what became of the runs of a task that an agent runs, the newest first
    Runs {
        /// tenant/cluster/server/application/task
        path: ObjectPath,
        /// Most runs
        #[arg(long, value_name = "COUNT")]
        limit: Option<u32>,
        /// Also what each printed
        #[arg(long)]
        printed: bool,
        #[command(flatten)]
        show: ShowArguments,
    },
}

/// Lists tasks or runs, or runs one.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => list::run::<TaskRow>(client, &arguments.list).await,
        Some(Command::Run { path, reason }) => {
            let ordered = client.task_run_create(&path, &TaskRunRequest { reason }).await?;
            Ok(terminal::print(&format!("ordered run {} of {path}\n", ordered.id))?)
        }
        Some(Command::Runs { path, limit, printed, show }) => {
            let runs = client.task_run_list(&path, &TaskRunsQuery { before: None, limit }).await?;
            show.print(&runs.items, RUNS)?;
            if printed && matches!(show.output, Form::Table | Form::Wide) {
                for run in runs.items.iter().filter(|run| !run.output.is_empty()) {
                    terminal::print(&format!("\n--- {}\n{}\n", run.started, run.output.trim_end()))?;
                }
            }
            Ok(())
        }
    }
}

const RUNS: &[Column<TaskRunRow>] = &[
    Column::text("STARTED", "started", |run, _| Cell::plain(run.started.to_string())),
    Column::number("TOOK", "duration_ms", |run, _| Cell::plain(human::millis(Some(run.duration_ms as f64)))),
    Column::text("RESULT", "succeeded", |run, _| {
        if run.succeeded { Cell::new("OK", Tone::Good) } else { Cell::new("FAILED", Tone::Bad) }
    }),
    Column::number("CODE", "code", |run, _| Cell::maybe(run.code.map(|code| code.to_string()).as_deref())),
    Column::number("ATTEMPT", "attempt", |run, _| Cell::plain(run.attempt.to_string())),
    Column::text("BY", "by", |run, _| match (&run.by, &run.made_up) {
        (Some(by), _) => Cell::plain(by),
        (None, Some(_)) => Cell::new("schedule, made up", Tone::Warn),
        (None, None) => Cell::plain("schedule"),
    }),
    Column::text("MESSAGE", "message", |run, _| Cell::maybe(run.message.as_deref())),
    Column::wide_text("MADE UP", "made_up", |run, _| Cell::maybe(run.made_up.as_deref())),
    Column::wide_text("DUE", "due", |run, _| Cell::maybe(run.due.map(|due| due.to_string()).as_deref())),
];

impl Listed for TaskRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("TASK", "name", |row, _| Cell::plain(&row.name)),
        Column::text("APPLICATION", "application", |row, _| Cell::plain(&row.application)),
        Column::text("SERVER", "server", |row, _| Cell::plain(&row.server)),
        Column::text("STATUS", "status", |row, _| status(row, row.status.as_str(), tone(row.status))),
        Column::text("SCHEDULE", "schedule", |row, _| Cell::maybe(row.schedule.as_deref())),
        Column::number("STARTED", "last_started", |row, style| {
            Cell::plain(human::ago(style.now, row.last_started))
        }),
        Column::number("FINISHED", "last_finished", |row, style| {
            Cell::plain(human::ago(style.now, row.last_finished))
        }),
        Column::number("NEXT", "next_due", |row, style| Cell::plain(human::until(style.now, row.next_due))),
        Column::text("MESSAGE", "message", |row, _| Cell::maybe(row.message.as_deref())),
        Column::wide_number("DONE", "done", |row, style| {
            let Some((done, total)) = row.done.zip(row.total) else { return Cell::plain(human::UNKNOWN) };
            let eta =
                row.eta.map(|eta| format!(" {}", human::until(style.now, Some(eta)))).unwrap_or_default();
            Cell::plain(format!("{done}/{total}{eta}"))
        }),
        Column::wide_number("TOOK", "duration_ms", |row, _| {
            Cell::plain(human::millis(row.duration_ms.map(|span| span as f64)))
        }),
        Column::wide_number("LATE BY", "late_s", |row, _| {
            Cell::plain(row.late_s.map_or_else(|| human::UNKNOWN.to_owned(), human::span))
        }),
        Column::wide_number("SINCE", "since", |row, style| {
            Cell::plain(human::ago(style.now, Some(row.since)))
        }),
        Column::wide_number("AGE", "age_ms", |row, _| Cell::plain(human::age(row.age_ms))),
        Column::wide_text("PATH", "path", |row, _| Cell::plain(row.path.as_str())),
    ];
}

pub(crate) const fn tone(status: TaskStatus) -> Tone {
    match status {
        TaskStatus::Ok => Tone::Good,
        TaskStatus::Running => Tone::Plain,
        TaskStatus::Late | TaskStatus::Unknown => Tone::Warn,
        TaskStatus::Failed => Tone::Bad,
    }
}
