//! A short command with everything that it starts: its process group.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io;
use tokio::process::{Child, Command};

/// Ends a command's processes when the wait for them is given up, whatever way it took out.
#[derive(Debug)]
pub(crate) struct Tree(Option<Pid>);

impl Tree {
    /// Starts a command that leads a group: made by [`lead`], or in a session of its own.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.spawn()?;
        let leader = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
        Ok((child, Self(leader)))
    }

    /// Lets the processes run on.
    pub(crate) fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended already; then there is nothing to kill.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// Makes a command the leader of a group of its own.
pub(crate) fn lead(command: &mut Command) {
    command.process_group(0);
}
