//! What commands are made of, and their bounds.

use crate::id::Epoch;
use crate::master::MasterPlace;
use crate::server::{ServerFacts, ServerRole};
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Most targets of one action.
pub const TARGETS_MAX: usize = 10_000;
/// Longest reason, in bytes.
pub const REASON_MAX: usize = 1_000;
/// Most reports in one command.
pub const REPORTS_MAX: usize = 1_024;

/// What an agent says about itself when it connects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRegistration {
    /// Identity of the agent's data directory; a new one means its numbers start again.
    pub instance: Uuid,
    /// What the Topmast process is, or what else answers there.
    pub role: ServerRole,
    /// Topmast's version there; of a neighbour, what answers and its version.
    pub version: String,
    /// Address it connected from; of a neighbour, the one it is read at.
    pub address: String,
    /// Time between two ticks, in milliseconds.
    pub interval_ms: u64,
    /// What its agent was given to tell servers apart by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What its agent can do beside what every one can; an older one says nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub abilities: BTreeSet<String>,
    /// What it found out about its server.
    pub facts: ServerFacts,
}

/// How the active master changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterOrder {
    /// This master takes over.
    Activate {
        /// Its name.
        name: String,
        /// Its epoch: higher than every earlier one.
        epoch: Epoch,
        /// Where it runs, as far as it can tell.
        place: Option<MasterPlace>,
        /// The tenant of its own cluster, whose people name things freely.
        tenant: String,
    },
    /// The active master gives its place to another one, which is ready to take it.
    HandOver {
        /// That one's name.
        to: String,
    },
    /// The journal was made of a backup: whoever was active in the one that it replaces is over, and nobody is yet.
    Restore {
        /// The highest epoch that is known of, left out of the journal or not.
        above: Epoch,
        /// When the backup was made.
        backed_up_at: UnixMillis,
    },
}

/// A certificate that the cluster's CA made for an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCertificate {
    /// SHA-256 of the certificate's DER bytes, lower-case hex.
    pub fingerprint: String,
    /// When it ends.
    pub not_after: UnixMillis,
}
