//! Columns of `topmast tasks`.

use super::list::{Listed, status};
use crate::output::{Cell, Column, Tone, human};
use topmast_api::task::TaskRow;
use topmast_model::status::TaskStatus;

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
