//! What a fleet counts about itself, to check the master's figures against.

use super::applications::DoneStep;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// Counts since the fleet started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Agents connected and welcome now.
    pub connected: usize,
    /// Agents that a master refused for good.
    pub refused: usize,
    /// Connections that ended, or could not be made, without the fleet wanting it.
    pub lost: u64,
    /// Ticks sent.
    pub ticks: u64,
    /// Samples sent: at each tick one for each series, changed or not.
    pub samples: u64,
    /// Bytes of frames.
    pub frame_bytes: u64,
    /// Bytes of all messages, as WebSocket frames on the connection.
    pub sent_bytes: u64,
    /// Ticks kept back because the master gave no credit; they go with a later frame.
    pub held_ticks: u64,
    /// Orders received, repeated ones included.
    pub orders: u64,
    /// When the last order came.
    pub last_order: Option<Instant>,
    /// Reports that no master has acknowledged yet.
    pub unacknowledged: usize,
}

/// The tally and the steps, written by the fleet's thread and read from anywhere.
#[derive(Debug, Default)]
pub(super) struct Shared {
    tally: watch::Sender<Tally>,
    done: Mutex<Vec<DoneStep>>,
}

impl Shared {
    pub(super) fn count(&self, change: impl FnOnce(&mut Tally)) {
        self.tally.send_modify(change);
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Tally> {
        self.tally.subscribe()
    }

    pub(super) fn done(&self, step: DoneStep) {
        self.lock().push(step);
    }

    pub(super) fn done_steps(&self) -> Vec<DoneStep> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<DoneStep>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
