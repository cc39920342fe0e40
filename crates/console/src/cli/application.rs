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
        Column::number("RESTARTS", "restarts", |row, _| restarts(row.restarts)),
        Column::number("HTTP PORT", "http_port", |row, _| {
            Cell::plain(row.http_port.map_or_else(|| human::UNKNOWN.to_owned(), |port| port.to_string()))
        }),
        Column::number("MEMORY", "memory_bytes", |row, _| Cell::plain(human::bytes(row.memory_bytes))),
        Column::number("CPU", "cpu_pct", |row, _| Cell::plain(human::percent(row.cpu_pct))),
        Column::number("STARTED", "started_at", |row, style| {
            Cell::plain(human::ago(style.now, row.started_at))
        }),
        Column::wide_text("VERSION DIFFERS", "version_differs", |row, _| match row.version_differs {
            Some(true) => Cell::new("yes", Tone::Warn),
            Some(false) => Cell::plain("no"),
            None => Cell::plain(human::UNKNOWN),
        }),
        Column::wide_number("INSTANCES", "instances_started", |row, _| {
            Cell::plain(format!("{}/{}", row.instances_started, row.instances_total))
        }),
        Column::wide_number("RESTARTS 1H", "restarts_1h", |row, _| restarts(row.restarts_1h)),
        Column::wide_number("RESTARTS 24H", "restarts_24h", |row, _| restarts(row.restarts_24h)),
        Column::wide_number("TPS", "tps", |row, _| Cell::plain(human::rate(row.tps))),
        Column::wide_number("ERRORS", "errors_total", |row, _| Cell::plain(human::count(row.errors_total))),
        Column::wide_number("ERR%", "error_pct", |row, _| Cell::plain(human::percent(row.error_pct))),
        Column::wide_text("LAST ACTION", "last_action", |row, style| match &row.last_action {
            Some(last) => Cell::plain(format!(
                "{} {} by {}, {} ago",
                last.operation,
                last.status,
                last.principal,
                human::ago(style.now, Some(last.at))
            )),
            None => Cell::plain(human::UNKNOWN),
        }),
        Column::wide_text("KIND", "kind", |row, _| Cell::plain(row.kind.as_str())),
        Column::wide_number("PID", "pid", |row, _| {
            Cell::plain(row.pid.map_or_else(|| human::UNKNOWN.to_owned(), |pid| pid.to_string()))
        }),
        Column::wide_text("HEALTH", "health", |row, _| Cell::plain(row.health.as_str())),
        Column::wide_text("WORST PROBLEM", "problem", |row, _| {
            Cell::maybe(row.problem.map(topmast_model::status::Severity::as_str))
        }),
        Column::wide_number("SINCE", "since", |row, style| {
            Cell::plain(human::ago(style.now, Some(row.since)))
        }),
        Column::wide_number("AGE", "age_ms", |row, _| Cell::plain(human::age(row.age_ms))),
        Column::wide_text("CAUSE", "cause", |row, _| Cell::plain(&row.cause)),
        Column::wide_text("PATH", "path", |row, _| Cell::plain(row.path.as_str())),
    ];
}

/// How often it restarted; more than never deserves a look.
fn restarts(count: u32) -> Cell {
    Cell::new(count.to_string(), if count > 0 { Tone::Warn } else { Tone::Plain })
}

/// What a status means for its colour.
pub(crate) const fn tone(status: ApplicationStatus) -> Tone {
    match status {
        ApplicationStatus::Started => Tone::Good,
        ApplicationStatus::Stopped => Tone::Dim,
        ApplicationStatus::Starting | ApplicationStatus::Stopping | ApplicationStatus::Unknown => Tone::Warn,
        ApplicationStatus::Failed | ApplicationStatus::Quarantined => Tone::Bad,
    }
}
