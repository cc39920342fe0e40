//! Tasks: `GET /api/v1/tasks`.

use crate::row::row;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;
use topmast_model::status::{Health, TaskStatus};
use topmast_model::task::TaskRun;
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// Pieces of the batch under way that are done.
    pub done: Option<u64>,
    /// Pieces of it in all.
    pub total: Option<u64>,
    /// When it will be done if it goes on as fast as until now.
    pub eta: Option<Timestamp>,
    /// True when its agent runs it, and can be told to.
    pub runnable: bool,
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

/// Runs of a task that an agent runs, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskRuns {
    /// The runs.
    pub items: Vec<TaskRunRow>,
    /// The next `before`; null at the end.
    #[schema(value_type = Option<u64>)]
    pub next: Option<Seq>,
}

/// One run of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskRunRow {
    /// When it began.
    pub started: Timestamp,
    /// When it was over.
    pub finished: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// True when it ended with code 0.
    pub succeeded: bool,
    /// Its exit code; null when it did not run, or was killed.
    pub code: Option<i32>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When it was due; null when a person ordered it.
    pub due: Option<Timestamp>,
    /// Who ordered it; null when it was due.
    pub by: Option<String>,
    /// Which missed times it made up for, in words; null when it began in time.
    pub made_up: Option<String>,
    /// In words: why it failed, or its last line.
    pub message: Option<String>,
    /// The last part of what it printed.
    pub output: String,
}

impl TaskRunRow {
    /// A run as it is told.
    pub fn of(run: &TaskRun) -> Self {
        Self {
            started: Timestamp(run.started),
            finished: Timestamp(run.finished),
            duration_ms: u64::try_from(run.started.until(run.finished).as_millis()).unwrap_or(u64::MAX),
            succeeded: run.succeeded,
            code: run.code,
            attempt: run.attempt,
            due: Timestamp::maybe(run.due),
            by: run.by.clone(),
            made_up: run.made_up.clone(),
            message: run.message.clone(),
            output: run.output.clone(),
        }
    }
}

/// Asks for a run of a task now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRunRequest {
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A run that was ordered; its outcome is among the runs of the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskRunOrdered {
    /// The order's identity.
    pub id: Uuid,
}

/// Which runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRunsQuery {
    /// Only those before this position: the page before gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Most runs: 50 when missing, at most 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
