//! A task: scheduled or batch work of an application.

use crate::status::TaskStatus;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// State of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    /// What it does now.
    pub status: TaskStatus,
    /// When it runs, in words.
    pub schedule: Option<String>,
    /// Start of the last run.
    pub last_started: Option<UnixMillis>,
    /// End of the last run.
    pub last_finished: Option<UnixMillis>,
    /// When it should run next.
    pub next_due: Option<UnixMillis>,
    /// What the source said, in words.
    pub message: Option<String>,
    /// When the status last changed.
    pub since: UnixMillis,
}
