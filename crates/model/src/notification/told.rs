//! What the journal tells of notifications: what is due, what was tried, and what became of it.

use crate::path::ObjectPath;
use crate::problem::{Notice, ProblemId};
use crate::rule::Span;
use crate::status::Severity;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Identity of a notification, one message to one channel: they are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotificationId(pub u64);

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One problem of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which.
    pub problem: ProblemId,
    /// On what.
    pub object: ObjectPath,
    /// What is told of it.
    pub notice: Notice,
    /// How bad it is.
    pub severity: Severity,
    /// Notices that were decided of it until then.
    pub notices: u32,
}

/// Why a channel is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Why {
    /// The route took the problem.
    Route,
    /// It is open still, and the route's interval is over.
    Reminder,
    /// Nobody took it in hand.
    Escalation {
        /// Within so long.
        after: Span,
    },
    /// More than the route's limit waited; they are summed up.
    Limit,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Outcome {
    /// The receiver took it.
    Delivered {
        /// What it said.
        answer: String,
    },
    /// The receiver did not.
    Failed {
        /// What happened and what to do.
        reason: String,
        /// Another attempt may succeed.
        retry: bool,
        /// The receiver asked to wait for so long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Span>,
    },
    /// The master ended meanwhile: the receiver may have it or not.
    Unknown,
}
