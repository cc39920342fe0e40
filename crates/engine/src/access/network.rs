//! From which networks people and programs may come.
//!
//! Invariants
//! - NW-1: loopback may always come: whoever is on the master's machine can repair what was set.
//! - NW-2: nobody sets networks from which they could not come themselves, unless they insist.

use super::changed;
use crate::{Rejection, State, Token};
use std::net::IpAddr;
use topmast_model::access::{AccessChange, NetworksOf};
use topmast_model::event::EventBody;
use topmast_model::network::Network;
use topmast_model::principal::{ActorKind, Principal};

/// Most networks of one list.
const NETWORKS_MAX: usize = 100;

/// True when an address is in one of the networks, or there are none.
pub(crate) fn is_in(networks: &[Network], address: Option<IpAddr>) -> bool {
    networks.is_empty() || address.is_some_and(|address| networks.iter().any(|one| one.contains(address)))
}

/// True for addresses of the machine itself (NW-1).
fn is_loopback(address: Option<IpAddr>) -> bool {
    address.is_some_and(|address| address.to_canonical().is_loopback())
}

impl State {
    /// From which networks anybody may come; from everywhere when there are none.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// True when somebody may come from an address at all.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        is_loopback(address) || is_in(&self.networks, address)
    }

    /// True when a user may come from an address.
    pub fn admits_user(&self, user: &str, address: Option<IpAddr>) -> bool {
        let own = self.users.get(user).map_or(&[][..], |user| &user.networks);
        is_loopback(address) || (is_in(&self.networks, address) && is_in(own, address))
    }

    /// True when a program may come with a token from an address.
    pub fn admits_token(&self, token: &Token, address: Option<IpAddr>) -> bool {
        is_loopback(address) || (self.admits_user(&token.owner, address) && is_in(&token.networks, address))
    }

    /// The token with a secret, whether or not it is over.
    ///
    /// `secret_hash`: SHA-256 of the secret, lower-case hex.
    pub fn token_with(&self, secret_hash: &str) -> Option<&Token> {
        self.tokens.by_secret(secret_hash)
    }
}

/// Decides `SetNetworks`.
pub(crate) fn set(
    state: &State,
    who: &Principal,
    whose: &NetworksOf,
    networks: &[Network],
    force: bool,
) -> Result<Vec<EventBody>, Rejection> {
    if networks.len() > NETWORKS_MAX {
        return Err(Rejection::invalid("networks", format!("give at most {NETWORKS_MAX}")));
    }
    let (user, token, kept) = match whose {
        NetworksOf::Everybody => ("", None, &state.networks),
        NetworksOf::User(name) => {
            let kept = state.users.get(name).ok_or_else(|| Rejection::no_user(name))?;
            (name.as_str(), None, &kept.networks)
        }
        NetworksOf::Token(id) => {
            let kept = state.tokens.all().get(id).ok_or_else(|| Rejection::no_token("token", id))?;
            (kept.owner.as_str(), Some(*id), &kept.networks)
        }
    };
    if kept == networks {
        return Ok(Vec::new());
    }
    // Whoever orders it with an access key or a token comes by the lists of its owner.
    let orderer = who.actor.name.split('/').next().unwrap_or_default();
    let is_own = match whose {
        NetworksOf::Everybody => who.actor.kind != ActorKind::Master,
        NetworksOf::User(name) => who.actor.kind != ActorKind::Master && name == orderer,
        NetworksOf::Token(_) => false,
    };
    let address = who.actor.address.as_deref().and_then(|address| address.parse().ok());
    if is_own && !force && !is_loopback(address) && !is_in(networks, address) {
        let from = who.actor.address.as_deref().unwrap_or("an unknown address");
        return Err(Rejection::conflict(format!(
            "you come from {from}, which is in none of these networks: you would lock yourself out; add it, or insist with force"
        )));
    }
    Ok(vec![changed(user, AccessChange::NetworksSet { token, networks: networks.to_vec() })])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::access::AccessOrder;
    use topmast_model::command::Command;
    use uuid::Uuid;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn set(whose: NetworksOf, texts: &[&str], force: bool) -> Command {
        Command::ChangeAccess { order: AccessOrder::SetNetworks { whose, networks: networks(texts), force } }
    }

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn lists_of_everybody_and_of_one_count_together_and_loopback_always_passes() {
        // NW-1
        let mut world = World::new();
        world.by("root", create_user("eve", &["viewer"])).unwrap();
        let id = Uuid::from_u128(1);
        let token = Command::CreateToken {
            id,
            name: "t".into(),
            owner: "eve".into(),
            secret_hash: digest(1),
            grants: grants(&["viewer"]),
            expires_at: None,
            speaks_for_users: false,
        };
        world.by("root", token).unwrap();
        assert!(
            world.state.admits_user("eve", Some(at("192.0.2.1"))) && world.state.admits_user("eve", None)
        );
        world.by_master(set(NetworksOf::Everybody, &["10.0.0.0/8", "fd00::/8"], false)).unwrap();
        world.by_master(set(NetworksOf::User("eve".into()), &["10.1.0.0/16"], false)).unwrap();
        world.by_master(set(NetworksOf::Token(id), &["10.1.2.0/24"], false)).unwrap();
        let token = world.state.token_with(&digest(1)).unwrap();
        for (address, all, eve, own) in [
            ("10.1.2.3", true, true, true),
            ("10.1.3.3", true, true, false),
            ("10.2.2.3", true, false, false),
            ("fd00::1", true, false, false),
            ("192.0.2.1", false, false, false),
            ("127.0.0.1", true, true, true),
            ("::1", true, true, true),
            ("::ffff:127.0.0.1", true, true, true),
            ("::ffff:10.1.2.3", true, true, true),
        ] {
            let state = &world.state;
            let found = (
                state.admits(Some(at(address))),
                state.admits_user("eve", Some(at(address))),
                state.admits_token(token, Some(at(address))),
            );
            assert_eq!(found, (all, eve, own), "{address}");
        }
        assert!(!world.state.admits(None), "where lists are, an unknown address is in none");
        world.by_master(set(NetworksOf::User("eve".into()), &[], false)).unwrap();
        assert!(world.state.admits_user("eve", Some(at("10.2.2.3"))));
    }

    #[test]
    fn nobody_locks_oneself_out_unless_insisting() {
        // NW-2
        let mut world = World::new();
        world.by("root", create_user("eve", &["viewer"])).unwrap();
        let order = |world: &mut World, address: &str, command: Command| {
            let mut root = principal("root", &grants(&["admin"]));
            root.actor.address = Some(address.into());
            world.submit(root, command)
        };
        let everybody = |force| set(NetworksOf::Everybody, &["10.0.0.0/8"], force);
        refused(order(&mut world, "192.0.2.1", everybody(false)), "conflict", "lock yourself out");
        let own = set(NetworksOf::User("root".into()), &["10.0.0.0/8"], false);
        refused(order(&mut world, "192.0.2.1", own), "conflict", "lock yourself out");
        assert!(
            order(&mut world, "192.0.2.1", set(NetworksOf::User("eve".into()), &["10.0.0.0/8"], false))
                .is_ok()
        );
        assert!(order(&mut world, "10.0.0.1", everybody(false)).is_ok());
        assert!(order(&mut world, "10.0.0.1", set(NetworksOf::Everybody, &["11.0.0.0/8"], true)).is_ok());
        assert!(order(&mut world, "127.0.0.1", set(NetworksOf::Everybody, &["12.0.0.0/8"], false)).is_ok());
        refused(
            world.by("eve", set(NetworksOf::User("eve".into()), &[], false)),
            "forbidden",
            "manage access",
        );
        let many = vec!["10.0.0.0/8"; 101];
        refused(
            world.by("root", set(NetworksOf::User("eve".into()), &many, false)),
            "invalid",
            "at most 100",
        );
    }
}
