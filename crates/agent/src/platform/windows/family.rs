//! The processes of one run: those of its job, or, when that cannot be opened again, the main process and what
//! descends from it.
//!
//! The job is named after the run's marker, and the main process holds it open: so an agent that comes after
//! finds it by that name.

use super::job::Job;
use super::process::{OpenedProcess, all};
use super::{registry, stop};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use tokio::process::{Child, Command};

/// Name of the variable that marks every process of a run: `INSTANCE:APPLICATION:RUN`.
pub(crate) const MARKER: &str = "TOPMAST_RUN";

/// One process, told apart from a later one of the same number by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// When it was created, in units of 100 ns since 1601.
    pub(crate) start_ticks: u64,
}

impl Process {
    /// The process that has a number now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let process = OpenedProcess::to_look(pid).ok()?;
        let start_ticks = process.times().ok()?.created;
        process.is_alive().then_some(Self { pid, start_ticks })
    }

    pub(crate) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// What belongs to one run.
#[derive(Debug)]
pub(crate) struct Family {
    job: Option<Job>,
    main: Option<Process>,
}

impl Family {
    /// Starts a command in a job of its own.
    pub(crate) fn spawn(command: std::process::Command, marker: &str) -> io::Result<(Child, Self)> {
        let job = Job::create(Some(&job_name(marker)))?;
        let child = job.spawn(&mut Command::from(command))?;
        if let Some(Err(error)) = child.raw_handle().map(|process| job.keep_by(process)) {
            tracing::warn!(%error, "an agent that comes after will know the application by its descent only");
        }
        let main = child.id().and_then(Process::of);
        Ok((child, Self { job: Some(job), main }))
    }

    /// The family of a run that an earlier agent launched.
    pub(crate) fn adopt(marker: &str, _: Option<u32>, main: Option<Process>) -> Self {
        Self { job: Job::open(&job_name(marker)).ok(), main }
    }

    /// There are no sessions of a run here.
    #[expect(clippy::unused_self, reason = "on Unix the family knows it")]
    pub(crate) const fn session(&self) -> Option<u32> {
        None
    }

    /// Its living processes, oldest first.
    pub(crate) fn members(&mut self) -> Vec<Process> {
        let pids = match self.job.as_ref().map(Job::members) {
            Some(Ok(pids)) => pids,
            Some(Err(error)) => {
                tracing::warn!(%error, "the processes of a job cannot be listed");
                self.descent()
            }
            None => self.descent(),
        };
        let mut members: Vec<Process> = pids.into_iter().filter_map(Process::of).collect();
        members.retain(|process| !is_console(process.pid));
        members.sort_by_key(|process| (process.start_ticks, process.pid));
        members
    }

    /// The main process and what descends from it. A child is younger than its parent, else the parent's number
    /// has been given away since.
    fn descent(&self) -> Vec<u32> {
        let Some(main) = self.main.filter(|main| main.is_alive()) else { return Vec::new() };
        let Ok(all) = all() else { return vec![main.pid] };
        let mut found = HashMap::from([(main.pid, main.start_ticks)]);
        // Parents may have any number, so descendants are looked for until no more are found.
        loop {
            let before = found.len();
            for listed in &all {
                if found.contains_key(&listed.pid) {
                    continue;
                }
                if let (Some(parent), Some(child)) = (found.get(&listed.parent), Process::of(listed.pid))
                    && child.start_ticks >= *parent
                {
                    found.insert(child.pid, child.start_ticks);
                }
            }
            if found.len() == before {
                return found.into_keys().collect();
            }
        }
    }

    /// Asks every process of it to end: with a number of [`REQUESTS`](stop::REQUESTS).
    pub(crate) fn ask(&mut self, number: i32) {
        if number == stop::TERMINATE {
            return self.kill();
        }
        let pids: Vec<u32> = self.members().iter().map(|process| process.pid).collect();
        if let Err(error) = stop::ask(number, &pids) {
            tracing::warn!(%error, ?pids, "the application could not be asked to end");
        }
    }

    /// Ends it.
    pub(crate) fn kill(&mut self) {
        let ended = match &self.job {
            Some(job) => job.end(),
            None => Ok(()),
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "a job could not be ended");
        }
        for Process { pid, start_ticks } in self.members() {
            if let Err(error) = OpenedProcess::end(pid, start_ticks) {
                // It may be on its way out; what is left is ended again, for this is called until nothing is.
                tracing::debug!(%error, pid, "a process could not be ended");
            }
        }
    }
}

/// True for the host of a console, which Windows starts beside the first program in it and which ends after the last
/// one: it is not what the application started, and its end is not the application's.
fn is_console(pid: u32) -> bool {
    let program = OpenedProcess::to_look(pid).and_then(|process| process.program()).unwrap_or_default();
    program.to_ascii_lowercase().ends_with(r"\system32\conhost.exe")
}

/// The same for every session, so that a service finds what an agent on the desktop began.
fn job_name(marker: &str) -> String {
    format!(r"Global\topmast-run-{marker}")
}

/// Markers of the processes that run now: Windows shows nobody the environment of another process.
pub(crate) fn markers(_: &str) -> Vec<(Process, String)> {
    Vec::new()
}

/// Identity of the machine's present run.
pub(crate) fn boot_id() -> String {
    registry::boot_id()
}

/// Windows kills nobody for want of memory.
pub(crate) const fn oom_kills() -> Option<u64> {
    None
}
