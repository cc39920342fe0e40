//! Permits: terminals and removals of servers that wait for another person's approval.

use crate::event::Actor;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::permit::PermitKind;
use utoipa::ToSchema;

/// How far a permit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PermitStatus {
    /// It waits for another person.
    Waiting,
    /// Who asked may do it, once, in time.
    Approved,
    /// It may not be done.
    Rejected,
}

impl PermitStatus {
    /// The word used in CLI and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// One permit in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PermitRow {
    /// Its number.
    pub id: u64,
    /// How far it is.
    pub status: PermitStatus,
    /// What is to be done.
    #[schema(value_type = schema::PermitKind)]
    pub kind: PermitKind,
    /// On which servers.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
    /// The command line of a terminal; a shell when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The account of a terminal's own login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked.
    pub by: Actor,
    /// When.
    pub asked_at: Timestamp,
    /// The policies that want it.
    pub policies: Vec<String>,
    /// When nothing comes of it any more.
    pub ends_at: Timestamp,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_by: Option<Actor>,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What is said of a permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PermitOrderRequest {
    /// True to let it be done, false to reject it.
    pub approved: bool,
    /// Why, for the audit and who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
