//! People's access beside users and grants: sessions, and what can be ordered about them.
//!
//! Elsewhere: users, grants and tokens (`command`); when an order is refused (`topmast-engine`, `access`).

use crate::agentless::Sealed;
use crate::network::Network;
use crate::principal::{Grant, Right};
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

/// Who knows a user that is not known here by a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutsideKind {
    /// An identity provider, by OpenID Connect.
    Oidc,
    /// A directory, by LDAP.
    Ldap,
}

impl OutsideKind {
    /// As people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "identity provider",
            Self::Ldap => "directory",
        }
    }
}

/// Who a user is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// Who knows the user.
    pub kind: OutsideKind,
    /// Who it is there, for ever: SHA-256 in lower-case hex, for such names may be long.
    pub subject: String,
}

/// Whose networks are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworksOf {
    /// All users and programs.
    Everybody,
    /// A user, with all that belongs to the user.
    User(String),
    /// An API token.
    Token(Uuid),
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
    /// Give oneself a second factor.
    SetSecondFactor {
        /// Login name.
        user: String,
        /// The secret that codes are made of.
        secret: Sealed,
        /// SHA-256 of the recovery codes, lower-case hex.
        recovery: Vec<String>,
        /// The step of the code that showed that an authenticator has the secret.
        step: u64,
    },
    /// A login brought a code.
    UseSecondFactor {
        /// Login name.
        user: String,
        /// The code's step: 30 seconds since the Unix epoch.
        step: u64,
    },
    /// A login brought a recovery code.
    UseRecoveryCode {
        /// Login name.
        user: String,
        /// Its SHA-256, lower-case hex.
        code_hash: String,
    },
    /// Let somebody in whom a provider or directory knows: make the user, or bring the grants up to date.
    AdmitUser {
        /// Login name.
        user: String,
        /// Who it is there.
        outside: Outside,
        /// All of the user's grants from now on.
        grants: Vec<Grant>,
    },
    /// Say from which networks somebody may come.
    SetNetworks {
        /// Who.
        whose: NetworksOf,
        /// All of them from now on; from everywhere when there are none.
        networks: Vec<Network>,
        /// Although whoever orders it could not come any more.
        force: bool,
    },
    /// Take a user's second factor away.
    ResetSecondFactor {
        /// Login name.
        user: String,
    },
}

impl AccessOrder {
    /// The right it takes where the user has grants. Some are the user's own affair.
    pub const fn right(&self) -> Right {
        match self {
            Self::CloseSession { .. }
            | Self::CloseSessions { .. }
            | Self::RevokeTokens { .. }
            | Self::Unlock { .. }
            | Self::SetNetworks { .. }
            | Self::ResetSecondFactor { .. } => Right::ManageAccess,
            Self::RecordLock { .. }
            | Self::RecordFailures { .. }
            | Self::SetSecondFactor { .. }
            | Self::UseSecondFactor { .. }
            | Self::UseRecoveryCode { .. }
            | Self::AdmitUser { .. } => Right::Reconcile,
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
    /// A second factor was set.
    SecondFactorSet { secret: Sealed, recovery: Vec<String>, step: u64 },
    /// A login brought a code.
    SecondFactorUsed { step: u64 },
    /// A login brought a recovery code, which is used up now.
    RecoveryCodeUsed { code_hash: String },
    /// The second factor was taken away.
    SecondFactorReset,
    /// From which networks the user, one of the user's tokens, or everybody may come; from everywhere when there are none.
    NetworksSet { token: Option<Uuid>, networks: Vec<Network> },
    /// A user whom a provider or directory knows was made, or has other grants.
    Admitted { outside: Outside, grants: Vec<Grant> },
}

impl AccessChange {
    /// Hides what an event does not tell: sealed secrets and hashes of codes.
    pub(crate) fn redact(&mut self) {
        match self {
            Self::SecondFactorSet { secret, recovery, .. } => {
                "redacted".clone_into(&mut secret.0);
                for hash in recovery {
                    "redacted".clone_into(hash);
                }
            }
            Self::RecoveryCodeUsed { code_hash } => "redacted".clone_into(code_hash),
            Self::Locked { .. }
            | Self::Unlocked
            | Self::Failed { .. }
            | Self::SecondFactorUsed { .. }
            | Self::SecondFactorReset
            | Self::NetworksSet { .. }
            | Self::Admitted { .. } => {}
        }
    }
}
