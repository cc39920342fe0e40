//! Orders about people's access: from an order to the facts, and whose affair it is.

pub(crate) mod network;
mod outside;
mod second_factor;

pub use self::second_factor::SecondFactor;

use crate::{Rejection, State, session, token, user};
use topmast_model::access::{AccessChange, AccessOrder, NetworksOf};
use topmast_model::event::EventBody;
use topmast_model::path::NAME_MAX;
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Decides `ChangeAccess`.
pub(crate) fn change(
    state: &State,
    who: &Principal,
    order: &AccessOrder,
) -> Result<Vec<EventBody>, Rejection> {
    match order {
        AccessOrder::CloseSession { secret_hash } => Ok(session::close(state, secret_hash)),
        AccessOrder::CloseSessions { user, except } => session::close_all(state, user, except.as_deref()),
        AccessOrder::RevokeTokens { user } => token::revoke_all(state, user),
        AccessOrder::RecordLock { user, until } => Ok(vec![changed(
            &user[..user.floor_char_boundary(NAME_MAX)],
            AccessChange::Locked { until: *until },
        )]),
        AccessOrder::Unlock { user } if state.users.contains_key(user) => {
            Ok(vec![changed(user, AccessChange::Unlocked)])
        }
        AccessOrder::Unlock { user } => Err(Rejection::no_user(user)),
        AccessOrder::SetSecondFactor { user, secret, recovery, step } => {
            second_factor::set(state, user, secret, recovery, *step)
        }
        AccessOrder::UseSecondFactor { user, step } => second_factor::use_code(state, user, *step),
        AccessOrder::UseRecoveryCode { user, code_hash } => {
            second_factor::use_recovery_code(state, user, code_hash)
        }
        AccessOrder::ResetSecondFactor { user } => second_factor::reset(state, user),
        AccessOrder::AdmitUser { user, outside, grants } => outside::admit(state, who, user, outside, grants),
        AccessOrder::SetNetworks { whose, networks, force } => {
            network::set(state, who, whose, networks, *force)
        }
        AccessOrder::RecordFailures { count } => {
            Ok(vec![changed("", AccessChange::Failed { count: *count })])
        }
    }
}

/// The user whose access it is about; none when what is named is not there.
pub(crate) fn whose<'a>(state: &'a State, order: &'a AccessOrder) -> Option<&'a String> {
    match order {
        AccessOrder::CloseSession { secret_hash } => {
            state.sessions.get(secret_hash).map(|session| &session.user)
        }
        AccessOrder::CloseSessions { user, .. }
        | AccessOrder::RevokeTokens { user }
        | AccessOrder::Unlock { user }
        | AccessOrder::SetSecondFactor { user, .. }
        | AccessOrder::UseSecondFactor { user, .. }
        | AccessOrder::UseRecoveryCode { user, .. }
        | AccessOrder::AdmitUser { user, .. }
        | AccessOrder::ResetSecondFactor { user }
        | AccessOrder::SetNetworks { whose: NetworksOf::User(user), .. } => Some(user),
        AccessOrder::SetNetworks { whose: NetworksOf::Token(id), .. } => {
            state.tokens.all().get(id).map(|token| &token.owner)
        }
        AccessOrder::SetNetworks { whose: NetworksOf::Everybody, .. }
        | AccessOrder::RecordLock { .. }
        | AccessOrder::RecordFailures { .. } => None,
    }
}

/// True when the user alone may order it, without any right.
pub(crate) fn is_own_affair(order: &AccessOrder) -> bool {
    matches!(
        order,
        AccessOrder::CloseSession { .. }
            | AccessOrder::CloseSessions { .. }
            | AccessOrder::RevokeTokens { .. }
    )
}

/// Applies what changed.
pub(crate) fn apply(state: &mut State, name: &str, change: &AccessChange, time: UnixMillis) {
    if let AccessChange::NetworksSet { token, networks } = change {
        let of_token = token.and_then(|id| state.tokens.get_mut(id)).map(|token| &mut token.networks);
        let of_user = state.users.get_mut(name).map(|user| &mut user.networks);
        let kept = match (token, name) {
            (Some(_), _) => of_token,
            (None, "") => Some(&mut state.networks),
            (None, _) => of_user,
        };
        if let Some(kept) = kept {
            networks.clone_into(kept);
        }
    }
    if let AccessChange::Admitted { outside, grants } = change {
        user::admitted(state, name, outside, grants, time);
    }
    let Some(user) = state.users.get_mut(name) else { return };
    match change {
        AccessChange::SecondFactorSet { secret, recovery, step } => {
            user.second_factor = Some(SecondFactor {
                secret: secret.clone(),
                recovery: recovery.iter().cloned().collect(),
                last_step: *step,
                set_at: time,
            });
        }
        AccessChange::SecondFactorUsed { step } => {
            if let Some(factor) = &mut user.second_factor {
                factor.last_step = *step;
            }
        }
        AccessChange::RecoveryCodeUsed { code_hash } => {
            if let Some(factor) = &mut user.second_factor {
                factor.recovery.remove(code_hash);
            }
        }
        AccessChange::SecondFactorReset => user.second_factor = None,
        // What logins failed is no state.
        AccessChange::Locked { .. }
        | AccessChange::Unlocked
        | AccessChange::Failed { .. }
        // Done above: there may be no user yet, or none at all.
        | AccessChange::NetworksSet { .. }
        | AccessChange::Admitted { .. } => {}
    }
}

fn changed(user: &str, change: AccessChange) -> EventBody {
    EventBody::AccessChanged { user: user.to_owned(), change }
}
