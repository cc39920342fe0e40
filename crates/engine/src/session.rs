//! Sessions: what a login opens, until it is closed, ends by itself or makes room.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::time::UnixMillis;

/// Most open sessions of one user: a few devices and forgotten browsers. The oldest makes room.
pub const SESSIONS_MAX: usize = 20;

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub user: String,
    /// When it was opened.
    pub opened_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
}

/// Open sessions, by the hash of their secret, and each user's in the order of opening.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Sessions {
    by_secret: BTreeMap<String, Session>,
    by_user: BTreeMap<String, Vec<String>>,
}

impl Sessions {
    pub(crate) fn all(&self) -> &BTreeMap<String, Session> {
        &self.by_secret
    }

    pub(crate) fn get(&self, secret_hash: &str) -> Option<&Session> {
        self.by_secret.get(secret_hash)
    }
}
