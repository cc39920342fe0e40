//! What happens, and what then is so: messages change the state, and may ask for things to be done.
//!
//! Everything that comes from outside is a [`Message`]; [`App::update`] is the only place where the state changes,
//! and has no effect but its answer. What keys do: `command` (after the prefix), `typing` (all others).

mod command;
mod typing;

use super::app::{Aim, App, Overlay};
use super::key::{HELP, command};
use super::pane::{State, outcome};
use super::question::{Reply, Then};
use super::typed::Typed;
use crate::tui::key::edit;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use topmast_api::terminal::{PaneOutcome, TerminalSize};
use topmast_api::time::Timestamp;

/// What stands between the last words of a shell that was lost and the new one: whatever program had the screen is gone.
const ANEW: &[u8] = b"\x1b[?1049l\x1b[0m\r\n-- the connection was lost; a new shell --\r\n";

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// A part of a second passed.
    Tick,
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The line to the terminal, or its user, is gone.
    HangUp,
    /// This process goes on after it was stopped.
    GoOn,
    /// A pane runs, as this account.
    Started(usize, String),
    /// A pane printed this.
    Output(usize, Vec<u8>),
    /// A pane is over.
    Ended(usize, PaneOutcome),
    /// The master is gone; why.
    Lost(String),
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Type this into these.
    Input(Vec<usize>, String),
    /// Tell these their size.
    Resize(Vec<usize>, TerminalSize),
    /// Draw everything anew.
    Redraw,
    /// Open the terminal anew, and new shells in these.
    Reopen(Vec<usize>),
}

impl App {
    /// Takes in what happened.
    pub(super) fn update(&mut self, message: Message, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match message {
            Message::Tick => {}
            Message::Key(key) => return self.key(key),
            Message::Paste(text) => return self.paste(&text),
            Message::Resize(width, height) => self.size = (width, height),
            Message::HangUp => self.ended = true,
            Message::GoOn => return vec![Effect::Redraw],
            Message::Started(index, account) => self.started(index, account),
            Message::Output(index, bytes) => self.output(index, &bytes),
            Message::Ended(index, outcome) => self.over(index, outcome),
            Message::Lost(why) => {
                let words = format!("{why}; the master ends what it ran");
                self.lost = (0..self.panes.len()).filter(|index| !self.panes[*index].has_ended()).collect();
                for index in self.lost.clone() {
                    self.over(index, PaneOutcome::Failed(words.clone()));
                }
                self.tell_end();
            }
        }
        Vec::new()
    }

    fn started(&mut self, index: usize, account: String) {
        // Somebody may be in the middle of a line: its end would be another command there.
        let is_within_line =
            self.aim != Aim::One && self.receivers().iter().any(|index| !self.panes[*index].typed.is_empty());
        if let Some(pane) = self.panes.get_mut(index).filter(|pane| pane.state == State::Waiting) {
            pane.state = State::Running(account);
            pane.has_run = true;
            pane.late = is_within_line;
        }
    }

    fn output(&mut self, index: usize, bytes: &[u8]) {
        let Some(pane) = self.panes.get_mut(index) else { return };
        let before = pane.emulator.above();
        pane.emulator.feed(bytes);
        if pane.scroll > 0 {
            // What is read stays where it is.
            let above = pane.emulator.above();
            pane.scroll = (pane.scroll + above.saturating_sub(before)).min(above);
        }
        if let Some(round) = &mut self.round {
            round.take(index, bytes, self.now);
        }
    }

    fn over(&mut self, index: usize, outcome: PaneOutcome) {
        let Some(pane) = self.panes.get_mut(index).filter(|pane| !pane.has_ended()) else { return };
        pane.state = State::Ended(outcome);
        if let Some(round) = &mut self.round {
            round.end(index);
        }
        self.tell_end();
    }

    /// A pane that is over is not begun again: says how it ended, and what can be done.
    pub(super) fn tell_end(&mut self) {
        let pane = &self.panes[self.focus];
        if let State::Ended(how) = &pane.state {
            let (how, _) = outcome(how);
            let anew = if !self.lost.is_empty() {
                "; r opens new shells, at another master if need be".to_owned()
            } else if pane.has_run {
                format!("; `topmast multi {}` opens it anew", pane.path)
            } else {
                String::new()
            };
            let leave = if self.is_over() { "; q leaves" } else { "" };
            self.notice = Some(format!("{} {how}{anew}{leave}", pane.name));
        }
    }

    fn key(&mut self, pressed: KeyEvent) -> Vec<Effect> {
        let is_for_panes =
            matches!(self.overlay, Overlay::None) && self.composer.is_none() && !self.after_prefix;
        if pressed.modifiers.contains(KeyModifiers::ALT) && !is_for_panes {
            // A line that brings Escape and the next key together has made Alt of them, which only shells know.
            let mut effects = self.key(KeyEvent::from(KeyCode::Esc));
            effects
                .extend(self.key(KeyEvent { modifiers: pressed.modifiers - KeyModifiers::ALT, ..pressed }));
            return effects;
        }
        self.notice = None;
        match &mut self.overlay {
            Overlay::Question(question) => {
                return match question.key(pressed, self.prefix) {
                    Reply::Wait => Vec::new(),
                    reply => self.answered(reply == Reply::Agreed),
                };
            }
            Overlay::Help(scroll) => {
                match pressed.code {
                    KeyCode::Down | KeyCode::PageDown => *scroll = (*scroll + 1).min(HELP.len()),
                    KeyCode::Up | KeyCode::PageUp => *scroll = scroll.saturating_sub(1),
                    _ => self.overlay = Overlay::None,
                }
                return Vec::new();
            }
            Overlay::Group(prompt) => {
                match pressed.code {
                    KeyCode::Esc => self.overlay = Overlay::None,
                    KeyCode::Enter => {
                        let name = prompt.text().trim().to_owned();
                        self.overlay = Overlay::None;
                        if !name.is_empty() {
                            self.mark(&name);
                        }
                    }
                    _ => {
                        if let Some(edit) = edit(pressed) {
                            prompt.edit(edit);
                        }
                    }
                }
                return Vec::new();
            }
            Overlay::None | Overlay::Results(_) => {}
        }
        if std::mem::take(&mut self.after_prefix) {
            return match command(pressed, self.prefix) {
                Some(command) => self.command(command),
                None if pressed.code == KeyCode::Esc => Vec::new(),
                None => {
                    self.notice =
                        Some(format!("this key means nothing after {}; ? lists those that do", self.prefix));
                    Vec::new()
                }
            };
        }
        if self.prefix.is(pressed) {
            self.after_prefix = true;
            return Vec::new();
        }
        if let Overlay::Results(scroll) = &mut self.overlay {
            match pressed.code {
                KeyCode::PageDown => *scroll += 5,
                KeyCode::PageUp => *scroll = scroll.saturating_sub(5),
                KeyCode::Down if self.composer.is_none() => *scroll += 1,
                KeyCode::Up if self.composer.is_none() => *scroll = scroll.saturating_sub(1),
                KeyCode::Esc => self.overlay = Overlay::None,
                _ if self.composer.is_some() => return self.compose(pressed),
                _ => self.notice = Some("nothing was typed: Esc closes the results first".to_owned()),
            }
            return Vec::new();
        }
        if self.composer.is_some() {
            return self.compose(pressed);
        }
        if self.is_over() && pressed.code == KeyCode::Char('q') {
            self.ended = true;
            return Vec::new();
        }
        if !self.lost.is_empty() && pressed.code == KeyCode::Char('r') {
            return self.reopen();
        }
        self.typed(pressed)
    }

    /// New shells where the connection ended some, below what the old ones showed.
    fn reopen(&mut self) -> Vec<Effect> {
        let lost = std::mem::take(&mut self.lost);
        for index in &lost {
            let pane = &mut self.panes[*index];
            pane.emulator.feed(ANEW);
            (pane.state, pane.typed, pane.scroll) = (State::Waiting, Typed::default(), 0);
        }
        self.canary_line = None;
        self.notice = Some("new shells are being opened".to_owned());
        vec![Effect::Reopen(lost)]
    }

    fn answered(&mut self, agreed: bool) -> Vec<Effect> {
        let Overlay::Question(question) = std::mem::replace(&mut self.overlay, Overlay::None) else {
            return Vec::new();
        };
        if !agreed {
            self.notice = Some(match &question.then {
                Then::Type { text, .. } if text == "\r" => {
                    "nothing was done: the line still stands there, and Ctrl-U takes it away".to_owned()
                }
                _ => "nothing was done".to_owned(),
            });
            return Vec::new();
        }
        match question.then {
            Then::Type { panes, text } => self.send(&panes, &text),
            Then::Line { panes, line, is_rest } => self.send_line(&panes, &line, Vec::new(), is_rest),
            Then::Quit => {
                self.ended = true;
                Vec::new()
            }
        }
    }
}
