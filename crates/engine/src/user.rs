//! Users: names, password hashes, grants.

use serde::{Deserialize, Serialize};
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal};
use topmast_model::time::UnixMillis;

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Argon2id hash in PHC form.
    pub password_hash: String,
    /// What the user may do, and where.
    pub grants: Vec<Grant>,
    /// When the user was made.
    pub created_at: UnixMillis,
    /// When the password was last set.
    pub password_set_at: UnixMillis,
}

impl User {
    pub(crate) fn principal(&self, name: &str, address: Option<String>) -> Principal {
        let actor =
            Actor { kind: ActorKind::User, name: name.to_owned(), auth: AuthMethod::Session, address };
        Principal { actor, grants: self.grants.clone() }
    }
}
