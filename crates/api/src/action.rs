//! Actions: `POST /api/v1/actions`, and what became of them.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::principal::AuthMethod;
use topmast_model::rolling::{self as model, OnError};
use topmast_model::status::{ActionStatus, ApplicationStatus};
use utoipa::ToSchema;

/// Time for an action whose request does not say: a slow start with its stop grace fits.
pub const TIMEOUT_MS_DEFAULT: u64 = 120_000;

/// Asks for an action on applications. Exactly one of `targets` and `filter` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRequest {
    /// Identity and idempotency key, a version 7 UUID: the same id again is the same action. Made when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<ActionId>,
    /// What to do.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// The applications' paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
    /// All applications that a filter lets through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Why, for the audit; at most 1,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Milliseconds until a target without an outcome becomes UNKNOWN; 120,000 when missing. With `rolling` each
    /// batch has this time, from its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// A few targets at a time, in the order given; all at once when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<Rolling>,
    /// Only show what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// How an action goes over its targets, a batch after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rolling {
    /// Targets at a time, 1 to 10,000; the next batch begins when all of these have their outcome.
    pub batch: u32,
    /// Milliseconds from the last outcome of a batch to the next batch, at most an hour.
    #[serde(default)]
    pub wait_ms: u64,
    /// What a target that FAILED or became UNKNOWN means for those not begun: `stop`, when missing, makes them
    /// FAILED, `continue` does them all the same.
    #[serde(default)]
    #[schema(value_type = schema::OnError)]
    pub on_error: OnError,
}

impl From<Rolling> for model::Rolling {
    fn from(Rolling { batch, wait_ms, on_error }: Rolling) -> Self {
        Self { batch, wait_ms, on_error }
    }
}

impl From<model::Rolling> for Rolling {
    fn from(model::Rolling { batch, wait_ms, on_error }: model::Rolling) -> Self {
        Self { batch, wait_ms, on_error }
    }
}

/// What an action would do: the answer to a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionPlan {
    /// What would be done.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// On what.
    pub targets: Vec<PlannedTarget>,
}

/// One target of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedTarget {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// What it does now.
    #[schema(value_type = schema::ApplicationStatus)]
    pub status: ApplicationStatus,
    /// What would happen, in words: `is STARTED already, nothing happens`.
    pub effect: String,
    /// The batch in which it would begin, counted from 1; all are in the first without `rolling`.
    pub batch: u32,
}

/// One accepted command with the result of each target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// Identity.
    #[schema(value_type = Uuid)]
    pub id: ActionId,
    /// What is done.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// The worst of its targets once none is open.
    #[schema(value_type = schema::ActionStatus)]
    pub status: ActionStatus,
    /// Who asked, e.g. `user admin`.
    pub principal: String,
    /// How the principal proved who it is.
    #[schema(value_type = String)]
    pub auth: AuthMethod,
    /// Why.
    pub reason: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its last target got its outcome.
    pub completed_at: Option<Timestamp>,
    /// When a target without an outcome becomes UNKNOWN; with `rolling` a target of the newest batch.
    pub expires_at: Timestamp,
    /// How it goes over its targets; null for all at once.
    pub rolling: Option<Rolling>,
    /// One per target, in the order asked.
    pub targets: Vec<ActionTarget>,
    /// How many targets have each status.
    pub counts: ActionCounts,
}

/// One target of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionTarget {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// How far it is.
    #[schema(value_type = schema::ActionStatus)]
    pub status: ActionStatus,
    /// The outcome in words; null while there is none.
    pub message: Option<String>,
    /// When the agent began.
    pub started_at: Option<Timestamp>,
    /// When the outcome was recorded.
    pub finished_at: Option<Timestamp>,
}

/// Targets by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ActionCounts {
    /// Accepted; not yet sent to the agent.
    pub pending: u32,
    /// Sent to the agent; no outcome yet.
    pub running: u32,
    /// Done as asked.
    pub succeeded: u32,
    /// Not done.
    pub failed: u32,
    /// No outcome in time.
    pub unknown: u32,
}

impl ActionCounts {
    /// Counts targets by their statuses.
    pub fn of(targets: impl IntoIterator<Item = ActionStatus>) -> Self {
        let mut counts = Self::default();
        for status in targets {
            *match status {
                ActionStatus::Pending => &mut counts.pending,
                ActionStatus::Running => &mut counts.running,
                ActionStatus::Succeeded => &mut counts.succeeded,
                ActionStatus::Failed => &mut counts.failed,
                ActionStatus::Unknown => &mut counts.unknown,
            } += 1;
        }
        counts
    }

    /// Targets with an outcome, good or bad.
    pub const fn finished(self) -> u32 {
        self.succeeded + self.failed + self.unknown
    }

    /// Targets in all.
    pub const fn total(self) -> u32 {
        self.pending + self.running + self.finished()
    }
}

/// What changed of a watched action: the fields that can change, and the targets that did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionProgress {
    /// Its status now.
    #[schema(value_type = schema::ActionStatus)]
    pub status: ActionStatus,
    /// When a target under way without an outcome becomes UNKNOWN.
    pub expires_at: Timestamp,
    /// When its last target got its outcome.
    pub completed_at: Option<Timestamp>,
    /// How many targets have each status now.
    pub counts: ActionCounts,
    /// The targets that changed.
    pub targets: Vec<ActionTarget>,
}

impl Action {
    /// Takes in what changed; targets that it does not have are left out.
    pub fn apply(&mut self, progress: ActionProgress) {
        self.status = progress.status;
        self.expires_at = progress.expires_at;
        self.completed_at = progress.completed_at;
        self.counts = progress.counts;
        for changed in progress.targets {
            if let Some(target) = self.targets.iter_mut().find(|target| target.path == changed.path) {
                *target = changed;
            }
        }
    }
}

/// One message of `GET /api/v1/actions/{id}/watch`. The stream ends after the action's final status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionMessage {
    /// SSE event `snapshot`: the whole action, first on every connection.
    Snapshot(Action),
    /// SSE event `progress`: what changed since the message before.
    Progress(ActionProgress),
    /// SSE event `heartbeat`: nothing changed.
    Heartbeat,
}

/// Which actions to list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionQuery {
    /// Only those that a filter over [`ACTIONS`](topmast_model::filter::fields::ACTIONS) lets through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only those with a target at or inside this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub object: Option<ObjectPath>,
    /// Only those with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ActionStatus>)]
    pub status: Option<ActionStatus>,
    /// Most actions: 100 when missing, at most 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Actions to leave out at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Most targets that each action carries: all when missing. Its counts are of all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<u32>,
}

/// Actions of a page when the request does not say; each carries its targets.
pub const ACTIONS_DEFAULT: u32 = 100;
/// Most actions of a page.
pub const ACTIONS_MAX: u32 = 1_000;
