//! Runs the applications of this server as their units and operators ask.
//!
//! ```text
//! unit files --> Supervisor --one task each--> machine (pure) --effects--> process, systemd, script
//! steps  ------>     |                            |
//!                    '---- views (watch) <--------'----> ledger (reports, outcomes)
//! ```
//!
//! Invariants
//! - S-1: an application never runs twice at once, whenever the agent dies.
//! - S-2: a step is executed at most once, and one at a time for each application.
//! - S-3: what an operator asked last outlives the agent and the machine's restart.
//! - S-4: a quarantined application is started by a person only.
//! - S-5: the end of the agent, however violent, ends no application.
//!
//! Elsewhere: unit files (`unit`), durable facts (`ledger`), the figures of an application (`sampler`).

mod application;
pub(crate) mod command;
mod configure;
mod custom;
mod deployment;
mod launch;
mod machine;
mod observed;
mod output;
mod process;
mod record;
mod recovery;
mod shared;
mod units;

pub(crate) use crate::supervisor::application::VERSION_MAX;
pub(crate) use crate::supervisor::launch::{Output, prepare};

use crate::ledger::Ledger;
use crate::package::Packages;
use crate::platform::file;
use crate::supervisor::deployment::Prepared;
use crate::supervisor::shared::Shared;
use crate::supervisor::units::Units;
use crate::unit::Unit;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use topmast_model::application::{ApplicationState, Operation};
use topmast_model::configuration::Rendered;
use topmast_model::custom::CustomStep;
use topmast_model::id::StepId;
use topmast_model::package::Package;
use topmast_model::package::key::TrustKey;

/// Time between two looks at the unit files, and at what waits for room on disk.
const LOOK: Duration = Duration::from_secs(2);
/// Steps and other orders that may wait for the supervisor; it takes them at once, so more is a flood.
const ORDERS_MAX: usize = 4_096;
/// Output file bound unless set: some hours of a busy application, and nothing to a disk.
pub const OUTPUT_MAX: u64 = 16 << 20;

/// Where a supervisor finds its units and keeps its state.
#[derive(Debug, Clone)]
pub struct SupervisorConfig {
    /// Directory of the unit files, `apps.d`.
    pub units_dir: PathBuf,
    /// Directory of durable state; the ledger's.
    pub data_dir: PathBuf,
    /// Most bytes of an application's output file before it is rotated; one older file is kept beside it.
    pub output_max: u64,
    /// Where packages come from.
    pub packages: Packages,
    /// Where files of configurations may be written beside the applications' working directories.
    pub configuration_roots: Vec<PathBuf>,
}

/// One step of an action, as the master sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRequest {
    /// Its identity: executed at most once.
    pub step: StepId,
    /// What to do.
    pub operation: Operation,
    /// To which application of this server.
    pub application: String,
    /// Who asks, e.g. `user admin`.
    pub principal: String,
    /// Why, for the agent's log.
    pub reason: Option<String>,
    /// From now; a step that could not begin by then fails.
    pub expires_in: Duration,
    /// What to install.
    pub package: Option<Box<Package>>,
    /// Whose signatures its tenant trusts.
    pub trust_keys: Vec<TrustKey>,
    /// What is laid down, of [`Operation::Configure`].
    pub configuration: Option<Box<Rendered>>,
    /// Which custom action, of [`Operation::Act`].
    pub custom: Option<Box<CustomStep>>,
}

/// One application as the rest of the agent sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationView {
    /// Its name.
    pub name: String,
    /// The unit it runs by; a changed file takes effect here at the next start.
    pub unit: Arc<Unit>,
    /// Its state now.
    pub state: ApplicationState,
    /// Its processes, while it runs and they are known.
    pub processes: Option<ProcessRoot>,
}

/// Which processes belong to an application: those of the session, and those that descend from the main process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessRoot {
    /// Main process.
    pub pid: u32,
    /// Session, when the agent made one for it.
    pub session: Option<u32>,
}

/// Why a supervisor could not start.
#[derive(Debug, thiserror::Error)]
#[error("make the directory {path}: {source}")]
pub struct StartError {
    path: PathBuf,
    source: io::Error,
}

/// Runs the applications; see [`Supervisor::start`].
#[derive(Debug)]
pub struct Supervisor {
    units: Units,
    orders: mpsc::Receiver<Order>,
    /// Packages that have come into place, or could not.
    prepared: mpsc::Receiver<Prepared>,
}

#[derive(Debug)]
enum Order {
    Step(StepRequest, Instant),
    Version { application: String, version: String },
    Reload(oneshot::Sender<()>),
    Shutdown,
}

impl Supervisor {
    /// Takes over what runs, starts what should run, and goes on until [`SupervisorHandle::shutdown`].
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when a directory is missing and cannot be made.
    pub fn start(config: SupervisorConfig, ledger: Ledger) -> Result<SupervisorHandle, StartError> {
        let shared = Arc::new(Shared::new(config, ledger));
        for path in shared.directories() {
            file::create_directories(&path).map_err(|source| StartError { path, source })?;
        }
        crate::package::place::clear(&shared.config.data_dir);
        let (sender, orders) = mpsc::channel(ORDERS_MAX);
        let (ready, prepared) = mpsc::channel(ORDERS_MAX);
        let supervisor = Self { units: Units::new(Arc::clone(&shared), ready), orders, prepared };
        let task = tokio::spawn(supervisor.run());
        Ok(SupervisorHandle { shared, orders: sender, task: Arc::new(task) })
    }

    async fn run(mut self) {
        self.units.look().await;
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Step(request, until)) => self.units.step(request, until).await,
                    Some(Order::Version { application, version }) => {
                        self.units.version(&application, version).await;
                    }
                    Some(Order::Reload(done)) => {
                        self.units.look().await;
                        // Who asked may have gone; the units are reloaded all the same.
                        let _ = done.send(());
                    }
                    Some(Order::Shutdown) | None => return,
                },
                Some(prepared) = self.prepared.recv() => self.units.prepared(prepared).await,
                _ = ticks.tick() => {
                    self.units.look().await;
                    self.units.shared.ledger.retry();
                }
            }
        }
    }
}

/// What the rest of the agent holds of the supervisor. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SupervisorHandle {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    task: Arc<JoinHandle<()>>,
}

impl SupervisorHandle {
    /// Executes a step, unless it was executed before. Returns at once; its beginning and its outcome
    /// come as reports through the ledger.
    pub fn execute(&self, request: StepRequest) {
        let until = Instant::now() + request.expires_in.min(Duration::from_hours(24));
        self.shared.ask(&request);
        if let Err(error) = self.orders.try_send(Order::Step(request, until)) {
            let (mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order)) = error;
            if let Order::Step(request, _) = order {
                self.shared.refuse(
                    request.step,
                    "the agent is stopping or flooded with steps; try again".to_owned(),
                );
            }
        }
    }

    /// Takes the version that an application says it has; it counts when the unit gives none.
    ///
    /// To be called after every check: what is known already costs nothing, and what finds no room is
    /// taken at the next call.
    pub fn told_version(&self, application: &str, version: &str) {
        let is_known = self.shared.board.borrow().iter().any(|view| {
            view.name == application
                && (view.unit.version.is_some() || view.state.version.as_deref() == Some(version))
        });
        if !is_known {
            let order = Order::Version { application: application.to_owned(), version: version.to_owned() };
            // An error means that the agent is flooded with steps, or ends.
            let _ = self.orders.try_send(order);
        }
    }

    /// Every application, by name, now and at every change.
    pub fn applications(&self) -> watch::Receiver<Arc<Vec<ApplicationView>>> {
        self.shared.board.subscribe()
    }

    /// Looks at the unit files now instead of within two seconds; returns when the changes are known.
    pub async fn reload(&self) {
        let (done, wait) = oneshot::channel();
        if self.orders.send(Order::Reload(done)).await.is_ok() {
            // An error means that the supervisor ended, and there is nothing to reload.
            let _ = wait.await;
        }
    }

    /// Ends supervision. The applications run on; the next agent takes them over.
    pub async fn shutdown(&self) {
        // An error means that it ended already.
        let _ = self.orders.send(Order::Shutdown).await;
        while !self.task.is_finished() {
            self.orders.closed().await;
            tokio::task::yield_now().await;
        }
    }
}

// Its applications are shell scripts.
#[cfg(test)]
#[cfg(unix)]
mod tests;
