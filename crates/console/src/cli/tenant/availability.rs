//! `topmast tenants availability`: how available what tenants have was, and what of the error budget is left.

use super::super::failure::Failure;
use super::super::list::ShowArguments;
use crate::output::{Cell, Column, Tone, human};
use clap::Args;
use serde::Serialize;
use topmast_api::availability::{
    Availability, AvailabilityQuery, AvailabilityRow, AvailabilityTime, OutageRow,
};
use topmast_api::client::Client;
use topmast_model::path::ObjectPath;

/// Arguments of `tenants availability`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Name of the tenant; one line for each when missing
    tenant: Option<ObjectPath>,
    /// today, 7d, 30d or 90d, by UTC, the present day included
    #[arg(long, value_name = "PERIOD", default_value = "30d", conflicts_with = "month")]
    period: String,
    /// A month, as 2026-11, instead
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// List the outages instead, with their causes
    #[arg(long, requires = "tenant")]
    outages: bool,
    #[command(flatten)]
    show: ShowArguments,
}

/// Prints what was asked for.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { tenant, period, month, outages, show } = arguments;
    let period = month.is_none().then_some(period);
    let query = AvailabilityQuery { period, month };
    let Some(tenant) = tenant else {
        let mut rows = Vec::new();
        for row in client.tenant_list().await?.items {
            rows.push(TenantLine::from(client.tenant_availability(&row.tenant, &query).await?));
        }
        return show.print(&rows, TENANTS);
    };
    let found = client.tenant_availability(&tenant, &query).await?;
    if outages { show.print(&found.outages, OUTAGES) } else { show.print(&found.rows, ROWS) }
}

/// A tenant on one line.
#[derive(Serialize)]
struct TenantLine {
    tenant: ObjectPath,
    title: String,
    judged_by: &'static str,
    objective: Option<f64>,
    #[serde(flatten)]
    time: AvailabilityTime,
    outages: u64,
}

impl From<Availability> for TenantLine {
    fn from(found: Availability) -> Self {
        Self {
            judged_by: found.judged_by.as_str(),
            objective: found.objective,
            time: found.total,
            outages: found.rows.iter().filter(|row| row.kind == found.judged_by).map(|row| row.outages).sum(),
            tenant: found.tenant,
            title: found.title,
        }
    }
}

/// `99.95`, never rounded up to what was not reached.
fn percent(time: &AvailabilityTime) -> String {
    time.percent.map_or_else(
        || human::UNKNOWN.to_owned(),
        |share| format!("{:.3}", (share * 1_000.0).floor() / 1_000.0),
    )
}

fn available(time: &AvailabilityTime) -> Cell {
    let tone = match time.budget_left_ms {
        Some(..0) => Tone::Bad,
        _ => Tone::Plain,
    };
    Cell::new(percent(time), tone)
}

fn objective(objective: Option<f64>) -> Cell {
    Cell::plain(objective.map_or_else(|| human::UNKNOWN.to_owned(), |percent| percent.to_string()))
}

fn span(millis: u64) -> Cell {
    Cell::plain(human::span(millis / 1_000))
}

/// `12m5s left of 43m12s`, or by how much it is overdrawn.
fn budget(time: &AvailabilityTime) -> Cell {
    let (Some(budget), Some(left)) = (time.budget_ms, time.budget_left_ms) else {
        return Cell::plain(human::UNKNOWN);
    };
    let of = human::span(budget / 1_000);
    let amount = human::span(left.unsigned_abs() / 1_000);
    if left < 0 {
        return Cell::new(format!("overdrawn by {amount} of {of}"), Tone::Bad);
    }
    let is_low = left.unsigned_abs() < budget / 4;
    Cell::new(format!("{amount} left of {of}"), if is_low { Tone::Warn } else { Tone::Good })
}

const TENANTS: &[Column<TenantLine>] = &[
    Column::text("TENANT", "tenant", |row, _| Cell::plain(row.tenant.as_str())),
    Column::text("TITLE", "title", |row, _| Cell::plain(&row.title)),
    Column::text("BY", "judged_by", |row, _| Cell::plain(format!("{}s", row.judged_by))),
    Column::number("AVAILABLE%", "percent", |row, _| available(&row.time)),
    Column::number("OBJECTIVE%", "objective", |row, _| objective(row.objective)),
    Column::text("ERROR BUDGET", "budget_left_ms", |row, _| budget(&row.time)),
    Column::wide_number("UP", "up_ms", |row, _| span(row.time.up_ms)),
    Column::wide_number("MAINTENANCE", "maintenance_ms", |row, _| span(row.time.maintenance_ms)),
    Column::number("DOWN", "down_ms", |row, _| span(row.time.down_ms)),
    Column::number("NOT KNOWN", "unknown_ms", |row, _| span(row.time.unknown_ms)),
    Column::number("OUTAGES", "outages", |row, _| Cell::plain(row.outages.to_string())),
];

const ROWS: &[Column<AvailabilityRow>] = &[
    Column::text("KIND", "kind", |row, _| Cell::plain(row.kind.as_str())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("CLUSTER", "cluster", |row, _| Cell::plain(row.cluster.as_str())),
    Column::text("NOW", "now", |row, _| {
        let tone = match row.now.as_str() {
            "UP" => Tone::Good,
            "DOWN" => Tone::Bad,
            _ => Tone::Plain,
        };
        Cell::new(&row.now, tone)
    }),
    Column::number("AVAILABLE%", "percent", |row, _| available(&row.time)),
    Column::number("OBJECTIVE%", "objective", |row, _| objective(row.objective)),
    Column::text("ERROR BUDGET", "budget_left_ms", |row, _| budget(&row.time)),
    Column::number("DOWN", "down_ms", |row, _| span(row.time.down_ms)),
    Column::number("OUTAGES", "outages", |row, _| Cell::plain(row.outages.to_string())),
    Column::number("MAINTENANCE", "maintenance_ms", |row, _| span(row.time.maintenance_ms)),
    Column::number("NOT KNOWN", "unknown_ms", |row, _| span(row.time.unknown_ms)),
    Column::wide_number("UP", "up_ms", |row, _| span(row.time.up_ms)),
    Column::wide_number("BUDGET", "budget_ms", |row, _| {
        row.time.budget_ms.map_or_else(|| Cell::plain(human::UNKNOWN), span)
    }),
    Column::number("INSTANCES", "instances", |row, _| Cell::plain(row.instances.to_string())),
];

const OUTAGES: &[Column<OutageRow>] = &[
    Column::text("FROM", "from", |row, _| Cell::plain(row.from.to_string())),
    Column::text("UNTIL", "until", |row, _| match row.until {
        Some(until) => Cell::plain(until.to_string()),
        None => Cell::new("goes on", Tone::Bad),
    }),
    Column::number("DOWN", "down_ms", |row, _| span(row.down_ms)),
    Column::text("KIND", "kind", |row, _| Cell::plain(row.kind.as_str())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("CLUSTER", "cluster", |row, _| Cell::plain(row.cluster.as_str())),
    Column::text("STATUS", "status", |row, _| Cell::plain(&row.status)),
    Column::text("CAUSE", "cause", |row, _| Cell::plain(&row.cause)),
];
