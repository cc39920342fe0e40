//! What happens, and what then is so: messages change the state, and may ask for one thing to be done.
//!
//! Everything that comes from outside is a [`Message`]; [`App::update`] is the only place where the state changes,
//! and has no effect but its answer.

mod command;

use super::act::{Custom, Outcome, Step};
use super::app::{App, Line, Overlay};
use super::detail::Detail;
use super::key;
use super::list::{Subscription, Window};
use super::problem::{Handling, Request};
use super::prompt::Edit;
use super::row::Key;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use topmast_api::action::{Action, ActionPlan, ActionProgress, ActionRequest};
use topmast_api::overview::Overview;
use topmast_api::session::Principal;
use topmast_api::time::Timestamp;
use topmast_model::filter::Filter;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// A second passed.
    Tick,
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The line to the terminal, or its user, is gone.
    HangUp,
    /// Somebody wants this process stopped.
    Stop,
    /// This process goes on after it was stopped.
    GoOn,
    /// The master says who asks.
    Who(Box<Principal>),
    /// Counts of every kind.
    Overview(Box<Overview>),
    /// Rows of a list.
    Rows(Box<(Subscription, Window)>),
    /// Nothing changed of a list, but the master is there.
    Heard,
    /// Nothing is heard of the list; why.
    Trouble(String),
    /// Details of an object.
    Detail(Key, Box<Detail>),
    /// Details could not be had; why.
    DetailTrouble(Key, String),
    /// The plan of a dialog.
    Planned(u64, Result<ActionPlan, String>),
    /// The action of a dialog as it is now.
    Acting(u64, Result<Box<Action>, String>),
    /// What changed of the action of a dialog.
    Progress(u64, Box<ActionProgress>),
    /// Nothing is heard of the action of a dialog; why.
    ActTrouble(u64, String),
    /// What came of something done about a problem.
    Handled(String),
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// Ask for the plan of a dialog, of a custom action as it was typed.
    Plan(u64, Box<ActionRequest>, Option<Custom>),
    /// Ask for the action of a dialog and follow it.
    Submit(u64, Box<ActionRequest>),
    /// Do something about a problem.
    Handle(Handling, Box<Request>),
    /// Draw everything anew.
    Redraw,
    /// Leave the shell's job in the background.
    Suspend,
}

impl App {
    /// Takes in what happened.
    pub(super) fn update(&mut self, message: Message, now: Timestamp) -> Option<Effect> {
        self.now = now;
        self.take_in(message)
    }

    fn take_in(&mut self, message: Message) -> Option<Effect> {
        let now = self.now;
        match message {
            Message::Key(key) => return self.key(key),
            Message::Paste(text) => self.paste(&text),
            Message::Resize(width, height) => {
                self.size = (width, height);
                self.settle();
            }
            Message::HangUp => self.ended = true,
            Message::Stop => return (!self.rules.locked).then_some(Effect::Suspend),
            Message::GoOn => return Some(Effect::Redraw),
            Message::Who(who) => self.who = Some(*who),
            Message::Overview(overview) => self.overview = Some(*overview),
            Message::Handled(word) => self.notice = Some(word),
            Message::Tick => {}
            Message::Rows(rows) => {
                let (of, window) = *rows;
                let height = self.height();
                self.list_mut().take(&of, window, now, height);
                self.heard();
            }
            Message::Heard => self.heard(),
            Message::Trouble(why) => self.link.trouble = Some(why),
            Message::Detail(key, detail) => {
                if let Some(pane) = self.pane.as_mut().filter(|pane| pane.key == key) {
                    (pane.detail, pane.received, pane.trouble) = (Some(detail), Some(now), None);
                }
            }
            Message::DetailTrouble(key, why) => {
                if let Some(pane) = self.pane.as_mut().filter(|pane| pane.key == key) {
                    pane.trouble = Some(why);
                }
            }
            Message::Planned(serial, plan) => self.acting(serial, |act| {
                if act.step == Step::Planning {
                    match plan {
                        Ok(plan) => act.planned(plan),
                        Err(why) => act.step = Step::Failed(why),
                    }
                }
            }),
            Message::Acting(serial, action) => self.acting(serial, |act| {
                act.trouble = None;
                act.step = action.map_or_else(Step::Failed, Step::Following);
            }),
            Message::Progress(serial, progress) => self.acting(serial, |act| {
                act.trouble = None;
                if let Step::Following(action) = &mut act.step {
                    action.apply(*progress);
                }
            }),
            Message::ActTrouble(serial, why) => self.acting(serial, |act| act.trouble = Some(why)),
        }
        None
    }

    /// Pasted text is text, and never keys.
    fn paste(&mut self, text: &str) {
        match &mut self.overlay {
            Overlay::Line(Line::Filter(prompt, _) | Line::Command(prompt) | Line::Handle(_, prompt)) => {
                text.chars().for_each(|character| prompt.edit(Edit::Insert(character)));
            }
            Overlay::Act(act) => act.paste(text),
            Overlay::None | Overlay::Help(_) => {}
        }
    }

    fn heard(&mut self) {
        self.link.heard = Some(self.now);
        self.link.trouble = None;
    }

    /// Changes the dialog, if it is still that one.
    fn acting(&mut self, serial: u64, change: impl FnOnce(&mut super::act::Act)) {
        if let Overlay::Act(act) = &mut self.overlay
            && act.serial == serial
        {
            change(act);
        }
    }

    fn key(&mut self, pressed: KeyEvent) -> Option<Effect> {
        let after_go = std::mem::take(&mut self.after_go);
        if pressed.code == KeyCode::Char('c') && pressed.modifiers.contains(KeyModifiers::CONTROL) {
            self.ended = true;
            return None;
        }
        if pressed.code == KeyCode::Char('l') && pressed.modifiers.contains(KeyModifiers::CONTROL) {
            return Some(Effect::Redraw);
        }
        self.notice = None;
        match &mut self.overlay {
            Overlay::Act(act) => {
                let outcome = act.key(pressed);
                let (serial, request, custom) = (act.serial, Box::new(act.request()), act.custom.clone());
                match outcome {
                    Outcome::Stay => None,
                    Outcome::Plan => Some(Effect::Plan(serial, request, custom)),
                    Outcome::Submit => Some(Effect::Submit(serial, request)),
                    Outcome::Close(word) => {
                        self.overlay = Overlay::None;
                        self.notice = word;
                        self.list_mut().marks.clear();
                        None
                    }
                }
            }
            Overlay::Help(scroll) => {
                match pressed.code {
                    KeyCode::Down | KeyCode::PageDown | KeyCode::Char('j') => {
                        *scroll = (*scroll + 1).min(key::HELP.len());
                    }
                    KeyCode::Up | KeyCode::PageUp | KeyCode::Char('k') => *scroll = scroll.saturating_sub(1),
                    _ => self.overlay = Overlay::None,
                }
                None
            }
            Overlay::Line(_) => self.line(pressed),
            Overlay::None => {
                let command = key::command(pressed, after_go)?;
                self.command(command)
            }
        }
    }

    /// A key while a line is typed.
    fn line(&mut self, pressed: KeyEvent) -> Option<Effect> {
        let fields = self.list().query.tab.fields();
        let Overlay::Line(line) = &mut self.overlay else { return None };
        match (line, pressed.code) {
            (_, KeyCode::Esc) => self.overlay = Overlay::None,
            (Line::Filter(prompt, fault), KeyCode::Enter) => {
                let text = prompt.text();
                if let Err(error) = Filter::parse(&text, fields) {
                    *fault = Some(error);
                } else {
                    self.overlay = Overlay::None;
                    self.filter(text.trim());
                }
            }
            (Line::Command(prompt), KeyCode::Enter) => {
                let text = prompt.text();
                self.overlay = Overlay::None;
                return self.typed(text.trim());
            }
            (Line::Handle(handling, prompt), KeyCode::Enter) => {
                let handling = handling.clone();
                match handling.request(&prompt.text()) {
                    Ok(request) => {
                        self.overlay = Overlay::None;
                        return Some(Effect::Handle(handling, Box::new(request)));
                    }
                    Err(why) => self.notice = Some(why.to_owned()),
                }
            }
            (Line::Filter(prompt, fault), _) => {
                if let Some(edit) = key::edit(pressed) {
                    prompt.edit(edit);
                    // What was wrong may be right now; what is not finished is not wrong yet.
                    *fault = fault.take().and_then(|_| Filter::parse(&prompt.text(), fields).err());
                }
            }
            (Line::Command(prompt) | Line::Handle(_, prompt), _) => {
                if let Some(edit) = key::edit(pressed) {
                    prompt.edit(edit);
                }
            }
        }
        None
    }
}
