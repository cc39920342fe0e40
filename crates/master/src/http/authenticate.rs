//! Who is asking: `Authorization: Bearer` with a session or token, `Basic` with a password, or a browser's cookie.

use super::problem::Refusal;
use super::{Context, cookie};
use crate::access::{password, secret};
use crate::enrol::on_behalf;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;
use topmast_api::problem::ProblemCode;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::path::NAME_MAX;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal, Right};

/// The authenticated principal of a request, put there by the route's guard.
#[derive(Clone)]
pub(crate) struct Authenticated {
    pub(crate) principal: Principal,
    /// What the state keeps of the secret presented: its fingerprint, or the password's hash.
    pub(crate) secret_hash: String,
    /// True when a browser sent its cookie: that alone does not show that our own page asks.
    pub(crate) by_cookie: bool,
}

impl Authenticated {
    /// Finds out who is asking.
    pub(crate) async fn of(parts: &mut Parts, context: &Context) -> Result<Self, Refusal> {
        let address = peer_address(parts);
        let Some(header) = parts.headers.get(AUTHORIZATION) else {
            let secret = cookie::read(&parts.headers).ok_or_else(Refusal::no_credentials)?;
            return Ok(Self { by_cookie: true, ..bearer(context, secret, address)? });
        };
        let header = header.to_str().map_err(|_| Refusal::wrong_credentials())?;
        let (scheme, credentials) = header.split_once(' ').ok_or_else(Refusal::wrong_credentials)?;
        // "Token" is what clients of InfluxDB write.
        if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
            bearer(context, credentials.trim(), address)
        } else if scheme.eq_ignore_ascii_case("basic") {
            basic(context, credentials.trim(), address).await
        } else {
            Err(Refusal::wrong_credentials())
        }
    }
}

impl Authenticated {
    /// True while what was presented still gives the same rights: a stream ends when it no longer does.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let now = context.bus.clock().now();
        let state = context.bus.state();
        let Actor { name, auth, address, .. } = &self.principal.actor;
        let grants = match auth {
            AuthMethod::Session => state
                .authenticate_session(&self.secret_hash, address.clone(), now)
                .map(|principal| principal.grants),
            AuthMethod::Token => state
                .authenticate_token(&self.secret_hash, address.clone(), now)
                .map(|principal| principal.grants),
            _ => state
                .user(name)
                .filter(|user| user.password_hash == self.secret_hash)
                .map(|user| user.grants.clone()),
        };
        let is_suspended = state.suspension(&self.principal.grants).is_some();
        !is_suspended && grants.is_some_and(|grants| grants == self.principal.grants)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Refusal::no_credentials)
    }
}

/// True when a principal manages access wherever these grants reach. None at all count as
/// everywhere, as they do when a command is authorised.
pub(super) fn manages_all(principal: &Principal, grants: &[Grant]) -> bool {
    if grants.is_empty() {
        return principal.may(Right::ManageAccess, None);
    }
    grants.iter().all(|grant| principal.may(Right::ManageAccess, grant.path.as_ref()))
}

/// One's own tokens and access keys, and those whose grants one manages.
pub(super) fn may_see(principal: &Principal, owner: &str, grants: &[Grant]) -> bool {
    let own = principal.actor.kind == ActorKind::User && principal.actor.name == owner;
    own || manages_all(principal, grants)
}

/// The client's network address; unknown when a test calls the router directly.
pub(crate) struct Peer(pub(crate) Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(peer_address(parts)))
    }
}

/// The client's address, when the request came over the network.
fn peer_address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

fn bearer(context: &Context, credentials: &str, address: Option<IpAddr>) -> Result<Authenticated, Refusal> {
    let secret_hash = secret::fingerprint(credentials);
    let now = context.bus.clock().now();
    let address = address.map(|address| address.to_string());
    let principal = {
        let state = context.bus.state();
        if credentials.starts_with(secret::SESSION) {
            state.authenticate_session(&secret_hash, address, now)
        } else {
            state.authenticate_token(&secret_hash, address, now)
        }
    };
    let principal = principal.ok_or_else(Refusal::wrong_credentials)?;
    Ok(Authenticated { principal, secret_hash, by_cookie: false })
}

async fn basic(
    context: &Context,
    credentials: &str,
    address: Option<IpAddr>,
) -> Result<Authenticated, Refusal> {
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(Refusal::wrong_credentials)?;
    let (user, password) = decoded.split_once(':').ok_or_else(Refusal::wrong_credentials)?;
    verify_password(context, user, password.to_owned(), address).await
}

/// Checks a user's password, with throttling, and writes a failure down.
///
/// A password that was right a moment ago is not hashed again: a script that sends
/// it with every request would keep the machine busy with nothing else.
pub(crate) async fn verify_password(
    context: &Context,
    user: &str,
    password: String,
    address: Option<IpAddr>,
) -> Result<Authenticated, Refusal> {
    let throttled = || match context.throttle.wait(user, address, Instant::now()) {
        Some(wait) => Err(Refusal::throttled(wait)),
        None => Ok(()),
    };
    throttled()?;
    let address_text = address.map(|address| address.to_string());
    let (kind, auth) = (ActorKind::User, AuthMethod::Password);
    let actor = |name: &str| Actor { kind, name: name.to_owned(), auth, address: address_text };
    let found = context.bus.state().user(user).cloned();
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let mut turn = None;
    let mut right = context.verified.recall(hash.as_deref(), &password);
    if !right {
        let own =
            password::turn().await.map_err(|error| Refusal::new(ProblemCode::Busy, error.to_string()))?;
        // Guesses that waited together must not all pass before the first has failed.
        throttled()?;
        (right, turn) = password::verify(own, password.clone(), hash.clone()).await;
    }
    if let Some(found) = found.filter(|_| right) {
        context.verified.remember(hash.as_deref(), &password);
        context.throttle.succeeded(user);
        let principal = Principal { actor: actor(user), grants: found.grants };
        return Ok(Authenticated { principal, secret_hash: found.password_hash, by_cookie: false });
    }
    context.throttle.failed(user, address, Instant::now());
    drop(turn);
    let name = user.chars().take(NAME_MAX).collect::<String>();
    let command = Command::RecordLoginFailure { user: name.clone() };
    // What cannot be written down is refused all the same.
    let _ = context.bus.submit(Submission { principal: on_behalf(actor(&name)), command }).await;
    Err(Refusal::wrong_credentials())
}
