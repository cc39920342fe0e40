//! Actions: accepted commands on applications, with a result per target.
//!
//! ```text
//! step:   PENDING ─► RUNNING ─► SUCCEEDED │ FAILED
//!            └──────────┴─(time over)─► UNKNOWN ─(late outcome)─► SUCCEEDED │ FAILED
//! action: worst of its steps once none is open: FAILED, else UNKNOWN, else SUCCEEDED
//! ```

use crate::path_map::PathMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::application::Operation;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Actor;
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Most open actions: far more than people have in hand, few enough to look through at once.
pub const OPEN_ACTIONS_MAX: usize = 1_000;
/// Shortest time for an action: one tick of an agent.
pub const TIMEOUT_MS_MIN: u64 = 1_000;
/// Longest time for an action: a day; what takes longer is a task.
pub const TIMEOUT_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// One accepted command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Identity.
    pub id: ActionId,
    /// What is done.
    pub operation: Operation,
    /// Who asked.
    pub actor: Actor,
    /// Why, for the audit.
    pub reason: Option<String>,
    /// When it was accepted.
    pub accepted_at: UnixMillis,
    /// When a step without an outcome becomes UNKNOWN.
    pub expires_at: UnixMillis,
    /// When the last step got its outcome.
    pub completed_at: Option<UnixMillis>,
    /// One per target, in the order asked.
    pub steps: Vec<Step>,
    pub(crate) tally: Tally,
}

/// One target of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The application.
    pub target: ObjectPath,
    /// How far it is.
    pub status: ActionStatus,
    /// The outcome in words; empty while there is none.
    pub message: String,
    /// When the agent began.
    pub started_at: Option<UnixMillis>,
    /// When the outcome was recorded.
    pub finished_at: Option<UnixMillis>,
}

/// How many of an action's steps have each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) pending: u32,
    pub(crate) running: u32,
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
    pub(crate) unknown: u32,
}

impl Tally {
    /// The status of the whole action.
    pub(crate) const fn status(self) -> ActionStatus {
        match self {
            Self { running: 1.., .. } => ActionStatus::Running,
            Self { pending: 1.., succeeded: 0, failed: 0, unknown: 0, .. } => ActionStatus::Pending,
            Self { pending: 1.., .. } => ActionStatus::Running,
            Self { failed: 1.., .. } => ActionStatus::Failed,
            Self { unknown: 1.., .. } => ActionStatus::Unknown,
            Self { .. } => ActionStatus::Succeeded,
        }
    }
}

impl Action {
    /// PENDING until something began, RUNNING until every step has its outcome, then the worst of them.
    pub fn status(&self) -> ActionStatus {
        self.tally.status()
    }
}

/// Open and recent actions, with what finds them quickly.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Actions {
    by_id: BTreeMap<ActionId, Action>,
    open: BTreeSet<ActionId>,
    /// Which open step each target waits for.
    busy: PathMap<StepId>,
}

impl Actions {
    pub(crate) fn get(&self, id: ActionId) -> Option<&Action> {
        self.by_id.get(&id)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Action> {
        self.by_id.values()
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = &Action> {
        self.open.iter().filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn open_steps(&self, within: Option<&ObjectPath>) -> impl Iterator<Item = (StepId, &Action)> {
        self.busy.within(within).filter_map(|(_, step)| Some((*step, self.by_id.get(&step.action)?)))
    }
}
