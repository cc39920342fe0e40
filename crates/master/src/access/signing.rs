//! Access keys of AWS' tools: their ids, their secrets, and the account numbers of tenants.
//!
//! A signature can be checked only by whoever knows the secret itself, so a hash would not do. The secret is made from
//! the key's id and the master's `seal.key`, and is kept nowhere: neither the journal nor its exports give it away.

use super::secret::{RandomError, random_bytes};
use crate::ssh::seal::Seal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use topmast_model::account::{AccessKeyId, AccountId};

/// How ids of lasting keys begin: AWS' own tools know them by it.
const LASTING: &str = "AKIA";
/// How ids of temporary keys begin.
const TEMPORARY: &str = "ASIA";
/// How ids of roles begin, and characters after it.
const ROLE: (&str, usize) = ("AROA", 17);
/// Characters after the prefix.
const RANDOM_CHARACTERS: usize = 16;
/// The characters of an id.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Bytes of a secret: 40 characters, as AWS' own.
const SECRET_BYTES: usize = 30;

/// A new id of a lasting key: 80 random bits.
///
/// # Errors
/// [`RandomError`] when the system has no randomness.
pub(crate) fn new_id() -> Result<AccessKeyId, RandomError> {
    id_of(LASTING)
}

/// A new id of a temporary key.
///
/// # Errors
/// [`RandomError`] when the system has no randomness.
pub(crate) fn new_temporary_id() -> Result<AccessKeyId, RandomError> {
    id_of(TEMPORARY)
}

/// True for ids of temporary keys.
pub(crate) fn is_temporary(id: &AccessKeyId) -> bool {
    id.as_str().starts_with(TEMPORARY)
}

fn id_of(prefix: &str) -> Result<AccessKeyId, RandomError> {
    let id = with_characters(prefix, &random_bytes()?, RANDOM_CHARACTERS);
    id.parse().map_err(|_| RandomError)
}

fn with_characters(prefix: &str, bytes: &[u8], count: usize) -> String {
    let characters = bytes.iter().take(count).map(|byte| ALPHABET[usize::from(byte & 31)]);
    prefix.bytes().chain(characters).map(char::from).collect()
}

/// The id of a role in an account: the same for ever.
pub(crate) fn role_id(account: &AccountId, role: &str) -> String {
    let hash = digest(&SHA256, format!("{account}\n{role}").as_bytes());
    with_characters(ROLE.0, hash.as_ref(), ROLE.1)
}

/// The secret of a key.
pub(crate) fn secret(seal: &Seal, id: &AccessKeyId) -> String {
    let derived = seal.derive("access key", id.as_str());
    STANDARD.encode(&derived[..SECRET_BYTES])
}

/// The account number of a tenant: the same for ever, and on every master.
pub(crate) fn account_of(tenant: &str) -> AccountId {
    let hash = digest(&SHA256, tenant.as_bytes());
    let number = hash.as_ref().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    AccountId::of(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_those_of_aws_and_differ() {
        let (one, other) = (new_id().unwrap(), new_id().unwrap());
        assert_ne!(one, other);
        assert!(
            one.as_str().starts_with(LASTING) && !is_temporary(&one) && one.as_str().len() == 20,
            "{one}"
        );
    }

    #[test]
    fn a_secret_is_of_its_key_and_its_master() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seal = Seal::open(folder.path()).unwrap();
        let (one, other) = (new_id().unwrap(), new_id().unwrap());
        assert_eq!(secret(&seal, &one).len(), 40);
        assert_ne!(secret(&seal, &one), secret(&seal, &other));
        assert_eq!(secret(&seal, &one), secret(&Seal::open(folder.path()).unwrap(), &one));
        assert_ne!(secret(&seal, &one), secret(&Seal::open(elsewhere.path()).unwrap(), &one));
    }

    #[test]
    fn a_tenant_keeps_its_account() {
        assert_eq!(account_of("acme"), account_of("acme"));
        assert_ne!(account_of("acme"), account_of("other"));
        let id = role_id(&account_of("acme"), "viewer");
        assert_eq!((id.len(), &id), (21, &role_id(&account_of("acme"), "viewer")));
        assert_ne!(id, role_id(&account_of("acme"), "operator"));
    }
}
