//! What is typed, pasted and composed, and where it goes.
//!
//! Invariants
//! - T-1: nothing that ends a line goes to several panes before it was looked at for what it destroys.

use super::Effect;
use crate::multi::app::{App, Composer, Overlay};
use crate::multi::key::sent;
use crate::multi::question::{Question, Then};
use crate::multi::round::Round;
use crate::multi::typed::danger;
use crate::tui::key::edit;
use crate::tui::prompt::{Edit, Prompt};
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use topmast_model::destructive::effect;

/// Largest paste, in bytes: a longer one is a file, and better copied as one.
const PASTE_MAX: usize = 64 << 10;
/// Takes the line away that stands in a shell.
const KILL_LINE: &str = "\x15";

impl App {
    /// A key for the panes.
    pub(super) fn typed(&mut self, pressed: KeyEvent) -> Vec<Effect> {
        let receivers = self.receivers();
        if receivers.is_empty() {
            self.tell_nobody();
            return Vec::new();
        }
        let (application, normal): (Vec<usize>, Vec<usize>) =
            receivers.iter().partition(|index| self.panes[**index].emulator.has_application_keys());
        let Some(text) = sent(pressed, false) else { return Vec::new() };
        // Enter, its names, and the key by which readline runs a line and brings the next.
        if text.contains(['\r', '\n', '\x0f'])
            && let Some(question) = self.danger(&receivers, &text)
        {
            self.overlay = Overlay::Question(Box::new(question));
            return Vec::new();
        }
        self.remember(&receivers, &text);
        let other = sent(pressed, true).unwrap_or_default();
        if other == text {
            return self.send(&receivers, &text);
        }
        let mut effects = self.send(&normal, &text);
        effects.extend(self.send(&application, &other));
        effects
    }

    /// The prefix itself, for the panes.
    pub(super) fn literal(&mut self) -> Vec<Effect> {
        let receivers = self.receivers();
        let text = self.prefix.sent();
        self.send(&receivers, &text)
    }

    fn tell_nobody(&mut self) {
        self.tell_end();
        if self.notice.is_none() {
            self.notice = Some(format!(
                "nothing was typed: {0} a aims at all, {0} o at the pane in focus",
                self.prefix
            ));
        }
    }

    /// The question that the end of the line needs, if it destroys something on several.
    fn danger(&self, receivers: &[usize], text: &str) -> Option<Question> {
        if receivers.len() < 2 {
            return None;
        }
        let found = receivers.iter().find_map(|index| {
            let pane = &self.panes[*index];
            danger(&pane.typed, &pane.emulator)
        })?;
        let then = Then::Type { panes: receivers.to_vec(), text: text.to_owned() };
        Some(Question::danger(self, (found.0, found.1), then))
    }

    /// Keeps the line that goes to the canary alone, if it is shown there: what is not may be a password.
    fn remember(&mut self, receivers: &[usize], text: &str) {
        let Some(canary) = self.canary.filter(|canary| receivers == [*canary]) else { return };
        let pane = &self.panes[canary];
        if !text.contains('\r') || pane.typed.is_empty() {
            return;
        }
        let shown = pane.emulator.line_at_cursor();
        let line = pane.typed.sure_line().map(str::trim).filter(|line| shown.ends_with(line));
        self.canary_line = line.map(str::to_owned);
        // What is sent to the rest is what the canary did last.
        self.round.as_mut().into_iter().for_each(|round| round.rest.clear());
    }

    /// Types something into panes.
    pub(super) fn send(&mut self, panes: &[usize], text: &str) -> Vec<Effect> {
        let panes: Vec<usize> =
            panes.iter().copied().filter(|index| self.panes[*index].is_running()).collect();
        for index in &panes {
            let pane = &mut self.panes[*index];
            pane.typed.take(text);
            pane.scroll = 0;
        }
        if text.contains('\r') {
            self.panes.iter_mut().for_each(|pane| pane.late = false);
        }
        if panes.is_empty() || text.is_empty() {
            Vec::new()
        } else {
            vec![Effect::Input(panes, text.to_owned())]
        }
    }

    /// Sends a whole line and catches what it brings.
    ///
    /// - `rest`: who gets it later.
    /// - `is_rest`: these are those, and their outputs are compared with the canary's.
    pub(super) fn send_line(
        &mut self,
        panes: &[usize],
        line: &str,
        rest: Vec<usize>,
        is_rest: bool,
    ) -> Vec<Effect> {
        let known = self.round.take().filter(|round| is_rest && round.line == line);
        let mut round = known.unwrap_or_else(|| Round::new(line, Vec::new()));
        round.rest = rest;
        for index in panes.iter().filter(|index| self.panes[**index].is_running()) {
            round.add(*index, &self.panes[*index], self.now);
        }
        self.round = Some(round);
        self.overlay = Overlay::Results(0);
        let stands = |index: &&usize| !self.panes[**index].typed.is_empty();
        let standing: Vec<usize> = panes.iter().filter(stands).copied().collect();
        let mut effects = self.send(&standing, KILL_LINE);
        effects.extend(self.send(panes, &format!("{line}\r")));
        effects
    }

    /// Pasted text: never keys, and never a command of this program.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.notice = None;
        self.after_prefix = false;
        let text = clean(text);
        let is_one_line = !text.contains('\r');
        match &mut self.overlay {
            Overlay::Group(prompt) => {
                text.chars().for_each(|character| prompt.edit(Edit::Insert(character)));
                return Vec::new();
            }
            // An answer is typed.
            Overlay::Question(_) | Overlay::Help(_) => return Vec::new(),
            Overlay::None | Overlay::Results(_) => {}
        }
        if let Some(composer) = &mut self.composer {
            if is_one_line {
                text.chars().for_each(|character| composer.prompt.edit(Edit::Insert(character)));
            } else {
                self.notice =
                    Some("nothing was pasted: several lines are no line; Esc, then paste".to_owned());
            }
            return Vec::new();
        }
        if matches!(self.overlay, Overlay::Results(_)) {
            self.notice = Some("nothing was pasted: Esc closes the results first".to_owned());
            return Vec::new();
        }
        let receivers = self.receivers();
        if receivers.is_empty() {
            self.tell_nobody();
            return Vec::new();
        }
        if text.len() > PASTE_MAX {
            let most = PASTE_MAX >> 10;
            self.notice =
                Some(format!("nothing was pasted: more than {most} KiB are better copied as a file"));
            return Vec::new();
        }
        if is_one_line {
            return self.send(&receivers, &text);
        }
        let danger = (receivers.len() > 1).then(|| self.paste_danger(&receivers, &text)).flatten();
        self.overlay = Overlay::Question(Box::new(Question::paste(self, danger, receivers, text)));
        Vec::new()
    }

    /// What pasted lines destroy, the first of which goes on with what stands in a shell.
    fn paste_danger(&self, receivers: &[usize], text: &str) -> Option<&'static str> {
        let script = text.replace('\r', "\n");
        receivers.iter().find_map(|index| effect(&format!("{}{script}", self.panes[*index].typed.line())))
    }

    /// A key while a line is composed.
    pub(super) fn compose(&mut self, pressed: KeyEvent) -> Vec<Effect> {
        let Some(composer) = &mut self.composer else { return Vec::new() };
        match pressed.code {
            KeyCode::Esc => self.composer = None,
            KeyCode::Enter => {
                let line = composer.prompt.text().trim().to_owned();
                if !line.is_empty() {
                    return self.composed(line);
                }
            }
            KeyCode::Up => composer.recall(1),
            KeyCode::Down => composer.recall(-1),
            _ => {
                if let Some(edit) = edit(pressed) {
                    composer.prompt.edit(edit);
                }
            }
        }
        Vec::new()
    }

    fn composed(&mut self, line: String) -> Vec<Effect> {
        let (first, rest) = self.line_receivers();
        if first.is_empty() {
            self.tell_nobody();
            return Vec::new();
        }
        self.history.retain(|known| *known != line);
        self.history.push(line.clone());
        self.composer = Some(Composer { sent: self.history.clone(), ..Composer::default() });
        if let (true, Some(effect)) = (first.len() > 1, effect(&line)) {
            let then = Then::Line { panes: first, line: line.clone(), is_rest: false };
            self.overlay = Overlay::Question(Box::new(Question::danger(self, (effect, line), then)));
            return Vec::new();
        }
        self.send_line(&first, &line, rest, false)
    }
}

impl Composer {
    /// A line sent before.
    fn recall(&mut self, by: i64) {
        let back = i64::try_from(self.back).unwrap_or(0) + by;
        self.back = usize::try_from(back).unwrap_or(0).min(self.sent.len());
        let line = self.sent.len().checked_sub(self.back).and_then(|index| self.sent.get(index));
        self.prompt = Prompt::new(line.map_or("", String::as_str));
    }
}

/// Pasted text as keys: what would be an escape or a command of the shell's editor is left out.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    text.chars().filter(|character| !character.is_control() || matches!(character, '\r' | '\t')).collect()
}
