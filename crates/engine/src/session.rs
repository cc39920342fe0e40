//! Sessions: what a login opens, until it is closed, ends by itself or makes room.

use crate::secret::check_digest;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::access::{CLIENT_MAX, NewSession};
use topmast_model::event::EventBody;
use topmast_model::path::NAME_MAX;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most open sessions of one user: a few devices and forgotten browsers. The oldest makes room.
pub const SESSIONS_MAX: usize = 20;

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its identity in lists; nil for one of an older master.
    #[serde(default)]
    pub id: Uuid,
    /// Whose.
    pub user: String,
    /// When it was opened.
    pub opened_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// The network address from which it was opened.
    #[serde(default)]
    pub address: Option<String>,
    /// What the client calls itself.
    #[serde(default)]
    pub client: Option<String>,
}

/// Open sessions, by the hash of their secret, and each user's in the order of opening.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Sessions {
    by_secret: BTreeMap<String, Session>,
    by_user: BTreeMap<String, Vec<String>>,
}

impl Sessions {
    pub(crate) fn all(&self) -> &BTreeMap<String, Session> {
        &self.by_secret
    }

    pub(crate) fn get(&self, secret_hash: &str) -> Option<&Session> {
        self.by_secret.get(secret_hash)
    }

    /// Opens a session; the user's sessions that are over make room.
    pub(crate) fn open(&mut self, secret_hash: &str, session: Session) {
        let Self { by_secret, by_user } = self;
        let own = by_user.entry(session.user.clone()).or_default();
        own.retain(|hash| {
            let over = by_secret.get(hash).is_none_or(|kept| kept.expires_at <= session.opened_at);
            if over {
                by_secret.remove(hash);
            }
            !over
        });
        if by_secret.insert(secret_hash.to_owned(), session).is_none() {
            own.push(secret_hash.to_owned());
        }
    }

    pub(crate) fn close(&mut self, secret_hash: &str) {
        let Some(session) = self.by_secret.remove(secret_hash) else { return };
        if let Some(own) = self.by_user.get_mut(&session.user) {
            own.retain(|hash| hash != secret_hash);
            if own.is_empty() {
                self.by_user.remove(&session.user);
            }
        }
    }

    pub(crate) fn close_all_of(&mut self, user: &str) {
        for hash in self.by_user.remove(user).unwrap_or_default() {
            self.by_secret.remove(&hash);
        }
    }

    /// A user's sessions still open at `now`, the oldest first.
    fn open_of(&self, user: &str, now: UnixMillis) -> impl Iterator<Item = &String> {
        self.by_user
            .get(user)
            .into_iter()
            .flatten()
            .filter(move |hash| self.by_secret.get(*hash).is_some_and(|session| session.expires_at > now))
    }
}

/// Decides `OpenSession`.
pub(crate) fn open(state: &State, new: &NewSession, now: UnixMillis) -> Result<Vec<EventBody>, Rejection> {
    let NewSession { id, user, secret_hash, expires_at, client } = new;
    if !state.users.contains_key(user) {
        return Err(Rejection::no_user(user));
    }
    if let Some(kept) = state.sessions.get(secret_hash) {
        let same = kept.user == *user && kept.expires_at == *expires_at;
        let other = || Rejection::conflict("another session has this secret; make a new secret");
        return if same { Ok(Vec::new()) } else { Err(other()) };
    }
    check_digest("secret_hash", secret_hash)?;
    if *expires_at <= now {
        return Err(Rejection::invalid("expires_at", "is in the past; give a later time"));
    }
    let own: Vec<&String> = state.sessions.open_of(user, now).collect();
    let surplus = (own.len() + 1).saturating_sub(SESSIONS_MAX);
    let mut facts: Vec<EventBody> = own
        .into_iter()
        .take(surplus)
        .map(|oldest| EventBody::SessionClosed { user: user.clone(), secret_hash: oldest.clone() })
        .collect();
    facts.push(EventBody::SessionOpened {
        user: user.clone(),
        secret_hash: secret_hash.clone(),
        expires_at: *expires_at,
        id: Some(*id),
        client: client.as_deref().map(|text| text[..text.floor_char_boundary(CLIENT_MAX)].to_owned()),
    });
    Ok(facts)
}

/// Decides to end a session; one that is closed already stays so.
pub(crate) fn close(state: &State, secret_hash: &str) -> Vec<EventBody> {
    let closed = |session: &Session| EventBody::SessionClosed {
        user: session.user.clone(),
        secret_hash: secret_hash.into(),
    };
    state.sessions.get(secret_hash).map(closed).into_iter().collect()
}

/// Decides to end all sessions of a user, but the one that asks.
pub(crate) fn close_all(
    state: &State,
    user: &str,
    except: Option<&str>,
) -> Result<Vec<EventBody>, Rejection> {
    if !state.users.contains_key(user) {
        return Err(Rejection::no_user(user));
    }
    let own = state.sessions.by_user.get(user).into_iter().flatten();
    let ended = own.filter(|hash| Some(hash.as_str()) != except);
    Ok(ended.flat_map(|hash| close(state, hash)).collect())
}

/// Decides `RecordLoginFailure`. The name is whatever was typed, so it is cut to the length of a name.
pub(crate) fn record_failure(user: &str) -> Vec<EventBody> {
    vec![EventBody::LoginFailed { user: user[..user.floor_char_boundary(NAME_MAX)].into() }]
}
