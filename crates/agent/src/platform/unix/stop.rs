//! Signals: how an application is asked to end, and how the agent is.

use crate::platform::End;
use nix::sys::signal::Signal;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use tokio::signal::unix::{SignalKind, signal};

/// What a unit file may write for `stop_signal`.
pub(crate) const REQUESTS: [(&str, i32); 7] = [
    ("SIGTERM", Signal::SIGTERM as i32),
    ("SIGINT", Signal::SIGINT as i32),
    ("SIGQUIT", Signal::SIGQUIT as i32),
    ("SIGHUP", Signal::SIGHUP as i32),
    ("SIGUSR1", Signal::SIGUSR1 as i32),
    ("SIGUSR2", Signal::SIGUSR2 as i32),
    ("SIGKILL", Signal::SIGKILL as i32),
];
/// What is sent unless the unit says otherwise.
pub(crate) const USUAL: i32 = Signal::SIGTERM as i32;

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        let Some(number) = status.signal() else { return Self::Code(status.code().unwrap_or(-1)) };
        let name = signal_name(number).unwrap_or_else(|| format!("signal {number}"));
        Self::Signal { number, name, killed: number == Signal::SIGKILL as i32 }
    }
}

/// Exit code, or 128 plus the number of the signal that ended it, as shells count.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// The name of a signal.
pub(crate) fn signal_name(number: i32) -> Option<String> {
    Signal::try_from(number).ok().map(|signal| signal.to_string())
}

/// Resolves when the agent is told to end: SIGTERM or SIGINT. To be called within a runtime.
pub(crate) fn asked() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
