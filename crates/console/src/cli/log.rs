//! `topmast logs`: lines of applications' logs, as they are written or as they were.
//!
//! Elsewhere: how a line looks (`show`); what belongs together (`groups`).

mod groups;
mod show;

use self::groups::Groups;
use self::show::{Look, Shape};
use super::failure::Failure;
use super::list::ShowArguments;
use super::query::{duration, moment};
use crate::output::{Cell, Column, Form, human, terminal};
use clap::Args;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use topmast_api::client::{Client, ClientError, LogStream};
use topmast_api::log::{
    LogCluster, LogEnded, LogMessage, LogQuery, LogServer, LogSourceRow, LogSources, LogState,
};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// Lines that are shown when nothing is said.
const LINES: u32 = 10;
/// Wait before connecting again: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);
/// Bytes of lines that wait to be put in order; more is shown in the order in which it came.
const ORDERED_MAX: usize = 256 << 20;

/// Arguments of `logs`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every server and cluster answered; 1 one did not; 2 wrong usage; 3 not reached or refused."
)]
pub(super) struct Arguments {
    /// Applications: terms `field:op value` and free text as in `topmast apps`
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Go on with each line as it is written
    #[arg(short, long, conflicts_with_all = ["since", "until", "context", "download", "list"])]
    follow: bool,
    /// Only lines in which this expression is found
    #[arg(short, long, visible_short_alias = 'e', value_name = "EXPRESSION")]
    grep: Option<String>,
    /// Small letters and capitals are the same
    #[arg(short, long, requires = "grep")]
    ignore_case: bool,
    /// The expression is a plain text
    #[arg(short = 'F', long, requires = "grep")]
    fixed: bool,
    /// Only lines in which it is not found
    #[arg(short = 'v', long, requires = "grep")]
    invert: bool,
    /// Lines around each match
    #[arg(short = 'C', long, value_name = "LINES", requires = "grep")]
    context: Option<u16>,
    /// Only lines since then: a time ago such as 2h, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = when)]
    since: Option<Timestamp>,
    /// Only lines before then
    #[arg(long, value_name = "TIME", value_parser = when)]
    until: Option<Timestamp>,
    /// Only this source: `output`, or the name of a file; --list shows which there are
    #[arg(short, long, value_name = "NAME")]
    source: Option<String>,
    /// Last lines: of each source with --follow, else of each server; 10 when nothing else is asked for
    #[arg(short = 'n', long, value_name = "COUNT", conflicts_with_all = ["since", "until", "download", "list"])]
    lines: Option<u32>,
    /// Most matches of each server
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    /// Most seconds that each server may look
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    /// List the sources instead
    #[arg(short, long)]
    list: bool,
    /// Write the lines to a file that is not there yet, the oldest first
    #[arg(short, long, value_name = "FILE", conflicts_with = "list")]
    download: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Lines alone, without where they come from
    #[arg(long)]
    no_prefix: bool,
}

/// Shows, follows, lists or downloads.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let query = arguments.query();
    let sent = query.filter.clone().unwrap_or_default();
    let of_filter = |error: ClientError| Failure::of_filter(error, &sent);
    if arguments.list {
        let sources = client.log_sources(&query).await.map_err(of_filter)?;
        return list(&sources, arguments.json);
    }
    if let Some(path) = &arguments.download {
        return download(client, &query, path, of_filter).await;
    }
    let form = if arguments.json { Shape::Json } else { Shape::Text { has_prefix: !arguments.no_prefix } };
    let look = Look::new(form, terminal::style().colour);
    if arguments.follow {
        return follow(client, query, look, of_filter).await;
    }
    let stream = client.log_search(&query).await.map_err(of_filter)?;
    search(stream, look).await
}

impl Arguments {
    fn query(&self) -> LogQuery {
        let filter = self.filter.join(" ");
        let is_search = self.grep.is_some() || self.since.is_some() || self.until.is_some();
        // Nothing but applications: what was written last.
        let last = self.lines.or((!is_search).then_some(LINES));
        LogQuery {
            filter: Some(filter).filter(|filter| !filter.is_empty()),
            source: self.source.clone(),
            pattern: self.grep.clone(),
            ignore_case: self.ignore_case,
            fixed: self.fixed,
            invert: self.invert,
            lines: self.follow.then_some(self.lines.unwrap_or(LINES)),
            since: self.since,
            until: self.until,
            context: self.context,
            limit: if self.follow || self.list || self.download.is_some() {
                self.limit
            } else {
                self.limit.or(last)
            },
            timeout_s: self.timeout,
            bytes: None,
        }
    }
}

/// A time ago, or a moment.
fn when(text: &str) -> Result<Timestamp, String> {
    let millis = match duration(text) {
        Ok(ago) => terminal::now().as_millis() - ago,
        Err(_) => moment(text).map_err(|error| format!("{error}, or a time ago such as 2h"))?,
    };
    Ok(Timestamp(UnixMillis(millis)))
}

/// Shows what a search found, in order of time, with what belongs together in one place.
async fn search(mut stream: LogStream, mut look: Look) -> Result<(), Failure> {
    let mut groups = Groups::default();
    let mut missing = Ok(());
    loop {
        let next = tokio::select! {
            next = stream.next() => next?,
            _ = tokio::signal::ctrl_c() => break,
        };
        let Some(message) = next else { break };
        match message {
            LogMessage::Line(row) => {
                groups.add(row);
                if groups.bytes() > ORDERED_MAX {
                    terminal::notice("topmast: there are too many lines to put in order; narrow the search");
                    break;
                }
            }
            LogMessage::Ended(ended) => missing = all_answered(ended),
            other => tell(&other),
        }
    }
    let mut text = String::new();
    for group in groups.in_order() {
        for row in &group {
            look.line(row, &mut text)?;
        }
        if text.len() > 64 << 10 {
            terminal::print(&text)?;
            text.clear();
        }
    }
    terminal::print(&text)?;
    missing
}

/// Says how many servers and clusters are missing in an answer.
fn all_answered(LogEnded { failed, failed_clusters, .. }: LogEnded) -> Result<(), Failure> {
    let counted = |count: u32, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let missing: Vec<String> =
        [counted(failed_clusters, "cluster"), counted(failed, "server")].into_iter().flatten().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Check(format!("{} did not answer, or not in full", missing.join(" and "))))
}

/// Shows lines as they are written, until the user ends it.
async fn follow(
    client: &Client,
    mut query: LogQuery,
    mut look: Look,
    of_filter: impl Fn(ClientError) -> Failure,
) -> Result<(), Failure> {
    let mut was_connected = false;
    loop {
        let ended = tokio::select! {
            ended = follow_once(client, &query, &mut look, &mut was_connected) => ended,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        match ended {
            Ok(()) => terminal::notice("topmast: the master ended it; trying again"),
            Err(Failure::Client(error)) if was_connected && error.is_transient() => {
                terminal::notice(&format!("topmast: {error}; trying again"));
            }
            Err(Failure::Client(error)) => return Err(of_filter(*error)),
            Err(other) => return Err(other),
        }
        // What was shown already is not shown again.
        query.lines = Some(0);
        tokio::time::sleep(RETRY).await;
    }
}

async fn follow_once(
    client: &Client,
    query: &LogQuery,
    look: &mut Look,
    was_connected: &mut bool,
) -> Result<(), Failure> {
    let mut stream = client.log_tail(query).await?;
    *was_connected = true;
    while let Some(message) = stream.next().await? {
        match message {
            LogMessage::Line(row) => {
                let mut text = String::new();
                look.line(&row, &mut text)?;
                terminal::print(&text)?;
            }
            other => tell(&other),
        }
    }
    Ok(())
}

/// What people are to know beside lines.
fn tell(message: &LogMessage) {
    match message {
        LogMessage::Note(note) => {
            terminal::notice(&format!("topmast: {} {}: {}", note.application, note.source, note.text));
        }
        LogMessage::Server(LogServer {
            server,
            state: LogState::Failed | LogState::Waiting | LogState::Done,
            detail: Some(detail),
            ..
        }) => terminal::notice(&format!("topmast: {server}: {detail}")),
        LogMessage::Cluster(cluster) => tell_cluster(cluster),
        _ => {}
    }
}

fn tell_cluster(LogCluster { name, detail, .. }: &LogCluster) {
    if let Some(detail) = detail {
        terminal::notice(&format!("topmast: the cluster {name}: {detail}"));
    }
}

fn list(sources: &LogSources, json: bool) -> Result<(), Failure> {
    if json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(sources)?))?;
    } else {
        let show = ShowArguments { output: Form::Table, no_headers: false };
        show.print(&sources.items, SOURCES)?;
    }
    for server in &sources.servers {
        terminal::notice(&format!(
            "topmast: {}: {}",
            server.server,
            server.detail.as_deref().unwrap_or_default()
        ));
    }
    sources.clusters.iter().for_each(tell_cluster);
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    let (failed, failed_clusters) = (count(sources.servers.len()), count(sources.clusters.len()));
    all_answered(LogEnded { bytes: 0, matches: 0, failed, failed_clusters })
}

async fn download(
    client: &Client,
    query: &LogQuery,
    path: &PathBuf,
    of_filter: impl Fn(ClientError) -> Failure,
) -> Result<(), Failure> {
    let mut stream = client.log_download(query).await.map_err(of_filter)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(Failure::Output)?;
    let mut bytes = 0;
    while let Some(piece) = stream.next().await? {
        file.write_all(&piece).map_err(Failure::Output)?;
        bytes += piece.len() as u64;
    }
    terminal::notice(&format!("{} in {}", human::bytes(Some(bytes)), path.display()));
    Ok(())
}

/// Columns of a list of sources.
const SOURCES: &[Column<LogSourceRow>] = &[
    Column::text("APPLICATION", "application", |row, _| Cell::plain(row.application.as_str())),
    Column::text("SOURCE", "source", |row, _| Cell::plain(&row.source)),
    Column::number("BYTES", "bytes", |row, _| Cell::plain(human::bytes(Some(row.bytes)))),
    Column::number("OLDER", "older", |row, _| Cell::plain(row.older.to_string())),
    Column::number("WRITTEN", "written_at", |row, style| Cell::plain(human::ago(style.now, row.written_at))),
    Column::text("FILE", "path", |row, _| Cell::plain(&row.path)),
    Column::text("PROBLEM", "problem", |row, _| Cell::maybe(row.problem.as_deref())),
];
