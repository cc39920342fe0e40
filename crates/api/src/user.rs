//! Users: who may log in.

use crate::schema;
use crate::session::SecondFactorState;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::network::Network;
use topmast_model::principal::Grant;
use utoipa::ToSchema;

/// Longest password, in bytes: hashing more only costs time.
pub const PASSWORD_MAX: usize = 1_024;

/// One user in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserRow {
    /// Login name.
    pub name: String,
    /// What the user may do, and where.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the password was last set.
    pub password_set_at: Timestamp,
    /// Sessions open now.
    pub sessions: u32,
    /// Until when logins are refused after too many failures, from somewhere at least.
    #[serde(default)]
    pub locked_until: Option<Timestamp>,
    /// Where the user stands with the second factor.
    pub second_factor: SecondFactorState,
    /// From which networks the user may come; from everywhere when there are none.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub networks: Vec<Network>,
}

/// Asks for a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserRequest {
    /// Login name. What people of a tenant make ends in `@TENANT`, unless it is the tenant of the master's own cluster.
    pub name: String,
    /// Password: long enough for the master's policy, 12 characters unless it says otherwise.
    pub password: String,
    /// What the user may do, and where.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
}

impl fmt::Debug for UserRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRequest").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Changes a password; the user's sessions end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The new password: long enough for the master's policy, 12 characters unless it says otherwise.
    pub password: String,
    /// The present one. Needed for one's own: an open session alone must not lock its user out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
}

impl fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRequest").finish_non_exhaustive()
    }
}

/// Replaces what a user may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsRequest {
    /// All of the user's grants from now on.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
}
