//! Password hashing: argon2id with its authors' recommended cost.
//!
//! One hash takes some 19 MiB and tens of milliseconds, on purpose. At most
//! [`AT_ONCE`] run at a time, so that a burst of logins cannot take the machine.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;
use topmast_api::user::{PASSWORD_MAX, PASSWORD_MIN};

use super::secret;

/// Hashes computed at the same time.
const AT_ONCE: usize = 2;

static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error(
        "a password has at least {PASSWORD_MIN} characters and at most {PASSWORD_MAX} bytes; this one has {0} characters"
    )]
    Length(usize),
    /// The library or the system refused.
    #[error("hash the password: {0}")]
    Hash(String),
}

/// Hashes a password for keeping, in PHC form.
///
/// # Errors
/// [`PasswordError`] when its length is wrong or the system has no randomness.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    let characters = password.chars().count();
    if characters < PASSWORD_MIN || password.len() > PASSWORD_MAX {
        return Err(PasswordError::Length(characters));
    }
    let failed = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let salt = secret::random_bytes().map_err(|error| failed(&error))?;
    run(move || {
        let hash: PasswordHash = Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt[..16])
            .map_err(|error| failed(&error))?;
        Ok(hash.to_string())
    })
    .await
    .unwrap_or_else(|| Err(PasswordError::Hash("the server is shutting down".into())))
}

/// True when `password` is the one that `hash` was made of.
///
/// Takes as long for a user that does not exist (`hash` is `None`), so that
/// the answer's time does not tell which names exist.
pub async fn verify(password: String, hash: Option<String>) -> bool {
    if password.len() > PASSWORD_MAX {
        return false;
    }
    let known = hash.is_some();
    // A hash of nothing in particular: right form and cost, no password fits it.
    let hash = hash.unwrap_or_else(|| {
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()
    });
    let matches = run(move || {
        PasswordHash::new(&hash)
            .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await;
    known && matches == Some(true)
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _permit = RUNNING.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verify_takes_the_right_password_only() {
        let hash = hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse".into(), Some(hash.clone())).await);
        assert!(!verify("correct hors".into(), Some(hash)).await);
        assert!(!verify("anything at all".into(), None).await);
        assert!(!verify("anything at all".into(), Some("not a hash".into())).await);
    }

    #[tokio::test]
    async fn hash_refuses_short_and_endless_passwords() {
        assert!(matches!(hash("short".into()).await, Err(PasswordError::Length(5))));
        assert!(matches!(hash("x".repeat(PASSWORD_MAX + 1)).await, Err(PasswordError::Length(_))));
    }
}
