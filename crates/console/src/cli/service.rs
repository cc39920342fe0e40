//! Columns of `topmast services`.

use super::list::{Listed, status};
use crate::output::{Cell, Column, Tone, human};
use topmast_api::service::ServiceRow;
use topmast_model::status::ServiceStatus;

impl Listed for ServiceRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("SERVICE", "name", |row, _| Cell::plain(&row.name)),
        Column::text("APPLICATION", "application", |row, _| Cell::plain(&row.application)),
        Column::text("SERVER", "server", |row, _| Cell::plain(&row.server)),
        Column::text("STATUS", "status", |row, _| status(row, row.status.as_str(), tone(row.status))),
        Column::text("CODES", "codes", |row, _| match row.codes.as_slice() {
            [] => Cell::plain(human::UNKNOWN),
            codes => Cell::new(codes.join(" "), Tone::Bad),
        }),
        Column::number("TPS", "tps", |row, _| Cell::plain(human::rate(row.tps))),
        Column::number("TOTAL", "transactions_total", |row, _| {
            Cell::plain(human::count(row.transactions_total))
        }),
        Column::number("ERRORS", "errors_total", |row, _| Cell::plain(human::count(row.errors_total))),
        Column::number("ERR%", "error_pct", |row, _| {
            let tone = if row.error_pct.is_some_and(|share| share >= 5.0) { Tone::Warn } else { Tone::Plain };
            Cell::new(human::percent(row.error_pct), tone)
        }),
        Column::number("P95", "latency_p95_ms", |row, _| Cell::plain(human::millis(row.latency_p95_ms))),
        Column::number("SINCE", "since", |row, style| Cell::plain(human::ago(style.now, Some(row.since)))),
        Column::wide_number("P50", "latency_p50_ms", |row, _| Cell::plain(human::millis(row.latency_p50_ms))),
        Column::wide_text("WORST PROBLEM", "problem", |row, _| {
            Cell::maybe(row.problem.map(topmast_model::status::Severity::as_str))
        }),
        Column::wide_number("AGE", "age_ms", |row, _| Cell::plain(human::age(row.age_ms))),
        Column::wide_text("MESSAGE", "message", |row, _| Cell::maybe(row.message.as_deref())),
        Column::wide_text("PATH", "path", |row, _| Cell::plain(row.path.as_str())),
    ];
}

pub(crate) const fn tone(status: ServiceStatus) -> Tone {
    match status {
        ServiceStatus::Started => Tone::Good,
        ServiceStatus::Stopped => Tone::Dim,
        ServiceStatus::Unknown => Tone::Warn,
        ServiceStatus::Malfunction => Tone::Bad,
    }
}
