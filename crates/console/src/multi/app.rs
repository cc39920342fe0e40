//! The state of the screen: everything that is drawn, and nothing that reads or writes.
//!
//! Invariants
//! - whom typing goes to follows from the state alone ([`App::receivers`]); the words in the first line and at
//!   each pane are made of the same.
//! - no clock: the time is what the loop last said.

use super::key::Prefix;
use super::pane::Pane;
use super::place::Places;
use super::question::Question;
use super::round::Round;
use super::update::Effect;
use crate::tui::Look;
use crate::tui::prompt::Prompt;
use topmast_api::terminal::TerminalSize;
use topmast_api::time::Timestamp;
use topmast_model::path::ObjectPath;

/// Whom typing goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// All but those left out.
    All,
    /// The pane in focus.
    One,
    /// Those marked with this name, but those left out.
    Group(String),
    /// Nobody.
    Nobody,
}

/// What covers the panes.
pub(super) enum Overlay {
    /// Nothing.
    None,
    /// The keys, from some line on.
    Help(usize),
    /// What the last line brought, from some line on.
    Results(usize),
    /// Something that has to be agreed to.
    Question(Box<Question>),
    /// The name of a group that the pane in focus is marked for.
    Group(Prompt),
}

/// A line that is composed here and sent whole.
#[derive(Default)]
pub(super) struct Composer {
    pub(super) prompt: Prompt,
    /// Lines sent before.
    pub(super) sent: Vec<String>,
    /// How many of them back is shown.
    pub(super) back: usize,
}

/// How it begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    /// Servers, in the order of their panes.
    pub(crate) targets: Vec<ObjectPath>,
    /// What they are called, one each.
    pub(crate) names: Vec<String>,
    /// Which of them goes first.
    pub(crate) canary: Option<usize>,
    /// Typing goes to all at once.
    pub(crate) to_all: bool,
    /// The key before a command.
    pub(crate) prefix: Prefix,
}

/// The whole state.
pub(super) struct App {
    /// Now.
    pub(super) now: Timestamp,
    /// Columns and lines of the terminal.
    pub(super) size: (u16, u16),
    /// What the terminal can show.
    pub(super) look: Look,
    /// The key before a command.
    pub(super) prefix: Prefix,
    /// The panes, in the order of the targets; never empty.
    pub(super) panes: Vec<Pane>,
    /// Whom typing goes to.
    pub(super) aim: Aim,
    /// The pane that commands are about.
    pub(super) focus: usize,
    /// It has the whole screen.
    pub(super) zoomed: bool,
    /// The pane that goes first.
    pub(super) canary: Option<usize>,
    /// The last line typed into the canary alone.
    pub(super) canary_line: Option<String>,
    /// The group that panes are marked for.
    pub(super) group: Option<String>,
    /// The line that is composed.
    pub(super) composer: Option<Composer>,
    /// Lines composed before.
    pub(super) history: Vec<String>,
    /// The last line that was sent whole.
    pub(super) round: Option<Round>,
    /// What covers the panes.
    pub(super) overlay: Overlay,
    /// True after the prefix.
    pub(super) after_prefix: bool,
    /// The panes that ended because the connection did, until they are opened anew.
    pub(super) lost: Vec<usize>,
    /// A word to the user, until the next key.
    pub(super) notice: Option<String>,
    /// True once it shall end.
    pub(super) ended: bool,
}

impl App {
    /// Panes of which nothing is heard yet.
    pub(super) fn new(start: Start, size: (u16, u16), look: Look, now: Timestamp) -> Self {
        let Start { targets, names, canary, to_all, prefix } = start;
        let focus = canary.unwrap_or(0);
        let tile = Places::new(size, targets.len(), focus, false).tile_size;
        let panes = targets.into_iter().zip(names).map(|(path, name)| Pane::new(path, name, tile)).collect();
        Self {
            now,
            size,
            look,
            prefix,
            panes,
            // Without a word of the user nothing is typed into more than one server.
            aim: if to_all && canary.is_none() { Aim::All } else { Aim::One },
            focus,
            zoomed: false,
            canary,
            canary_line: None,
            group: None,
            composer: None,
            history: Vec::new(),
            round: None,
            overlay: Overlay::None,
            after_prefix: false,
            lost: Vec::new(),
            notice: None,
            ended: false,
        }
    }

    /// Where everything is drawn.
    pub(super) fn places(&self) -> Places {
        Places::new(self.size, self.panes.len(), self.focus, self.zoomed)
    }

    /// Panes that somebody aims at, whether keys reach them or not.
    fn aimed(&self, aim: &Aim) -> Vec<usize> {
        let all = self.panes.iter().enumerate();
        match aim {
            Aim::All => all.filter(|(_, pane)| !pane.left_out).map(|(index, _)| index).collect(),
            Aim::One => vec![self.focus],
            Aim::Group(name) => {
                let is_in = |pane: &Pane| !pane.left_out && pane.groups.contains(name);
                all.filter(|(_, pane)| is_in(pane)).map(|(index, _)| index).collect()
            }
            Aim::Nobody => Vec::new(),
        }
    }

    /// Panes that typing goes to.
    pub(super) fn receivers(&self) -> Vec<usize> {
        let reached = |index: &usize| {
            let pane = &self.panes[*index];
            pane.is_running() && (!pane.late || self.aim == Aim::One)
        };
        self.aimed(&self.aim).into_iter().filter(reached).collect()
    }

    /// Panes that a composed line goes to: at once, and when somebody says so.
    pub(super) fn line_receivers(&self) -> (Vec<usize>, Vec<usize>) {
        let canary = self.canary.filter(|index| self.panes[*index].is_running());
        match (canary, &self.aim) {
            (Some(canary), Aim::One) if canary == self.focus => (vec![canary], self.rest()),
            (Some(canary), Aim::All | Aim::Group(_)) => (vec![canary], self.rest()),
            _ => (self.receivers(), Vec::new()),
        }
    }

    /// Panes that get what the canary got: those of the group that is aimed at, else all, but those left out.
    pub(super) fn rest(&self) -> Vec<usize> {
        let aim = if matches!(self.aim, Aim::Group(_)) { &self.aim } else { &Aim::All };
        let takes_part = |index: &usize| Some(*index) != self.canary && self.panes[*index].is_running();
        self.aimed(aim).into_iter().filter(takes_part).collect()
    }

    /// Names of groups that panes are marked for.
    pub(super) fn groups(&self) -> Vec<String> {
        let mut names: Vec<String> = self.panes.iter().flat_map(|pane| pane.groups.iter().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// True when no pane runs or will.
    pub(super) fn is_over(&self) -> bool {
        self.panes.iter().all(Pane::has_ended)
    }

    /// Whom what is typed, or composed, goes to, in words; and how many get it.
    pub(super) fn aim_words(&self) -> (String, usize) {
        let (verb, (receivers, rest)) = if self.composer.is_some() {
            ("THE LINE GOES TO", self.line_receivers())
        } else {
            ("TYPING GOES TO", (self.receivers(), Vec::new()))
        };
        let count = receivers.len();
        let only = receivers.first().filter(|_| count == 1).map(|index| self.panes[*index].name.as_str());
        let words = match (&self.aim, only) {
            (_, None) if count == 0 => format!("{verb} NOBODY{}", self.why_nobody()),
            (_, Some(name)) => format!("{verb} 1: {name}"),
            (Aim::Group(name), None) => format!("{verb} GROUP {name} ({count})"),
            (_, None) if count == self.panes.len() => format!("{verb} ALL {count}"),
            (_, None) => format!("{verb} {count} OF {}", self.panes.len()),
        };
        let then = match rest.len() {
            0 => String::new(),
            more => format!(", THEN TO {more} MORE IF YOU SAY SO"),
        };
        (format!("{words}{then}"), count)
    }

    fn why_nobody(&self) -> String {
        match &self.aim {
            Aim::Nobody => String::new(),
            _ if self.is_over() => ": every pane has ended".to_owned(),
            Aim::One if self.panes[self.focus].has_ended() => {
                format!(": {} has ended", self.panes[self.focus].name)
            }
            Aim::One => format!(": {} is not connected yet", self.panes[self.focus].name),
            _ => ": no pane of these runs".to_owned(),
        }
    }

    /// The size that a pane shall have.
    fn wanted_size(&self, index: usize, places: &Places) -> TerminalSize {
        if self.zoomed && index == self.focus { places.zoomed_size() } else { places.tile_size }
    }

    /// Gives the panes the sizes that they are drawn with; says what the master has to be told.
    pub(super) fn fit(&mut self) -> Vec<Effect> {
        let places = self.places();
        let mut changed: Vec<(TerminalSize, Vec<usize>)> = Vec::new();
        for index in 0..self.panes.len() {
            let size = self.wanted_size(index, &places);
            let pane = &mut self.panes[index];
            if pane.size == size || pane.has_ended() {
                continue;
            }
            pane.size = size;
            pane.emulator.resize(size);
            if let Some(round) = &mut self.round {
                round.resize(index, size);
            }
            match changed.iter_mut().find(|(known, _)| *known == size) {
                Some((_, panes)) => panes.push(index),
                None => changed.push((size, vec![index])),
            }
        }
        changed.into_iter().map(|(size, panes)| Effect::Resize(panes, size)).collect()
    }
}
