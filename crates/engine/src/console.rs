//! Consoles of several clusters: what somebody may do for whom a console speaks.
//!
//! A console proves itself with an API token that speaks for users, and says for which user a request comes. What the
//! user may is decided here, by the user's own grants; the console adds nothing to them.
//!
//! Invariants
//! - CO-1: a user through a console may what the user may and the token may, and nothing else.
//! - CO-2: what a user would keep, as a password, a token or an access key, is not the user's own affair through a console:
//!   it would outlast the token (`authorise.rs`).
//! - CO-3: loopback of the console's machine is not loopback here: it lets nobody in.

use crate::access::network::is_in;
use crate::{State, grant};
use std::net::IpAddr;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Principal};
use topmast_model::time::UnixMillis;

/// Why a console is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleError {
    /// The token is none, or over.
    #[error("the API token is wrong, revoked or over")]
    Token,
    /// It is the token of a program that speaks for itself.
    #[error("this API token does not speak for users; make one with `topmast tokens create --console`")]
    NoConsole,
    /// There is no such user.
    #[error("this cluster has no user {0}; its administrator can make one of that name")]
    User(String),
    /// The user may not come from there.
    #[error("user {0} may not come from this network; `topmast networks` says from which")]
    Elsewhere(String),
}

impl State {
    /// The user for whom a console speaks, with what both of them may.
    ///
    /// - `secret_hash`: SHA-256 of the token's secret, lower-case hex.
    /// - `address`: where the console says that the user is.
    ///
    /// # Errors
    /// [`ConsoleError`] with what is wrong.
    pub fn authenticate_console(
        &self,
        secret_hash: &str,
        user: &str,
        address: Option<IpAddr>,
        now: UnixMillis,
    ) -> Result<Principal, ConsoleError> {
        let console = self.authenticate_token(secret_hash, None, now).ok_or(ConsoleError::Token)?;
        if !self.token_with(secret_hash).is_some_and(|token| token.speaks_for_users) {
            return Err(ConsoleError::NoConsole);
        }
        let found = self.users.get(user).ok_or_else(|| ConsoleError::User(user.to_owned()))?;
        if !is_in(&found.networks, address) {
            return Err(ConsoleError::Elsewhere(user.to_owned()));
        }
        let actor = Actor {
            kind: ActorKind::User,
            name: user.to_owned(),
            auth: AuthMethod::Console,
            address: address.map(|address| address.to_string()),
            through: Some(console.actor.name),
        };
        Ok(Principal { actor, grants: grant::intersection(&found.grants, &console.grants) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::access::{AccessOrder, NetworksOf};
    use topmast_model::command::Command;
    use uuid::Uuid;

    fn token(secret: usize, owner: &str, texts: &[&str], speaks_for_users: bool) -> Command {
        Command::CreateToken {
            id: Uuid::from_u128(secret as u128),
            name: format!("console-{secret}"),
            owner: owner.into(),
            secret_hash: digest(secret),
            grants: grants(texts),
            expires_at: None,
            speaks_for_users,
        }
    }

    /// `root` may all; `eve` operates all of acme.
    fn world() -> World {
        let mut world = World::new();
        world.by("root", create_user("eve", &["operator:acme"])).unwrap();
        world.by("root", create_user("ann", &["admin:acme"])).unwrap();
        world
    }

    #[test]
    fn user_through_a_console_may_what_both_may() {
        // CO-1
        let mut world = world();
        world.by("root", token(1, "root", &["viewer", "admin:acme/main"], true)).unwrap();
        let asked =
            |world: &World, user: &str| world.state.authenticate_console(&digest(1), user, None, world.now);
        let eve = asked(&world, "eve").unwrap();
        assert_eq!(eve.grants, grants(&["viewer:acme", "operator:acme/main"]));
        assert_eq!((eve.actor.kind, eve.actor.name.as_str()), (ActorKind::User, "eve"));
        assert_eq!(eve.actor.through.as_deref(), Some("root/console-1"));
        assert_eq!(asked(&world, "bob"), Err(ConsoleError::User("bob".into())));
        world.by("root", Command::RevokeToken { id: Uuid::from_u128(1) }).unwrap();
        assert_eq!(asked(&world, "eve"), Err(ConsoleError::Token));
        world.by("root", token(2, "root", &["admin"], false)).unwrap();
        let plain = world.state.authenticate_console(&digest(2), "eve", None, world.now);
        assert_eq!(plain, Err(ConsoleError::NoConsole));
    }

    #[test]
    fn who_manages_access_wherever_it_reaches_makes_a_token_that_speaks() {
        let mut world = world();
        refused(world.by("eve", token(1, "eve", &["viewer:acme"], true)), "forbidden", "manage access");
        refused(world.by("ann", token(1, "root", &["viewer:acme"], true)), "forbidden", "manage access");
        world.by("ann", token(1, "ann", &["admin:acme"], true)).unwrap();
        world.by("eve", token(2, "eve", &["viewer:acme"], false)).unwrap();
    }

    #[test]
    fn nothing_that_a_user_keeps_is_had_through_a_console() {
        // CO-2
        let mut world = world();
        world.by("root", token(1, "root", &["operator"], true)).unwrap();
        let principal = world.state.authenticate_console(&digest(1), "eve", None, world.now).unwrap();
        for command in [
            token(2, "eve", &["viewer:acme"], false),
            Command::SetPassword { name: "eve".into(), password_hash: password(9) },
            Command::ChangeAccess { order: AccessOrder::CloseSessions { user: "eve".into(), except: None } },
        ] {
            refused(world.submit(principal.clone(), command), "forbidden", "");
        }
    }

    #[test]
    fn networks_of_a_user_hold_for_where_the_user_is() {
        // CO-3
        let mut world = world();
        world.by("root", token(1, "root", &["admin"], true)).unwrap();
        let networks = vec!["10.0.0.0/8".parse().unwrap()];
        let whose = NetworksOf::User("eve".into());
        let order = AccessOrder::SetNetworks { whose, networks, force: true };
        world.by_master(Command::ChangeAccess { order }).unwrap();
        let from = |address: Option<&str>| {
            let address = address.map(|address| address.parse().unwrap());
            world.state.authenticate_console(&digest(1), "eve", address, world.now).is_ok()
        };
        assert!(from(Some("10.1.2.3")));
        assert!(!from(Some("127.0.0.1")) && !from(Some("192.0.2.1")) && !from(None));
    }
}
