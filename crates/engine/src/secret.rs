//! Secrets as the engine knows them: only their hashes, and only well-formed ones.

use crate::Rejection;

/// Longest password hash: argon2id with the largest usual parameters takes some 120 bytes.
const PASSWORD_HASH_MAX: usize = 512;

/// Checks the form of a SHA-256 in lower-case hex, so that neither a bare secret nor a
/// second spelling of one hash gets into the journal.
pub(crate) fn check_digest(field: &'static str, digest: &str) -> Result<(), Rejection> {
    let is_hex = digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if digest.len() == 64 && is_hex {
        return Ok(());
    }
    Err(Rejection::invalid(field, "is not a SHA-256 in lower-case hex; send 64 digits"))
}

/// Checks the form of an argon2id hash.
pub(crate) fn check_password_hash(hash: &str) -> Result<(), Rejection> {
    if hash.starts_with("$argon2id$") && hash.len() <= PASSWORD_HASH_MAX {
        return Ok(());
    }
    Err(Rejection::invalid("password_hash", "is not an argon2id hash in PHC form"))
}
