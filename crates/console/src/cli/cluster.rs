//! `topmast clusters`: the own cluster and the joined ones, with the freshness of each.

use super::failure::Failure;
use super::list::ShowArguments;
use super::page_watch::{self, Kind};
use crate::output::{Cell, Column, Tone};
use clap::Args;
use topmast_api::client::Client;
use topmast_api::cluster::{ClusterCounts, ClusterRow, ClusterStatus};
use topmast_model::path::ObjectPath;

/// Arguments of `clusters`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Keep the list true: redraw it, or print one line a change when the output is no terminal
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    show: ShowArguments,
}

/// Lists clusters, once or again and again.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    if arguments.watch {
        return page_watch::run(&CLUSTERS, client.cluster_watch(), "", client.url(), &arguments.show).await;
    }
    arguments.show.print(&client.cluster_list().await?.items, CLUSTERS.columns)
}

const CLUSTERS: Kind<ClusterRow> =
    Kind { noun: "clusters", columns: COLUMNS, key: |row| row.name.clone().into() };

const COLUMNS: &[Column<ClusterRow>] = &[
    Column::text("NAME", "name", |row, _| {
        Cell::plain(if row.is_own { format!("{} (this one)", row.name) } else { row.name.clone() })
    }),
    Column::text("STATUS", "status", |row, _| Cell::new(row.status.as_str(), tone(row.status))),
    Column::number("HEARD", "age_ms", |row, _| {
        let ago = |age: u64| format!("{:.1} s ago", age as f64 / 1e3);
        let unheard = if row.is_own { "now" } else { "never" };
        Cell::plain(row.age_ms.map_or_else(|| unheard.to_owned(), ago))
    }),
    Column::number("LAG", "lag_ms", |row, _| {
        Cell::maybe(row.lag_ms.map(|lag| format!("{lag} ms")).as_deref())
    }),
    Column::number("SERVERS", "counts.servers.total", |row, _| count(row, |counts| counts.servers.total)),
    Column::number("APPS", "counts.applications.total", |row, _| {
        count(row, |counts| counts.applications.total)
    }),
    Column::number("FAILED", "counts.applications.failed", |row, _| {
        count(row, |counts| counts.applications.failed)
    }),
    Column::number("PROBLEMS", "counts.problems", |row, _| {
        count(row, |counts| counts.problems.iter().map(|problem| problem.count).sum())
    }),
    Column::text("CLUSTERS", "clusters", |row, _| {
        let names: Vec<&str> = row.clusters.iter().map(ObjectPath::as_str).collect();
        Cell::plain(names.join(" "))
    }),
    Column::text("VERSION", "version", |row, _| Cell::maybe(row.version.as_deref())),
    Column::text("ADDRESS", "url", |row, _| Cell::plain(&row.url)),
    Column::text("REASON", "reason", |row, _| Cell::maybe(row.reason.as_deref())),
];

fn count(row: &ClusterRow, of: fn(&ClusterCounts) -> u64) -> Cell {
    Cell::maybe(row.counts.as_ref().map(|counts| of(counts).to_string()).as_deref())
}

const fn tone(status: ClusterStatus) -> Tone {
    match status {
        ClusterStatus::Up => Tone::Good,
        ClusterStatus::Connecting => Tone::Plain,
        ClusterStatus::Stale => Tone::Warn,
        ClusterStatus::Down | ClusterStatus::Refused => Tone::Bad,
    }
}
