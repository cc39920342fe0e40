//! One line sent to several panes, and what it brought: outputs grouped by what is the same.
//!
//! What a pane prints after the line is caught on a screen of its own that begins where its cursor stood, so that the
//! shell's echo of the line and the prompt behind the output can be told from the output.

use super::app::App;
use super::emulator::Emulator;
use super::pane::Pane;
use std::collections::BTreeMap;
use topmast_api::terminal::TerminalSize;
use topmast_api::time::Timestamp;

/// Silence after which a pane that shows something like a prompt is taken to have finished: longer than a slow line
/// takes between two packets.
const QUIET_MS: i64 = 800;

/// What one pane printed.
struct Caught {
    emulator: Emulator,
    /// What stood in the line before: when it stands there again, the command is done.
    prompt: String,
    last: Timestamp,
    has_ended: bool,
}

/// Panes whose outputs are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) panes: Vec<usize>,
    pub(super) lines: Vec<String>,
}

/// A line on its way.
pub(super) struct Round {
    /// The line.
    pub(super) line: String,
    /// Panes that get it once somebody says so: all but the canary.
    pub(super) rest: Vec<usize>,
    caught: BTreeMap<usize, Caught>,
}

impl Round {
    /// A line that is sent now.
    pub(super) fn new(line: &str, rest: Vec<usize>) -> Self {
        Self { line: line.to_owned(), rest, caught: BTreeMap::new() }
    }

    /// Another pane gets it.
    pub(super) fn add(&mut self, index: usize, pane: &Pane, now: Timestamp) {
        let mut emulator = Emulator::new(pane.size);
        let column = pane.emulator.cursor().map_or(0, |(column, _)| column);
        emulator.feed(format!("\x1b[{}G", column + 1).as_bytes());
        let prompt = if pane.typed.is_empty() { pane.emulator.line_at_cursor() } else { String::new() };
        self.caught.insert(index, Caught { emulator, prompt, last: now, has_ended: false });
    }

    /// The panes that got it.
    pub(super) fn panes(&self) -> impl Iterator<Item = usize> {
        self.caught.keys().copied()
    }

    /// Takes in what a pane printed.
    pub(super) fn take(&mut self, index: usize, bytes: &[u8], now: Timestamp) {
        if let Some(caught) = self.caught.get_mut(&index) {
            caught.emulator.feed(bytes);
            caught.last = now;
        }
    }

    /// A pane has another size.
    pub(super) fn resize(&mut self, index: usize, size: TerminalSize) {
        if let Some(caught) = self.caught.get_mut(&index) {
            caught.emulator.resize(size);
        }
    }

    /// A pane is over.
    pub(super) fn end(&mut self, index: usize) {
        if let Some(caught) = self.caught.get_mut(&index) {
            caught.has_ended = true;
        }
    }

    /// Panes in which the command seems to go on.
    pub(super) fn running(&self, now: Timestamp) -> Vec<usize> {
        let is_running = |caught: &Caught| {
            let line = caught.emulator.line_at_cursor();
            let is_prompt = !line.is_empty() && line == caught.prompt;
            let is_quiet = now.as_millis() - caught.last.as_millis() >= QUIET_MS;
            !(caught.has_ended || is_prompt || (is_quiet && !line.is_empty()))
        };
        self.caught.iter().filter(|(_, caught)| is_running(caught)).map(|(index, _)| *index).collect()
    }

    /// The outputs, those that most panes have in common first.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (index, caught) in &self.caught {
            groups.entry(self.output(caught)).or_default().push(*index);
        }
        let mut groups: Vec<Group> =
            groups.into_iter().map(|(lines, panes)| Group { panes, lines }).collect();
        groups.sort_by_key(|group| (usize::MAX - group.panes.len(), group.panes[0]));
        groups
    }

    fn output(&self, caught: &Caught) -> Vec<String> {
        let mut lines = caught.emulator.finished_text();
        // Before the echo stands what an earlier command still had to say.
        if let Some(echo) = lines.iter().position(|line| line.trim().ends_with(self.line.trim())) {
            lines.drain(..=echo);
        }
        lines
    }
}

impl App {
    /// Panes in words: `db-1, db-2 and 10 more`.
    pub(super) fn names(&self, panes: &[usize], most: usize) -> String {
        let named = panes.iter().take(most).filter_map(|index| self.panes.get(*index));
        let named = named.map(|pane| pane.name.as_str()).collect::<Vec<_>>().join(", ");
        match panes.len().saturating_sub(most) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}
