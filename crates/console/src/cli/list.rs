//! Lists and watches of every kind of row.

use super::failure::Failure;
use super::moment;
use crate::output::terminal::{self, Screen};
use crate::output::{Cell, Column, Form, Style, Tone, cut, format, format_line, human};
use clap::Args;
use serde::Serialize;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use topmast_api::client::{Client, ClientError, WatchStream};
use topmast_api::page::{LIMIT_MAX, ListQuery};
use topmast_api::row::Row;
use topmast_api::time::Timestamp;
use topmast_api::watch::{Delta, WatchMessage, WatchView};

/// Waits between two tries to connect again: soon first, then without pressing a master that starts.
const RETRY: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

/// A row with its columns.
pub(crate) trait Listed: Row {
    /// In the order shown.
    const COLUMNS: &'static [Column<Self>];
}

/// How a list is shown.
#[derive(Debug, Clone, Args)]
pub(super) struct ShowArguments {
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    pub(super) output: Form,
    /// Leave out the titles
    #[arg(long)]
    pub(super) no_headers: bool,
}

impl ShowArguments {
    /// Prints rows.
    pub(super) fn print<R: Serialize>(&self, rows: &[R], columns: &[Column<R>]) -> Result<(), Failure> {
        let text = format(self.output, rows, columns, !self.no_headers, terminal::style())?;
        Ok(terminal::print(&text)?)
    }

    /// Prints what was just made: everything as JSON, else its secret alone, as a variable of a shell takes it.
    pub(super) fn print_secret(&self, made: &impl Serialize, secret: &str) -> Result<(), Failure> {
        let text = match self.output {
            Form::Json => serde_json::to_string_pretty(made)?,
            _ => secret.to_owned(),
        };
        Ok(terminal::print(&format!("{text}\n"))?)
    }
}

/// Arguments of a list.
#[derive(Debug, Clone, Args)]
pub(super) struct ListArguments {
    /// Terms `field:op value` and free text, e.g. status!=UP cpu>80 switch
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
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

impl ListArguments {
    fn query(&self) -> ListQuery {
        let filter = Some(self.filter.join(" ")).filter(|filter| !filter.is_empty());
        ListQuery { filter, sort: self.sort.clone(), limit: self.limit, at: self.at, ..ListQuery::default() }
    }
}

/// Lists or watches.
pub(super) async fn run<R: Listed>(client: &Client, arguments: &ListArguments) -> Result<(), Failure> {
    let query = arguments.query();
    if !arguments.watch {
        let page = client.list_all::<R>(&query).await.map_err(|error| of_list(error, &query))?;
        arguments.show.print(&page.items, R::COLUMNS)?;
        if let Some(at) = query.at {
            terminal::notice(&format!("as of {at}"));
        }
        notice_missing(&page.missing);
        let shown = page.items.len() as u64;
        if matches!(arguments.show.output, Form::Table | Form::Wide) {
            match (shown, page.total) {
                (0, 0) if query.filter.is_some() => terminal::notice(&format!("no {} match", R::KIND)),
                (0, 0) => terminal::notice(&format!("there are no {}", R::KIND)),
                (shown, total) if shown < total => terminal::notice(&format!("{shown} of {total} shown")),
                _ => {}
            }
        }
        return Ok(());
    }
    let query = ListQuery { limit: Some(query.limit.unwrap_or(LIMIT_MAX).min(LIMIT_MAX)), ..query };
    let stream = client.watch::<R>(query.clone());
    let is_live =
        std::io::stdout().is_terminal() && matches!(arguments.show.output, Form::Table | Form::Wide);
    let watch = Watch { stream, failures: 0 };
    let ended = if is_live {
        live(watch, client, &arguments.show).await
    } else {
        lines(watch, &arguments.show).await
    };
    ended.map_err(|error| match error {
        Failure::Client(error) => of_list(*error, &query),
        other => other,
    })
}

fn of_list(error: ClientError, query: &ListQuery) -> Failure {
    Failure::of_filter(error, query.filter.as_deref().unwrap_or_default())
}

/// A watch that connects again for as long as that can help.
struct Watch<R> {
    stream: WatchStream<R>,
    failures: usize,
}

impl<R: Row> Watch<R> {
    /// The next message; a connection lost is handed to the caller after a wait, and the next call connects again.
    ///
    /// # Errors
    /// When trying again cannot help, or the master was never reached.
    async fn next(
        &mut self,
        connected_before: bool,
    ) -> Result<Result<WatchMessage<R>, ClientError>, Failure> {
        match self.stream.next().await {
            Ok(message) => {
                self.failures = 0;
                Ok(Ok(message))
            }
            Err(error) if connected_before && error.is_transient() => {
                let wait = RETRY[self.failures.min(RETRY.len() - 1)];
                if self.failures > 0 {
                    tokio::time::sleep(wait).await;
                }
                self.failures += 1;
                Ok(Err(error))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What a terminal shows of a watch.
struct Live<R> {
    view: Option<WatchView<R>>,
    /// When the master was last heard of; a late row's age is told from here.
    heard: Instant,
    /// Why nothing is heard now.
    trouble: Option<String>,
}

impl<R: Row> Live<R> {
    /// The rows with ages as of now: late rows, and all of them while nothing is heard, grow older.
    fn rows(&self) -> Vec<R> {
        let silence = u64::try_from(self.heard.elapsed().as_millis()).unwrap_or(u64::MAX);
        let aged = |row: &R| {
            let mut row = row.clone();
            if self.trouble.is_some() || row.is_stale() {
                row.set_age_ms(row.age_ms().map(|age| age.saturating_add(silence)));
            }
            row
        };
        self.view.iter().flat_map(WatchView::rows).map(aged).collect()
    }
}

/// Redraws the list until the user ends it; the last picture stays on the terminal.
async fn live<R: Listed>(mut watch: Watch<R>, client: &Client, show: &ShowArguments) -> Result<(), Failure> {
    let mut live: Live<R> = Live { view: None, heard: Instant::now(), trouble: None };
    // The first answer comes before the screen changes, so that a wrong filter is said plainly.
    take(&mut live, &mut watch, false).await?;
    let mut screen = Screen::open()?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let ended = loop {
        screen.draw(&picture(&live, client.url(), show)?)?;
        tokio::select! {
            taken = take(&mut live, &mut watch, true) => if let Err(error) = taken { break Err(error) },
            _ = tick.tick() => {}
            _ = tokio::signal::ctrl_c() => break Ok(()),
        }
    };
    drop(screen);
    terminal::print(&picture(&live, client.url(), show)?)?;
    ended
}

async fn take<R: Row>(
    live: &mut Live<R>,
    watch: &mut Watch<R>,
    connected_before: bool,
) -> Result<(), Failure> {
    match watch.next(connected_before).await? {
        Ok(message) => {
            live.trouble = None;
            live.heard = Instant::now();
            match message {
                WatchMessage::Snapshot(page) => live.view = Some(WatchView::new(page)),
                WatchMessage::Delta(delta) => {
                    // A view that does not fit is replaced by a new snapshot.
                    if live.view.as_mut().is_some_and(|view| view.apply(delta).is_err()) {
                        watch.stream.restart();
                    }
                }
                WatchMessage::Heartbeat => {}
            }
        }
        Err(error) => live.trouble = Some(error.to_string()),
    }
    Ok(())
}

fn picture<R: Listed>(live: &Live<R>, url: &str, show: &ShowArguments) -> Result<String, Failure> {
    let rows = live.rows();
    let total = live.view.as_ref().map_or(0, WatchView::total);
    let missing = live.view.as_ref().map_or(&[][..], WatchView::missing);
    let style = terminal::style();
    let trouble = live.trouble.as_deref();
    let head = heading(&R::KIND.to_string(), (rows.len() as u64, total), missing, url, trouble, style);
    // What is not heard of is not drawn in the colours of health.
    let style = Style { colour: style.colour && live.trouble.is_none(), ..style };
    Ok(format!("{head}\n\n{}", format(show.output, &rows, R::COLUMNS, !show.no_headers, style)?))
}

/// That a cluster is missing in a list, and why.
fn of_cluster(missing: &str) -> String {
    format!("topmast: the cluster {missing}")
}

/// The lines above a live list: how many rows of how many, or why they are old, and which clusters are missing.
pub(super) fn heading(
    noun: &str,
    (shown, total): (u64, u64),
    missing: &[String],
    url: &str,
    trouble: Option<&str>,
    style: Style,
) -> String {
    let count = if shown == total { total.to_string() } else { format!("{shown} of {total}") };
    let head = match trouble {
        None => format!("{noun}: {count} at {url}, {} UTC", clock(style.now)),
        Some(trouble) => format!("OUT OF DATE, trying again: {trouble}"),
    };
    let lines = std::iter::once(head).chain(missing.iter().map(|missing| of_cluster(missing)));
    lines.map(|line| cut(&line, style.width.unwrap_or(usize::MAX))).collect::<Vec<_>>().join("\n")
}

/// Says which clusters are missing, each in a line of its own.
pub(super) fn notice_missing(missing: &[String]) {
    for missing in missing {
        terminal::notice(&of_cluster(missing));
    }
}

/// Says which clusters are missing from now on.
pub(super) fn notice_missing_now(missing: &[String]) {
    notice_missing(missing);
    if missing.is_empty() {
        terminal::notice("topmast: no cluster is missing any more");
    }
}

/// The time of day to the second, which is as often as a live list is drawn at least.
fn clock(now: Timestamp) -> String {
    let text = now.to_string();
    text.split_once('T').map_or(text.as_str(), |(_, time)| time).chars().take("12:00:00".len()).collect()
}

/// Prints what is there, then one line a change: `+` new, `~` changed, `-` gone.
async fn lines<R: Listed>(mut watch: Watch<R>, show: &ShowArguments) -> Result<(), Failure> {
    let mut view: Option<WatchView<R>> = None;
    loop {
        let message = tokio::select! {
            next = watch.next(view.is_some()) => next?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let delta = match message {
            Ok(WatchMessage::Snapshot(page)) => {
                // After a lost connection only the difference is news.
                if let Some(view) = &mut view {
                    let before = view.clone();
                    if let Some(delta) = view.advance(page) {
                        print_changes(&before, &delta, show)?;
                    }
                } else {
                    notice_missing(&page.missing);
                    show.print_first(&page.items)?;
                    view = Some(WatchView::new(page));
                }
                continue;
            }
            Ok(WatchMessage::Delta(delta)) => delta,
            Ok(WatchMessage::Heartbeat) => continue,
            Err(error) => {
                terminal::notice(&format!("topmast: {error}; trying again"));
                continue;
            }
        };
        let Some(view) = &mut view else { continue };
        print_changes(view, &delta, show)?;
        if view.apply(delta).is_err() {
            watch.stream.restart();
        }
    }
}

impl ShowArguments {
    /// The rows at the beginning of a watch, in the form of the lines that follow.
    fn print_first<R: Listed>(&self, rows: &[R]) -> Result<(), Failure> {
        match self.output {
            Form::Json => rows.iter().try_for_each(|row| self.print_change("+", row)),
            Form::Table | Form::Wide | Form::Csv => self.print(rows, R::COLUMNS),
        }
    }

    fn print_change<R: Listed>(&self, sign: &str, row: &R) -> Result<(), Failure> {
        let line = format_line(self.output, row, R::COLUMNS, Style { width: None, ..terminal::style() })?;
        let sign =
            if matches!(self.output, Form::Table | Form::Wide) { format!("{sign} ") } else { String::new() };
        Ok(terminal::print(&format!("{sign}{line}"))?)
    }
}

fn print_changes<R: Listed>(
    view: &WatchView<R>,
    delta: &Delta<R>,
    show: &ShowArguments,
) -> Result<(), Failure> {
    if let Some(missing) = &delta.missing {
        notice_missing_now(missing);
    }
    for row in &delta.changed {
        let sign = if view.row(row.path()).is_some() { "~" } else { "+" };
        show.print_change(sign, row)?;
    }
    for path in &delta.removed {
        let line = match show.output {
            Form::Json => format!("{}\n", serde_json::json!({ "removed": path })),
            Form::Table | Form::Wide => format!("- {path}\n"),
            // A line of values cannot say that a row is gone.
            Form::Csv => continue,
        };
        terminal::print(&line)?;
    }
    Ok(())
}

/// A status as a word; when its data is late, with the age.
pub(super) fn status<R: Row>(row: &R, word: &str, tone: Tone) -> Cell {
    if row.is_stale() {
        let age = row
            .age_ms()
            .map_or_else(|| "no data".to_owned(), |_| format!("{} old", human::age(row.age_ms())));
        return Cell::new(format!("{word} ({age})"), if tone == Tone::Good { Tone::Dim } else { tone });
    }
    Cell::new(word, tone)
}
