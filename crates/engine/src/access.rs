//! Orders about people's access: from an order to the facts, and whose affair it is.

use crate::{Rejection, State, session, token};
use topmast_model::access::{AccessChange, AccessOrder};
use topmast_model::event::EventBody;
use topmast_model::path::NAME_MAX;

/// Decides `ChangeAccess`.
pub(crate) fn change(state: &State, order: &AccessOrder) -> Result<Vec<EventBody>, Rejection> {
    match order {
        AccessOrder::CloseSession { secret_hash } => Ok(session::close(state, secret_hash)),
        AccessOrder::CloseSessions { user, except } => session::close_all(state, user, except.as_deref()),
        AccessOrder::RevokeTokens { user } => token::revoke_all(state, user),
        AccessOrder::RecordLock { user, until } => {
            Ok(vec![changed(&user[..user.floor_char_boundary(NAME_MAX)], AccessChange::Locked { until: *until })])
        }
        AccessOrder::Unlock { user } if state.users.contains_key(user) => {
            Ok(vec![changed(user, AccessChange::Unlocked)])
        }
        AccessOrder::Unlock { user } => Err(Rejection::no_user(user)),
        AccessOrder::RecordFailures { count } => Ok(vec![changed("", AccessChange::Failed { count: *count })]),
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
        | AccessOrder::Unlock { user } => Some(user),
        AccessOrder::RecordLock { .. } | AccessOrder::RecordFailures { .. } => None,
    }
}

/// True when the user alone may order it, without any right.
pub(crate) fn is_own_affair(order: &AccessOrder) -> bool {
    !matches!(order, AccessOrder::Unlock { .. })
}

fn changed(user: &str, change: AccessChange) -> EventBody {
    EventBody::AccessChanged { user: user.to_owned(), change }
}
