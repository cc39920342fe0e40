//! A pair of a terminal's two ends, both closed by themselves when another program is run.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{OpenptyResult, openpty};
use std::os::fd::OwnedFd;

/// The end that reads and types, and the end that a program has.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    // The system's own call puts the modules of a terminal on top of the bare stream. The agent has one thread, so
    // that nothing is run between it and what follows.
    let OpenptyResult { master, slave } = openpty(None, None)?;
    for end in [&master, &slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    Ok((master, slave))
}
