//! A short command with everything that it starts: a job.

use super::job::Job;
use std::io;
use tokio::process::{Child, Command};

/// Ends a command's processes when the wait for them is given up, whatever way it took out, the agent's end included.
#[derive(Debug)]
pub(crate) struct Tree(Job);

impl Tree {
    /// Starts a command.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let job = Job::create(None)?;
        job.ends_with_handle(true)?;
        let child = job.spawn(command)?;
        Ok((child, Self(job)))
    }

    /// Lets the processes run on.
    pub(crate) fn release(self) {
        if let Err(error) = self.0.ends_with_handle(false) {
            tracing::warn!(%error, "what a command left running ends with it");
        }
    }
}

/// Every command gets a job of its own when it is started.
pub(crate) fn lead(_: &mut Command) {}
