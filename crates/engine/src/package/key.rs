//! The trust keys of a tenant: with any, servers without keys of their own install only what one of them signed.
//!
//! Elsewhere: who may say so (`topmast-model`, `command::right`: who manages access, not who adds packages); what a
//! server makes of it (`topmast-agent`, `package::policy`).

use crate::rejection::{Listed, check_tenant};
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::package::key::{
    KEY_COMMENT_MAX, KEYS_MAX, TrustKey, TrustKeyChange, TrustKeyId, TrustKeyOrder,
};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Actor;
use topmast_model::time::UnixMillis;

/// A key that is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredKey {
    /// The key.
    pub key: TrustKey,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it was added.
    pub added_at: UnixMillis,
    /// By whom, e.g. `user admin`.
    pub added_by: String,
}

/// Keys of one tenant.
pub type TrustKeys = BTreeMap<TrustKeyId, StoredKey>;

static NONE: TrustKeys = BTreeMap::new();

impl State {
    /// The keys of a tenant, by id.
    pub fn trust_keys(&self, tenant: &ObjectPath) -> &TrustKeys {
        self.trust_keys.get(tenant.as_str()).unwrap_or(&NONE)
    }

    /// All keys, by tenant and id.
    pub fn all_trust_keys(&self) -> impl Iterator<Item = (ObjectPath, &StoredKey)> {
        let tenants = self.trust_keys.iter().filter_map(|(tenant, all)| Some((tenant.parse().ok()?, all)));
        tenants.flat_map(|(tenant, all): (ObjectPath, &TrustKeys)| {
            all.values().map(move |kept| (tenant.clone(), kept))
        })
    }
}

/// Decides `ChangeTrustKeys`.
pub(crate) fn change(
    state: &State,
    tenant: &ObjectPath,
    order: &TrustKeyOrder,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let change = match order {
        TrustKeyOrder::Add { key, comment } => add(state, tenant, key, comment.as_ref())?,
        TrustKeyOrder::Remove { id } => Some(remove(state, tenant, *id)?),
    };
    Ok(change
        .into_iter()
        .map(|change| EventBody::TrustKeyChanged { tenant: tenant.clone(), change })
        .collect())
}

/// Nothing when it is there already with the same comment.
fn add(
    state: &State,
    tenant: &ObjectPath,
    key: &TrustKey,
    comment: Option<&String>,
) -> Result<Option<TrustKeyChange>, Rejection> {
    if comment.is_some_and(|comment| comment.len() > KEY_COMMENT_MAX) {
        return Err(Rejection::invalid(
            "comment",
            format!("is too long; write at most {KEY_COMMENT_MAX} bytes"),
        ));
    }
    let (keys, id) = (state.trust_keys(tenant), key.id());
    match keys.get(&id) {
        Some(kept) if kept.key != *key => {
            return Err(Rejection::conflict(format!(
                "another key calls itself {id}; one of the two was forged: remove that one, or make a new key"
            )));
        }
        Some(kept) if kept.comment.as_ref() == comment => return Ok(None),
        None if keys.len() >= KEYS_MAX => {
            return Err(Rejection::limit(format!(
                "{tenant} has {KEYS_MAX} keys; remove one that signs nothing any more with `topmast packages keys remove`"
            )));
        }
        _ => {}
    }
    Ok(Some(TrustKeyChange::Added { key: key.clone(), id, comment: comment.cloned() }))
}

fn remove(state: &State, tenant: &ObjectPath, id: TrustKeyId) -> Result<TrustKeyChange, Rejection> {
    if !state.trust_keys(tenant).contains_key(&id) {
        return Err(Rejection::NotFound {
            what: "key",
            names: Listed::one(id),
            hint: "`topmast packages keys list` shows those there are",
        });
    }
    Ok(TrustKeyChange::Removed { id })
}

pub(crate) fn changed(
    state: &mut State,
    tenant: &ObjectPath,
    change: &TrustKeyChange,
    actor: &Actor,
    time: UnixMillis,
) {
    let keys = state.trust_keys.entry(tenant.as_str().to_owned()).or_default();
    match change {
        TrustKeyChange::Added { key, comment, .. } => {
            let (added_at, added_by) = (time, actor.to_string());
            keys.insert(
                key.id(),
                StoredKey { key: key.clone(), comment: comment.clone(), added_at, added_by },
            );
        }
        TrustKeyChange::Removed { id } => {
            keys.remove(id);
        }
    }
    if keys.is_empty() {
        state.trust_keys.remove(tenant.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::application::Operation;
    use topmast_model::command::{Command, ServerRegistration};

    fn add_key(key: &TrustKey, comment: &str) -> Command {
        let order = TrustKeyOrder::Add { key: key.clone(), comment: Some(comment.to_owned()) };
        Command::ChangeTrustKeys { tenant: path("acme"), order }
    }

    fn remove_key(id: TrustKeyId) -> Command {
        Command::ChangeTrustKeys { tenant: path("acme"), order: TrustKeyOrder::Remove { id } }
    }

    #[test]
    fn key_is_added_once_and_removed() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let key = trust_key(1);
        assert_eq!(kinds(&world.by("root", add_key(&key, "ann's")).unwrap()), ["TrustKeyChanged"]);
        assert_eq!(world.by("root", add_key(&key, "ann's")), Ok(Vec::new()), "again");
        world.by("root", add_key(&key, "bob's")).unwrap();
        let kept = &world.state.trust_keys(&path("acme"))[&key.id()];
        assert_eq!((kept.comment.as_deref(), kept.added_by.as_str()), (Some("bob's"), "user root"));
        let forged: TrustKey = format!("{}AAAA", &key.as_str()[..52]).parse().unwrap();
        assert_eq!(forged.id(), key.id());
        refused(world.by("root", add_key(&forged, "")), "conflict", "calls itself");
        refused(world.by("root", add_key(&trust_key(2), &"x".repeat(201))), "invalid", "at most 200 bytes");
        refused(world.by("root", remove_key(trust_key(2).id())), "not_found", "keys list");
        world.by("root", remove_key(key.id())).unwrap();
        assert!(world.state.trust_keys.is_empty());
    }

    #[test]
    fn keys_are_bounded() {
        // E-9
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        for number in 0..KEYS_MAX {
            world.by("root", add_key(&trust_key(number), "")).unwrap();
        }
        refused(world.by("root", add_key(&trust_key(KEYS_MAX), "")), "limit_reached", "has 32 keys");
        world.by("root", add_key(&trust_key(0), "another comment")).unwrap();
    }

    #[test]
    fn who_adds_packages_does_not_say_whose_are_trusted() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        world.by("root", create_user("oper", &["operator:acme"])).unwrap();
        world.by("root", create_user("here", &["admin:acme/main"])).unwrap();
        for who in ["oper", "here"] {
            refused(world.by(who, add_key(&trust_key(1), "")), "forbidden", "manage access");
        }
    }

    #[test]
    fn agent_that_would_not_heed_the_keys_is_not_given_a_package() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        world.by("root", add_package("switch@2.0", 1)).unwrap();
        let server = path("acme/main/db");
        let mut abilities = registration(1).abilities;
        abilities.remove(topmast_model::package::key::KEYS_ABILITY);
        let registration = ServerRegistration { abilities, ..registration(1) };
        world.by_master(Command::RegisterServer { server, registration }).unwrap();
        let upgrade = |id| {
            let mut command = restart(id, &["acme/main/db/switch"]);
            if let Command::OperateApplications { operation, package, .. } = &mut command {
                (*operation, *package) = (Operation::Upgrade, Some("switch@2.0".parse().unwrap()));
            }
            command
        };
        world.by("root", add_key(&trust_key(1), "")).unwrap();
        refused(world.by("root", upgrade(1)), "conflict", "older than the list of trust keys");
        world.by("root", remove_key(trust_key(1).id())).unwrap();
        world.by("root", upgrade(1)).unwrap();
    }
}
