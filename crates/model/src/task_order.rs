//! What may be ordered of tasks: a run now, and heartbeats of tasks that others run.

use crate::principal::Right;
use crate::task::TaskProgress;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Shortest and longest time between two signs, in milliseconds: each is an event in the journal.
pub const HEARTBEAT_MS: std::ops::RangeInclusive<u64> = 60_000..=366 * 24 * 3_600_000;
/// Longest tolerance, in milliseconds.
pub const GRACE_MS_MAX: u64 = 31 * 24 * 3_600_000;

/// How often a task that others run gives a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatSpec {
    /// Longest time between two signs, in milliseconds.
    pub every_ms: u64,
    /// How much longer it may be, in milliseconds, before it is LATE.
    pub grace_ms: u64,
}

/// What a sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// A run began, or goes on.
    Started,
    /// A run ended well.
    Ok,
    /// A run failed.
    Failed,
}

/// One sign of a task that others run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    /// What it says.
    pub sign: Sign,
    /// In words.
    pub message: Option<String>,
    /// How far the run is.
    pub progress: Option<TaskProgress>,
}

/// What to do with a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskOrder {
    /// Let its agent run it now.
    Run {
        /// The order's identity: taken at most once.
        id: Uuid,
        /// Why, for the audit.
        reason: Option<String>,
    },
    /// Expect signs of it from now on.
    Expect {
        /// How often.
        spec: HeartbeatSpec,
        /// SHA-256 of the secret of its address, lower-case hex.
        secret_hash: String,
    },
    /// Expect signs of it no longer.
    Forget,
    /// Take a sign of it.
    Ping(Ping),
    /// See whether its sign is overdue.
    Look,
}

impl TaskOrder {
    /// The right it needs on the task.
    pub const fn right(&self) -> Right {
        match self {
            Self::Run { .. } | Self::Ping(_) => Right::Operate,
            Self::Expect { .. } | Self::Forget => Right::ManageRules,
            Self::Look => Right::Reconcile,
        }
    }
}

/// What was ordered of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum TaskFact {
    /// That its agent runs it now.
    Run {
        /// The order's identity.
        id: Uuid,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// That signs of it are expected.
    Expect {
        /// How often.
        spec: HeartbeatSpec,
        /// SHA-256 of the secret of its address.
        secret_hash: String,
    },
    /// That signs of it are expected no longer.
    Forget,
}

/// The moment after which a sign is overdue.
pub const fn overdue_at(spec: HeartbeatSpec, seen_at: UnixMillis) -> UnixMillis {
    let wait = spec.every_ms.saturating_add(spec.grace_ms);
    UnixMillis(seen_at.0.saturating_add(if wait > i64::MAX as u64 { i64::MAX } else { wait.cast_signed() }))
}
