//! The second factor of a login: a code of an authenticator, or one of ten recovery codes.
//!
//! ```text
//! offer (secret, sealed for the user, kept nowhere) ─► first code ─► set: secret sealed, recovery codes hashed
//! login: password ─► code ─► the journal takes the code's step, once
//! ```
//!
//! Invariants
//! - SF-1: a secret is in the journal only sealed with the master's seal and for its user; a recovery code only hashed.
//! - SF-2: a code opens one session: its step is taken by a command, and no step before it is taken any more.
//! - SF-3: a wrong code is a failed login: it is counted, waits and locks as a wrong password.

use super::secret::{RandomError, fingerprint, random_bytes};
use super::totp;
use crate::bus::SubmitError;
use crate::enrol::on_behalf;
use crate::http::Context;
use crate::ssh::seal::SecretError;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use topmast_api::session::SecondFactorState;
use topmast_engine::{Rejection, SecondFactor, Submission, User};
use topmast_model::access::{AccessOrder, OutsideKind};
use topmast_model::agentless::Sealed;
use topmast_model::command::Command;
use topmast_model::principal::Actor;
use topmast_model::time::UnixMillis;

/// What secrets are sealed for.
const SECRET: &str = "second factor";
/// What offers are sealed for.
const OFFER: &str = "offer of a second factor";
/// How long an offer stands: to find the telephone.
const OFFER_LASTS: Duration = Duration::from_mins(15);
/// Recovery codes at once.
const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 80 random bits.
const RECOVERY_CHARACTERS: usize = 16;
/// Longest code that is looked at.
const CODE_MAX: usize = 64;

/// Codes are looked at one after the other.
static TURN: Mutex<()> = Mutex::const_new(());

/// Waits for one's turn to have a code looked at, and keeps it until it is dropped.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// Why there is no second factor.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetError {
    #[error("the offer has ended or is another user's; begin again")]
    Offer,
    #[error("the code does not fit; check the clock of the telephone, and type the code that it shows now")]
    Code,
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

/// A secret on its way to an authenticator.
#[derive(Serialize, Deserialize)]
struct Offer {
    secret: [u8; totp::SECRET_BYTES],
    expires_at: UnixMillis,
}

/// What a user is to bring into an authenticator.
pub(crate) struct Offered {
    pub(crate) secret: String,
    pub(crate) uri: String,
    pub(crate) offer: String,
}

/// Offers a user a secret; it is kept nowhere until a code shows that an authenticator has it.
pub(crate) fn offer(context: &Context, user: &str) -> Result<Offered, SetError> {
    let secret = totp::new_secret()?;
    let offer = Offer { secret, expires_at: context.bus.clock().now().plus(OFFER_LASTS) };
    let text = serde_json::to_string(&offer).map_err(|_| SecretError::Seal)?;
    let text_secret = totp::base32(&secret);
    let issuer = format!("Topmast {}", context.cluster);
    Ok(Offered {
        uri: totp::uri(&issuer, user, &text_secret),
        secret: text_secret,
        offer: context.seal.seal_as(OFFER, user, &text)?,
    })
}

/// Sets what was offered once a code shows that it arrived. Returns the recovery codes, which are shown this once.
pub(crate) async fn set(
    context: &Context,
    actor: Actor,
    offer: &str,
    code: &str,
) -> Result<Vec<String>, SetError> {
    let (user, now) = (actor.name.clone(), context.bus.clock().now());
    let text = context.seal.reveal_as(OFFER, &user, offer).map_err(|_| SetError::Offer)?;
    let offer: Offer = serde_json::from_str(&text).map_err(|_| SetError::Offer)?;
    if offer.expires_at <= now {
        return Err(SetError::Offer);
    }
    let step = totp::step_of(&offer.secret, code.trim(), now).ok_or(SetError::Code)?;
    let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<Vec<_>, _>>()?;
    let order = AccessOrder::SetSecondFactor {
        secret: Sealed(context.seal.seal_as(SECRET, &user, &totp::base32(&offer.secret))?),
        recovery: codes.iter().map(|code| recovery_hash(code)).collect(),
        step,
        user,
    };
    let command = Command::ChangeAccess { order };
    context.bus.submit(Submission { principal: on_behalf(actor), command }).await?;
    Ok(codes)
}

/// Takes a code of a user's second factor, once (SF-2). False when it is wrong or was used.
pub(crate) async fn prove(
    context: &Context,
    actor: Actor,
    factor: &SecondFactor,
    code: &str,
) -> Result<bool, SubmitError> {
    let (user, code) = (actor.name.clone(), code.trim());
    if code.len() > CODE_MAX {
        return Ok(false);
    }
    let order = if code.len() == totp::DIGITS {
        let Ok(secret) = context.seal.reveal_as(SECRET, &user, &factor.secret.0) else {
            tracing::error!(user, "the second factor cannot be opened: it was sealed with another seal.key");
            return Ok(false);
        };
        let secret = unbase32(&secret);
        let Some(step) = totp::step_of(&secret, code, context.bus.clock().now()) else { return Ok(false) };
        AccessOrder::UseSecondFactor { user, step }
    } else {
        AccessOrder::UseRecoveryCode { user, code_hash: recovery_hash(code) }
    };
    let command = Command::ChangeAccess { order };
    match context.bus.submit(Submission { principal: on_behalf(actor), command }).await {
        Ok(_) => Ok(true),
        // Used already, or no such recovery code.
        Err(SubmitError::Rejected(Rejection::Conflict { .. })) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where a user stands with the second factor.
pub(crate) fn state_of(context: &Context, user: &User) -> SecondFactorState {
    if user.second_factor.is_some() {
        SecondFactorState::Set
    } else if is_of_provider(user) {
        SecondFactorState::Unset
    } else if context.config.access.wants_second_factor(&user.grants) {
        SecondFactorState::Due
    } else {
        SecondFactorState::Unset
    }
}

/// True for users of an identity provider, which asks for what it wants to itself.
pub(crate) fn is_of_provider(user: &User) -> bool {
    user.outside.as_ref().is_some_and(|outside| outside.kind == OutsideKind::Oidc)
}

fn recovery_code() -> Result<String, RandomError> {
    let text = totp::base32(&random_bytes()?);
    let groups: Vec<&str> =
        (0..RECOVERY_CHARACTERS).step_by(4).map(|place| &text[place..place + 4]).collect();
    Ok(groups.join("-"))
}

/// The hash of a recovery code, however it is spaced. 80 random bits: there is nothing to guess.
fn recovery_hash(code: &str) -> String {
    let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    fingerprint(bare.to_ascii_uppercase())
}

/// The bytes of what [`totp::base32`] wrote.
fn unbase32(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => continue,
        };
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_be_bytes()[3]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_survive_their_text() {
        let secret = totp::new_secret().unwrap();
        assert_eq!(unbase32(&totp::base32(&secret)), secret);
    }

    #[test]
    fn recovery_codes_differ_and_are_known_however_they_are_typed() {
        let (one, other) = (recovery_code().unwrap(), recovery_code().unwrap());
        assert_eq!((one.len(), one.matches('-').count()), (19, 3));
        assert_ne!(one, other);
        let typed = format!(" {} ", one.to_lowercase().replace('-', " "));
        assert_eq!(recovery_hash(&typed), recovery_hash(&one));
        assert_ne!(recovery_hash(&one), recovery_hash(&other));
    }
}
