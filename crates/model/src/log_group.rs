//! Groups of logs as AWS' tools make them: what may be done with them, names and bounds.
//!
//! Elsewhere: groups that are kept (`topmast-engine`, `log_group`); their events (`topmast-logs`).

use crate::metric_filter::MetricFilter;
use crate::principal::Right;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days for which events may be kept.
pub const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288,
    3_653,
];
/// Characters of a name.
pub const NAME_MAX: usize = 512;
/// What names of the fleet's own logs begin with: nobody else makes such groups.
pub const RESERVED: &str = "/topmast/";

/// What is said of a group when it is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogGroupSpec {
    /// AWS' class of it, e.g. `STANDARD`; only told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// The key that AWS would encrypt with; only told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// True when it is not deleted before this is taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_protected: bool,
    /// Its tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What to do with a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum LogGroupOrder {
    /// Make it.
    Create {
        /// What it is.
        spec: LogGroupSpec,
    },
    /// Delete it with all that is in it.
    Delete,
    /// Keep its events for so long.
    Retain {
        /// For ever when missing.
        days: Option<u32>,
    },
    /// Let it be deleted by mistake no more, or again.
    Protect {
        /// True for the first.
        is_protected: bool,
    },
    /// Give it tags, and take some from it.
    Tag {
        /// New ones, and new values of others.
        tags: BTreeMap<String, String>,
        /// Keys of those that go.
        removed: Vec<String>,
    },
    /// Make a stream in it.
    CreateStream {
        /// Its name.
        stream: String,
    },
    /// Delete a stream with its events.
    DeleteStream {
        /// Its name.
        stream: String,
    },
    /// Make metrics of what it logs from now on.
    PutFilter {
        /// The filter's name.
        filter: String,
        /// What it does.
        spec: MetricFilter,
    },
    /// Make them no more.
    DeleteFilter {
        /// The filter's name.
        filter: String,
    },
}

impl LogGroupOrder {
    /// What it needs: a program that sends logs makes what they go to; only an administrator deletes, and says what metrics
    /// are made of them.
    pub const fn right(&self) -> Right {
        match self {
            Self::Create { .. } | Self::CreateStream { .. } | Self::Retain { .. } | Self::Tag { .. } => {
                Right::Write
            }
            Self::Delete
            | Self::DeleteStream { .. }
            | Self::Protect { .. }
            | Self::PutFilter { .. }
            | Self::DeleteFilter { .. } => Right::ManageRules,
        }
    }
}

/// What happened to a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum LogGroupChange {
    /// It was made.
    Created {
        /// What it is.
        spec: LogGroupSpec,
    },
    /// It was deleted with all that is in it.
    Deleted,
    /// How long its events are kept was set.
    Retained {
        /// For ever when missing.
        days: Option<u32>,
    },
    /// It may not be deleted any more, or may again.
    Protected {
        /// True for the first.
        is_protected: bool,
    },
    /// Its tags were changed.
    Tagged {
        /// All of them from now on.
        tags: BTreeMap<String, String>,
    },
    /// A stream was made in it.
    StreamCreated {
        /// Its name.
        stream: String,
    },
    /// A stream was deleted with its events.
    StreamDeleted {
        /// Its name.
        stream: String,
    },
    /// Metrics are made of what it logs.
    FilterPut {
        /// The filter's name.
        filter: String,
        /// What it does.
        spec: MetricFilter,
    },
    /// They are made no more.
    FilterDeleted {
        /// The filter's name.
        filter: String,
    },
}

/// True for what AWS takes for a group's name.
pub fn is_group_name(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b'#');
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_fit)
}

/// True for what AWS takes for a stream's name.
pub fn is_stream_name(name: &str) -> bool {
    let count = name.chars().take(NAME_MAX + 1).count();
    (1..=NAME_MAX).contains(&count) && !name.contains([':', '*'])
}
