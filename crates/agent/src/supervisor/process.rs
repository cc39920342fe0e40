//! Kind `process`: the agent starts the command and watches the process and all that comes of it.

use super::launch::{LaunchError, Output, prepare};
use super::machine::Event;
use super::output::OutputFile;
use crate::platform::End;
use crate::platform::family::{Family, Process, oom_kills};
use crate::unit::{Run, Unit};
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use tokio::process::Child;
use topmast_model::cause::Cause;

/// Time between two looks at a process that is not this agent's child: the system tells its parent only.
const LOOK_ADOPTED: Duration = Duration::from_millis(250);
/// Time between two looks for what is left of an application that is going.
const LOOK_GOING: Duration = Duration::from_millis(50);

/// One run of a process and its descendants.
#[derive(Debug)]
pub(super) struct ProcessRun {
    family: Family,
    /// The main process.
    main: Process,
    /// The main process as this agent's child; not when it was adopted, or forked and left.
    child: Option<Child>,
    memory: MemoryKills,
}

/// The kernel's count of kills for want of memory, as it was one to two seconds ago.
///
/// A process that such a kill ends may take that long to be gone; a kill before is not its end.
#[derive(Debug)]
struct MemoryKills {
    older: Option<u64>,
    newer: Option<u64>,
    read_at: Instant,
}

impl MemoryKills {
    fn now() -> Self {
        let count = oom_kills();
        Self { older: count, newer: count, read_at: Instant::now() }
    }

    fn look(&mut self) {
        if self.read_at.elapsed() >= Duration::from_secs(1) {
            *self = Self { older: self.newer, newer: oom_kills(), read_at: Instant::now() };
        }
    }
}

impl ProcessRun {
    /// Starts the command of a unit.
    pub(super) fn launch(unit: &Unit, marker: &str, output: &OutputFile) -> Result<Self, LaunchError> {
        let Run::Process { command } = &unit.run else {
            return Err(LaunchError::Spawn {
                program: unit.name.clone(),
                source: std::io::ErrorKind::Unsupported.into(),
            });
        };
        let prepared = prepare(unit, command, Some(marker), &Output::File(&output.path))?;
        let failed = |source| LaunchError::Spawn { program: command.program().to_owned(), source };
        let (child, family) = Family::spawn(prepared, marker).map_err(failed)?;
        let pid = child.id().unwrap_or(0);
        // It may have ended already; then its end is read from the child.
        let main = Process::of(pid).unwrap_or(Process { pid, start_ticks: 0 });
        Ok(Self { family, main, child: Some(child), memory: MemoryKills::now() })
    }

    /// Takes over what an earlier agent launched; `None` when nothing of it runs.
    pub(super) fn adopt(marker: &str, process: Option<Process>, session: Option<u32>) -> Option<Self> {
        let main = process.filter(|process| process.is_alive());
        // Without its leader the session's number may be another's by now.
        let session = main.and(session);
        let mut family = Family::adopt(marker, session, main);
        let main = main.or_else(|| family.members().first().copied())?;
        Some(Self { family, main, child: None, memory: MemoryKills::now() })
    }

    pub(super) const fn main(&self) -> Process {
        self.main
    }

    pub(super) const fn session(&self) -> Option<u32> {
        self.family.session()
    }

    /// Keeps the count of kills for want of memory up to date; called every second or oftener.
    pub(super) fn look(&mut self) {
        self.memory.look();
    }

    /// Asks it to stop.
    pub(super) fn signal(&mut self, number: i32) {
        self.family.ask(number);
    }

    pub(super) fn kill(&mut self) {
        self.family.kill();
    }

    /// What happens to it next. While it is `going`: `Gone` once nothing of it runs. Can be dropped and called again.
    pub(super) async fn next(&mut self, going: bool) -> Event {
        loop {
            if going {
                if let Some(child) = &mut self.child
                    && !matches!(child.try_wait(), Ok(None))
                {
                    self.child = None;
                }
                if self.child.is_none() && self.family.members().is_empty() {
                    return Event::Gone;
                }
                tokio::time::sleep(LOOK_GOING).await;
                continue;
            }
            let ended = match &mut self.child {
                Some(child) => {
                    let status = child.wait().await;
                    self.child = None;
                    status.map_or_else(
                        |error| (unknown_end(&error.to_string()), false),
                        |status| self.cause(status),
                    )
                }
                None if self.main.is_alive() => {
                    tokio::time::sleep(LOOK_ADOPTED).await;
                    continue;
                }
                None => (unknown_end("its exit code goes to its parent, which is not this agent"), false),
            };
            // An end with code 0 while children run is how daemons start: the oldest child is the main process now.
            if ended.1
                && let Some(oldest) = self.family.members().first()
            {
                tracing::info!(pid = oldest.pid, "the main process forked and ended");
                self.main = *oldest;
                continue;
            }
            return Event::Ended { cause: ended.0, clean: ended.1 };
        }
    }

    /// Why it ended, and whether that is no failure.
    fn cause(&self, status: ExitStatus) -> (Cause, bool) {
        let (number, name, killed) = match End::from(status) {
            End::Code(code) => return (Cause::Exit { code }, code == 0),
            End::Signal { number, name, killed } => (number, name, killed),
        };
        // The kernel kills by SIGKILL and counts it. The count is the whole machine's, so a SIGKILL of somebody
        // within two seconds of another's end is taken for it; nothing better is told to a parent.
        let out_of_memory = killed && oom_kills() > self.memory.older;
        (if out_of_memory { Cause::OutOfMemory } else { Cause::Signal { number, name } }, false)
    }
}

fn unknown_end(reason: &str) -> Cause {
    Cause::Observed { message: format!("ended, with what code is not known: {reason}") }
}
