//! Clusters: the master's own, and those that its configuration joins to it.

use crate::overview::{Counts, StatusCount};
use crate::schema;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// How the way to a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ClusterStatus {
    /// Nothing was heard of it yet.
    Connecting,
    /// It was heard of within three seconds.
    Up,
    /// It was heard of within fifteen seconds: what is shown of it may have changed.
    Stale,
    /// It was not heard of for longer; `reason` says why.
    Down,
    /// It answers and lets nobody in; `reason` says why.
    Refused,
}

impl ClusterStatus {
    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "CONNECTING",
            Self::Up => "UP",
            Self::Stale => "STALE",
            Self::Down => "DOWN",
            Self::Refused => "REFUSED",
        }
    }
}

impl fmt::Display for ClusterStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One cluster in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterRow {
    /// Its name here: of a joined cluster, what follows the `@` in paths.
    pub name: String,
    /// True for the cluster of the master that answers.
    pub is_own: bool,
    /// How the way to it is.
    pub status: ClusterStatus,
    /// Why it is DOWN or REFUSED, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The master that is asked.
    pub url: String,
    /// Topmast's version there, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Milliseconds since it was heard of; none for the own one, and before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// Milliseconds that its last answer took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<u64>,
    /// What it calls its clusters itself, as far as is known.
    #[serde(default)]
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub clusters: Vec<ObjectPath>,
    /// How much there is, when it was last heard of: of the own cluster as much as the reader may see, of joined ones for who
    /// may read everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<ClusterCounts>,
}

/// How much there is in a cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct ClusterCounts {
    /// Its servers.
    pub servers: Counts,
    /// Its applications.
    pub applications: Counts,
    /// Its services.
    pub services: Counts,
    /// Its tasks.
    pub tasks: Counts,
    /// Its open problems that no other explains, by severity, the worst first.
    pub problems: Vec<StatusCount>,
}
