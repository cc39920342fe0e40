//! Users: names, password hashes, grants.

use crate::access::SecondFactor;
use crate::grant::covers;
use crate::rejection::Listed;
use crate::secret::check_password_hash;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use topmast_model::access::Outside;
use topmast_model::event::EventBody;
use topmast_model::network::Network;
use topmast_model::path::check_name;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal, Role};
use topmast_model::time::UnixMillis;

/// Most users.
pub(crate) const USERS_MAX: usize = 10_000;
/// Most grants of one user or token: finer than this is a matter for names of clusters.
const GRANTS_MAX: usize = 100;

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Argon2id hash in PHC form; empty when somebody else knows the user.
    pub password_hash: String,
    /// Who knows the user, when no password here does.
    #[serde(default)]
    pub outside: Option<Outside>,
    /// What the user may do, and where.
    pub grants: Vec<Grant>,
    /// When the user was made.
    pub created_at: UnixMillis,
    /// When the password was last set.
    pub password_set_at: UnixMillis,
    /// What a login needs beside the password.
    #[serde(default)]
    pub second_factor: Option<SecondFactor>,
    /// From where the user may come; from everywhere when there are none.
    #[serde(default)]
    pub networks: Vec<Network>,
}

impl User {
    fn is_unrestricted_admin(&self) -> bool {
        is_unrestricted_admin(&self.grants)
    }

    pub(crate) fn principal(&self, name: &str, address: Option<String>) -> Principal {
        let (kind, auth) = (ActorKind::User, AuthMethod::Session);
        let actor = Actor { kind, name: name.to_owned(), auth, address, through: None };
        Principal { actor, grants: self.grants.clone() }
    }
}

/// Decides `CreateUser`.
pub(crate) fn create(
    state: &State,
    who: &Principal,
    name: &str,
    password_hash: &str,
    grants: &[Grant],
) -> Result<Vec<EventBody>, Rejection> {
    if let Some(kept) = state.users.get(name) {
        if kept.password_hash == password_hash && kept.grants == grants {
            return Ok(Vec::new());
        }
        return Err(Rejection::conflict(format!("user {name} exists already; choose another name")));
    }
    check_name(name).map_err(|error| Rejection::invalid("name", error.to_string()))?;
    check_password_hash(password_hash)?;
    check_grants(&who.grants, "you", grants)?;
    if state.users.len() >= USERS_MAX {
        return Err(Rejection::limit(format!("there are {USERS_MAX} users; delete some first")));
    }
    Ok(vec![EventBody::UserCreated {
        name: name.into(),
        password_hash: password_hash.into(),
        grants: grants.to_vec(),
    }])
}

/// Decides `SetPassword`.
pub(crate) fn set_password(
    state: &State,
    name: &str,
    password_hash: &str,
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.users.get(name).ok_or_else(|| Rejection::no_user(name))?;
    refuse_of_outside(name, kept, "password")?;
    check_password_hash(password_hash)?;
    if kept.password_hash == password_hash {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::PasswordSet { name: name.into(), password_hash: password_hash.into() }])
}

/// Decides `SetGrants`.
pub(crate) fn set_grants(
    state: &State,
    who: &Principal,
    name: &str,
    grants: &[Grant],
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.users.get(name).ok_or_else(|| Rejection::no_user(name))?;
    if kept.grants == grants {
        return Ok(Vec::new());
    }
    refuse_of_outside(name, kept, "grants")?;
    check_grants(&who.grants, "you", grants)?;
    if !is_unrestricted_admin(grants) {
        keep_an_admin(state, name)?;
    }
    Ok(vec![EventBody::GrantsSet { name: name.into(), grants: grants.to_vec() }])
}

/// Decides `DeleteUser`.
pub(crate) fn delete(state: &State, name: &str) -> Result<Vec<EventBody>, Rejection> {
    if !state.users.contains_key(name) {
        return Err(Rejection::no_user(name));
    }
    keep_an_admin(state, name)?;
    Ok(vec![EventBody::UserDeleted { name: name.into() }])
}

/// Refuses to change what somebody else decides at each login.
fn refuse_of_outside(name: &str, user: &User, what: &str) -> Result<(), Rejection> {
    user.outside.as_ref().map_or(Ok(()), |outside| {
        let kind = outside.kind.as_str();
        Err(Rejection::conflict(format!("{name} logs in through the {kind}; change the {what} there")))
    })
}

/// Refuses grants that are too many, not for people, or more than `held` (E-8). `holder`: whose those are, for the text.
pub(crate) fn check_grants(held: &[Grant], holder: &str, grants: &[Grant]) -> Result<(), Rejection> {
    if grants.len() > GRANTS_MAX {
        return Err(Rejection::invalid(
            "grants",
            format!("{} are too many; give at most {GRANTS_MAX}", grants.len()),
        ));
    }
    let internal: Listed = grants.iter().filter(|grant| !Role::GRANTABLE.contains(&grant.role)).collect();
    if !internal.is_empty() {
        return Err(Rejection::invalid("grants", format!("not for users: {internal}; see the roles' list")));
    }
    let beyond: Listed = grants.iter().filter(|grant| !covers(held, grant)).collect();
    if !beyond.is_empty() {
        return Err(Rejection::invalid("grants", format!("{beyond}: more than {holder} may; give less")));
    }
    Ok(())
}

/// Refuses to take away the last user who may do everything: nobody could repair that from inside.
pub(crate) fn keep_an_admin(state: &State, name: &str) -> Result<(), Rejection> {
    let is_one = state.users.get(name).is_some_and(User::is_unrestricted_admin);
    let another = state.users.iter().any(|(other, user)| other != name && user.is_unrestricted_admin());
    if is_one && !another {
        return Err(Rejection::conflict(format!(
            "{name} is the last unrestricted admin; make another user one first"
        )));
    }
    Ok(())
}

pub(crate) fn is_unrestricted_admin(grants: &[Grant]) -> bool {
    grants.contains(&Grant { role: Role::Admin, path: None })
}

pub(crate) fn created(
    state: &mut State,
    name: &str,
    password_hash: &str,
    grants: &[Grant],
    time: UnixMillis,
) {
    let user = User {
        password_hash: password_hash.into(),
        outside: None,
        grants: grants.to_vec(),
        created_at: time,
        password_set_at: time,
        second_factor: None,
        networks: Vec::new(),
    };
    state.users.insert(name.into(), user);
}

/// A user whom somebody else knows came for the first time, or with other groups.
pub(crate) fn admitted(state: &mut State, name: &str, outside: &Outside, grants: &[Grant], time: UnixMillis) {
    if !state.users.contains_key(name) {
        created(state, name, "", grants, time);
    }
    if let Some(user) = state.users.get_mut(name) {
        user.outside = Some(outside.clone());
        grants.clone_into(&mut user.grants);
    }
}

/// A new password ends the user's sessions; tokens stay, for they are revoked by themselves.
pub(crate) fn password_set(state: &mut State, name: &str, password_hash: &str, time: UnixMillis) {
    if let Some(user) = state.users.get_mut(name) {
        password_hash.clone_into(&mut user.password_hash);
        user.password_set_at = time;
    }
    state.sessions.close_all_of(name);
}

pub(crate) fn grants_set(state: &mut State, name: &str, grants: &[Grant]) {
    if let Some(user) = state.users.get_mut(name) {
        user.grants = grants.to_vec();
    }
}

pub(crate) fn deleted(state: &mut State, name: &str) {
    state.users.remove(name);
    state.sessions.close_all_of(name);
    state.tokens.revoke_all_of(name);
    state.access_keys.retain(|_, key| key.owner != name);
}

#[cfg(test)]
mod tests;
