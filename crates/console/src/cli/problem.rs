//! `topmast problems`, `ack`, `unack`, `comment`, `close`: what rules see, and what people do about it.

use super::failure::Failure;
use super::list::{ShowArguments, notice_missing};
use super::moment;
use super::page_watch::{self, Kind};
use crate::output::terminal;
use crate::output::{Cell, Column, Form, Tone, human};
use clap::Args;
use topmast_api::client::{Client, ClientError};
use topmast_api::fleet_problem::{
    AcknowledgeRequest, CloseRequest, CommentRequest, ProblemDetails, ProblemRow, UnacknowledgeRequest,
};
use topmast_api::page::{LIMIT_MAX, ListQuery};
use topmast_api::time::Timestamp;
use topmast_model::problem::{ProblemId, Verdict};
use topmast_model::rule::Span;
use topmast_model::status::{ProblemStatus, Severity};

/// What is listed when the filter says nothing of it.
const OPEN: &str = "status=OPEN";

/// Arguments of `problems`.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// The number of one problem, or terms `field:op value` and free text, e.g. severity>=major server=db-*
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Also those that are over
    #[arg(long)]
    all: bool,
    /// Keep the list true: redraw it, or print one line a change when the output is no terminal
    #[arg(short, long)]
    watch: bool,
    /// Fields to sort by, separated by commas; - before one for descending
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Most rows
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    /// As of this time in the past, e.g. "thursday 18:00", "2h ago", 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment::since, conflicts_with = "watch")]
    at: Option<Timestamp>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Which problems something is done about.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Numbers of problems, or a filter over open ones, e.g. server=db-1
    #[arg(value_name = "PROBLEM|FILTER", required = true)]
    which: Vec<String>,
}

/// Arguments of `ack`.
#[derive(Debug, Args)]
pub(super) struct AcknowledgeArguments {
    #[command(flatten)]
    which: Which,
    /// What is being done
    #[arg(short = 'm', long, value_name = "TEXT")]
    comment: Option<String>,
    /// Time until it ends by itself, e.g. 2h; with the problem when missing
    #[arg(long = "for", value_name = "SPAN")]
    lasts: Option<Span>,
    /// It holds when a problem becomes worse as well
    #[arg(long)]
    sticky: bool,
}

/// Arguments of `comment`.
#[derive(Debug, Args)]
pub(super) struct CommentArguments {
    #[command(flatten)]
    which: Which,
    /// What to write
    #[arg(short = 'm', long = "text", value_name = "TEXT")]
    text: String,
}

/// Arguments of `close`.
#[derive(Debug, Args)]
pub(super) struct CloseArguments {
    #[command(flatten)]
    which: Which,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT")]
    comment: Option<String>,
}

/// Lists problems, or shows one.
pub(super) async fn list(client: &Client, arguments: ListArguments) -> Result<(), Failure> {
    let ListArguments { filter, all, watch, sort, limit, at, show } = arguments;
    if let [number] = &filter[..]
        && !watch
        && let Ok(id) = number.parse::<ProblemId>()
    {
        let details = client.problem_get(id).await?;
        return match show.output {
            Form::Table | Form::Wide => Ok(terminal::print(&told(&details))?),
            Form::Json => Ok(terminal::print(&format!("{}\n", serde_json::to_string_pretty(&details)?))?),
            Form::Csv => show.print(&[details.row], PROBLEMS),
        };
    }
    let filter = filter.join(" ");
    let filter = if all { filter } else { open_of(&filter) };
    let query = ListQuery { filter: Some(filter.clone()), sort, limit, at, ..ListQuery::default() };
    if watch {
        let kind = Kind { noun: "problems", columns: PROBLEMS, key: |row: &ProblemRow| row.id.0.into() };
        let limit = Some(limit.unwrap_or(LIMIT_MAX).min(LIMIT_MAX));
        let stream = client.problem_watch(ListQuery { limit, ..query });
        return page_watch::run(&kind, stream, &filter, client.url(), &show).await;
    }
    let page = client.problem_list(&query).await.map_err(|error| Failure::of_filter(error, &filter))?;
    show.print(&page.items, PROBLEMS)?;
    notice_missing(&page.missing);
    let shown = page.items.len() as u64;
    if matches!(show.output, Form::Table | Form::Wide) {
        match shown {
            0 if filter == OPEN => terminal::notice("there are no open problems"),
            0 => terminal::notice("no problems match"),
            shown if shown < page.total => terminal::notice(&format!("{shown} of {} shown", page.total)),
            _ => {}
        }
    }
    Ok(())
}

/// A filter over open problems.
fn open_of(filter: &str) -> String {
    if filter.trim().is_empty() { OPEN.to_owned() } else { format!("{OPEN} ({filter})") }
}

/// A problem with all that is known of it.
fn told(details: &ProblemDetails) -> String {
    let row = &details.row;
    let mut lines = vec![
        format!("problem {}: {} ({}, {})", row.id, row.message, row.severity, row.status),
        format!("object   {}", row.object),
        format!("rule     {}", row.rule),
        format!("since    {}", row.since),
    ];
    let ids = |ids: &[ProblemId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut line = |title: &str, text: Option<String>| {
        lines.extend(text.map(|text| format!("{title:<8} {text}")));
    };
    line("detail", Some(row.detail.clone()).filter(|detail| !detail.is_empty()));
    line(
        "closed",
        row.closed_at.map(|at| format!("{at}, {}", row.closed_because.clone().unwrap_or_default())),
    );
    line("cause", row.cause.map(|cause| format!("problem {cause}")));
    line("explains", Some(ids(&details.explains)).filter(|ids| !ids.is_empty()));
    line("silent", row.suppressed.clone().map(|why| format!("nobody is told: {why}")));
    line(
        "owner",
        row.acknowledgement.as_ref().map(|acknowledgement| {
            let comment = acknowledgement.comment.as_deref().unwrap_or_default();
            let end = acknowledgement.expires_at.map(|at| format!(", until {at}")).unwrap_or_default();
            format!("{}{end} {comment}", acknowledgement.owner.name).trim_end().to_owned()
        }),
    );
    line("advice", Some(details.advice.clone()).filter(|advice| !advice.is_empty()));
    for comment in &details.comments {
        line("comment", Some(format!("{} {}: {}", comment.time, comment.actor.name, comment.text)));
    }
    lines.join("\n") + "\n"
}

/// Takes problems in hand.
pub(super) async fn acknowledge(client: &Client, arguments: AcknowledgeArguments) -> Result<(), Failure> {
    let AcknowledgeArguments { which, comment, lasts, sticky } = arguments;
    let problems = which.find(client).await?;
    let expires_in_s = lasts.map(|span| span.duration().as_secs());
    client
        .problem_acknowledge(&AcknowledgeRequest {
            problems: problems.clone(),
            comment,
            expires_in_s,
            sticky,
        })
        .await?;
    say("acknowledged", &problems)
}

/// Gives problems out of hand.
pub(super) async fn unacknowledge(client: &Client, which: Which) -> Result<(), Failure> {
    let problems = which.find(client).await?;
    client.problem_unacknowledge(&UnacknowledgeRequest { problems: problems.clone() }).await?;
    say("no longer acknowledged:", &problems)
}

/// Writes something about problems.
pub(super) async fn comment(client: &Client, arguments: CommentArguments) -> Result<(), Failure> {
    let problems = arguments.which.find(client).await?;
    client.problem_comment(&CommentRequest { problems: problems.clone(), text: arguments.text }).await?;
    say("commented", &problems)
}

/// Closes problems.
pub(super) async fn close(client: &Client, arguments: CloseArguments) -> Result<(), Failure> {
    let problems = arguments.which.find(client).await?;
    client.problem_close(&CloseRequest { problems: problems.clone(), comment: arguments.comment }).await?;
    say("closed", &problems)
}

fn say(done: &str, problems: &[ProblemId]) -> Result<(), Failure> {
    let ids: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let noun = if ids.len() == 1 { "problem" } else { "problems" };
    Ok(terminal::print(&format!("{done} {noun} {}\n", ids.join(", ")))?)
}

impl Which {
    /// The numbers given, or those of the open problems that the filter lets through.
    async fn find(&self, client: &Client) -> Result<Vec<ProblemId>, Failure> {
        if let Ok(ids) = self.which.iter().map(|word| word.parse()).collect() {
            return Ok(ids);
        }
        let filter = open_of(&self.which.join(" "));
        let query =
            ListQuery { filter: Some(filter.clone()), limit: Some(LIMIT_MAX), ..ListQuery::default() };
        let of_filter = |error: ClientError| Failure::of_filter(error, &filter);
        let page = client.problem_list(&query).await.map_err(of_filter)?;
        if page.items.is_empty() {
            return Err(Failure::Usage("no open problem matches the filter; nothing was done".into()));
        }
        Ok(page.items.into_iter().map(|row| row.id).collect())
    }
}

/// The colour of a severity; its word says the same without one.
pub(crate) const fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical | Severity::Major => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Info => Tone::Plain,
    }
}

pub(crate) const PROBLEMS: &[Column<ProblemRow>] = &[
    Column::number("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("SEVERITY", "severity", |row, _| match row.status {
        ProblemStatus::Closed => Cell::new(row.severity.as_str(), Tone::Dim),
        ProblemStatus::Open => Cell::new(row.severity.as_str(), tone(row.severity)),
    }),
    Column::text("STATUS", "status", |row, _| match (row.status, row.verdict) {
        (ProblemStatus::Open, Verdict::Unknown) => Cell::new("OPEN?", Tone::Warn),
        (status, _) => Cell::plain(status.as_str()),
    }),
    Column::number("SINCE", "since", |row, style| Cell::plain(human::ago(style.now, Some(row.since)))),
    Column::text("OBJECT", "object", |row, _| Cell::plain(row.object.as_str())),
    Column::text("MESSAGE", "message", |row, _| Cell::plain(&row.message)),
    Column::text("SILENT", "suppressed", |row, _| Cell::maybe(row.suppressed.as_deref())),
    Column::text("OWNER", "acknowledgement.owner.name", |row, _| {
        Cell::maybe(row.acknowledgement.as_ref().map(|acknowledgement| acknowledgement.owner.name.as_str()))
    }),
    Column::wide_text("RULE", "rule", |row, _| Cell::plain(&row.rule)),
    Column::wide_text("DETAIL", "detail", |row, _| {
        Cell::maybe(Some(row.detail.as_str()).filter(|text| !text.is_empty()))
    }),
    Column::wide_text("CAUSE", "cause", |row, _| Cell::maybe(row.cause.map(|id| id.to_string()).as_deref())),
    Column::wide_number("SYMPTOMS", "symptoms", |row, _| Cell::plain(row.symptoms.to_string())),
    Column::wide_number("NOTICES", "notices", |row, _| Cell::plain(row.notices.to_string())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_of_what_is_done_reaches_open_problems_only() {
        assert_eq!(open_of(""), "status=OPEN");
        // A word that says `or` is kept together.
        assert_eq!(open_of("server=a or server=b"), "status=OPEN (server=a or server=b)");
    }
}
