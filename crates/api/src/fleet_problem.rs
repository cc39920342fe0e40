//! Problems of the fleet: what rules see, and what people do about it. Why a request was refused is in `problem`.

use crate::event::Actor;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::path::ObjectPath;
use topmast_model::problem::{ProblemId, Verdict};
use topmast_model::status::{ProblemStatus, Severity};
use utoipa::ToSchema;
use uuid::Uuid;

/// One problem in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProblemRow {
    /// Its number.
    #[schema(value_type = u64)]
    pub id: ProblemId,
    /// Whether it is over.
    #[schema(value_type = schema::ProblemStatus)]
    pub status: ProblemStatus,
    /// How much it matters.
    #[schema(value_type = schema::Severity)]
    pub severity: Severity,
    /// The rule that sees it.
    pub rule: String,
    /// On what.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// Labels that tell it from others of the rule on the object; mostly empty.
    pub detail: String,
    /// In words.
    pub message: String,
    /// The value that decided, of a rule on numbers.
    pub value: Option<f64>,
    /// What the rule comes to now: `firing`, `ok` (while it is flapping) or `unknown`.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// When its condition began.
    pub since: Timestamp,
    /// When it was over; null while it is open.
    pub closed_at: Option<Timestamp>,
    /// Why it is over.
    pub closed_because: Option<String>,
    /// It comes and goes too often to be told each time.
    pub flapping: bool,
    /// The problem that explains it.
    #[schema(value_type = Option<u64>)]
    pub cause: Option<ProblemId>,
    /// How many open problems it explains.
    pub symptoms: u32,
    /// Why nobody is told of it: `maintenance`, `muted`, `parent-down`, `flapping` or `acknowledged`.
    pub suppressed: Option<String>,
    /// Who has it in hand.
    pub acknowledgement: Option<AcknowledgementRow>,
    /// Notices so far.
    pub notices: u32,
    /// The rule's labels.
    pub labels: BTreeMap<String, String>,
}

/// Who has a problem in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AcknowledgementRow {
    /// Who.
    pub owner: Actor,
    /// Since when.
    pub at: Timestamp,
    /// What is being done.
    pub comment: Option<String>,
    /// When it ends by itself; null for with the problem.
    pub expires_at: Option<Timestamp>,
    /// Holds when the problem becomes worse as well.
    pub sticky: bool,
}

/// Everything known of a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDetails {
    /// As in a list.
    #[serde(flatten)]
    pub row: ProblemRow,
    /// When it was opened; its condition began at `since`.
    pub opened_at: Timestamp,
    /// What the rule says to do about it.
    pub advice: String,
    /// What was written about it, the oldest first.
    pub comments: Vec<ProblemComment>,
    /// The open problems that it explains.
    #[schema(value_type = Vec<u64>)]
    pub explains: Vec<ProblemId>,
}

/// What somebody wrote about a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemComment {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub text: String,
}

/// Takes problems in hand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeRequest {
    /// Which.
    #[schema(value_type = Vec<u64>)]
    pub problems: Vec<ProblemId>,
    /// What is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Seconds until it ends by itself; with the problem when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// Holds when a problem becomes worse as well.
    #[serde(default)]
    pub sticky: bool,
}

/// Gives problems out of hand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnacknowledgeRequest {
    /// Which.
    #[schema(value_type = Vec<u64>)]
    pub problems: Vec<ProblemId>,
}

/// Writes something about problems.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentRequest {
    /// About which.
    #[schema(value_type = Vec<u64>)]
    pub problems: Vec<ProblemId>,
    /// What.
    pub text: String,
}

/// Closes problems whose condition is no longer known to be so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// Which.
    #[schema(value_type = Vec<u64>)]
    pub problems: Vec<ProblemId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Nobody is told of problems on an object and inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MuteRow {
    /// Identity.
    pub id: Uuid,
    /// On what, and everything inside it.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// Of this rule only; null for every rule.
    pub rule: Option<String>,
    /// When it ends.
    pub until: Timestamp,
    /// Why.
    pub comment: Option<String>,
}

/// Mutes an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteRequest {
    /// What, and everything inside it.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// For this rule only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Seconds until it ends: there is no mute for ever.
    pub ends_in_s: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
