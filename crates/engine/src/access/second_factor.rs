//! The second factor of a user's login: set once, each code used once, reset by who manages the user.

use super::changed;
use crate::secret::check_digest;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use topmast_model::access::AccessChange;
use topmast_model::agentless::Sealed;
use topmast_model::event::EventBody;
use topmast_model::time::UnixMillis;

/// Most recovery codes.
const RECOVERY_MAX: usize = 20;
/// Longest sealed secret.
const SEALED_MAX: usize = 512;

/// A user's second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The secret that codes are made of.
    pub secret: Sealed,
    /// SHA-256 of the recovery codes that were not used.
    pub recovery: BTreeSet<String>,
    /// The step of the last code that was used; only later ones count.
    pub last_step: u64,
    /// When it was set.
    pub set_at: UnixMillis,
}

/// Decides `SetSecondFactor`.
pub(crate) fn set(
    state: &State,
    user: &str,
    secret: &Sealed,
    recovery: &[String],
    step: u64,
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.users.get(user).ok_or_else(|| Rejection::no_user(user))?;
    if kept.second_factor.is_some() {
        return Err(Rejection::conflict(format!("{user} has a second factor already; remove it first")));
    }
    if secret.0.is_empty() || secret.0.len() > SEALED_MAX || recovery.len() > RECOVERY_MAX {
        return Err(Rejection::invalid("secret", "is not a sealed secret with its recovery codes"));
    }
    recovery.iter().try_for_each(|hash| check_digest("recovery", hash))?;
    let (secret, recovery) = (secret.clone(), recovery.to_vec());
    Ok(vec![changed(user, AccessChange::SecondFactorSet { secret, recovery, step })])
}

/// Decides `UseSecondFactor`: a code counts once, and none before it any more.
pub(crate) fn use_code(state: &State, user: &str, step: u64) -> Result<Vec<EventBody>, Rejection> {
    if step <= factor(state, user)?.last_step {
        return Err(Rejection::conflict("the code was used already; wait for the next one"));
    }
    Ok(vec![changed(user, AccessChange::SecondFactorUsed { step })])
}

/// Decides `UseRecoveryCode`.
pub(crate) fn use_recovery_code(
    state: &State,
    user: &str,
    code_hash: &str,
) -> Result<Vec<EventBody>, Rejection> {
    if !factor(state, user)?.recovery.contains(code_hash) {
        return Err(Rejection::conflict("the recovery code is wrong or was used already"));
    }
    Ok(vec![changed(user, AccessChange::RecoveryCodeUsed { code_hash: code_hash.to_owned() })])
}

/// Decides `ResetSecondFactor`; one that is not there stays so.
pub(crate) fn reset(state: &State, user: &str) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.users.get(user).ok_or_else(|| Rejection::no_user(user))?;
    let reset = || changed(user, AccessChange::SecondFactorReset);
    Ok(kept.second_factor.iter().map(|_| reset()).collect())
}

fn factor<'a>(state: &'a State, user: &str) -> Result<&'a SecondFactor, Rejection> {
    let kept = state.users.get(user).ok_or_else(|| Rejection::no_user(user))?;
    kept.second_factor.as_ref().ok_or_else(|| Rejection::conflict(format!("{user} has no second factor")))
}
