//! `topmast actions -w`: the list, kept true.
//!
//! The journal says when to look again: the list is fetched anew after each event of an action that
//! is younger than the list itself.

use super::{ACTIONS, list};
use crate::cli::failure::Failure;
use crate::cli::list::{ShowArguments, heading};
use crate::output::terminal::{self, Screen};
use crate::output::{Form, Style, format, format_line};
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;
use topmast_api::action::{Action, ActionQuery};
use topmast_api::client::{Client, ClientError, EventStream};
use topmast_api::event::{EventMessage, EventQuery};
use topmast_api::page::Page;
use topmast_model::id::Seq;

/// Shortest time between two looks: an action on many targets makes many events at once.
const INTERVAL: Duration = Duration::from_millis(250);
/// Wait before connecting again: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);

/// The list as it was last fetched.
struct Watch<'a> {
    client: &'a Client,
    query: ActionQuery,
    page: Page<Action>,
    /// Not before this is the master asked again.
    again: Instant,
    stream: EventStream,
    /// True when an event says that the page is old.
    is_old: bool,
    /// Why nothing is heard now.
    trouble: Option<String>,
}

/// Redraws the list, or prints one line a change when the output is no terminal, until the user ends it.
pub(super) async fn run(client: &Client, query: ActionQuery, show: &ShowArguments) -> Result<(), Failure> {
    let page = list(client, &query).await?;
    let events = EventQuery {
        filter: Some("kind=Action*,Step*".into()),
        after: Some(Seq(page.revision)),
        ..EventQuery::default()
    };
    let stream = client.event_stream(events);
    let watch = Watch { client, query, page, again: Instant::now(), stream, is_old: false, trouble: None };
    if std::io::stdout().is_terminal() && matches!(show.output, Form::Table | Form::Wide) {
        live(watch, show).await
    } else {
        lines(watch, show).await
    }
}

impl Watch<'_> {
    /// Waits for news. May be dropped and asked again, whereupon nothing is missed.
    async fn wait(&mut self) -> Result<(), Failure> {
        tokio::time::sleep_until(self.again).await;
        if self.is_old {
            return Ok(());
        }
        match self.stream.next().await {
            Ok(message) => {
                self.trouble = None;
                let is_news = |seq: Seq| seq.0 > self.page.revision;
                self.is_old = matches!(message, EventMessage::Event(event) if is_news(event.seq));
            }
            Err(error) => self.wait_longer(error)?,
        }
        Ok(())
    }

    /// Fetches the list if there is news.
    async fn look(&mut self) -> Result<(), Failure> {
        if !self.is_old {
            return Ok(());
        }
        match list(self.client, &self.query).await {
            Ok(page) => {
                (self.page, self.is_old, self.trouble) = (page, false, None);
                self.again = Instant::now() + INTERVAL;
            }
            Err(Failure::Client(error)) => self.wait_longer(*error)?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Keeps the trouble for the user to see when trying again can help.
    fn wait_longer(&mut self, error: ClientError) -> Result<(), Failure> {
        if !error.is_transient() {
            return Err(error.into());
        }
        self.trouble = Some(error.to_string());
        self.again = Instant::now() + RETRY;
        Ok(())
    }

    fn picture(&self, show: &ShowArguments) -> Result<String, Failure> {
        let style = terminal::style();
        let shown = self.page.items.len() as u64;
        let head = heading(
            "actions",
            (shown, self.page.total),
            &[],
            self.client.url(),
            self.trouble.as_deref(),
            style,
        );
        // What is not heard of is not drawn in the colours of health.
        let style = Style { colour: style.colour && self.trouble.is_none(), ..style };
        Ok(format!("{head}\n\n{}", format(show.output, &self.page.items, ACTIONS, !show.no_headers, style)?))
    }
}

async fn live(mut watch: Watch<'_>, show: &ShowArguments) -> Result<(), Failure> {
    let mut screen = Screen::open()?;
    // Ages go on when nothing else does.
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let ended = loop {
        screen.draw(&watch.picture(show)?)?;
        tokio::select! {
            waited = watch.wait() => if let Err(error) = waited { break Err(error) },
            _ = tick.tick() => continue,
            _ = tokio::signal::ctrl_c() => break Ok(()),
        }
        // Without the tick, which would cut every answer short that takes longer.
        tokio::select! {
            looked = watch.look() => if let Err(error) = looked { break Err(error) },
            _ = tokio::signal::ctrl_c() => break Ok(()),
        }
    };
    drop(screen);
    terminal::print(&watch.picture(show)?)?;
    ended
}

/// Prints what is there, then one line a change: `+` new, `~` changed.
async fn lines(mut watch: Watch<'_>, show: &ShowArguments) -> Result<(), Failure> {
    if show.output == Form::Json {
        watch.page.items.iter().try_for_each(|action| print_change(None, action, show))?;
    } else {
        show.print(&watch.page.items, ACTIONS)?;
    }
    loop {
        let before = watch.page.items.clone();
        tokio::select! {
            next = async { watch.wait().await?; watch.look().await } => next?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        if let Some(trouble) = &watch.trouble {
            terminal::notice(&format!("topmast: {trouble}; trying again"));
        }
        // The newest is printed last, as in a journal.
        for action in watch.page.items.iter().rev() {
            let known = before.iter().find(|known| known.id == action.id);
            if known != Some(action) {
                print_change(known, action, show)?;
            }
        }
    }
}

fn print_change(known: Option<&Action>, action: &Action, show: &ShowArguments) -> Result<(), Failure> {
    let line = format_line(show.output, action, ACTIONS, Style { width: None, ..terminal::style() })?;
    let sign = match (show.output, known) {
        (Form::Json | Form::Csv, _) => "",
        (Form::Table | Form::Wide, Some(_)) => "~ ",
        (Form::Table | Form::Wide, None) => "+ ",
    };
    Ok(terminal::print(&format!("{sign}{line}"))?)
}
