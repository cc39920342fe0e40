//! Join tokens: the one-time secrets with which servers enter a cluster.

use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;

/// A join token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinToken {
    /// The cluster it admits to.
    pub cluster: ObjectPath,
    /// SHA-256 of its secret, lower-case hex.
    pub secret_hash: String,
    /// How many servers it admitted at most.
    pub uses: u32,
    /// How many more it admits.
    pub uses_left: u32,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
}

impl JoinToken {
    /// True when a server can still join with it at `now`.
    pub fn is_usable(&self, now: UnixMillis) -> bool {
        self.uses_left > 0 && self.expires_at > now
    }
}
