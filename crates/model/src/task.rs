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
    /// How far a run under way is, where the source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<TaskProgress>,
    /// True when its agent runs it, and can be told to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runnable: bool,
    /// The run that ended last, of a task that an agent runs; told once, when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Box<TaskRun>>,
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// Pieces that are done.
    pub done: u64,
    /// Pieces in all.
    pub total: u64,
}

/// Most bytes kept of what a run printed.
pub const TASK_OUTPUT_MAX: usize = 2 << 10;

/// One run of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRun {
    /// When it began.
    pub started: UnixMillis,
    /// When it was over.
    pub finished: UnixMillis,
    /// True when it ended with code 0.
    pub succeeded: bool,
    /// Its exit code; none when it did not run, or was killed.
    pub code: Option<i32>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When it was due; none when a person ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<UnixMillis>,
    /// Who ordered it; none when it was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Which missed times it made up for, in words; none when it began in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_up: Option<String>,
    /// In words: why it failed, or its last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The last part of what it printed, at most [`TASK_OUTPUT_MAX`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}
