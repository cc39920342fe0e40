//! Actions beside their targets: on which terms an order is carried out, and what is said of it afterwards.
//!
//! ```text
//! order ─► needs approval? ─► waits for a person ─► waits for its time ─► first batch or wave ─► … ─► done
//! ```
//!
//! Elsewhere: batches (`rolling`); which orders need approval (`safety`).

use crate::principal::Right;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// How far ahead an action can be scheduled, in milliseconds: what is later is better planned anew.
pub const AHEAD_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1_000;

/// How an order is to be carried out, beside its batches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conduct {
    /// Go past what guards refuse; takes a reason and the right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_guards: bool,
    /// In waves, so that each application comes after those that its unit file names: the other way round to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waves: bool,
    /// A person is asked before each batch or wave but the first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// Nothing begins before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<UnixMillis>,
}

impl Conduct {
    /// True when nothing is special about it.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// On which terms an action was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// How it is carried out.
    #[serde(default, skip_serializing_if = "Conduct::is_plain")]
    pub conduct: Conduct,
    /// Where each wave ends: numbers of targets, ascending. None for a single one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<u32>,
    /// Nothing begins before another person has approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalNeeded>,
}

impl Terms {
    /// True when there is nothing beside the targets.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// Which approval an action waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalNeeded {
    /// The policies that ask for it, by name.
    pub policies: Vec<String>,
    /// When it is too late for it.
    pub expires_at: UnixMillis,
}

/// What a person says of an action that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionOrder {
    /// Let it be done.
    Approve {
        /// Why.
        comment: Option<String>,
    },
    /// Let it not be done.
    Reject {
        /// Why.
        comment: Option<String>,
    },
    /// Go on with the next batch or wave.
    Continue,
}

impl ActionOrder {
    /// The right it needs on every target.
    pub const fn right(&self) -> Right {
        match self {
            Self::Approve { .. } | Self::Reject { .. } => Right::ApproveActions,
            Self::Continue => Right::Operate,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionChange {
    /// Another person approved it.
    Approved {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Somebody rejected it.
    Rejected {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// The next batch or wave may begin.
    Continued,
}
