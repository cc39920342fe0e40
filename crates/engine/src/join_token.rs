//! Join tokens: the one-time secrets with which servers enter a cluster.

use crate::secret::check_digest;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::time::Duration;
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most join tokens not over: one a rack, not one a server.
const JOIN_TOKENS_MAX: usize = 1_000;
/// How many servers one token may admit: one, up to the largest fleet.
const USES: RangeInclusive<u32> = 1..=10_000;

/// Longest life of a token: a secret that is forgotten must end by itself.
const LIFETIME_MAX: Duration = Duration::from_hours(366 * 24);

/// A join token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinToken {
    /// The cluster it admits to.
    pub cluster: ObjectPath,
    /// SHA-256 of its secret, lower-case hex.
    pub secret_hash: String,
    /// How many servers it admits in all.
    pub uses: u32,
    /// How many more it admits.
    pub uses_left: u32,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
}

impl JoinToken {
    /// True when a server can still join with it at `now`.
    pub fn is_usable(&self, now: UnixMillis) -> bool {
        self.uses_left > 0 && self.expires_at > now
    }
}

/// Decides `CreateJoinToken`.
pub(crate) fn create(
    state: &State,
    id: Uuid,
    token: JoinToken,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    if let Some(kept) = state.join_tokens.get(&id) {
        let same = kept.cluster == token.cluster
            && kept.secret_hash == token.secret_hash
            && kept.uses == token.uses
            && kept.expires_at == token.expires_at;
        let other = || Rejection::conflict(format!("join token {id} exists already; make one with a new id"));
        return if same { Ok(Vec::new()) } else { Err(other()) };
    }
    if token.cluster.level() != Level::Cluster {
        return Err(Rejection::invalid(
            "cluster",
            format!("{} is not a cluster; write tenant/cluster", token.cluster),
        ));
    }
    check_digest("secret_hash", &token.secret_hash)?;
    if state.join_tokens.values().any(|kept| kept.secret_hash == token.secret_hash) {
        return Err(Rejection::conflict("another join token has this secret; make a new secret"));
    }
    if !USES.contains(&token.uses) {
        let (least, most) = (USES.start(), USES.end());
        return Err(Rejection::invalid(
            "uses",
            format!("{} is out of range; give {least} to {most}", token.uses),
        ));
    }
    if token.expires_at <= now {
        return Err(Rejection::invalid("expires_at", "is in the past; give a later time"));
    }
    if token.expires_at > now.plus(LIFETIME_MAX) {
        return Err(Rejection::invalid("expires_at", "is more than a year away; give an earlier time"));
    }
    if state.join_tokens.values().filter(|kept| kept.expires_at > now).count() >= JOIN_TOKENS_MAX {
        return Err(Rejection::limit(format!("there are {JOIN_TOKENS_MAX} join tokens; revoke some first")));
    }
    Ok(vec![EventBody::JoinTokenCreated {
        id,
        cluster: token.cluster,
        secret_hash: token.secret_hash,
        uses: token.uses,
        expires_at: token.expires_at,
    }])
}

/// Decides `RevokeJoinToken`.
pub(crate) fn revoke(state: &State, id: Uuid) -> Result<Vec<EventBody>, Rejection> {
    if !state.join_tokens.contains_key(&id) {
        return Err(Rejection::no_token("join token", id));
    }
    Ok(vec![EventBody::JoinTokenRevoked { id }])
}

/// Adds a token; those that are over make room.
pub(crate) fn created(state: &mut State, id: Uuid, token: JoinToken) {
    state.join_tokens.retain(|_, kept| kept.expires_at > token.created_at);
    state.join_tokens.insert(id, token);
}

pub(crate) fn revoked(state: &mut State, id: Uuid) {
    state.join_tokens.remove(&id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;

    #[test]
    fn create_refuses_what_is_out_of_range_and_takes_a_repeat() {
        let cluster = path("acme/main");
        let check = |change: &dyn Fn(&mut Command), code: &str, text: &str| {
            let mut world = World::new();
            let expires_at = world.now.plus(HOUR);
            let first = create_join_token(Uuid::from_u128(1), &cluster, 1, 5, expires_at);
            world.by("root", first.clone()).unwrap();
            assert_eq!(world.by("root", first), Ok(Vec::new()));
            let mut command = create_join_token(Uuid::from_u128(2), &cluster, 2, 5, expires_at);
            change(&mut command);
            refused(world.by("root", command), code, text);
        };
        macro_rules! with {
            ($field:ident = $value:expr) => {
                &|command| {
                    if let Command::CreateJoinToken { $field, .. } = command {
                        *$field = $value;
                    }
                }
            };
        }
        check(with!(id = Uuid::from_u128(1)), "conflict", "exists already");
        check(with!(cluster = path("acme")), "invalid", "acme is not a cluster; write tenant/cluster");
        check(with!(secret_hash = "secret".into()), "invalid", "64 digits");
        check(with!(secret_hash = digest(1)), "conflict", "another join token has this secret");
        check(with!(uses = 0), "invalid", "give 1 to 10000");
        check(with!(uses = 10_001), "invalid", "give 1 to 10000");
        check(with!(expires_at = UnixMillis(1_000_000)), "invalid", "is in the past");
        check(with!(expires_at = UnixMillis(i64::MAX)), "invalid", "more than a year away");
    }

    #[test]
    fn join_tokens_are_bounded_and_those_over_make_room() {
        // E-9
        let mut world = World::new();
        let make = |world: &mut World, number: usize| {
            let id = Uuid::from_u128(number as u128);
            let expires_at = world.now.plus(HOUR);
            world.by("root", create_join_token(id, &path("acme/main"), number, 1, expires_at))
        };
        for number in 0..JOIN_TOKENS_MAX {
            make(&mut world, number).unwrap();
        }
        refused(make(&mut world, JOIN_TOKENS_MAX), "limit_reached", "revoke some first");
        world.pass(HOUR);
        make(&mut world, JOIN_TOKENS_MAX).unwrap();
        assert_eq!(world.state.join_tokens().len(), 1);
    }

    #[test]
    fn join_tokens_of_another_cluster_are_not_its_admins_affair() {
        // E-7
        let mut world = World::new();
        world.by("root", create_user("eve", &["admin:acme/north"])).unwrap();
        let id = Uuid::from_u128(1);
        let expires_at = world.now.plus(HOUR);
        let south = create_join_token(id, &path("acme/south"), 1, 1, expires_at);
        refused(world.by("eve", south.clone()), "forbidden", "manage servers on acme/south");
        world.by("root", south).unwrap();
        refused(world.by("eve", Command::RevokeJoinToken { id }), "forbidden", "acme/south");
        let absent = Command::RevokeJoinToken { id: Uuid::from_u128(2) };
        refused(world.by("eve", absent), "forbidden", "everything");
    }
}
