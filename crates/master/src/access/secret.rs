//! Secrets that Topmast makes: sessions, API tokens, join tokens, passwords.
//!
//! A secret is shown once; only its SHA-256 is kept. It is 256 random bits, so a
//! plain hash is enough: there is nothing to guess.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt::Write as _;

/// Prefix of a session's secret.
pub const SESSION: &str = "tms_";
/// Prefix of an API token's secret.
pub const TOKEN: &str = "tmt_";
/// Prefix of a join token's secret.
pub const JOIN: &str = "tmj_";

/// Prefix of the secret in a heartbeat's address.
pub const HEARTBEAT: &str = "tmh_";

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("get random bytes from the system")]
pub struct RandomError;

/// A new secret: `prefix` and 256 random bits as text.
///
/// # Errors
/// [`RandomError`] when the system has no randomness.
pub fn generate(prefix: &str) -> Result<String, RandomError> {
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random_bytes()?)))
}

/// 32 random bytes.
///
/// # Errors
/// [`RandomError`] when the system has no randomness.
pub fn random_bytes() -> Result<[u8; 32], RandomError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}

/// SHA-256 of anything, in lower-case hexadecimal; what is kept of a secret or certificate.
pub fn fingerprint(bytes: impl AsRef<[u8]>) -> String {
    digest(&SHA256, bytes.as_ref()).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_secrets_differ_and_carry_their_prefix() {
        let (one, other) = (generate(TOKEN).unwrap(), generate(TOKEN).unwrap());
        assert!(one.starts_with(TOKEN) && one.len() == TOKEN.len() + 43);
        assert_ne!(one, other);
    }

    #[test]
    fn fingerprint_is_sha256_in_hex() {
        // SHA-256 of the empty string, FIPS 180-4.
        assert_eq!(fingerprint(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
