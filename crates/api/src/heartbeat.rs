//! Heartbeats: tasks that others run and give signs of.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::path::ObjectPath;
use topmast_model::task_order::Sign;
use utoipa::ToSchema;

/// One heartbeat in a list; how it is now stands in its task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeartbeatRow {
    /// The task: tenant/cluster/server/application/task.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// Longest time between two signs, in seconds.
    pub every_s: u64,
    /// How much longer it may be, in seconds, before it is LATE.
    pub grace_s: u64,
    /// When its last sign came; when it was declared before the first.
    pub seen_at: Timestamp,
    /// When it is LATE without another one.
    pub overdue_at: Timestamp,
}

/// Expects signs of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatRequest {
    /// The task: tenant/cluster/server/application/task. One that is expected already gets a new secret.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// Longest time between two signs, in seconds.
    pub every_s: u64,
    /// How much longer it may be, in seconds; none when missing.
    #[serde(default)]
    pub grace_s: u64,
}

/// A heartbeat just declared. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeartbeatCreated {
    /// What its address ends with.
    pub secret: String,
    /// The address below the master's, without credentials: `GET` or `POST` gives a sign.
    pub address: String,
    /// The heartbeat.
    #[serde(flatten)]
    pub row: HeartbeatRow,
}

impl fmt::Debug for HeartbeatCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeartbeatCreated").field("row", &self.row).finish_non_exhaustive()
    }
}

/// A sign.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PingRequest {
    /// `started`, `ok` or `failed`; ok when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sign: Option<Sign>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Pieces that are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// Pieces in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}
