//! Logs of this server's applications, read for masters: tails, searches, and what sources there are.
//!
//! ```text
//! OpenLog ─► Logs ─► thread: topmast-logfile over Disk ─► Pieces (bounded)
//!                                                                     │ as far as the credit reaches
//! master  ◄─ PaneOutput, PaneEnded ◄──────────────────────────────── carry
//! ```
//!
//! Invariants
//! - L-1: nothing leaves that `redact` hides, and no line is found by what is hidden of it.
//! - L-2: files that no unit names are not read, whatever a master says.
//! - L-3: a reading has bounds of memory, files and time, and ends with its connection.
//!
//! Elsewhere: keeping applications' output (`supervisor::output`); counting lines as transactions (`service::log`).

mod carry;
mod disk;
mod journal;
mod told;

use self::carry::Carry;
use self::disk::Disk;
use self::told::Pieces;
use crate::supervisor::ApplicationView;
use crate::terminal::Order;
use crate::unit::Run;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use topmast_logfile::{Files, SOURCES_MAX, Source, Told, Written, search, tail};
use topmast_model::log::{LogRecord, LogRequest, LogWanted};
use topmast_wire::{AgentMessage, OpenLog};

pub use topmast_logfile::{LogPolicy, LogPolicyError, LogPolicyFile};

/// Pieces of records that wait for credit: some ten messages.
const WAITING: usize = 4;

/// The logs of this server, for all masters together.
pub struct Logs {
    policy: LogPolicy,
    /// Where the output of applications is kept.
    output: PathBuf,
    applications: watch::Receiver<Arc<Vec<ApplicationView>>>,
    places: Arc<Semaphore>,
}

/// A reading that runs once its future does.
pub(crate) type Reading = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl Logs {
    /// Those of the applications that a supervisor shows.
    ///
    /// - `data_dir`: the agent's, where outputs are kept.
    pub fn new(
        policy: LogPolicy,
        data_dir: &Path,
        applications: watch::Receiver<Arc<Vec<ApplicationView>>>,
    ) -> Self {
        let places = Arc::new(Semaphore::new(policy.readings_max));
        Self { policy, output: data_dir.join("output"), applications, places }
    }

    /// Begins a reading; why not, in words.
    pub(crate) fn begin(
        self: &Arc<Self>,
        open: &OpenLog,
        orders: mpsc::Receiver<Order>,
        outgoing: mpsc::Sender<AgentMessage>,
    ) -> Result<Reading, String> {
        if !self.policy.allow {
            return Err(
                "logs may not be read over the agent of this server; set allow = true below [logs] in its \
                        configuration, and start it anew"
                    .to_owned(),
            );
        }
        let request = open.request().map_err(|error| {
            format!(
                "this agent does not know what it is asked for ({error}); install the version of the master"
            )
        })?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            format!(
                "{} readings of logs are open on this server, the most that its agent allows; end one, or raise \
                 readings_max below [logs] in the agent's configuration",
                self.policy.readings_max
            )
        })?;
        let (pieces, waiting) = mpsc::channel(WAITING);
        let (outcome, ended) = oneshot::channel();
        let logs = Arc::clone(self);
        let read = move || {
            let read = logs.read(&request, &pieces, place);
            // Nobody waits for it when the connection is gone.
            let _ = outcome.send(read);
        };
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(read)
            .map_err(|error| format!("a thread for it cannot be made: {error}"))?;
        let carry =
            Carry { id: open.pane, credit: open.credit_bytes, orders, outgoing, pieces: waiting, ended };
        tracing::info!(pane = %open.pane, principal = open.principal, "logs are read");
        Ok(Box::pin(carry.run()))
    }

    /// Reads on a thread of its own; what is wrong with the request, in words.
    ///
    /// - `_place`: is free again when the thread ends.
    fn read(
        &self,
        request: &LogRequest,
        pieces: &mpsc::Sender<Vec<u8>>,
        _place: OwnedSemaphorePermit,
    ) -> Result<(), String> {
        let mut told = Pieces::new(pieces);
        let files: Rc<dyn Files> = Rc::new(Disk::new(self.policy.journal.clone()));
        let sources = || self.sources(&*files, request);
        let redactor = &self.policy.redactor;
        match &request.what {
            LogWanted::List => {
                for source in sources() {
                    told.tell(LogRecord::Source(source.tell(&*files)));
                }
            }
            LogWanted::Tail { lines, lines_that } => {
                tail(&files, sources, *lines, lines_that, redactor, &mut told)?;
            }
            LogWanted::Search(wanted) => search(&*files, &sources(), wanted, redactor, &mut told)?,
        }
        told.flush();
        Ok(())
    }

    /// The sources that are asked for (L-2).
    fn sources(&self, files: &dyn Files, request: &LogRequest) -> Vec<Source> {
        let views = Arc::clone(&self.applications.borrow());
        let asked = views.iter().filter(|view| request.applications.contains(&view.name));
        let sources = asked.flat_map(|view| {
            let output = self.output.join(format!("{}.log", view.name));
            let journal = match &view.unit.run {
                Run::Systemd { unit, .. } => Some(unit.as_str()),
                _ => None,
            };
            let (application, log_files) = (view.name.as_str(), view.unit.log_files.as_slice());
            Written { application, files: log_files, output: Some(&output), journal }.sources(files)
        });
        let is_asked = |source: &Source| request.source.as_ref().is_none_or(|name| *name == source.name);
        // Each that is followed is an open file.
        sources.filter(is_asked).take(SOURCES_MAX).collect()
    }
}

/// Logs of a server without applications.
#[cfg(test)]
pub(crate) fn of_nothing() -> Arc<Logs> {
    let (_, applications) = watch::channel(Arc::new(Vec::new()));
    Arc::new(Logs::new(LogPolicy::default(), Path::new("/nowhere"), applications))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
