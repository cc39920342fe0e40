//! The processes of this machine, from `/proc`: which belong to an application, and which are the same as before.
//!
//! A process belongs to a run when it carries the run's marker in its environment, descends from one that
//! belongs, or is in the session that the agent made for the run. The marker is inherited by every child,
//! also by one that makes a session of its own; only a program that clears its environment drops it.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgrp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;

/// Name of the variable that marks every process of a run: `INSTANCE:APPLICATION:RUN`.
pub(super) const MARKER: &str = "TOPMAST_RUN";

/// One process, told apart from a later one of the same number by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Clock ticks from the machine's start to the process's.
    pub(super) start_ticks: u64,
}

impl Process {
    /// The process that has a number now.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        stat.alive.then_some(Self { pid, start_ticks: stat.start_ticks })
    }

    pub(super) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// What belongs to one run.
#[derive(Debug, Clone)]
pub(super) struct Family {
    /// Value of [`MARKER`] in its environment.
    pub(super) marker: String,
    /// Session that the run began with, while it is certainly still this run's: the system does not give
    /// its number away as long as one process is in it.
    pub(super) session: Option<u32>,
}

impl Family {
    /// Its living processes, oldest first.
    pub(super) fn members(&mut self) -> Vec<Process> {
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
    pub(super) fn signal(&mut self, signal: Signal, each: bool) {
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
pub(super) fn markers(prefix: &str) -> Vec<(Process, String)> {
    let all = Stat::all();
    let alive = all.iter().filter(|(_, stat)| stat.alive);
    alive
        .filter_map(|(pid, stat)| {
            let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
            let marker = marker_in(&environment)?;
            let marker = std::str::from_utf8(marker).ok()?.to_owned();
            let process = Process { pid: *pid, start_ticks: stat.start_ticks };
            marker.starts_with(prefix).then_some((process, marker))
        })
        .collect()
}

fn has_marker(pid: u32, marker: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| marker_in(&environment) == Some(marker))
}

fn marker_in(environment: &[u8]) -> Option<&[u8]> {
    environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(MARKER.as_bytes())?.strip_prefix(b"="))
}

/// Identity of the machine's present run, which process starts are counted in.
pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Processes that the kernel killed for want of memory since the machine started, anywhere on it.
pub(super) fn oom_kills() -> Option<u64> {
    let text = fs::read_to_string("/proc/vmstat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    alive: bool,
    parent: u32,
    group: u32,
    session: u32,
    start_ticks: u64,
}

impl Stat {
    fn all() -> Vec<(u32, Self)> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        pids.filter_map(|pid| Some((pid, Self::read(pid)?))).collect()
    }

    fn read(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads `PID (NAME) STATE PARENT GROUP SESSION …`; the name may hold anything, so the last `)` counts.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        Some(Self {
            // A zombie has ended; it waits for its parent only.
            alive: !matches!(*fields.first()?, "Z" | "X"),
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            start_ticks: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_a_name_with_brackets_and_blanks() {
        let text = "42 (a) R b) Z 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 2";
        let expected = Stat { alive: false, parent: 7, group: 8, session: 9, start_ticks: 123_456 };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("42 (a) R 1"), None);
    }

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
