//! What is said to the process by signals, of which a screen must know.

use std::io;
use tokio::signal::unix::{Signal as Unix, SignalKind, signal};

/// What a signal means to a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The line to the terminal, or its user, is gone, or the process shall end.
    HangUp,
    /// Somebody wants this process stopped.
    Stop,
    /// This process goes on after it was stopped.
    GoOn,
}

/// The signals that mean something.
pub(crate) struct Signals {
    hang_up: Unix,
    terminate: Unix,
    interrupt: Unix,
    stop: Unix,
    goes_on: Unix,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn new() -> io::Result<Self> {
        let stop = SignalKind::from_raw(nix::sys::signal::Signal::SIGTSTP as i32);
        let goes_on = SignalKind::from_raw(nix::sys::signal::Signal::SIGCONT as i32);
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(stop)?,
            goes_on: signal(goes_on)?,
        })
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hang_up.recv() => Signal::HangUp,
            _ = self.terminate.recv() => Signal::HangUp,
            _ = self.interrupt.recv() => Signal::HangUp,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.goes_on.recv() => Signal::GoOn,
        }
    }
}
