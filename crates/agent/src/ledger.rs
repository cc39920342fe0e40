//! The agent's durable memory: which steps it executed, and what it has to report.
//!
//! One append-only file, `ledger`, of checksummed JSON lines in the data directory.
//!
//! ```text
//! begin_step ----> line, synced ----> effect ----> append(StepFinished) ----> line, synced
//! append(report) -> line, numbered -> pending (synced) -> master -> acknowledge -> pruned
//! ```
//!
//! Invariants
//! - L-1: a step is begun at most once; its beginning is on disk before any effect.
//! - L-2: report numbers start at 1 and grow by one, across restarts; a number handed out keeps its report.
//! - L-3: a torn tail is dropped on open; a torn line before a good one is an error.
//! - L-4: a step's outcome is never dropped; states of one object may be coalesced to the last, if never handed out.
//! - L-5: a full disk refuses steps; reports wait in memory and are written when there is room.
//! - L-6: one process has the data directory.
//! - L-7: the last report of each object outlives its acknowledgement, so that all that is can be told again.
//!
//! Elsewhere: what a step does (`supervisor`); sending reports (`transport`).

mod entry;
mod index;
mod lock;
mod store;
mod told;

use crate::ledger::entry::Entry;
use crate::ledger::store::Store;
use crate::ledger::told::Object;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use topmast_model::application::Operation;
use topmast_model::id::{Epoch, StepId};
use topmast_model::report::{NumberedReport, Report};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Reports waiting for an acknowledgement before the states among them are coalesced. Only their places in
/// the file are in memory, 16 bytes each.
pub const PENDING_MAX: usize = 100_000;
/// Reports kept in memory while the disk is full. States are coalesced first, so this is a count of objects.
const BACKLOG_MAX: usize = 1_000;

/// Why the ledger could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The system refused.
    #[error("open the ledger {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// Another agent runs on the data directory.
    #[error(
        "{path} is used by another agent (process {pid}); stop it, or give this one another data directory"
    )]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// The other's process id, as it wrote it.
        pid: String,
    },
    /// A line in the middle is not what was written.
    #[error(
        "{path} line {line} is damaged; move the file away to go on as a new agent, or restore it from a backup"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
    },
    /// The file is of a newer agent.
    #[error("{path} has format {found}, and this agent reads up to {newest}; use the newer agent")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u16,
        /// What this build reads.
        newest: u16,
    },
}

/// Why something could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("write the ledger {path}: {source}; free some space and try again")]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Why an epoch was refused.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// A newer master is known.
    #[error("epoch {offered} is over; a master of epoch {known} took over")]
    Old {
        /// What was offered.
        offered: Epoch,
        /// The highest one known.
        known: Epoch,
    },
    /// The new epoch could not be made durable.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Whether a step may be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// Yes: it is recorded as begun now.
    New,
    /// No: it was begun before.
    Known,
}

/// A step that an earlier agent began and did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedStep {
    /// Its identity.
    pub step: StepId,
    /// What was to be done.
    pub operation: Operation,
    /// To which application.
    pub application: String,
}

/// The durable memory of one agent. Cheap to clone; every clone is the same ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    store: Store,
    /// Reports that found no room on disk, in order.
    backlog: VecDeque<Report>,
    /// Behind which acknowledged number everything was told again last.
    told_again: Option<u64>,
    /// Held as long as the ledger.
    _lock: lock::Lock,
}

impl Ledger {
    /// Opens the ledger of a data directory, which is made when missing.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed on disk except a torn tail that was cut off.
    pub fn open(data_dir: &Path) -> Result<Self, OpenError> {
        let io_error = |source| OpenError::Io { path: data_dir.to_owned(), source };
        crate::platform::file::create_directories(data_dir).map_err(io_error)?;
        let lock = lock::Lock::take(data_dir)?;
        let store = Store::open(data_dir)?;
        let state = State { store, backlog: VecDeque::new(), told_again: None, _lock: lock };
        Ok(Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }) })
    }

    /// Identity of the data directory, made with it.
    pub fn instance(&self) -> Uuid {
        self.state().store.index().instance
    }

    /// Highest epoch of a master seen.
    pub fn epoch(&self) -> Epoch {
        self.state().store.index().epoch
    }

    /// Takes note of a master's epoch.
    ///
    /// # Errors
    /// [`EpochError::Old`] when a newer master is known; [`EpochError::Write`] when it could not be kept.
    pub fn raise_epoch(&self, epoch: Epoch) -> Result<(), EpochError> {
        let mut state = self.state();
        let known = state.store.index().epoch;
        if epoch < known {
            return Err(EpochError::Old { offered: epoch, known });
        }
        if epoch > known {
            state.store.write(&[Entry::Epoch { epoch }], true)?;
        }
        Ok(())
    }

    /// Records that a step begins, durably, and reports it. Nothing may be done for the step before this returns.
    ///
    /// # Errors
    /// [`WriteError`]: the step must not be executed.
    pub fn begin_step(
        &self,
        step: StepId,
        operation: Operation,
        application: &str,
        now: UnixMillis,
    ) -> Result<Begin, WriteError> {
        let mut state = self.state();
        if state.store.index().steps.contains_key(&step) || state.backlog_finishes(step) {
            return Ok(Begin::Known);
        }
        state.flush_backlog()?;
        let number = state.store.index().next_number();
        let begun =
            Entry::Step { step, operation, application: application.into(), begun_at: now, finished: false };
        let report = Entry::Report { number, report: Report::StepStarted { step } };
        state.store.write(&[begun, report], true)?;
        drop(state);
        self.shared.changed.notify_one();
        Ok(Begin::New)
    }

    /// True when the step was begun, finished or refused here before.
    pub fn knows_step(&self, step: StepId) -> bool {
        let state = self.state();
        state.store.index().steps.contains_key(&step) || state.backlog_finishes(step)
    }

    /// Adds a report. When the disk is full it waits in memory, see [`Ledger::retry`].
    ///
    /// A step's outcome is on disk when this returns, if there is room.
    pub fn append(&self, report: Report) {
        let mut state = self.state();
        state.push_backlog(report);
        if let Err(error) = state.flush_backlog() {
            tracing::warn!(%error, waiting = state.backlog.len(), "a report waits for room on disk");
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Writes what waits in memory since the disk was full; called every few seconds.
    pub fn retry(&self) {
        let mut state = self.state();
        if !state.backlog.is_empty() && state.flush_backlog().is_ok() {
            tracing::info!("the ledger has room on disk again");
            drop(state);
            self.shared.changed.notify_one();
        }
    }

    /// Reports with a number above `after` that are not acknowledged, oldest first, at most `limit`.
    ///
    /// They are on disk when this returns, and keep their numbers from now on.
    ///
    /// # Errors
    /// [`WriteError`] when they could not be made durable or read.
    pub fn pending(&self, after: u64, limit: usize) -> Result<Vec<NumberedReport>, WriteError> {
        self.state().store.pending(after, limit)
    }

    /// Forgets the reports up to a number: the master has them in its journal.
    pub fn acknowledge(&self, up_to: u64) {
        let mut state = self.state();
        let up_to = up_to.min(state.store.index().last_number);
        if up_to <= state.store.index().acknowledged {
            return;
        }
        // Not synced: an acknowledgement that is lost is given again, because the reports are sent again.
        if let Err(error) = state.store.write(&[Entry::Acknowledged { up_to }], false) {
            tracing::debug!(%error, "an acknowledgement is kept in memory only");
            state.store.acknowledge_in_memory(up_to);
        }
    }

    /// Reports all that is anew, for a master whose journal does not have all that was acknowledged; returns the highest
    /// number acknowledged, behind which it comes. Once until more is acknowledged, however often it is called.
    ///
    /// # Errors
    /// [`WriteError`]: it is not on disk, and the master must not go on without it.
    pub fn tell_again(&self) -> Result<u64, WriteError> {
        let mut state = self.state();
        let acknowledged = state.store.index().acknowledged;
        if state.told_again != Some(acknowledged) {
            state.flush_backlog()?;
            state.store.tell_again()?;
            state.told_again = Some(acknowledged);
        }
        Ok(acknowledged)
    }

    /// Highest number acknowledged, and highest number given.
    pub fn numbers(&self) -> (u64, u64) {
        let state = self.state();
        (state.store.index().acknowledged, state.store.index().last_number)
    }

    /// Steps that were begun and have no outcome, in no order.
    pub fn unfinished(&self) -> Vec<UnfinishedStep> {
        self.state().store.index().unfinished()
    }

    /// Resolves when reports were added since the last call resolved. One waiter at a time.
    pub async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete in memory or not begun, so a panic elsewhere leaves nothing half done.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Puts a report behind those that wait; a newer state of the same object replaces an older one.
    fn push_backlog(&mut self, report: Report) {
        if let Some(object) = Object::with_state(&report)
            && self.backlog.len() >= BACKLOG_MAX / 2
        {
            self.backlog.retain(|waiting| Object::with_state(waiting).as_ref() != Some(&object));
        }
        if self.backlog.len() >= BACKLOG_MAX
            && let Some(oldest) =
                self.backlog.iter().position(|waiting| Object::with_state(waiting).is_some())
        {
            self.backlog.remove(oldest);
        }
        self.backlog.push_back(report);
    }

    fn backlog_finishes(&self, step: StepId) -> bool {
        self.backlog
            .iter()
            .any(|report| matches!(report, Report::StepFinished { step: ended, .. } | Report::StepLost { step: ended, .. } if *ended == step))
    }

    fn flush_backlog(&mut self) -> Result<(), WriteError> {
        while let Some(report) = self.backlog.front() {
            let durable = matches!(report, Report::StepFinished { .. } | Report::StepLost { .. });
            let number = self.store.index().next_number();
            self.store.write(&[Entry::Report { number, report: report.clone() }], durable)?;
            self.backlog.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
