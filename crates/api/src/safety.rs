//! What keeps orders from doing harm: freeze windows and policies of approval.

use crate::event::Actor;
use crate::maintenance::{MaintenancePeriod, MaintenanceWindow};
use crate::schema;
use serde::{Deserialize, Serialize};
use topmast_model::application::Operation;
use topmast_model::path::ObjectPath;
use topmast_model::permit::PermitKind;
use topmast_model::rule::Span;
use utoipa::ToSchema;
use uuid::Uuid;

/// One freeze in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreezeRow {
    /// Identity.
    pub id: Uuid,
    /// Why nothing is to be acted on.
    pub name: String,
    /// On what, and everything inside it.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub objects: Vec<ObjectPath>,
    /// Only the applications among them that this filter takes; all when empty.
    pub only: String,
    /// When.
    pub window: MaintenanceWindow,
    /// Who announced it.
    pub by: Actor,
    /// Whether it is in force now.
    pub in_force: bool,
    /// The times planned; those that are over included until they are planned anew.
    pub periods: Vec<MaintenancePeriod>,
}

/// Announces a freeze, or changes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeRequest {
    /// Identity of the one to change, or of the new one; made here when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Why nothing is to be acted on.
    pub name: String,
    /// On what, and everything inside it; of one tenant.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub objects: Vec<ObjectPath>,
    /// Only the applications among them that this filter takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// When: `once` or `recurring`.
    pub window: MaintenanceWindow,
}

/// A policy: which orders another person has to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRow {
    /// Its name, unique; the same name again changes it. A new one that people of a tenant make ends in `@TENANT`.
    pub name: String,
    /// Of these operations; of every one when nothing is named. `act` is every custom action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::Operation>)]
    pub operations: Vec<Operation>,
    /// Of these custom actions, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Of these requests beside orders on applications; only where they are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::PermitKind>)]
    pub requests: Vec<PermitKind>,
    /// Only on what is inside; everywhere when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub within: Option<ObjectPath>,
    /// Only on applications that this filter takes, or servers of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// How long an order waits for its approval, as `1h`, which it is when missing; at most ten days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<Span>,
}
