//! `topmast top`: the fleet in a terminal.
//!
//! ```text
//! keys, signals, a second ─┐
//! feed (the master) ───────┴─► Message ─► App::update ─► Effect ─► feed
//!                                            App ─► draw ─► terminal
//! ```
//!
//! Reading order: `app` (the state), `update` (what changes it), `draw` (what is seen of it), `feed` (what it needs),
//! `screen` (the terminal).
//!
//! Invariants
//! - U-1: only this file, `feed` and `screen` know a clock, a terminal or a master; the rest is tested without them.
//! - U-2: nothing here starts a program, opens a file, or leads to a shell: it can be somebody's login shell.

mod act;
mod app;
mod detail;
pub(crate) mod draw;
mod feed;
pub(crate) mod key;
mod list;
mod place;
mod problem;
pub(crate) mod prompt;
mod row;
pub(crate) mod screen;
pub(crate) mod signals;
mod spark;
mod tab;
mod update;

pub(crate) use app::{Look, Rules};
pub(crate) use tab::Tab;

use crate::cli::failure::Failure;
use crate::output::terminal;
use app::App;
use feed::Feed;
use list::Query;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use ratatui::layout::Rect;
use screen::Screen;
use signals::{Signal, Signals};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use topmast_api::client::Client;
use update::{Effect, Message};

/// Columns and lines where nobody says how many there are.
const SIZE_DEFAULT: (u16, u16) = (80, 24);

/// What is on the screen first.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// The tab.
    pub(crate) tab: Tab,
    /// A filter of it.
    pub(crate) filter: String,
}

fn query(start: &Start) -> Query {
    Query { filter: start.filter.clone(), ..Query::new(start.tab, None) }
}

/// Prints one picture.
///
/// - `size`: columns and lines, where they are known.
pub(crate) async fn print(
    client: &Client,
    start: &Start,
    size: (Option<u16>, Option<u16>),
) -> Result<(), Failure> {
    let look = Look { colour: false, attributes: false, ..Look::of_environment() };
    let rules = Rules { locked: true, still: true };
    let mut app = App::new(client.url(), query(start), look, rules);
    app.size = (size.0.unwrap_or(SIZE_DEFAULT.0).max(1), size.1.unwrap_or(SIZE_DEFAULT.1).max(1));
    let of = app.subscription();
    let window = feed::once(client, &of).await.map_err(|error| Failure::of_filter(error, &start.filter))?;
    for message in [feed::who(client).await?, feed::counts(client).await?] {
        app.update(message, terminal::now());
    }
    app.update(Message::Rows(Box::new((of, window))), terminal::now());
    Ok(terminal::print(&picture(&app))?)
}

/// The picture as lines of text.
fn picture(app: &App) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    draw::draw(app, &mut buffer);
    text(&buffer)
}

/// A buffer as lines of text, without blanks at their ends and empty lines at its end.
pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    for row in buffer.content().chunks(width) {
        let mut skip = 0;
        let mut line = String::new();
        for cell in row {
            // A wide character covers the cells behind it.
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text
}

/// Shows the fleet until the user, or the end of the line, ends it.
pub(crate) async fn run(client: Client, start: &Start, rules: Rules) -> Result<(), Failure> {
    // What cannot come right by itself is said plainly, before the screen changes.
    if let Err(error) = client.session_get().await
        && !error.is_transient()
    {
        return Err(error.into());
    }
    let mut app = App::new(client.url(), query(start), Look::of_environment(), rules);
    let mut signals = Signals::new()?;
    let (sender, mut messages) = mpsc::unbounded_channel();
    let mut screen = Screen::open()?;
    app.size = screen::size();
    read_keys(sender.clone())?;
    let mut feed = Feed::new(client.clone(), sender);
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !app.ended {
        if app.url != client.url() {
            client.url().clone_into(&mut app.url);
        }
        feed.follow(&app);
        screen.draw(app.size, |buffer| draw::draw(&app, buffer))?;
        let message = tokio::select! {
            _ = tick.tick() => Message::Tick,
            message = messages.recv() => message.unwrap_or(Message::HangUp),
            signal = signals.next() => match signal {
                Signal::HangUp => Message::HangUp,
                Signal::Stop => Message::Stop,
                Signal::GoOn => Message::GoOn,
            },
        };
        take(&mut app, message, &feed, &mut screen)?;
        // Everything that waits is taken in before the next frame: a fast typist never waits for the drawing.
        while let Ok(message) = messages.try_recv() {
            take(&mut app, message, &feed, &mut screen)?;
        }
    }
    Ok(())
}

fn take(app: &mut App, message: Message, feed: &Feed, screen: &mut Screen) -> io::Result<()> {
    match app.update(message, terminal::now()) {
        None => Ok(()),
        Some(Effect::Redraw) => screen.forget(),
        Some(Effect::Suspend) => screen.suspend(),
        Some(effect) => {
            feed.act(effect);
            Ok(())
        }
    }
}

/// Reads keys on a thread of its own, which ends with the process, for a read cannot be given up.
fn read_keys(sender: mpsc::UnboundedSender<Message>) -> io::Result<()> {
    let run = move || {
        loop {
            let message = match read() {
                Ok(Event::Key(mut key)) if key.kind != KeyEventKind::Release => {
                    // A line that brings Escape and the next key together has made Alt of them, which means
                    // nothing here.
                    let is_after_escape = key.modifiers.contains(KeyModifiers::ALT);
                    if is_after_escape && sender.send(Message::Key(KeyEvent::from(KeyCode::Esc))).is_err() {
                        return;
                    }
                    key.modifiers.remove(KeyModifiers::ALT);
                    Message::Key(key)
                }
                Ok(Event::Paste(text)) => Message::Paste(text),
                Ok(Event::Resize(..)) => {
                    let (width, height) = screen::size();
                    Message::Resize(width, height)
                }
                Ok(_) => continue,
                Err(_) => Message::HangUp,
            };
            let is_last = message == Message::HangUp;
            if sender.send(message).is_err() || is_last {
                return;
            }
        }
    };
    std::thread::Builder::new().name("keys".to_owned()).spawn(run).map(drop)
}

#[cfg(test)]
mod tests;
