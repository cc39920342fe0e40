//! API tokens: what programs authenticate with, for at most what their owner may.

use crate::grant;
use crate::user::User;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it is for.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// SHA-256 of its secret, lower-case hex.
    pub secret_hash: String,
    /// What it was granted; its owner's grants bound it at every use.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: Option<UnixMillis>,
}

impl Token {
    /// True when it has not ended by itself at `now`.
    pub fn is_valid(&self, now: UnixMillis) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    pub(crate) fn principal(&self, owner: &User, address: Option<String>) -> Principal {
        let name = format!("{}/{}", self.owner, self.name);
        let actor = Actor { kind: ActorKind::Token, name, auth: AuthMethod::Token, address };
        Principal { actor, grants: grant::intersection(&self.grants, &owner.grants) }
    }
}

/// API tokens by id, and which id a secret belongs to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    by_id: BTreeMap<Uuid, Token>,
    by_secret: BTreeMap<String, Uuid>,
}

impl Tokens {
    pub(crate) fn all(&self) -> &BTreeMap<Uuid, Token> {
        &self.by_id
    }

    pub(crate) fn by_secret(&self, secret_hash: &str) -> Option<&Token> {
        self.by_id.get(self.by_secret.get(secret_hash)?)
    }
}
