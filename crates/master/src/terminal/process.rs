//! A program on a server, however it is reached: what comes from it, what goes to it, how it is ended.
//!
//! Whoever brings another way to a server makes one of these; all else is the same.

use crate::stop::StopSignal;
use std::sync::Arc;
use tokio::sync::mpsc;
use topmast_api::terminal::{OutputStream, TerminalSize};

/// Events and orders that wait: some hundred KiB at most, for a chunk has at most 32 KiB.
pub(super) const WAITING: usize = 8;

/// What is to run.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    /// The command line; a login shell on a terminal when none.
    pub(super) command: Option<String>,
    pub(super) size: TerminalSize,
}

/// A program that runs. Dropping it ends it without waiting.
pub(super) struct Process {
    /// As whom and over what, for people.
    pub(super) account: String,
    /// The last one is how it ended; none at all is a connection that broke.
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) orders: mpsc::Sender<Order>,
    /// Given to end it: politely first, then not, within [`STOP_WITHIN`](super::pane::STOP_WITHIN).
    pub(super) stop: Arc<StopSignal>,
}

/// What comes from a program.
#[derive(Debug)]
pub(super) enum Event {
    Output(OutputStream, Vec<u8>),
    Exited(i32),
    Signalled(String),
    /// Whoever runs it ended it at a bound of its own; in words.
    Limited(String),
    /// Its connection is of no use any more; in words.
    Broken(String),
}

/// What goes to a program.
#[derive(Debug)]
pub(super) enum Order {
    Input(Vec<u8>),
    Resize(TerminalSize),
}
