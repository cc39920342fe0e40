//! `topmast problems -w` and its like: a list that comes whole each time that it changed, kept true.

use super::failure::Failure;
use super::list::{ShowArguments, heading, notice_missing, notice_missing_now};
use crate::output::terminal::{self, Screen};
use crate::output::{Column, Form, Style, format, format_line};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;
use topmast_api::client::PageStream;
use topmast_api::page::Page;

/// Wait before connecting again: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);

/// A kind of list.
pub(super) struct Kind<R: 'static> {
    /// What its rows are called.
    pub(super) noun: &'static str,
    /// In the order shown.
    pub(super) columns: &'static [Column<R>],
    /// What tells a row from the others.
    pub(super) key: fn(&R) -> Value,
}

/// The list as it was last told.
struct Watch<'a, R: 'static> {
    kind: &'a Kind<R>,
    stream: PageStream<R>,
    url: String,
    page: Page<R>,
    /// Not before this is the master asked again.
    again: Instant,
    /// Why nothing is heard now.
    trouble: Option<String>,
}

/// Redraws the list, or prints one line a change when the output is no terminal, until the user ends it.
///
/// - `filter`: what was asked with, for what is said of a wrong one.
/// - `url`: the master that is asked, for the heading.
pub(super) async fn run<R: Clone + PartialEq + Serialize + DeserializeOwned>(
    kind: &Kind<R>,
    mut stream: PageStream<R>,
    filter: &str,
    url: &str,
    show: &ShowArguments,
) -> Result<(), Failure> {
    // The first answer comes before the screen changes, so that a refusal is said plainly.
    let page = loop {
        let next = stream.next().await.map_err(|error| Failure::of_filter(error, filter))?;
        if let Some(page) = next {
            break page;
        }
    };
    let watch = Watch { kind, stream, url: url.to_owned(), page, again: Instant::now(), trouble: None };
    if std::io::stdout().is_terminal() && matches!(show.output, Form::Table | Form::Wide) {
        live(watch, show).await
    } else {
        lines(watch, show).await
    }
}

impl<R: Serialize + DeserializeOwned> Watch<'_, R> {
    /// Waits for news, which may be that nothing is heard. May be dropped and asked again, whereupon nothing is missed.
    async fn next(&mut self) -> Result<(), Failure> {
        tokio::time::sleep_until(self.again).await;
        match self.stream.next().await {
            Ok(next) => {
                self.trouble = None;
                if let Some(page) = next {
                    self.page = page;
                }
            }
            Err(error) if error.is_transient() => {
                self.trouble = Some(error.to_string());
                self.again = Instant::now() + RETRY;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn picture(&self, show: &ShowArguments) -> Result<String, Failure> {
        let style = terminal::style();
        let shown = self.page.items.len() as u64;
        let counts = (shown, self.page.total);
        let trouble = self.trouble.as_deref();
        let head = heading(self.kind.noun, counts, &self.page.missing, &self.url, trouble, style);
        // What is not heard of is not drawn in colours.
        let style = Style { colour: style.colour && self.trouble.is_none(), ..style };
        Ok(format!(
            "{head}\n\n{}",
            format(show.output, &self.page.items, self.kind.columns, !show.no_headers, style)?
        ))
    }
}

async fn live<R: Serialize + DeserializeOwned>(
    mut watch: Watch<'_, R>,
    show: &ShowArguments,
) -> Result<(), Failure> {
    let mut screen = Screen::open()?;
    // Ages go on when nothing else does.
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let ended = loop {
        screen.draw(&watch.picture(show)?)?;
        tokio::select! {
            next = watch.next() => if let Err(error) = next { break Err(error) },
            _ = tick.tick() => {}
            _ = tokio::signal::ctrl_c() => break Ok(()),
        }
    };
    drop(screen);
    terminal::print(&watch.picture(show)?)?;
    ended
}

/// Prints what is there, then one line a change: `+` new, `~` changed, `-` no longer in the list.
async fn lines<R: Clone + PartialEq + Serialize + DeserializeOwned>(
    mut watch: Watch<'_, R>,
    show: &ShowArguments,
) -> Result<(), Failure> {
    notice_missing(&watch.page.missing);
    if show.output == Form::Json {
        watch.page.items.iter().try_for_each(|row| print_change(watch.kind, "+", row, show))?;
    } else {
        show.print(&watch.page.items, watch.kind.columns)?;
    }
    loop {
        let (before, missing) = (watch.page.items.clone(), watch.page.missing.clone());
        tokio::select! {
            next = watch.next() => next?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        if let Some(trouble) = &watch.trouble {
            terminal::notice(&format!("topmast: {trouble}; trying again"));
        }
        if watch.page.missing != missing {
            notice_missing_now(&watch.page.missing);
        }
        for (sign, row) in changes(watch.kind.key, &before, &watch.page.items) {
            print_change(watch.kind, sign, row, show)?;
        }
    }
}

/// What a list has of which another one, before it, had something else; the newest last, as in a journal.
fn changes<'a, R: PartialEq>(
    key: fn(&R) -> Value,
    before: &'a [R],
    now: &'a [R],
) -> Vec<(&'static str, &'a R)> {
    let of = |rows: &'a [R], wanted: &R| rows.iter().find(|row| key(row) == key(wanted));
    let gone = before.iter().filter(|row| of(now, row).is_none()).map(|row| ("-", row));
    let come = now.iter().rev().filter_map(|row| match of(before, row) {
        None => Some(("+", row)),
        Some(known) if known != row => Some(("~", row)),
        Some(_) => None,
    });
    gone.chain(come).collect()
}

fn print_change<R: Serialize>(
    kind: &Kind<R>,
    sign: &str,
    row: &R,
    show: &ShowArguments,
) -> Result<(), Failure> {
    let line = match (show.output, sign) {
        (Form::Json, "-") => format!("{}\n", serde_json::json!({ "removed": (kind.key)(row) })),
        // A line of values cannot say that a row is gone.
        (Form::Csv, "-") => return Ok(()),
        (output, _) => format_line(output, row, kind.columns, Style { width: None, ..terminal::style() })?,
    };
    let sign =
        if matches!(show.output, Form::Table | Form::Wide) { format!("{sign} ") } else { String::new() };
    Ok(terminal::print(&format!("{sign}{line}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::fleet_problem::ProblemRow;
    use topmast_api::time::Timestamp;
    use topmast_model::problem::{ProblemId, Verdict};
    use topmast_model::status::{ProblemStatus, Severity};
    use topmast_model::time::UnixMillis;

    fn row(id: u64, severity: Severity) -> ProblemRow {
        ProblemRow {
            id: ProblemId(id),
            status: ProblemStatus::Open,
            severity,
            rule: "x".into(),
            object: "a/b/c".parse().unwrap(),
            detail: String::new(),
            message: String::new(),
            value: None,
            verdict: Verdict::Firing,
            since: Timestamp(UnixMillis(0)),
            closed_at: None,
            closed_because: None,
            flapping: false,
            cause: None,
            symptoms: 0,
            suppressed: None,
            acknowledgement: None,
            notices: 0,
            labels: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn changes_tell_what_came_went_and_became_worse() {
        let before = [row(3, Severity::Major), row(2, Severity::Info), row(1, Severity::Info)];
        let now = [row(4, Severity::Major), row(2, Severity::Major), row(1, Severity::Info)];
        let told: Vec<(&str, u64)> = changes(|row: &ProblemRow| row.id.0.into(), &before, &now)
            .into_iter()
            .map(|(sign, row)| (sign, row.id.0))
            .collect();
        assert_eq!(told, [("-", 3), ("~", 2), ("+", 4)]);
    }
}
