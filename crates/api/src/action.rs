//! Actions: `POST /api/v1/actions`, and what became of them.

use crate::custom as described;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::application::Operation;
use topmast_model::custom::CustomOrder;
use topmast_model::id::ActionId;
use topmast_model::package::PackageVersion;
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
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own in the JSON")]
pub struct ActionRequest {
    /// Identity and idempotency key, a version 7 UUID: the same id again is the same action. Made when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<ActionId>,
    /// What to do.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// The applications' paths; those of services for a custom action on services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
    /// All applications that a filter lets through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Why, for the audit; at most 1,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Milliseconds until a target without an outcome becomes UNKNOWN; when missing 120,000, and of a custom action
    /// what it may take and half a minute. With `rolling` each
    /// batch has this time, from its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// A few targets at a time, in the order given; all at once when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<Rolling>,
    /// In waves: each application after those that its unit file says it comes `after`; the other way round to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waves: bool,
    /// Wait for `continue` before each batch or wave but the first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// Begin then and not before: RFC 3339 with an offset, or a local time with its zone, as
    /// `2026-03-29T02:30[Europe/Zurich]`. One that clocks leave out comes as much later as they are put forward, one
    /// that comes twice is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Act although guards refuse; takes a reason, and the right to override guards on every target.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_guards: bool,
    /// Of the applications that the filter lets through, or of all, those that ran before their server or agent went
    /// away and do not run now. With `start` alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recover: bool,
    /// What to install or upgrade to: `NAME@VERSION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub package: Option<PackageVersion>,
    /// Which custom action, with `act`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<described::CustomOrder>)]
    pub custom: Option<CustomOrder>,
    /// Only show what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

impl ActionRequest {
    /// An operation on applications, all at once and now, and everything else as when it is not said.
    pub fn new(operation: Operation, targets: Vec<ObjectPath>) -> Self {
        Self {
            id: None,
            operation,
            targets,
            filter: None,
            reason: None,
            timeout_ms: None,
            rolling: None,
            waves: false,
            ask: false,
            at: None,
            override_guards: false,
            recover: false,
            package: None,
            custom: None,
            dry_run: false,
        }
    }
}

/// Says something of an action that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionOrderRequest {
    /// What.
    pub order: ActionOrder,
    /// Why, with `approve` and `reject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What can be said of an action that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActionOrder {
    /// Let it be done: by somebody else than who asked for it.
    Approve,
    /// Let it not be done: by somebody else than who asked for it.
    Reject,
    /// Go on with the next batch or wave.
    Continue,
    /// Begin nothing more of it.
    Cancel,
}

/// What an action waits for before more of it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionWait {
    /// What for.
    #[serde(rename = "for")]
    pub kind: WaitKind,
    /// For an approval or a person: until when; for its time: when that is.
    pub until: Option<Timestamp>,
}

/// What an action can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WaitKind {
    /// Another person's approval.
    Approval,
    /// Its time.
    Time,
    /// Somebody who says `continue`.
    Person,
}

/// The approval of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionApproval {
    /// The policies that want it.
    pub policies: Vec<String>,
    /// When it is too late for it.
    pub expires_at: Timestamp,
    /// What was said; null while nothing was.
    pub verdict: Option<ActionVerdict>,
}

/// What another person said of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionVerdict {
    /// Whether it may be done.
    pub approved: bool,
    /// Who said so, e.g. `user bob`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub comment: Option<String>,
}

/// How an action goes over its targets, a batch after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rolling {
    /// Targets at a time, 1 to 10,000; the next batch begins when all of these have their outcome.
    #[serde(default)]
    pub batch: u32,
    /// Instead of `batch`: so many percent of the targets at a time, 1 to 100, and one at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u32>,
    /// Milliseconds from the last outcome of a batch to the next batch, at most an hour.
    #[serde(default)]
    pub wait_ms: u64,
    /// What a target that FAILED or became UNKNOWN means for those not begun: `stop`, when missing, makes them
    /// FAILED, `continue` does them all the same.
    #[serde(default)]
    #[schema(value_type = schema::OnError)]
    pub on_error: OnError,
}

impl Rolling {
    /// As it is for so many targets.
    pub fn of(self, targets: usize) -> model::Rolling {
        let Self { batch, percent, wait_ms, on_error } = self;
        let share =
            |percent: u32| u32::try_from((targets * percent as usize).div_ceil(100)).unwrap_or(u32::MAX);
        model::Rolling { batch: percent.map_or(batch, share), wait_ms, on_error }
    }
}

impl From<model::Rolling> for Rolling {
    fn from(model::Rolling { batch, wait_ms, on_error }: model::Rolling) -> Self {
        Self { batch, percent: None, wait_ms, on_error }
    }
}

/// What an action would do: the answer to a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionPlan {
    /// What would be done.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// On what, in the order in which they begin.
    pub targets: Vec<PlannedTarget>,
    /// What guards have against it: it is refused unless it overrides them.
    pub guards: Vec<PlannedGuard>,
    /// The policies under which it would wait for another person's approval.
    pub approval: Vec<String>,
    /// When it would begin; null for at once.
    pub at: Option<Timestamp>,
    /// The custom action with all its arguments, of `act`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<described::CustomOrder>)]
    pub custom: Option<CustomOrder>,
    /// To be asked about before it is ordered, as a unit file says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
}

/// What a guard has against an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedGuard {
    /// Which: `last-instance`, `quorum`, `freeze` or `active-master`.
    pub guard: String,
    /// The first target that it is about.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// In words.
    pub message: String,
}

/// One target of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedTarget {
    /// The application, or the service.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// What it does now; of a service, what its application does.
    #[schema(value_type = schema::ApplicationStatus)]
    pub status: ApplicationStatus,
    /// What would happen, in words: `is STARTED already, nothing happens`.
    pub effect: String,
    /// The batch in which it would begin, counted from 1; all are in the first without `rolling`.
    pub batch: u32,
    /// The wave that it belongs to, counted from 1; all are in the first without `waves`.
    pub wave: u32,
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
    /// What it waits for before more of it begins, beside outcomes; null for nothing.
    #[serde(default)]
    pub waits: Option<ActionWait>,
    /// The approval that a policy wants; null when none does.
    #[serde(default)]
    pub approval: Option<ActionApproval>,
    /// True when it was to be done although guards refuse.
    #[serde(default)]
    pub override_guards: bool,
    /// What is installed: `NAME@VERSION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub package: Option<PackageVersion>,
    /// The custom action with all its arguments, of `act`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<described::CustomOrder>)]
    pub custom: Option<CustomOrder>,
    /// One per target, in the order asked, or of its waves.
    pub targets: Vec<ActionTarget>,
    /// How many targets have each status.
    pub counts: ActionCounts,
}

/// One target of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionTarget {
    /// The application, or the service.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// How far it is.
    #[schema(value_type = schema::ActionStatus)]
    pub status: ActionStatus,
    /// The outcome in words; null while there is none. Of a custom action what it printed or answered stands below, from
    /// the second line on.
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
    /// What it waits for now.
    #[serde(default)]
    pub waits: Option<ActionWait>,
    /// Its approval now.
    #[serde(default)]
    pub approval: Option<ActionApproval>,
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
        self.waits = progress.waits;
        self.approval = progress.approval;
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
