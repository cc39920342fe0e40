//! Why an object is as it is: `GET /api/v1/why/{path}`.

use crate::event::{Actor, Event};
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::application::Operation;
use topmast_model::cause::Cause;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::problem::ProblemId;
use topmast_model::status::{ActionStatus, Severity};
use utoipa::ToSchema;

/// Why an object is as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// The object.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// Its status; null of one that is not there because its unit file was refused.
    pub status: Option<String>,
    /// Whether it does what it is to do.
    pub is_well: bool,
    /// The answer in one sentence.
    pub summary: String,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// Why, for programs.
    #[schema(value_type = Option<schema::Cause>)]
    pub cause: Option<Cause>,
    /// What was last asked of it.
    pub last_action: Option<WhyAction>,
    /// What refused something or keeps it from running.
    pub refusals: Vec<WhyRefusal>,
    /// Open problems on it, inside it and on what it is inside of, the worst first.
    pub problems: Vec<WhyProblem>,
    /// What it needs.
    pub above: Vec<WhyObject>,
    /// What needs it.
    pub below: Vec<WhyObject>,
    /// What happened to it last, the newest first.
    pub changes: Vec<Event>,
}

/// The action that was last asked of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyAction {
    /// Identity.
    #[schema(value_type = Uuid)]
    pub id: ActionId,
    /// What was asked.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// Who asked, how known and from where.
    pub actor: Actor,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What became of it on this object.
    #[schema(value_type = schema::ActionStatus)]
    pub status: ActionStatus,
    /// The outcome in words; empty while there is none.
    pub message: String,
}

/// A rule or guard that refused something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyRefusal {
    /// `restart-budget`, `unit-file`, `desired`, `dependency`, `server`, `access`, `maintenance` or `action`; of the
    /// next order `guard`, `waves`, `approval`, `question` or `schedule`.
    pub by: String,
    /// What, and what to do about it.
    pub text: String,
}

/// An open problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyProblem {
    /// Its number.
    #[schema(value_type = u64)]
    pub id: ProblemId,
    /// How much it matters.
    #[schema(value_type = schema::Severity)]
    pub severity: Severity,
    /// What it is on.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// The rule that found it.
    pub rule: String,
    /// In words.
    pub message: String,
    /// The problem that it is a symptom of.
    #[schema(value_type = Option<u64>)]
    pub cause: Option<ProblemId>,
    /// Why nobody is told of it.
    pub suppressed: Option<String>,
}

/// An object that stands in some relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyObject {
    /// Which.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// The relation: `runs on`, `is part of`, `depends on`, `starts after`; `is its service`, `waits for it`, ….
    pub relation: String,
    /// Its status.
    pub status: String,
}
