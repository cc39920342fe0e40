//! Tasks: `GET /api/v1/tasks`.

use crate::row::row;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::status::{Health, TaskStatus};
use utoipa::ToSchema;

/// One task: in a list, and all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskRow {
    /// Name within its application.
    pub name: String,
    /// Name of its application.
    pub application: String,
    /// Name of its server.
    pub server: String,
    /// What it does now.
    #[schema(value_type = schema::TaskStatus)]
    pub status: TaskStatus,
    /// When it runs, in words.
    pub schedule: Option<String>,
    /// Start of the last run.
    pub last_started: Option<Timestamp>,
    /// End of the last run.
    pub last_finished: Option<Timestamp>,
    /// How long the last run took, in milliseconds; null while one runs.
    pub duration_ms: Option<u64>,
    /// When it should run next.
    pub next_due: Option<Timestamp>,
    /// Seconds since it should have run; null unless it is LATE.
    pub late_s: Option<u64>,
    /// What the source said, in words.
    pub message: Option<String>,
    /// When the status last changed.
    pub since: Timestamp,
    /// Where it is addressed.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// Age of the newest data in milliseconds; null when there is none.
    pub age_ms: Option<u64>,
    /// True when the data is late (older than three intervals) or there is none.
    pub stale: bool,
    /// How well it is.
    #[schema(value_type = schema::Health)]
    pub health: Health,
}

row!(TaskRow, Tasks);
