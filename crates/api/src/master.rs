//! Masters of a cluster: which one is active, and how far the others are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a master is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MasterRole {
    /// It decides commands, and agents obey it.
    Active,
    /// It follows the active one and is ready to take over.
    Standby,
    /// It cannot follow until a person has helped; `problem` says how.
    Stuck,
    /// It was not heard of for five seconds.
    Silent,
}

/// One master in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MasterRow {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: MasterRole,
    /// Where it is reached.
    pub url: String,
    /// Topmast's version there.
    pub version: String,
    /// The last event that it has.
    pub event: u64,
    /// How many events it is behind the master that answers; 0 when it is not.
    pub lag: u64,
    /// How many agents are connected to it, of all tenants; only to who may read everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<u64>,
    /// Milliseconds since it was heard of; none for the master that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// What keeps it from following, or what somebody should look at though it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// True for the master that answers.
    pub is_this: bool,
}
