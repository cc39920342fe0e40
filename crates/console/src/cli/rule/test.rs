//! `topmast rules test`: a rule tried on the past, and which problems it would have made.

use super::{read, refused, wrong};
use crate::cli::failure::Failure;
use crate::cli::list::ShowArguments;
use crate::output::{Cell, Column, Form, Tone, human, render, terminal};
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use topmast_api::client::Client;
use topmast_api::rule::{RuleTestRequest, RuleTrial, TriedProblem};
use topmast_api::time::Timestamp;
use topmast_model::rule::{Span, text};
use topmast_model::time::UnixMillis;

/// Arguments of `rules test`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file of rules (- is the standard input), or the name of a rule that there is
    #[arg(value_name = "FILE|NAME")]
    which: String,
    /// From when on: for so long until now, or a moment, e.g. 7d or 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = moment)]
    since: Moment,
    /// Until when, in the same forms; now when missing
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,
    /// Time between two looks of a rule on numbers; what fits the time when missing
    #[arg(long, value_name = "SPAN")]
    step: Option<Span>,
    /// Only objects that this filter lets through, e.g. server=db-*
    #[arg(long = "on", value_name = "FILTER")]
    on: Option<String>,
    #[command(flatten)]
    show: ShowArguments,
}

/// A time as people give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Ago(Span),
    At(Timestamp),
}

fn moment(text: &str) -> Result<Moment, String> {
    let wrong = || format!("{text:?} is no time; write it like 7d, 12h or 2026-03-01T12:00:00Z");
    text.parse().map(Moment::Ago).or_else(|_| text.parse().map(Moment::At).map_err(|_| wrong()))
}

impl Moment {
    fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => {
                let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
                Timestamp(UnixMillis(now.0.0.saturating_sub(millis)))
            }
            Self::At(at) => at,
        }
    }
}

/// A problem that would have been, with its rule.
#[derive(Debug, Serialize)]
struct Tried {
    rule: String,
    #[serde(flatten)]
    problem: TriedProblem,
}

/// Tries each rule of a file, or one that there is.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { which, since, until, step, on, show } = arguments;
    let now = terminal::now();
    let step_s = step.map(whole_seconds).transpose()?;
    let mut trials = Vec::new();
    for text in texts(client, &which).await? {
        let (since, until) = (since.at(now), until.map(|until| until.at(now)));
        let request = RuleTestRequest { text, since, until, step_s, on: on.clone(), detail: None, draw: 0 };
        trials.push(client.rule_test(&request).await.map_err(|error| refused(error, &which))?);
    }
    let text = match show.output {
        Form::Json => format!("{}\n", serde_json::to_string_pretty(&trials)?),
        Form::Csv => {
            let rows: Vec<Tried> = trials.iter().flat_map(rows).collect();
            return show.print(&rows, TRIED);
        }
        Form::Table | Form::Wide => {
            let mut text = String::new();
            for trial in &trials {
                text += &summary(trial);
                if !trial.problems.is_empty() {
                    let columns = TRIED.iter().skip(1);
                    let columns = columns.filter(|column| show.output == Form::Wide || !column.wide);
                    let rows: Vec<Tried> = rows(trial).collect();
                    text.push('\n');
                    text += &render(&rows, columns, !show.no_headers, terminal::style());
                }
            }
            text
        }
    };
    Ok(terminal::print(&text)?)
}

fn whole_seconds(step: Span) -> Result<u32, Failure> {
    let seconds = u32::try_from(step.as_millis() / 1_000).ok().filter(|seconds| *seconds > 0);
    let is_whole = step.as_millis().is_multiple_of(1_000);
    seconds
        .filter(|_| is_whole)
        .ok_or_else(|| Failure::Usage(format!("--step {step} is not whole seconds; write for example 30s")))
}

/// The rules to try, each as a file of its own.
async fn texts(client: &Client, which: &str) -> Result<Vec<String>, Failure> {
    let file = Path::new(which);
    // Names of rules have no slash, and few people call one x.toml.
    let is_toml = file.extension().is_some_and(|extension| extension == "toml");
    let is_file = which == "-" || which.contains('/') || is_toml || file.is_file();
    if !is_file {
        let rules = client.rule_list().await?.items;
        let rule = rules.into_iter().find(|rule| rule.name == which);
        let missing =
            || format!("there is no rule {which}, and no file of this name; `topmast rules` lists them");
        return Ok(vec![rule.ok_or_else(|| Failure::Usage(missing()))?.text]);
    }
    let written = read(file)?;
    let rules = text::read(&written).map_err(|error| wrong(file, &error))?;
    match rules.len() {
        0 => return Err(Failure::Usage(format!("{which} has no [[rule]]"))),
        // As it is written, so that what is wrong has the place that it has there.
        1 => return Ok(vec![written]),
        _ => {}
    }
    let texts = rules.iter().map(|rule| text::write(std::slice::from_ref(rule)));
    texts.collect::<Result<_, _>>().map_err(|error| Failure::Usage(format!("{which}: {error}")))
}

fn rows(trial: &RuleTrial) -> impl Iterator<Item = Tried> {
    trial.problems.iter().map(|problem| Tried { rule: trial.name.clone(), problem: problem.clone() })
}

/// What a trial came to, in words.
fn summary(trial: &RuleTrial) -> String {
    let RuleTrial { name, severity, since, until, step_ms, looked_at, total, lasted_ms, notices, .. } = trial;
    let lasted = human::span(lasted_ms / 1_000);
    let on = if step_ms.is_some() { "series" } else { "objects" };
    let mut text = format!(
        "{name} ({severity}), {since} to {until}: {} problems, {lasted} in all, {} notices, of {} {on}\n",
        human::count(Some(*total)),
        human::count(Some(*notices)),
        human::count(Some(*looked_at)),
    );
    for gap in &trial.gaps {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "  {}", gap.replace(char::is_control, " "));
    }
    text
}

fn number(value: Option<f64>) -> Cell {
    let number = value.and_then(topmast_model::rule::Number::new);
    Cell::maybe(number.map(|number| number.to_string()).as_deref())
}

const TRIED: &[Column<Tried>] = &[
    Column::text("RULE", "rule", |row, _| Cell::plain(&row.rule)),
    Column::text("OPENED", "opened", |row, _| Cell::plain(row.problem.opened.to_string())),
    Column::text("CLOSED", "closed", |row, _| match row.problem.closed {
        Some(closed) => Cell::plain(closed.to_string()),
        None => Cell::new("still open", Tone::Warn),
    }),
    Column::text("OBJECT", "object", |row, _| Cell::plain(row.problem.object.as_str())),
    Column::text("DETAIL", "detail", |row, _| {
        Cell::maybe(Some(row.problem.detail.as_str()).filter(|detail| !detail.is_empty()))
    }),
    Column::number("VALUE", "value", |row, _| number(row.problem.value)),
    Column::number("WORST", "peak", |row, _| number(row.problem.peak)),
    Column::number("NOTICES", "notices", |row, _| Cell::plain(row.problem.notices.to_string())),
    Column::wide_text("SINCE", "since", |row, _| Cell::plain(row.problem.since.to_string())),
    Column::wide_text("FLAPPING", "flapping", |row, _| {
        Cell::plain(if row.problem.flapping { "yes" } else { "no" })
    }),
    Column::wide_text("MESSAGE", "message", |row, _| Cell::plain(&row.problem.message)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_so_long_ago_or_a_moment() {
        let now: Timestamp = "2026-03-08T12:00:00Z".parse().unwrap();
        let check = |text: &str, at: &str| {
            assert_eq!(moment(text).unwrap().at(now), at.parse().unwrap(), "{text}");
        };
        check("7d", "2026-03-01T12:00:00Z");
        check("1h30m", "2026-03-08T10:30:00Z");
        check("2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00Z");
        for wrong in ["", "yesterday", "-1d", "7"] {
            assert!(moment(wrong).unwrap_err().contains("write it like 7d"), "{wrong}");
        }
        assert!(whole_seconds("1500ms".parse().unwrap()).is_err() && whole_seconds(Span::ZERO).is_err());
        assert_eq!(whole_seconds("5m".parse().unwrap()).unwrap(), 300);
    }

    #[test]
    fn trial_is_told_in_words_with_what_was_not_looked_at() {
        let trial: RuleTrial = serde_json::from_value(serde_json::json!({
            "name": "queue-long", "severity": "major", "since": "2026-03-01T12:00:00Z", "until": "2026-03-08T12:00:00Z",
            "step_ms": 300_000, "looked_at": 12, "bound": 1000.0, "total": 1, "lasted_ms": 7_260_000, "notices": 2,
            "gaps": ["nothing is kept from before 2026-03-01T12:00:00Z"], "days": [], "problems": [{
                "object": "acme/main/db", "detail": "queue=\"a\"", "since": "2026-03-02T11:58:00Z",
                "opened": "2026-03-02T12:00:00Z", "closed": "2026-03-02T14:01:00Z", "value": 1200.0, "peak": 3000.5,
                "message": "1200 wait", "flapping": false, "notices": 2,
            }], "series": [],
        }))
        .unwrap();
        insta::assert_snapshot!(summary(&trial), @"
        queue-long (major), 2026-03-01T12:00:00.000Z to 2026-03-08T12:00:00.000Z: 1 problems, 2h1m in all, 2 notices, of 12 series
          nothing is kept from before 2026-03-01T12:00:00Z
        ");
        let style = crate::output::Style { width: None, colour: false, now: trial.until };
        let rows: Vec<Tried> = rows(&trial).collect();
        insta::assert_snapshot!(render(&rows, TRIED.iter().skip(1).filter(|column| !column.wide), true, style), @r#"
        OPENED                    CLOSED                    OBJECT        DETAIL     VALUE   WORST  NOTICES
        2026-03-02T12:00:00.000Z  2026-03-02T14:01:00.000Z  acme/main/db  queue="a"   1200  3000.5        2
        "#);
    }
}
