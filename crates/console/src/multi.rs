//! `topmast multi`: shells on many servers, tiled in one terminal.
//!
//! ```text
//! keys, signals, time ─┐
//! link (the master) ───┴─► Message ─► App::update ─► Effect ─► link
//!                                         App ─► draw ─► terminal
//! ```
//!
//! Reading order: `app` (the state), `pane`, `emulator` (a pane's screen), `update` (what changes it), `question`,
//! `round` (outputs compared), `place` and `draw` (what is seen of it).
//!
//! Invariants
//! - M-1: only this file and `link` know a clock, a terminal or a master; the rest is tested without them.
//! - M-2: what servers print reaches the operator's terminal as plain characters and colours alone, inside of its pane.

mod app;
mod draw;
mod emulator;
mod key;
mod link;
mod pane;
mod place;
mod question;
mod round;
mod typed;
mod update;

pub(crate) use app::Start;
pub(crate) use key::Prefix;

use crate::cli::failure::Failure;
use crate::output::terminal;
use crate::tui::Look;
use crate::tui::screen::{self, Screen};
use crate::tui::signals::{Signal, Signals};
use app::App;
use link::Link;
use place::Places;
use ratatui::crossterm::event::{Event, KeyEventKind, read};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use topmast_api::client::{Client, ClientError};
use topmast_api::terminal::TerminalOpen;
use update::{Effect, Message};

/// Least time between two pictures: 60 a second, as many as a monitor shows.
const FRAME: Duration = Duration::from_micros(16_667);
/// How often it is looked whether panes became quiet.
const TICK: Duration = Duration::from_millis(250);

/// Shows the panes until the user, or the end of the line, ends it.
///
/// - `open`: what is asked of the master; the targets and the size are put in here.
pub(crate) async fn run(client: Client, start: Start, open: TerminalOpen) -> Result<(), Failure> {
    let size = screen::size();
    let count = start.targets.len();
    let first = Places::new(size, count, 0, false).tile_size;
    let open = TerminalOpen { targets: start.targets.clone(), command: None, size: Some(first), ..open };
    // A refusal is said plainly, before the screen changes.
    let mut link = Link::open(&client, open.clone()).await?;
    let mut opening = None;
    let mut app = App::new(start, size, Look::of_environment(), terminal::now());
    let mut signals = Signals::new()?;
    let (sender, mut keys) = mpsc::unbounded_channel();
    let mut screen = Screen::open()?;
    app.size = screen::size();
    read_keys(sender)?;
    link.start(&(0..count).collect::<Vec<_>>());
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_frame = Instant::now();
    let (mut is_drawn, mut is_linked) = (false, true);
    while !app.ended {
        // In this order: keys never wait behind a flood, and neither does the picture.
        let message = tokio::select! {
            biased;
            key = keys.recv() => key.unwrap_or(Message::HangUp),
            signal = signals.next() => match signal {
                Signal::HangUp => Message::HangUp,
                Signal::GoOn => Message::GoOn,
                // Control-Z is for the panes; who stops this from elsewhere would leave them without their keys.
                Signal::Stop => continue,
            },
            () = sleep_until(next_frame), if !is_drawn => {
                for effect in app.fit() {
                    link.act(&effect);
                }
                screen.draw(app.size, |buffer| draw::draw(&app, buffer))?;
                (is_drawn, next_frame) = (true, Instant::now() + FRAME);
                continue;
            }
            message = link.next(), if is_linked => message,
            (panes, opened) = opened(&mut opening), if opening.is_some() => {
                opening = None;
                match opened {
                    Ok(opened) => {
                        (link, is_linked) = (opened, true);
                        link.start(&panes);
                        for index in panes {
                            link.act(&Effect::Resize(vec![index], app.panes[index].size));
                        }
                        Message::Tick
                    }
                    Err(error) => Message::Lost(error),
                }
            }
            _ = tick.tick() => Message::Tick,
        };
        is_drawn = false;
        is_linked &= !matches!(message, Message::Lost(_));
        for effect in app.update(message, terminal::now()) {
            match effect {
                Effect::Redraw => screen.forget()?,
                Effect::Reopen(panes) => {
                    let (client, open) = (client.clone(), open.clone());
                    let task = tokio::spawn(async move { Link::open(&client, open).await });
                    opening = Some((panes, task));
                }
                effect => link.act(&effect),
            }
        }
    }
    Ok(())
}

/// A terminal that is being opened, with its panes.
type Opening = (Vec<usize>, JoinHandle<Result<Link, ClientError>>);

/// What came of opening a terminal anew; waits for ever where none is.
async fn opened(opening: &mut Option<Opening>) -> (Vec<usize>, Result<Link, String>) {
    let Some((panes, task)) = opening else { return std::future::pending().await };
    let opened = match task.await {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    (std::mem::take(panes), opened)
}

/// Reads keys on a thread of its own, which ends with the process, for a read cannot be given up.
fn read_keys(sender: mpsc::UnboundedSender<Message>) -> io::Result<()> {
    let run = move || {
        loop {
            let message = match read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => Message::Key(key),
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
