//! Users whom an identity provider or a directory knows: made at their first login, with the grants of their groups.
//!
//! Invariant OU-1: a name belongs to whoever had it first, so that nobody becomes somebody else by a name elsewhere.

use super::changed;
use crate::secret::check_digest;
use crate::user::{USERS_MAX, check_grants, is_unrestricted_admin, keep_an_admin};
use crate::{Rejection, State};
use topmast_model::access::{AccessChange, Outside};
use topmast_model::event::EventBody;
use topmast_model::path::check_name;
use topmast_model::principal::{Grant, Principal};

/// Decides `AdmitUser`.
pub(crate) fn admit(
    state: &State,
    who: &Principal,
    user: &str,
    outside: &Outside,
    grants: &[Grant],
) -> Result<Vec<EventBody>, Rejection> {
    check_name(user).map_err(|error| Rejection::invalid("user", error.to_string()))?;
    check_digest("subject", &outside.subject)?;
    check_grants(&who.grants, "you", grants)?;
    match state.users.get(user) {
        Some(kept) if kept.outside.as_ref() != Some(outside) => {
            return Err(Rejection::conflict(format!(
                "the name {user} belongs to another user here; an administrator has to delete that one first"
            )));
        }
        Some(kept) if kept.grants == grants => return Ok(Vec::new()),
        Some(_) if !is_unrestricted_admin(grants) => keep_an_admin(state, user)?,
        None if state.users.len() >= USERS_MAX => {
            return Err(Rejection::limit(format!("there are {USERS_MAX} users; delete some first")));
        }
        Some(_) | None => {}
    }
    let (outside, grants) = (outside.clone(), grants.to_vec());
    Ok(vec![changed(user, AccessChange::Admitted { outside, grants })])
}
