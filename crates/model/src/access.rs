//! People's access beside users and grants: sessions, and what can be ordered about them.
//!
//! Elsewhere: users, grants and tokens (`command`); when an order is refused (`topmast-engine`, `access`).

use crate::principal::Right;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest text kept of what a client calls itself, in bytes.
pub const CLIENT_MAX: usize = 200;

/// A session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its identity in lists: tells nothing of the secret.
    pub id: Uuid,
    /// Login name.
    pub user: String,
    /// SHA-256 of the secret, lower-case hex.
    pub secret_hash: String,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// What the client calls itself.
    pub client: Option<String>,
}

/// What can be ordered about somebody's access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessOrder {
    /// End a session.
    CloseSession {
        /// SHA-256 of its secret, lower-case hex.
        secret_hash: String,
    },
    /// End all sessions of a user.
    CloseSessions {
        /// Login name.
        user: String,
        /// SHA-256 of the secret of one that stays: the one that asks.
        except: Option<String>,
    },
    /// End all API tokens of a user.
    RevokeTokens {
        /// Login name.
        user: String,
    },
    /// Too many logins of a name failed: it is locked for a time.
    RecordLock {
        /// The name tried.
        user: String,
        /// Until when.
        until: UnixMillis,
    },
    /// Forget a user's failed logins.
    Unlock {
        /// Login name.
        user: String,
    },
    /// More logins failed than are written down one by one.
    RecordFailures {
        /// How many more.
        count: u32,
    },
}

impl AccessOrder {
    /// The right it takes where the user has grants. Some are the user's own affair.
    pub const fn right(&self) -> Right {
        match self {
            Self::CloseSession { .. }
            | Self::CloseSessions { .. }
            | Self::RevokeTokens { .. }
            | Self::Unlock { .. } => Right::ManageAccess,
            Self::RecordLock { .. } | Self::RecordFailures { .. } => Right::Reconcile,
        }
    }
}

/// What changed of somebody's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named as what they say; the kinds are explained")]
pub enum AccessChange {
    /// Too many logins failed.
    Locked { until: UnixMillis },
    /// An administrator forgot the failures.
    Unlocked,
    /// More logins failed, of any names, than are written down one by one.
    Failed { count: u32 },
}
