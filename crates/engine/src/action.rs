//! Actions: accepted commands on applications, with a result per target.
//!
//! ```text
//! step:   PENDING ─► RUNNING ─► SUCCEEDED │ FAILED
//!            └──────────┴─(time over)─► UNKNOWN ─(late outcome)─► SUCCEEDED │ FAILED
//! action: worst of its steps once none is open: FAILED, else UNKNOWN, else SUCCEEDED
//! ```
//!
//! A step may begin once it is released: at once, or with its batch. Its time counts from there.
//!
//! Elsewhere: accepting (`action/operate.rs`), custom actions (`action/custom.rs`), guards (`action/guard.rs`), the order of dependencies (`action/wave.rs`),
//! the second person (`action/approval.rs`), cancelling (`action/cancel.rs`), moving steps (`action/ledger.rs`),
//! batches (`action/rolling.rs`) and what is in their way (`action/gate.rs`), what nobody is told of meanwhile
//! (`action/cover.rs`), what is kept and for how long (`action/shelf.rs`).

mod approval;
mod cancel;
mod cover;
mod custom;
mod gate;
mod guard;
mod ledger;
mod operate;
mod rolling;
mod shelf;
mod wave;

pub use approval::{ApprovalVerdict, person};
pub(crate) use approval::{Held, check_comment, govern, governed, lost_right};
pub(crate) use cancel::cancel;
pub(crate) use cover::{cover_ends, covered};
pub(crate) use custom::Outage;
pub use guard::Objection;
pub(crate) use guard::objections;
pub(crate) use ledger::{Ledger, expire};
pub use operate::{ActionPlan, plan_action};
pub(crate) use operate::{Request, operate};
pub use rolling::Waits;
pub(crate) use rolling::advance;
pub(crate) use shelf::Actions;
pub(crate) use wave::arranged;

use crate::rejection::Listed;
use crate::{Rejection, State};
use rolling::Released;
use serde::{Deserialize, Serialize};
use topmast_model::action::Terms;
use topmast_model::application::Operation;
use topmast_model::configuration::ConfigurationUse;
use topmast_model::custom::CustomUse;
use topmast_model::id::ActionId;
use topmast_model::package::Package;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Actor;
use topmast_model::report::StepOutcome;
use topmast_model::rolling::Rolling;
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Most open actions: far more than people have in hand, few enough to look through at once.
pub const OPEN_ACTIONS_MAX: usize = 1_000;
/// Shortest time for an action: one tick of an agent.
pub const TIMEOUT_MS_MIN: u64 = 1_000;
/// Longest time for an action: a day; what takes longer is a task.
pub const TIMEOUT_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// An action that somebody names.
fn named(state: &State, id: ActionId) -> Result<&Action, Rejection> {
    state.action(id).ok_or_else(|| Rejection::NotFound {
        what: "action",
        names: Listed::one(id),
        hint: "only the newest are kept",
    })
}

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
    /// When a released step without an outcome becomes UNKNOWN; each batch has its own time.
    pub expires_at: UnixMillis,
    /// How long a step may take from its release, in milliseconds.
    pub timeout_ms: u64,
    /// How it goes over its steps; all at once when none.
    pub rolling: Option<Rolling>,
    /// On which terms it was accepted.
    pub terms: Terms,
    /// What another person said of it, where a policy wants that.
    pub verdict: Option<ApprovalVerdict>,
    /// True when a person said that the next batch may begin.
    continued: bool,
    /// What is installed.
    pub package: Option<Box<Package>>,
    /// What it lays down, of [`Operation::Configure`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationUse>,
    /// The custom action that it does, of [`Operation::Act`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Box<CustomUse>>,
    /// When the last step got its outcome; later when a late outcome changed the status.
    pub completed_at: Option<UnixMillis>,
    /// One per target, in the order asked.
    pub steps: Vec<Step>,
    tally: Tally,
    released: Released,
}

/// One target of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The application, or the service.
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

impl Action {
    pub(crate) fn new(
        id: ActionId,
        operation: Operation,
        actor: Actor,
        reason: Option<String>,
        accepted_at: UnixMillis,
        expires_at: UnixMillis,
        targets: &[ObjectPath],
    ) -> Self {
        let step = |target: &ObjectPath| Step {
            target: target.clone(),
            status: ActionStatus::Pending,
            message: String::new(),
            started_at: None,
            finished_at: None,
        };
        let steps: Vec<Step> = targets.iter().map(step).collect();
        let tally = Tally { pending: steps.len(), ..Tally::default() };
        Self {
            id,
            operation,
            actor,
            reason,
            accepted_at,
            expires_at,
            timeout_ms: u64::try_from(accepted_at.until(expires_at).as_millis()).unwrap_or(u64::MAX),
            rolling: None,
            terms: Terms::default(),
            verdict: None,
            continued: false,
            package: None,
            configuration: None,
            custom: None,
            completed_at: None,
            released: Released::all(steps.len()),
            steps,
            tally,
        }
    }

    /// Of a package.
    #[must_use]
    pub(crate) fn bringing(mut self, package: Option<Box<Package>>) -> Self {
        self.package = package;
        self
    }

    /// With what it lays down.
    #[must_use]
    pub(crate) fn laying_down(self, configuration: Option<ConfigurationUse>) -> Self {
        Self { configuration, ..self }
    }

    /// With the custom action that it does.
    #[must_use]
    pub(crate) fn acting(self, custom: Option<Box<CustomUse>>) -> Self {
        Self { custom, ..self }
    }

    /// PENDING until something began, RUNNING until every step has its outcome, then the worst of them.
    pub fn status(&self) -> ActionStatus {
        self.tally.status()
    }
}

/// How many of an action's steps have each status, so that completion is seen without a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Tally {
    pending: usize,
    running: usize,
    succeeded: usize,
    failed: usize,
    unknown: usize,
}

impl Tally {
    /// The status of the whole action (E-5).
    const fn status(self) -> ActionStatus {
        let final_steps = self.succeeded + self.failed + self.unknown;
        match self {
            Self { pending: 1.., running: 0, .. } if final_steps == 0 => ActionStatus::Pending,
            Self { pending: 1.., .. } | Self { running: 1.., .. } => ActionStatus::Running,
            Self { failed: 1.., .. } => ActionStatus::Failed,
            Self { unknown: 1.., .. } => ActionStatus::Unknown,
            Self { .. } => ActionStatus::Succeeded,
        }
    }

    fn shift(&mut self, from: ActionStatus, to: ActionStatus) {
        let before = self.count(from);
        *before = before.saturating_sub(1);
        *self.count(to) += 1;
    }

    const fn count(&mut self, status: ActionStatus) -> &mut usize {
        match status {
            ActionStatus::Pending => &mut self.pending,
            ActionStatus::Running => &mut self.running,
            ActionStatus::Succeeded => &mut self.succeeded,
            ActionStatus::Failed => &mut self.failed,
            ActionStatus::Unknown => &mut self.unknown,
        }
    }
}

/// The moves of a step that count; every other is a repeat or comes too late.
const fn may_move(from: ActionStatus, to: ActionStatus) -> bool {
    match to {
        ActionStatus::Pending => false,
        ActionStatus::Running => matches!(from, ActionStatus::Pending),
        ActionStatus::Unknown => !from.is_final(),
        ActionStatus::Succeeded | ActionStatus::Failed => {
            !matches!(from, ActionStatus::Succeeded | ActionStatus::Failed)
        }
    }
}

/// The status of a step that ended so.
pub(crate) const fn outcome_status(outcome: &StepOutcome) -> ActionStatus {
    if outcome.succeeded { ActionStatus::Succeeded } else { ActionStatus::Failed }
}

#[cfg(test)]
mod tests;
