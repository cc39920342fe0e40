//! What the tasks of all applications share.

use super::{ApplicationView, StepRequest, SupervisorConfig};
use crate::ledger::{Begin, Ledger};
use crate::package::place::Place;
use crate::platform::family::{Process, markers};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::time::Instant;
use topmast_model::application::Operation;
use topmast_model::id::StepId;
use topmast_model::report::{Report, StepOutcome};
use topmast_model::time::UnixMillis;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: SupervisorConfig,
    pub(super) ledger: Ledger,
    /// Every application as it was last published, by name.
    pub(super) board: watch::Sender<Arc<Vec<ApplicationView>>>,
    /// Where the machines' time begins.
    epoch: Instant,
    /// Applications whose start or restart was asked for and has no outcome yet.
    asked: Mutex<HashMap<StepId, String>>,
    /// Applications with a good unit file, published or not yet.
    names: Mutex<BTreeSet<String>>,
}

impl Shared {
    pub(super) fn new(config: SupervisorConfig, ledger: Ledger) -> Self {
        let (board, _) = watch::channel(Arc::new(Vec::new()));
        let (asked, names) = (Mutex::default(), Mutex::default());
        Self { config, ledger, board, epoch: Instant::now(), asked, names }
    }

    pub(super) fn directories(&self) -> [PathBuf; 3] {
        let data = &self.config.data_dir;
        [self.config.units_dir.clone(), data.join("applications"), data.join("output")]
    }

    pub(super) fn record_path(&self, application: &str) -> PathBuf {
        self.config.data_dir.join("applications").join(format!("{application}.json"))
    }

    /// Where an application's versions are.
    pub(super) fn place(&self, application: &str) -> Place {
        Place::new(&self.config.data_dir, &self.config.units_dir, application)
    }

    /// Beginning of the markers of an application's runs under this agent.
    pub(super) fn marker_prefix(&self, application: &str) -> String {
        // A name has no `/`, so no application's prefix begins another's.
        format!("{}/{application}/", self.ledger.instance())
    }

    /// The machines' time.
    pub(super) fn now(&self) -> i64 {
        i64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// A machine's deadline for the timer, which must not fire before the machine agrees that it is due.
    pub(super) fn instant(&self, deadline: i64) -> Instant {
        self.epoch + Duration::from_millis(u64::try_from(deadline).unwrap_or(0))
    }

    /// Records that a step begins; false when it is not to be done, which is said.
    pub(super) fn begin(&self, request: &StepRequest, until: Instant) -> bool {
        let step = request.step;
        if Instant::now() > until {
            self.refuse(step, "it expired before it could begin; ask again".to_owned());
            return false;
        }
        match self.ledger.begin_step(step, request.operation, &request.application, wall()) {
            Ok(Begin::New) => return true,
            Ok(Begin::Known) => self.forget(step),
            Err(error) => self.refuse(step, error.to_string()),
        }
        false
    }

    /// Takes note that an application's start is asked for, so that its dependants wait instead of failing.
    pub(super) fn ask(&self, request: &StepRequest) {
        use Operation::{Act, Configure, Stop, Uninstall};
        if !matches!(request.operation, Stop | Uninstall | Configure | Act) {
            lock(&self.asked).insert(request.step, request.application.clone());
        }
    }

    pub(super) fn is_asked_to_start(&self, application: &str) -> bool {
        lock(&self.asked).values().any(|name| name == application)
    }

    /// Forgets that a step waits.
    pub(super) fn forget(&self, step: StepId) {
        lock(&self.asked).remove(&step);
        // Dependants look again.
        self.board.send_modify(|_| {});
    }

    /// Reports a step's end.
    pub(super) fn finish(&self, step: StepId, outcome: StepOutcome) {
        tracing::info!(%step, succeeded = outcome.succeeded, message = outcome.message, "step ends");
        self.ledger.append(Report::StepFinished { step, outcome });
        self.forget(step);
    }

    /// Reports that nobody can tell how a step ended.
    pub(super) fn lose(&self, step: StepId, message: String) {
        tracing::warn!(%step, message, "step lost");
        self.ledger.append(Report::StepLost { step, message });
        self.forget(step);
    }

    /// Reports that a step is not executed; a step that was begun before has its own outcome.
    pub(super) fn refuse(&self, step: StepId, message: String) {
        if self.ledger.knows_step(step) {
            self.forget(step);
        } else {
            self.finish(step, StepOutcome { succeeded: false, message });
        }
    }

    pub(super) fn set_names(&self, names: BTreeSet<String>) {
        *lock(&self.names) = names;
    }

    pub(super) fn has_unit(&self, application: &str) -> bool {
        lock(&self.names).contains(application)
    }

    /// Publishes an application's view.
    pub(super) fn show(&self, view: ApplicationView) {
        self.board.send_modify(|views| {
            let views = Arc::make_mut(views);
            match views.binary_search_by(|other| other.name.cmp(&view.name)) {
                Ok(position) => views[position] = view,
                Err(position) => views.insert(position, view),
            }
        });
    }

    pub(super) fn hide(&self, application: &str) {
        self.board.send_modify(|views| Arc::make_mut(views).retain(|view| view.name != application));
    }

    /// Processes of an application that run under this agent's marker.
    pub(super) fn processes(&self, application: &str) -> Vec<Process> {
        let found = markers(&self.marker_prefix(application));
        found.into_iter().map(|(process, _)| process).collect()
    }
}

/// The time of day; the epoch when the clock is before it.
pub(super) fn wall() -> UnixMillis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // One insertion or removal at a time: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
