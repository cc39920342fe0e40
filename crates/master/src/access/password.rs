//! Password hashing: argon2id with its authors' recommended cost.
//!
//! One hash takes some 19 MiB and tens of milliseconds, on purpose. At most
//! `AT_ONCE` run at a time and `WAITING` wait, so that a burst of logins cannot
//! take the machine, not even when those who asked hang up at once.

use super::policy::{self, PolicyError};
use super::secret;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::{Semaphore, SemaphorePermit};
use topmast_api::user::PASSWORD_MAX;

/// Hashes computed at the same time.
const AT_ONCE: usize = 2;

/// Those who wait for their turn: about a second's worth of hashes.
const WAITING: usize = 64;

static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE + WAITING);

/// The right to hash, until it is dropped.
pub struct Turn {
    _running: SemaphorePermit<'static>,
    _place: SemaphorePermit<'static>,
}

/// Too many passwords wait to be hashed.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are being checked at once; try again in a second")]
pub struct CrowdedError;

/// Waits for a turn.
///
/// # Errors
/// [`CrowdedError`] when too many wait already.
pub async fn turn() -> Result<Turn, CrowdedError> {
    let place = PLACES.try_acquire().map_err(|_| CrowdedError)?;
    let running = RUNNING.acquire().await.map_err(|_| CrowdedError)?;
    Ok(Turn { _running: running, _place: place })
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Not one that is taken.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Too many at once.
    #[error(transparent)]
    Crowded(#[from] CrowdedError),
    /// The library or the system refused.
    #[error("hash the password: {0}")]
    Hash(String),
}

/// Hashes a new password of a user for keeping, in PHC form. `least`: the shortest that is taken, in characters.
///
/// # Errors
/// [`PasswordError`] when the policy does not take it or the system has no randomness.
pub async fn hash(least: usize, user: &str, password: String) -> Result<String, PasswordError> {
    policy::check(least, user, &password)?;
    let failed = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let salt = secret::random_bytes().map_err(|error| failed(&error))?;
    let (hashed, _) = run(turn().await?, move || {
        let hash: PasswordHash = Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt[..16])
            .map_err(|error| failed(&error))?;
        Ok(hash.to_string())
    })
    .await;
    hashed.unwrap_or_else(|| Err(PasswordError::Hash("the server is shutting down".into())))
}

/// True when `password` is the one that `hash` was made of.
///
/// Takes as long for a user that does not exist (`hash` is `None`), so that
/// the answer's time does not tell which names exist. Gives the turn back, for what
/// must be noted before the next one begins; `None` when the process ends.
pub async fn verify(turn: Turn, password: String, hash: Option<String>) -> (bool, Option<Turn>) {
    if password.len() > PASSWORD_MAX {
        return (false, Some(turn));
    }
    let known = hash.is_some();
    // A hash of nothing in particular: right form and cost, no password fits it.
    let hash = hash.unwrap_or_else(|| {
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()
    });
    let (matches, turn) = run(turn, move || {
        PasswordHash::new(&hash)
            .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await;
    (known && matches == Some(true), turn)
}

/// The turn goes along, so that work whose caller is gone still counts as running.
async fn run<T: Send + 'static>(
    turn: Turn,
    work: impl FnOnce() -> T + Send + 'static,
) -> (Option<T>, Option<Turn>) {
    match tokio::task::spawn_blocking(move || (work(), turn)).await {
        Ok((done, turn)) => (Some(done), Some(turn)),
        Err(_) => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verify_takes_the_right_password_only() {
        let hash = hash(12, "eve", "correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        for (password, hash, right) in [
            ("correct horse", Some(hash.clone()), true),
            ("correct hors", Some(hash), false),
            ("anything at all", None, false),
            ("anything at all", Some("not a hash".into()), false),
        ] {
            assert_eq!(verify(turn().await.unwrap(), password.into(), hash).await.0, right, "{password}");
        }
    }

    #[tokio::test]
    async fn hash_takes_what_the_policy_takes() {
        assert!(matches!(hash(12, "eve", "short".into()).await, Err(PasswordError::Policy(_))));
    }
}
