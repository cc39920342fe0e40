//! Access keys: what AWS' own tools sign their requests with.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::account::{AccessKeyId, AccountId};
use topmast_model::principal::Grant;
use utoipa::ToSchema;

/// One access key in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessKeyRow {
    /// Identity: `AWS_ACCESS_KEY_ID`.
    #[schema(value_type = String)]
    pub id: AccessKeyId,
    /// What it is for.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// The tenant it acts in.
    pub tenant: String,
    /// The account number by which AWS' tools know that tenant.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// What it may do; never more than its owner.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself; null for never.
    pub expires_at: Option<Timestamp>,
}

/// Asks for an access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessKeyRequest {
    /// What it is for.
    pub name: String,
    /// The user it belongs to; whoever asks when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it may do, each with a path in the one tenant it acts in: at most what its owner may.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
    /// Seconds until it ends; never when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// An access key just made. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessKeyCreated {
    /// What requests are signed with: `AWS_SECRET_ACCESS_KEY`.
    pub secret: String,
    /// The key.
    #[serde(flatten)]
    pub row: AccessKeyRow,
}

impl fmt::Debug for AccessKeyCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyCreated").field("row", &self.row).finish_non_exhaustive()
    }
}
