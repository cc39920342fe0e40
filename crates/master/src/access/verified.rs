//! Passwords that were found right lately, so that HTTP Basic does not hash with every request.
//!
//! Kept as SHA-256 of the stored hash and the password under a key that only this
//! process has; a changed password changes the stored hash and so is never recalled.

use super::secret;
use aws_lc_rs::hmac;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a password counts as found right.
const LASTS: Duration = Duration::from_mins(1);
/// Passwords remembered at once.
const REMEMBERED: usize = 1_000;

/// Passwords found right lately.
pub struct VerifiedPasswords {
    key: hmac::Key,
    found: Mutex<HashMap<[u8; 32], Instant>>,
}

impl VerifiedPasswords {
    /// An empty memory with a new key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, secret::RandomError> {
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &secret::random_bytes()?), found: Mutex::default() })
    }

    /// True when this password was found right for this stored hash within the last minute.
    pub fn recall(&self, hash: Option<&str>, password: &str) -> bool {
        let Some(tag) = self.tag(hash, password) else { return false };
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(&tag).is_some_and(|when| when.elapsed() < LASTS)
    }

    /// Notes that this password is right for this stored hash.
    pub fn remember(&self, hash: Option<&str>, password: &str) {
        let Some(tag) = self.tag(hash, password) else { return };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= REMEMBERED {
            found.retain(|_, when| when.elapsed() < LASTS);
        }
        if found.len() < REMEMBERED {
            found.entry(tag).or_insert_with(Instant::now);
        }
    }

    fn tag(&self, hash: Option<&str>, password: &str) -> Option<[u8; 32]> {
        let hash = hash?;
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&(hash.len() as u64).to_le_bytes());
        context.update(hash.as_bytes());
        context.update(password.as_bytes());
        context.sign().as_ref().try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recalls_only_the_same_password_for_the_same_hash() {
        let verified = VerifiedPasswords::new().unwrap();
        verified.remember(Some("hash one"), "right");
        assert!(verified.recall(Some("hash one"), "right"));
        assert!(!verified.recall(Some("hash one"), "wrong"));
        assert!(!verified.recall(Some("hash two"), "right"));
        assert!(!verified.recall(None, "right"));
    }
}
