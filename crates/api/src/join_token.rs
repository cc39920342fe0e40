//! Join tokens: the secrets with which servers enter a cluster.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;
use uuid::Uuid;

/// Seconds that a join token is good for when the request does not say: an hour of installing.
pub const JOIN_TOKEN_S_DEFAULT: u64 = 3_600;

/// One join token in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JoinTokenRow {
    /// Identity.
    pub id: Uuid,
    /// The cluster it admits to.
    #[schema(value_type = schema::ObjectPath)]
    pub cluster: ObjectPath,
    /// How many servers it admits in all.
    pub uses: u32,
    /// How many more it admits.
    pub uses_left: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Asks for a join token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinTokenRequest {
    /// `tenant/cluster`; the master's own cluster when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub cluster: Option<ObjectPath>,
    /// How many servers it admits; one when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// Seconds until it ends; an hour when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// A join token just made. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JoinTokenCreated {
    /// What the agent is given.
    pub secret: String,
    /// The token.
    #[serde(flatten)]
    pub row: JoinTokenRow,
}

impl fmt::Debug for JoinTokenCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinTokenCreated").field("row", &self.row).finish_non_exhaustive()
    }
}
