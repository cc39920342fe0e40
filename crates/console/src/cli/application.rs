//! Columns of `topmast apps`.

use super::list::{Listed, status};
use crate::output::{Cell, Column, Tone, human};
use topmast_api::application::ApplicationRow;
use topmast_model::status::ApplicationStatus;

impl Listed for ApplicationRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
        Column::text("SERVER", "server", |row, _| Cell::plain(&row.server)),
        Column::text("STATUS", "status", |row, _| status(row, row.status.as_str(), tone(row.status))),
        Column::text("VERSION", "version", |row, _| Cell::maybe(row.version.as_deref())),
        Column::number("RESTARTS", "restarts", |row, _| {
            Cell::new(row.restarts.to_string(), if row.restarts > 0 { Tone::Warn } else { Tone::Plain })
        }),
        Column::number("HTTP PORT", "http_port", |row, _| {
            Cell::plain(row.http_port.map_or_else(|| human::UNKNOWN.to_owned(), |port| port.to_string()))
        }),
        Column::number("MEMORY", "memory_bytes", |row, _| Cell::plain(human::bytes(row.memory_bytes))),
        Column::number("CPU", "cpu_pct", |row, _| Cell::plain(human::percent(row.cpu_pct))),
        Column::number("STARTED", "started_at", |row, style| {
            Cell::plain(human::ago(style.now, row.started_at))
        }),
        Column::wide_text("KIND", "kind", |row, _| Cell::plain(row.kind.as_str())),
        Column::wide_number("PID", "pid", |row, _| {
            Cell::plain(row.pid.map_or_else(|| human::UNKNOWN.to_owned(), |pid| pid.to_string()))
        }),
        Column::wide_text("HEALTH", "health", |row, _| Cell::plain(row.health.as_str())),
        Column::wide_number("SINCE", "since", |row, style| {
            Cell::plain(human::ago(style.now, Some(row.since)))
        }),
        Column::wide_number("AGE", "age_ms", |row, _| Cell::plain(human::age(row.age_ms))),
        Column::wide_text("CAUSE", "cause", |row, _| Cell::plain(&row.cause)),
        Column::wide_text("PATH", "path", |row, _| Cell::plain(row.path.as_str())),
    ];
}

/// What a status means for its colour.
pub(super) const fn tone(status: ApplicationStatus) -> Tone {
    match status {
        ApplicationStatus::Started => Tone::Good,
        ApplicationStatus::Stopped => Tone::Dim,
        ApplicationStatus::Starting | ApplicationStatus::Stopping | ApplicationStatus::Unknown => Tone::Warn,
        ApplicationStatus::Failed | ApplicationStatus::Quarantined => Tone::Bad,
    }
}
