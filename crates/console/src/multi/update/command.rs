//! What the keys after the prefix do.

use super::Effect;
use crate::multi::app::{Aim, App, Composer, Overlay};
use crate::multi::key::Command;
use crate::multi::question::Question;
use crate::tui::prompt::Prompt;
use topmast_model::destructive::effect;

impl App {
    pub(super) fn command(&mut self, command: Command) -> Vec<Effect> {
        match command {
            Command::ToAll => self.aim = Aim::All,
            Command::ToOne => {
                self.aim = Aim::One;
                self.tell_end();
            }
            Command::ToGroup => self.aim_at_group(),
            Command::ToNobody => self.aim = Aim::Nobody,
            Command::Step(by) => self.go(by),
            Command::Row(by) => self.go(by * to_signed(self.places().columns)),
            Command::Page(by) => self.go(by * to_signed(self.places().per_page)),
            Command::Scroll(by) => self.scroll(by),
            Command::Zoom => self.zoomed = !self.zoomed,
            Command::LeaveOut => {
                let pane = &mut self.panes[self.focus];
                pane.left_out = !pane.left_out;
            }
            Command::Mark => match self.group.clone() {
                Some(group) => self.mark(&group),
                None => self.overlay = Overlay::Group(Prompt::default()),
            },
            Command::MarkNamed => self.overlay = Overlay::Group(Prompt::default()),
            Command::Canary => self.choose_canary(),
            Command::SendRest => self.ask_for_rest(),
            Command::Line => {
                self.composer = match self.composer {
                    None => Some(Composer { sent: self.history.clone(), ..Composer::default() }),
                    Some(_) => None,
                };
            }
            Command::Results => match self.round {
                Some(_) => self.overlay = Overlay::Results(0),
                None => self.notice = Some(format!("no line was sent yet: {} l composes one", self.prefix)),
            },
            Command::Help => self.overlay = Overlay::Help(0),
            Command::Redraw => return vec![Effect::Redraw],
            Command::Quit => {
                let live = |index: &usize| !self.panes[*index].has_ended();
                let live: Vec<usize> = (0..self.panes.len()).filter(live).collect();
                if live.is_empty() {
                    self.ended = true;
                } else {
                    self.overlay = Overlay::Question(Box::new(Question::quit(self, &live)));
                }
            }
            Command::Literal => return self.literal(),
        }
        Vec::new()
    }

    /// Another pane in focus; at the ends it stays.
    fn go(&mut self, by: i64) {
        let last = to_signed(self.panes.len()) - 1;
        let focus = (to_signed(self.focus) + by).clamp(0, last);
        self.focus = usize::try_from(focus).unwrap_or(0);
        self.tell_end();
    }

    fn scroll(&mut self, by: i64) {
        let pane = &mut self.panes[self.focus];
        let half = to_signed(usize::from(pane.size.rows / 2).max(1));
        let scroll = (to_signed(pane.scroll) + by * half).max(0);
        pane.scroll = usize::try_from(scroll).unwrap_or(0).min(pane.emulator.above());
    }

    fn aim_at_group(&mut self) {
        let groups = self.groups();
        let after = match &self.aim {
            Aim::Group(name) => groups.iter().find(|known| *known > name),
            _ => None,
        };
        match after.or(groups.first()) {
            Some(name) => self.aim = Aim::Group(name.clone()),
            None => {
                self.notice =
                    Some(format!("no pane is in a group: {} m marks the one in focus", self.prefix));
            }
        }
    }

    /// Puts the pane in focus into a group, or out of it.
    pub(super) fn mark(&mut self, name: &str) {
        let pane = &mut self.panes[self.focus];
        let is_in = pane.groups.remove(name) || !pane.groups.insert(name.to_owned());
        let verb = if is_in { "no longer in" } else { "in" };
        self.notice = Some(format!("{} is {verb} group {name}", pane.name));
        self.group = Some(name.to_owned());
    }

    fn choose_canary(&mut self) {
        self.canary_line = None;
        if self.canary == Some(self.focus) {
            self.canary = None;
            self.notice = Some("there is no canary now".to_owned());
        } else {
            self.canary = Some(self.focus);
            self.aim = Aim::One;
            let name = &self.panes[self.focus].name;
            self.notice =
                Some(format!("{name} goes first; then {} s sends the same to the rest", self.prefix));
        }
    }

    fn ask_for_rest(&mut self) {
        let Some(canary) = self.canary else {
            self.notice = Some(format!("there is no canary: {} c makes the pane in focus one", self.prefix));
            return;
        };
        let of_round = self.round.as_ref().filter(|round| !round.rest.is_empty());
        let line = of_round.map(|round| round.line.clone()).or_else(|| self.canary_line.clone());
        let Some(line) = line else {
            let name = &self.panes[canary].name;
            self.notice = Some(format!(
                "what {name} ran is not known for sure (history, completion, or not shown): compose it with {} l",
                self.prefix
            ));
            return;
        };
        let panes = match of_round {
            Some(round) => {
                round.rest.iter().copied().filter(|index| self.panes[*index].is_running()).collect()
            }
            None => self.rest(),
        };
        if panes.is_empty() {
            self.notice = Some("there is nobody else to send it to".to_owned());
            return;
        }
        self.overlay = Overlay::Question(Box::new(Question::rest(self, effect(&line), panes, line)));
    }
}

fn to_signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
