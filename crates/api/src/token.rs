//! API tokens: what programs authenticate with.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::network::Network;
use topmast_model::principal::Grant;
use utoipa::ToSchema;
use uuid::Uuid;

/// One API token in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRow {
    /// Identity.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// What it may do; never more than its owner.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself; null for never.
    pub expires_at: Option<Timestamp>,
    /// When a request last came with it; null when none is known of.
    #[serde(default)]
    pub last_seen_at: Option<Timestamp>,
    /// The network address from which that request came.
    #[serde(default)]
    pub last_address: Option<String>,
    /// From which networks it may come; from everywhere when there are none.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub networks: Vec<Network>,
    /// Whether whoever has it may say for which user a request comes: for a console of several clusters.
    #[serde(default)]
    pub speaks_for_users: bool,
}

/// Asks for an API token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What it is for.
    pub name: String,
    /// The user it belongs to; whoever asks when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it may do: at most what its owner may.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
    /// Seconds until it ends; never when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// Whether whoever has it may say for which user a request comes: for a console of several clusters. It is then
    /// as good as every user, as far as its grants reach.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speaks_for_users: bool,
}

/// An API token just made. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenCreated {
    /// Goes into `Authorization: Bearer`.
    pub secret: String,
    /// The token.
    #[serde(flatten)]
    pub row: TokenRow,
}

impl fmt::Debug for TokenCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCreated").field("row", &self.row).finish_non_exhaustive()
    }
}
