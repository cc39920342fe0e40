//! API tokens: what programs authenticate with, for at most what their owner may.

use crate::secret::check_digest;
use crate::user::{User, check_grants};
use crate::{Rejection, State, grant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::network::Network;
use topmast_model::path::check_name;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most valid tokens of one user.
const TOKENS_MAX: usize = 100;

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it is for.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// SHA-256 of its secret, lower-case hex.
    pub secret_hash: String,
    /// What it was granted; its owner's grants bound it at every use.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: Option<UnixMillis>,
    /// From where it may come; from everywhere when there are none.
    #[serde(default)]
    pub networks: Vec<Network>,
    /// Whether whoever has it may say for which user a request comes.
    #[serde(default)]
    pub speaks_for_users: bool,
}

impl Token {
    /// True when it has not ended by itself at `now`.
    pub fn is_valid(&self, now: UnixMillis) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    /// Its name after its owner's, as the audit tells it.
    fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(crate) fn principal(&self, owner: &User, address: Option<String>) -> Principal {
        let name = self.full_name();
        let actor = Actor { kind: ActorKind::Token, name, auth: AuthMethod::Token, address, through: None };
        Principal { actor, grants: grant::intersection(&self.grants, &owner.grants) }
    }
}

/// API tokens by id, and which id a secret belongs to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    by_id: BTreeMap<Uuid, Token>,
    by_secret: BTreeMap<String, Uuid>,
}

impl Tokens {
    pub(crate) fn all(&self) -> &BTreeMap<Uuid, Token> {
        &self.by_id
    }

    pub(crate) fn by_secret(&self, secret_hash: &str) -> Option<&Token> {
        self.by_id.get(self.by_secret.get(secret_hash)?)
    }

    pub(crate) fn get_mut(&mut self, id: Uuid) -> Option<&mut Token> {
        self.by_id.get_mut(&id)
    }

    fn valid_of(&self, owner: &str, now: UnixMillis) -> impl Iterator<Item = &Token> {
        self.by_id.values().filter(move |token| token.owner == owner && token.is_valid(now))
    }

    /// Adds a token; the owner's tokens that are over make room.
    pub(crate) fn create(&mut self, id: Uuid, token: Token) {
        self.retain(|kept| kept.owner != token.owner || kept.is_valid(token.created_at));
        self.by_secret.insert(token.secret_hash.clone(), id);
        self.by_id.insert(id, token);
    }

    pub(crate) fn revoke(&mut self, id: Uuid) {
        if let Some(token) = self.by_id.remove(&id) {
            self.by_secret.remove(&token.secret_hash);
        }
    }

    pub(crate) fn revoke_all_of(&mut self, owner: &str) {
        self.retain(|kept| kept.owner != owner);
    }

    fn retain(&mut self, keep: impl Fn(&Token) -> bool) {
        let Self { by_id, by_secret } = self;
        by_id.retain(|_, token| {
            let kept = keep(token);
            if !kept {
                by_secret.remove(&token.secret_hash);
            }
            kept
        });
    }
}

/// Decides `CreateToken`.
pub(crate) fn create(
    state: &State,
    id: Uuid,
    token: Token,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let owner = state.users.get(&token.owner).ok_or_else(|| Rejection::no_user(&token.owner))?;
    if let Some(kept) = state.tokens.all().get(&id) {
        let same = *kept == Token { created_at: kept.created_at, networks: kept.networks.clone(), ..token };
        let other = || Rejection::conflict(format!("token {id} exists already; make one with a new id"));
        return if same { Ok(Vec::new()) } else { Err(other()) };
    }
    check_name(&token.name).map_err(|error| Rejection::invalid("name", error.to_string()))?;
    check_digest("secret_hash", &token.secret_hash)?;
    if state.tokens.by_secret(&token.secret_hash).is_some() {
        return Err(Rejection::conflict("another token has this secret; make a new secret"));
    }
    if token.grants.is_empty() {
        return Err(Rejection::invalid("grants", "there is none; give at least one, such as viewer"));
    }
    check_grants(&owner.grants, &format!("its owner {}", token.owner), &token.grants)?;
    if !token.is_valid(now) {
        return Err(Rejection::invalid("expires_at", "is in the past; give a later time"));
    }
    if state.tokens.valid_of(&token.owner, now).any(|kept| kept.name == token.name) {
        return Err(Rejection::conflict(format!(
            "{} has a token named {} already; choose another name, or revoke that one first",
            token.owner, token.name
        )));
    }
    if state.tokens.valid_of(&token.owner, now).count() >= TOKENS_MAX {
        return Err(Rejection::limit(format!("{} has {TOKENS_MAX} tokens; revoke some first", token.owner)));
    }
    Ok(vec![EventBody::TokenCreated {
        id,
        name: token.name,
        owner: token.owner,
        secret_hash: token.secret_hash,
        grants: token.grants,
        expires_at: token.expires_at,
        speaks_for_users: token.speaks_for_users,
    }])
}

/// Decides `RevokeToken`.
pub(crate) fn revoke(state: &State, id: Uuid) -> Result<Vec<EventBody>, Rejection> {
    if !state.tokens.all().contains_key(&id) {
        return Err(Rejection::no_token("token", id));
    }
    Ok(vec![EventBody::TokenRevoked { id }])
}

/// Decides to end all tokens of a user.
pub(crate) fn revoke_all(state: &State, owner: &str) -> Result<Vec<EventBody>, Rejection> {
    if !state.users.contains_key(owner) {
        return Err(Rejection::no_user(owner));
    }
    let own = state.tokens.all().iter().filter(|(_, token)| token.owner == owner);
    Ok(own.map(|(id, _)| EventBody::TokenRevoked { id: *id }).collect())
}
