//! Access keys: what AWS' own tools sign their requests with, for at most what their owner may, in one tenant.
//!
//! A key's secret is nowhere in the journal: the master makes it from the key's id and what only it has.
//!
//! Invariants
//! - AK-1: all grants of a key lie in one tenant, and a tenant has one account number, which no other has.

use crate::tenant::only_tenant;
use crate::user::{User, check_grants};
use crate::{Rejection, State, grant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::account::{AccessKeyId, AccountId};
use topmast_model::event::EventBody;
use topmast_model::path::check_name;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal};
use topmast_model::time::UnixMillis;

/// Most valid keys of one user.
const KEYS_MAX: usize = 100;

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// What it is for.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// The account number that AWS' tools are told.
    pub account: AccountId,
    /// What it was granted, in one tenant; its owner's grants bound it at every use.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: Option<UnixMillis>,
}

impl AccessKey {
    /// True when it has not ended by itself at `now`.
    pub fn is_valid(&self, now: UnixMillis) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    /// The tenant that all of its grants lie in (AK-1).
    pub fn tenant(&self) -> &str {
        only_tenant(&self.grants).unwrap_or_default()
    }

    pub(crate) fn principal(&self, owner: &User, address: Option<String>) -> Principal {
        let name = format!("{}/{}", self.owner, self.name);
        let actor =
            Actor { kind: ActorKind::AccessKey, name, auth: AuthMethod::Signature, address, through: None };
        Principal { actor, grants: grant::intersection(&self.grants, &owner.grants) }
    }
}

/// Access keys by id.
pub(crate) type AccessKeys = BTreeMap<AccessKeyId, AccessKey>;

/// Decides `CreateAccessKey`.
pub(crate) fn create(
    state: &State,
    id: &AccessKeyId,
    key: AccessKey,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let owner = state.users.get(&key.owner).ok_or_else(|| Rejection::no_user(&key.owner))?;
    if let Some(kept) = state.access_keys.get(id) {
        let same = *kept == AccessKey { created_at: kept.created_at, ..key };
        let other = || Rejection::conflict(format!("access key {id} exists already; make one with a new id"));
        return if same { Ok(Vec::new()) } else { Err(other()) };
    }
    check_name(&key.name).map_err(|error| Rejection::invalid("name", error.to_string()))?;
    let tenant = only_tenant(&key.grants).ok_or_else(|| {
        Rejection::invalid(
            "grants",
            "an access key acts in one tenant; give roles with a path in it, such as operator:acme",
        )
    })?;
    check_grants(&owner.grants, &format!("its owner {}", key.owner), &key.grants)?;
    if !key.is_valid(now) {
        return Err(Rejection::invalid("expires_at", "is in the past; give a later time"));
    }
    let is_other = |kept: &&AccessKey| (kept.tenant() == tenant) != (kept.account == key.account);
    if let Some(kept) = state.access_keys.values().find(is_other) {
        return Err(Rejection::conflict(format!(
            "account {} is not tenant {tenant}'s: tenant {} has {}; revoke its keys first to change that",
            key.account,
            kept.tenant(),
            kept.account
        )));
    }
    let valid = || state.access_keys.values().filter(|kept| kept.owner == key.owner && kept.is_valid(now));
    if valid().any(|kept| kept.name == key.name) {
        return Err(Rejection::conflict(format!(
            "{} has an access key named {} already; choose another name, or revoke that one first",
            key.owner, key.name
        )));
    }
    if valid().count() >= KEYS_MAX {
        return Err(Rejection::limit(format!("{} has {KEYS_MAX} access keys; revoke some first", key.owner)));
    }
    Ok(vec![EventBody::AccessKeyCreated {
        id: id.clone(),
        name: key.name,
        owner: key.owner,
        account: key.account,
        grants: key.grants,
        expires_at: key.expires_at,
    }])
}

/// Applies `AccessKeyCreated`; the owner's keys that are over make room.
pub(crate) fn created(state: &mut State, id: &AccessKeyId, key: AccessKey) {
    state.access_keys.retain(|_, kept| kept.owner != key.owner || kept.is_valid(key.created_at));
    state.access_keys.insert(id.clone(), key);
}

/// Decides `RevokeAccessKey`.
pub(crate) fn revoke(state: &State, id: &AccessKeyId) -> Result<Vec<EventBody>, Rejection> {
    if !state.access_keys.contains_key(id) {
        return Err(Rejection::no_token("access key", id));
    }
    Ok(vec![EventBody::AccessKeyRevoked { id: id.clone() }])
}

#[cfg(test)]
mod tests;
