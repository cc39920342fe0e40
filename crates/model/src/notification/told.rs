//! What the journal tells of notifications: what is due, what was tried, and what became of it.

use crate::aws_alarm::{AwsAlarm, StateSaid};
use crate::path::ObjectPath;
use crate::problem::{Notice, ProblemId};
use crate::rule::Span;
use crate::status::{AlarmState, Severity};
use crate::time::UnixMillis;
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
    /// Somebody tries the channel.
    Test,
    /// An alarm of AWS' tools names it in an action.
    Alarm,
}

impl Why {
    /// True when no route has to do with it: it is told once because it was asked for.
    pub const fn is_asked(self) -> bool {
        matches!(self, Self::Test | Self::Alarm)
    }
}

/// What an alarm of AWS' tools tells: the alarm as it was, for it may be another one when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmTold {
    /// The alarm.
    pub alarm: AwsAlarm,
    /// The state before.
    pub from: AlarmState,
    /// The state since.
    pub to: StateSaid,
    /// Since when.
    pub at: UnixMillis,
    /// The action that names the channel, as an ARN.
    pub action: String,
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
