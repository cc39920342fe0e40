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

use crate::unit::Unit;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use topmast_model::application::{ApplicationState, Operation};
use topmast_model::id::StepId;

/// Where a supervisor finds its units and keeps its state.
#[derive(Debug, Clone)]
pub struct SupervisorConfig {
    /// Directory of the unit files, `apps.d`.
    pub units_dir: PathBuf,
    /// Directory of durable state; the ledger's.
    pub data_dir: PathBuf,
    /// Most bytes of an application's output file before it is rotated; one older file is kept beside it.
    pub output_max: u64,
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
