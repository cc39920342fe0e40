//! Temporary credentials of AWS' tools: a lasting key's, for a time, and for less if that was asked.
//!
//! ```text
//! lasting key ─► id (random) · secret (made of the id and seal.key) · token (what they are good for, sealed with the id)
//! ```
//!
//! Nothing of them is kept: whoever comes with the id brings what they are in the token, which only this master can open.
//!
//! Invariants
//! - TC-1: they are good for nothing that the lasting key is not good for, and end with it.
//! - TC-2: a token belongs to the id that it was made with, and cannot be made or changed elsewhere.

use super::secret::RandomError;
use super::signing;
use crate::ssh::seal::Seal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use topmast_model::account::AccessKeyId;
use topmast_model::principal::Role;
use topmast_model::time::UnixMillis;

/// What tokens and secrets are sealed and made for.
const USAGE: &str = "temporary access key";
/// Bytes of a secret: 40 characters, as AWS' own.
const SECRET_BYTES: usize = 30;
/// Longest token that is looked at: all policies that a session can have, sealed and in base64, are shorter.
const TOKEN_MAX: usize = 16 * 1_024;

/// Whose temporary credentials are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holder {
    /// The lasting key's own.
    Key,
    /// Of whoever assumed a role.
    Role {
        /// The role.
        role: Role,
        /// The session's name.
        session: String,
    },
    /// Of somebody whom the key vouches for, who may what the policies give and nothing without.
    Federated {
        /// Their name.
        name: String,
    },
}

/// What temporary credentials are good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Temporary {
    /// The lasting key.
    pub(crate) parent: AccessKeyId,
    /// Whose they are.
    pub(crate) holder: Holder,
    /// What every one of them allows is allowed.
    pub(crate) policies: Vec<String>,
    /// Keys of tags, in lower case, that go on to whatever is assumed from there and may not be given anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) transitive: BTreeSet<String>,
    /// When they end.
    pub(crate) expires_at: UnixMillis,
}

/// Credentials as they are given away.
pub(crate) struct Credentials {
    /// The id.
    pub(crate) id: AccessKeyId,
    /// The secret.
    pub(crate) secret: String,
    /// The token.
    pub(crate) token: String,
}

impl Temporary {
    /// New credentials for this.
    ///
    /// # Errors
    /// [`RandomError`] when the system has no randomness.
    pub(crate) fn issue(&self, seal: &Seal) -> Result<Credentials, RandomError> {
        let id = signing::new_temporary_id()?;
        let text = serde_json::to_string(self).map_err(|_| RandomError)?;
        let token = seal.seal_as(USAGE, id.as_str(), &text).map_err(|_| RandomError)?;
        Ok(Credentials { secret: secret(seal, &id), id, token })
    }

    /// What a token that comes with an id says; `None` for one that this master did not make with it (TC-2).
    pub(crate) fn open(seal: &Seal, id: &AccessKeyId, token: &str) -> Option<Self> {
        let text = seal.reveal_as(USAGE, id.as_str(), token.get(..TOKEN_MAX.min(token.len()))?).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// The secret of a temporary key.
pub(crate) fn secret(seal: &Seal, id: &AccessKeyId) -> String {
    STANDARD.encode(&seal.derive(USAGE, id.as_str())[..SECRET_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_with_its_own_id_on_its_own_master_only() {
        // TC-2
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seal = Seal::open(folder.path()).unwrap();
        let temporary = Temporary {
            parent: signing::new_id().unwrap(),
            holder: Holder::Role { role: Role::Viewer, session: "deploy".into() },
            policies: vec!["{}".into()],
            transitive: BTreeSet::from(["team".into()]),
            expires_at: UnixMillis(5),
        };
        let (one, other) = (temporary.issue(&seal).unwrap(), temporary.issue(&seal).unwrap());
        assert!(signing::is_temporary(&one.id) && one.secret.len() == 40, "{}", one.id);
        assert_eq!(Temporary::open(&seal, &one.id, &one.token), Some(temporary));
        assert_eq!(Temporary::open(&seal, &one.id, &other.token), None);
        assert_eq!(Temporary::open(&Seal::open(elsewhere.path()).unwrap(), &one.id, &one.token), None);
        assert_eq!(one.secret, secret(&Seal::open(folder.path()).unwrap(), &one.id));
        for wrong in ["", "AQ", "\u{e9}", &one.token[1..], &"A".repeat(100_000)] {
            assert_eq!(Temporary::open(&seal, &one.id, wrong), None);
        }
    }
}
