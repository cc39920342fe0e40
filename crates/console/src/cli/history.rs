//! `topmast history`: what the history keeps and what it costs.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::{Cell, Column, Form, Style, human, render, terminal};
use clap::Subcommand;
use std::fmt::Write as _;
use topmast_api::client::Client;
use topmast_api::history::{Cardinality, HistoryStatus, HistoryTier, RemoteStatus};

/// Commands of `history`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show series, samples and bytes, what has the most series, what is refused or lost, and damage; exit code 1 when it is damaged or cannot be written
    Status {
        #[command(flatten)]
        show: ShowArguments,
    },
}

/// Columns of the tiers.
pub(super) const TIERS: &[Column<HistoryTier>] = &[
    Column::text("TIER", "name", |tier, _| Cell::plain(&tier.name)),
    Column::number("KEPT", "keep_days", |tier, _| Cell::plain(format!("{}d", tier.keep_days))),
    Column::number("SEGMENTS", "segments", |tier, _| Cell::plain(human::count(Some(tier.segments)))),
    Column::number("SAMPLES", "samples", |tier, _| Cell::plain(human::count(Some(tier.samples)))),
    Column::number("BYTES", "bytes", |tier, _| Cell::plain(human::bytes(Some(tier.bytes)))),
    Column::number("BYTES/SAMPLE", "bytes_per_sample", |tier, _| {
        Cell::plain(
            tier.bytes_per_sample.map_or_else(|| human::UNKNOWN.to_owned(), |bytes| format!("{bytes:.2}")),
        )
    }),
    Column::text("OLDEST", "oldest", |tier, _| time(tier.oldest)),
    Column::text("NEWEST", "newest", |tier, _| time(tier.newest)),
];

fn time(time: Option<topmast_api::time::Timestamp>) -> Cell {
    Cell::maybe(time.map(|time| time.to_string()).as_deref())
}

/// Columns of what has the most series.
const METRICS: &[Column<Cardinality>] = &[
    Column::text("METRIC", "name", |one, _| Cell::plain(&one.name)),
    Column::number("SERIES", "series", |one, _| Cell::plain(human::count(Some(one.series)))),
];
const SERVERS: &[Column<Cardinality>] = &[
    Column::text("SERVER", "name", |one, _| Cell::plain(&one.name)),
    Column::number("SERIES", "series", |one, _| Cell::plain(human::count(Some(one.series)))),
];

/// Shows the status.
pub(super) async fn run(client: &Client, command: Command) -> Result<(), Failure> {
    let Command::Status { show } = command;
    let status = client.history_status().await?;
    match show.output {
        Form::Json => terminal::print(&format!("{}\n", serde_json::to_string_pretty(&status)?))?,
        // One table alone can be a file of values: that of the tiers.
        Form::Csv => show.print(&status.tiers, TIERS)?,
        Form::Table | Form::Wide => terminal::print(&text(&status, !show.no_headers, terminal::style()))?,
    }
    match (&status.trouble, status.damages.len()) {
        (Some(_), _) => Err(Failure::Check("the history cannot be written; what it has serves".into())),
        (None, 0) => Ok(()),
        (None, count) => {
            Err(Failure::Check(format!("the history is damaged in {count} places; everything else serves")))
        }
    }
}

/// What is refused, lost or not written: a line each.
fn warnings(status: &HistoryStatus) -> impl Iterator<Item = String> {
    let count = |number: u64| human::count(Some(number));
    let refused = (status.refused_series > 0).then(|| {
        format!(
            "{} new series were refused since the start: at most {} of all servers, {} of one \
             (history.max_series and history.max_server_series in master.toml)\n",
            count(status.refused_series),
            count(status.series_max),
            count(status.server_series_max)
        )
    });
    let lost = (status.lost_samples > 0).then(|| {
        let lost = count(status.lost_samples);
        format!("{lost} samples were lost since the start, for the disk took nothing\n")
    });
    let trouble = status.trouble.as_ref().map(|trouble| {
        let waiting = human::bytes(Some(status.waiting_bytes));
        format!("cannot be written, {waiting} wait: {}\n", trouble.replace(char::is_control, " "))
    });
    [refused, lost, trouble].into_iter().flatten()
}

/// The status for people.
pub(super) fn text(status: &HistoryStatus, headers: bool, style: Style) -> String {
    let HistoryStatus {
        series, series_max, head_bytes, tiers, by_metric, by_server, damages, remote, ..
    } = status;
    let outside = remote.as_ref().map(remote_text).unwrap_or_default();
    if remote.as_ref().is_some_and(|remote| remote.query_url.is_some()) {
        return outside;
    }
    let mut text = format!(
        "{} of {} series, {} of what is new\n",
        human::count(Some(*series)),
        human::count(Some(*series_max)),
        human::bytes(Some(*head_bytes))
    );
    text.extend(warnings(status));
    text.push('\n');
    text += &render(tiers, TIERS.iter(), headers, style);
    text.push('\n');
    text += &render(by_metric, METRICS.iter(), headers, style);
    text.push('\n');
    text += &render(by_server, SERVERS.iter(), headers, style);
    for damage in damages {
        text.extend(["\ndamaged: ", &damage.replace(char::is_control, " ")]);
    }
    if !damages.is_empty() {
        text.push('\n');
    }
    if !outside.is_empty() {
        text.extend(["\n", &outside]);
    }
    text
}

/// The way to a store outside.
fn remote_text(remote: &RemoteStatus) -> String {
    let plain = |text: &str| text.replace(char::is_control, " ");
    let count = |samples| human::count(Some(samples));
    let mut text = format!("samples go to {}", plain(&remote.write_url));
    match &remote.query_url {
        Some(url) => text.extend([", queries to ", &plain(url), "\n"]),
        None => text.push_str(", as a copy\n"),
    }
    // Writing into a text cannot fail.
    let _ = write!(
        text,
        "{} sent, {} refused by the store, {} lost\n{} of {} wait",
        count(remote.sent_samples),
        count(remote.refused_samples),
        count(remote.lost_samples),
        human::bytes(Some(remote.waiting_bytes)),
        human::bytes(Some(remote.waiting_bytes_max)),
    );
    if let Some(since) = remote.waiting_since {
        let _ = write!(text, ", the oldest since {since}");
    }
    text.push('\n');
    if let Some(since) = remote.failing_since {
        let _ = writeln!(text, "the store takes nothing since {since}");
    }
    if let Some(error) = &remote.last_error {
        text.extend(["last error: ", &plain(error), "\n"]);
    }
    text
}
