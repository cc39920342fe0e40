//! Panes as a master would report them, and keys.

use crate::multi::app::{App, Start};
use crate::multi::draw::draw;
use crate::multi::key::Prefix;
use crate::multi::update::{Effect, Message};
use crate::tui::Look;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

pub(super) const LOOK: Look = Look { colour: true, unicode: true, attributes: true };

/// The time at which everything happens, and so many milliseconds later.
pub(super) fn later(ms: i64) -> Timestamp {
    Timestamp(UnixMillis(1_788_000_000_000 + ms))
}

pub(super) fn now() -> Timestamp {
    later(0)
}

/// So many panes, `db-1` and so on, none of which runs.
#[expect(clippy::needless_pass_by_value, reason = "made for the call in each test")]
pub(super) fn waiting(size: (u16, u16), count: usize, start: Start) -> App {
    let targets = (1..=count).map(|n| format!("acme/main/db-{n}").parse().unwrap()).collect();
    let names = (1..=count).map(|n| format!("db-{n}")).collect();
    App::new(Start { targets, names, prefix: Prefix::default(), ..start.clone() }, size, LOOK, now())
}

/// So many panes, all at their prompt.
pub(super) fn running(size: (u16, u16), count: usize, start: Start) -> App {
    let mut app = waiting(size, count, start);
    for pane in 0..count {
        run(&mut app, pane);
    }
    app
}

pub(super) fn run(app: &mut App, pane: usize) {
    let account = format!("monitor@db-{} over ssh", pane + 1);
    app.update(Message::Started(pane, account), now());
    print(app, pane, &format!("monitor@db-{}:~$ ", pane + 1));
}

/// Typing goes to all of three.
pub(super) fn all() -> App {
    running((80, 24), 3, Start { to_all: true, ..Start::default() })
}

pub(super) fn print(app: &mut App, pane: usize, text: &str) {
    app.update(Message::Output(pane, text.as_bytes().to_vec()), now());
}

pub(super) fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.update(Message::Key(KeyEvent::from(code)), now())
}

pub(super) fn chord(app: &mut App, letter: char) -> Vec<Effect> {
    app.update(Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)), now())
}

/// Presses the prefix and a key.
pub(super) fn command(app: &mut App, code: KeyCode) -> Vec<Effect> {
    assert_eq!(chord(app, '4'), [], "the prefix alone does nothing");
    press(app, code)
}

pub(super) fn commands(app: &mut App, letters: &str) {
    letters.chars().for_each(|letter| drop(command(app, KeyCode::Char(letter))));
}

/// Types a text; what it brings as panes and text.
pub(super) fn write(app: &mut App, text: &str) -> Vec<(Vec<usize>, String)> {
    let effects: Vec<Effect> = text.chars().flat_map(|letter| press(app, KeyCode::Char(letter))).collect();
    inputs(&effects)
}

pub(super) fn inputs(effects: &[Effect]) -> Vec<(Vec<usize>, String)> {
    let mut inputs: Vec<(Vec<usize>, String)> = Vec::new();
    for effect in effects {
        let Effect::Input(panes, text) = effect else { continue };
        match inputs.last_mut() {
            Some((known, before)) if known == panes => before.push_str(text),
            _ => inputs.push((panes.clone(), text.clone())),
        }
    }
    inputs
}

/// The screen as a terminal would show it.
pub(super) fn terminal(app: &App) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal
        .draw(|frame| {
            if let Some(cursor) = draw(app, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })
        .unwrap();
    terminal
}

pub(super) fn text(app: &App) -> String {
    crate::tui::text(terminal(app).backend().buffer())
}
