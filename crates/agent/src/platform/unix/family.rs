//! The processes of one run: which belong to it, and which are the same as before.
//!
//! A process belongs to a run when it carries the run's marker in its environment, descends from one that
//! belongs, or is in the session that the agent made for the run. The marker is inherited by every child,
//! also by one that makes a session of its own; only a program that clears its environment drops it.
//!
//! Elsewhere: reading one process (`linux::process`, `solaris::process`).

use crate::platform::system::process::{Stat, environment};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgrp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use tokio::process::{Child, Command};

pub(crate) use crate::platform::system::process::{boot_id, oom_kills};

/// Name of the variable that marks every process of a run: `INSTANCE:APPLICATION:RUN`.
pub(crate) const MARKER: &str = "TOPMAST_RUN";

/// One process, told apart from a later one of the same number by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// When it started, in the system's own unit: on Linux, clock ticks from the machine's start.
    pub(crate) start_ticks: u64,
}

impl Process {
    /// The process that has a number now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        stat.alive.then_some(Self { pid, start_ticks: stat.start_ticks })
    }

    pub(crate) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// What belongs to one run.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    /// Value of [`MARKER`] in its environment.
    marker: String,
    /// Session that the run began with, while it is certainly still this run's: the system does not give
    /// its number away as long as one process is in it.
    session: Option<u32>,
}

impl Family {
    /// Starts a command that makes a session of its own, with the marker in its environment already.
    pub(crate) fn spawn(command: std::process::Command, marker: &str) -> io::Result<(Child, Self)> {
        let child = Command::from(command).spawn()?;
        let session = Some(child.id().unwrap_or(0));
        Ok((child, Self { marker: marker.to_owned(), session }))
    }

    /// The family of a run that an earlier agent launched.
    pub(crate) fn adopt(marker: &str, session: Option<u32>, _: Option<Process>) -> Self {
        Self { marker: marker.to_owned(), session }
    }

    /// Asks every process group of it to end: with a number of [`REQUESTS`](crate::platform::stop::REQUESTS).
    pub(crate) fn ask(&mut self, number: i32) {
        self.signal(Signal::try_from(number).unwrap_or(Signal::SIGTERM), false);
    }

    /// Ends it.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::SIGKILL, true);
    }

    /// The session that was made for it.
    pub(crate) const fn session(&self) -> Option<u32> {
        self.session
    }

    /// Its living processes, oldest first.
    pub(crate) fn members(&mut self) -> Vec<Process> {
        let all = Stat::all();
        let session = self.session;
        let mut found: BTreeSet<u32> = all
            .iter()
            .filter(|(pid, stat)| {
                stat.alive && (Some(stat.session) == session || has_marker(*pid, self.marker.as_bytes()))
            })
            .map(|(pid, _)| *pid)
            .collect();
        // Parents may have any number, so descendants are looked for until no more are found.
        loop {
            let before = found.len();
            found.extend(
                all.iter()
                    .filter(|(_, stat)| stat.alive && found.contains(&stat.parent))
                    .map(|(pid, _)| *pid)
                    .collect::<Vec<_>>(),
            );
            if found.len() == before {
                break;
            }
        }
        if session.is_some() && !all.iter().any(|(_, stat)| Some(stat.session) == session) {
            self.session = None;
        }
        let mut members: Vec<Process> = all
            .iter()
            .filter(|(pid, _)| found.contains(pid))
            .map(|(pid, stat)| Process { pid: *pid, start_ticks: stat.start_ticks })
            .collect();
        members.sort_by_key(|process| (process.start_ticks, process.pid));
        members
    }

    /// Sends a signal to every process group of the family, or to each process too when it must not escape.
    fn signal(&mut self, signal: Signal, each: bool) {
        let own = getpgrp().as_raw();
        let mut groups = BTreeSet::new();
        for member in self.members() {
            let Some(stat) = Stat::read(member.pid) else { continue };
            // A process that took the agent's group, or has none of its own here, is reached by its number.
            if stat.group > 1 && i32::try_from(stat.group).is_ok_and(|group| group != own) {
                groups.insert(stat.group);
            } else {
                send(signal, member.pid, kill);
            }
            if each {
                send(signal, member.pid, kill);
            }
        }
        for group in groups {
            send(signal, group, killpg);
        }
    }
}

fn send(signal: Signal, number: u32, call: fn(Pid, Option<Signal>) -> Result<(), Errno>) {
    let Ok(number) = i32::try_from(number) else { return };
    match call(Pid::from_raw(number), Some(signal)) {
        // It ended in between: that is what was wanted.
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => tracing::warn!(%signal, number, %error, "signal not sent"),
    }
}

/// Markers of the processes that run now and carry one that starts with `prefix`.
pub(crate) fn markers(prefix: &str) -> Vec<(Process, String)> {
    let all = Stat::all();
    let alive = all.iter().filter(|(_, stat)| stat.alive);
    alive
        .filter_map(|(pid, stat)| {
            let environment = environment(*pid).ok()?;
            let marker = marker_in(&environment)?;
            let marker = std::str::from_utf8(marker).ok()?.to_owned();
            let process = Process { pid: *pid, start_ticks: stat.start_ticks };
            marker.starts_with(prefix).then_some((process, marker))
        })
        .collect()
}

fn has_marker(pid: u32, marker: &[u8]) -> bool {
    environment(pid).is_ok_and(|environment| marker_in(&environment) == Some(marker))
}

fn marker_in(environment: &[u8]) -> Option<&[u8]> {
    environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(MARKER.as_bytes())?.strip_prefix(b"="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_itself_and_not_another_of_the_same_number() {
        let own = Process::of(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!Process { start_ticks: own.start_ticks + 1, ..own }.is_alive());
    }

    #[test]
    fn marker_is_a_whole_variable() {
        assert_eq!(marker_in(b"A=1\0TOPMAST_RUN=x:y\0B=2\0"), Some(&b"x:y"[..]));
        assert_eq!(marker_in(b"XTOPMAST_RUN=x\0TOPMAST_RUNNER=y\0"), None);
    }
}
