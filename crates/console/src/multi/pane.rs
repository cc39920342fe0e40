//! One pane: a server's shell, as far as it is known here.

use super::emulator::Emulator;
use super::typed::Typed;
use crate::output::Tone;
use std::collections::BTreeSet;
use topmast_api::terminal::{PaneOutcome, TerminalSize};
use topmast_model::path::ObjectPath;

/// How far a pane is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The master connects to it.
    Waiting,
    /// It runs, as this account.
    Running(String),
    /// It is over.
    Ended(PaneOutcome),
}

/// A server's shell.
pub(super) struct Pane {
    /// The server.
    pub(super) path: ObjectPath,
    /// Its name, or path where the name is not the only one.
    pub(super) name: String,
    /// How far it is.
    pub(super) state: State,
    /// It ran, so that there is something to open anew.
    pub(super) has_run: bool,
    /// Nothing that goes to several goes to it.
    pub(super) left_out: bool,
    /// It came while a line was being typed, and takes part from the next line on: half a line is another command.
    pub(super) late: bool,
    /// The groups it is marked for.
    pub(super) groups: BTreeSet<String>,
    /// Its screen.
    pub(super) emulator: Emulator,
    /// The size its terminal has.
    pub(super) size: TerminalSize,
    /// The line that stands in its shell.
    pub(super) typed: Typed,
    /// Lines scrolled up.
    pub(super) scroll: usize,
}

impl Pane {
    /// A pane that nothing is heard of yet.
    pub(super) fn new(path: ObjectPath, name: String, size: TerminalSize) -> Self {
        Self {
            path,
            name,
            state: State::Waiting,
            has_run: false,
            left_out: false,
            late: false,
            groups: BTreeSet::new(),
            emulator: Emulator::new(size),
            size,
            typed: Typed::default(),
            scroll: 0,
        }
    }

    /// True while keys reach it.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// True when it is over.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }
}

/// How a pane ended, in words.
pub(super) fn outcome(outcome: &PaneOutcome) -> (String, Tone) {
    match outcome {
        PaneOutcome::Exited(0) => ("ended".to_owned(), Tone::Dim),
        PaneOutcome::Exited(code) => (format!("ended with exit code {code}"), Tone::Warn),
        PaneOutcome::Signalled(signal) => (format!("ended by signal {signal}"), Tone::Warn),
        PaneOutcome::Stopped => ("stopped".to_owned(), Tone::Dim),
        PaneOutcome::Limited(why) => (format!("ended: {why}"), Tone::Warn),
        PaneOutcome::Failed(why) => (format!("FAILED: {why}"), Tone::Bad),
    }
}
