//! Orders about people's access: from an order to the facts, and whose affair it is.

use crate::{Rejection, State, session, token};
use topmast_model::access::AccessOrder;
use topmast_model::event::EventBody;

/// Decides `ChangeAccess`.
pub(crate) fn change(state: &State, order: &AccessOrder) -> Result<Vec<EventBody>, Rejection> {
    match order {
        AccessOrder::CloseSession { secret_hash } => Ok(session::close(state, secret_hash)),
        AccessOrder::CloseSessions { user, except } => session::close_all(state, user, except.as_deref()),
        AccessOrder::RevokeTokens { user } => token::revoke_all(state, user),
    }
}

/// The user whose access it is about; none when what is named is not there.
pub(crate) fn whose<'a>(state: &'a State, order: &'a AccessOrder) -> Option<&'a String> {
    match order {
        AccessOrder::CloseSession { secret_hash } => {
            state.sessions.get(secret_hash).map(|session| &session.user)
        }
        AccessOrder::CloseSessions { user, .. } | AccessOrder::RevokeTokens { user } => Some(user),
    }
}
