//! A pair of a terminal's two ends, both closed by themselves when another program is run.

use nix::fcntl::{OFlag, open};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::stat::Mode;
use nix::sys::termios::{InputFlags, SetArg, tcgetattr, tcsetattr};
use std::os::fd::OwnedFd;

/// The end that reads and types, and the end that a program has.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let master = posix_openpt(flags)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let program = open(ptsname_r(&master)?.as_str(), flags, Mode::empty())?;
    // So that the key Backspace takes a letter away and not a byte of it.
    let mut settings = tcgetattr(&program)?;
    settings.input_flags.insert(InputFlags::IUTF8);
    tcsetattr(&program, SetArg::TCSANOW, &settings)?;
    Ok((master.into(), program))
}
