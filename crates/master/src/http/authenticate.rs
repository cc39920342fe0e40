//! Who is asking: `Authorization: Bearer` with a session or token, `Basic` with a password, or a browser's cookie.

use super::console::Speech;
use super::problem::Refusal;
use super::{Context, cookie};
use crate::access::throttle::Failed;
use crate::access::{outside, password, second_factor, secret};
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
use topmast_api::session::SecondFactorState;
use topmast_engine::Submission;
use topmast_engine::console::ConsoleError;
use topmast_model::access::{AccessOrder, Outside, OutsideKind};
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
    /// True when a console of several clusters asks, for a user or for itself: it is told of this cluster only.
    pub(crate) by_console: bool,
    /// Of a session: where its user stands with the second factor.
    pub(crate) second_factor: Option<SecondFactorState>,
}

impl Authenticated {
    /// Finds out who is asking.
    pub(crate) async fn of(parts: &mut Parts, context: &Context) -> Result<Self, Refusal> {
        let address = peer_address(parts);
        let speech = Speech::of(&parts.headers)?;
        let Some(header) = parts.headers.get(AUTHORIZATION) else {
            Speech::refuse(&parts.headers)?;
            let secret = cookie::read(&parts.headers).ok_or_else(Refusal::no_credentials)?;
            return Ok(Self { by_cookie: true, ..bearer(context, secret, address, None)? });
        };
        let header = header.to_str().map_err(|_| Refusal::wrong_credentials())?;
        let (scheme, credentials) = header.split_once(' ').ok_or_else(Refusal::wrong_credentials)?;
        // "Token" is what clients of InfluxDB write.
        if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
            bearer(context, credentials.trim(), address, speech)
        } else if scheme.eq_ignore_ascii_case("basic") {
            Speech::refuse(&parts.headers)?;
            basic(context, credentials.trim(), address).await
        } else {
            Err(Refusal::wrong_credentials())
        }
    }
}

impl Authenticated {
    /// Notes that whoever presented it does something over a connection that stays open.
    pub(crate) fn note_use(&self, context: &Context) {
        if matches!(self.principal.actor.auth, AuthMethod::Session | AuthMethod::Token | AuthMethod::Console)
        {
            context.last_seen.note(&self.secret_hash, context.bus.clock().now(), None);
        }
    }

    /// True while what was presented still gives the same rights: a stream ends when it no longer does.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let now = context.bus.clock().now();
        let state = context.bus.state();
        let Actor { name, auth, address, .. } = &self.principal.actor;
        let idle = |session| context.is_idle(&self.secret_hash, session, now);
        let grants = match auth {
            AuthMethod::Session if state.sessions().get(&self.secret_hash).is_some_and(idle) => None,
            AuthMethod::Session => state
                .authenticate_session(&self.secret_hash, address.clone(), now)
                .map(|principal| principal.grants),
            AuthMethod::Token => state
                .authenticate_token(&self.secret_hash, address.clone(), now)
                .map(|principal| principal.grants),
            AuthMethod::Console => {
                let address = address.as_deref().and_then(|address| address.parse().ok());
                let asked = state.authenticate_console(&self.secret_hash, name, address, now);
                asked.ok().map(|principal| principal.grants)
            }
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

fn bearer(
    context: &Context,
    credentials: &str,
    address: Option<IpAddr>,
    speech: Option<Speech>,
) -> Result<Authenticated, Refusal> {
    let secret_hash = secret::fingerprint(credentials);
    let now = context.bus.clock().now();
    let from = address.map(|address| address.to_string());
    let (principal, is_admitted) = {
        let state = context.bus.state();
        if credentials.starts_with(secret::SESSION) {
            let session = state.sessions().get(&secret_hash);
            let in_use = session.filter(|session| !context.is_idle(&secret_hash, session, now));
            let admitted = in_use.is_some_and(|session| state.admits_user(&session.user, address));
            (in_use.and_then(|_| state.authenticate_session(&secret_hash, from, now)), admitted)
        } else {
            let token = state.token_with(&secret_hash);
            let admitted = token.is_some_and(|token| state.admits_token(token, address));
            (state.authenticate_token(&secret_hash, from, now), admitted)
        }
    };
    let principal = principal.ok_or_else(Refusal::wrong_credentials)?;
    if !is_admitted {
        return Err(Refusal::from_elsewhere(address));
    }
    let by_console = {
        let state = context.bus.state();
        state.token_with(&secret_hash).is_some_and(|token| token.speaks_for_users)
    };
    let principal = match speech {
        Some(_) if !by_console => return Err(ConsoleError::NoConsole.into()),
        Some(Speech { user, address }) => {
            let state = context.bus.state();
            state.authenticate_console(&secret_hash, &user, address, now).map_err(Refusal::from)?
        }
        None => principal,
    };
    context.last_seen.note(&secret_hash, now, address);
    let second_factor = match principal.actor.auth {
        AuthMethod::Session => {
            let state = context.bus.state();
            state.user(&principal.actor.name).map(|user| second_factor::state_of(context, user))
        }
        _ => None,
    };
    Ok(Authenticated { principal, secret_hash, by_cookie: false, by_console, second_factor })
}

async fn basic(
    context: &Context,
    credentials: &str,
    address: Option<IpAddr>,
) -> Result<Authenticated, Refusal> {
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(Refusal::wrong_credentials)?;
    let (user, password) = decoded.split_once(':').ok_or_else(Refusal::wrong_credentials)?;
    let authenticated = verify_password(context, user, password.to_owned(), address).await?;
    let found = context.bus.state().user(user).map(|user| second_factor::state_of(context, user));
    if found.is_some_and(|state| state != SecondFactorState::Unset) {
        // A password in every request is one factor, whatever comes with it.
        return Err(Refusal::new(
            ProblemCode::SecondFactor,
            "this user logs in with a second factor, which HTTP Basic cannot carry; use a session or an API token",
        ));
    }
    context.throttle.succeeded(user, address);
    Ok(authenticated)
}

/// Checks a user's password, with throttling, and writes a failure down. Earlier failures stay counted: whoever asks
/// forgets them once the whole login has succeeded.
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
        Some(wait) => Err(Refusal::throttled(wait.time, wait.locked)),
        None => Ok(()),
    };
    if !context.bus.state().admits(address) {
        return Err(Refusal::from_elsewhere(address));
    }
    throttled()?;
    let address_text = address.map(|address| address.to_string());
    let (kind, auth) = (ActorKind::User, AuthMethod::Password);
    let actor = |name: &str| Actor {
        kind,
        name: name.to_owned(),
        auth,
        address: address_text.clone(),
        through: None,
    };
    let found = context.bus.state().user(user).cloned();
    // Somebody else knows the password of users from outside; here it takes as long to find none.
    let hash = found.as_ref().map(|user| user.password_hash.clone()).filter(|hash| !hash.is_empty());
    let mut turn = None;
    let mut right = context.verified.recall(hash.as_deref(), &password);
    if !right {
        let own =
            password::turn().await.map_err(|error| Refusal::new(ProblemCode::Busy, error.to_string()))?;
        // Guesses that waited together must not all pass before the first has failed.
        throttled()?;
        (right, turn) = password::verify(own, password.clone(), hash.clone()).await;
    }
    let (mut found, mut name) = (found, user.to_owned());
    if let (false, None, Some(directory)) = (right, &hash, &context.directory) {
        // The directory has its own pace: passwords of users here are not to wait for it.
        turn = None;
        throttled()?;
        let known = directory.check(user, &password).await.map_err(|error| {
            tracing::warn!(%error, "a login through the directory failed");
            Refusal::new(
                ProblemCode::Busy,
                "the directory cannot be asked now; try again, or use a user of this master",
            )
        })?;
        if let Some(known) = known {
            let outside = Outside { kind: OutsideKind::Ldap, subject: known.subject };
            outside::admit(context, &actor(&known.user), outside, &known.groups).await?;
            found = context.bus.state().user(&known.user).cloned();
            (name, right) = (known.user, true);
        }
    }
    // From where the user may not come a right password is answered as a wrong one, so that nobody can try it out there.
    let is_admitted = context.bus.state().admits_user(&name, address);
    if let Some(found) = found.filter(|_| right && is_admitted) {
        context.verified.remember(hash.as_deref(), &password);
        let principal = Principal { actor: actor(&name), grants: found.grants };
        let secret_hash = found.password_hash;
        return Ok(Authenticated {
            principal,
            secret_hash,
            by_cookie: false,
            by_console: false,
            second_factor: None,
        });
    }
    let failed = context.throttle.failed(user, address, Instant::now());
    drop(turn);
    let name = user.chars().take(NAME_MAX).collect::<String>();
    record_failure(context, actor(&name), name, failed).await;
    Err(Refusal::wrong_credentials())
}

/// Checks the code that comes with a right password, when the user has a second factor.
///
/// Wrong codes are counted as wrong passwords are (SF-3).
pub(crate) async fn verify_code(
    context: &Context,
    actor: &Actor,
    code: Option<&str>,
    address: Option<IpAddr>,
) -> Result<(), Refusal> {
    let factor = context.bus.state().user(&actor.name).and_then(|user| user.second_factor.clone());
    let Some(factor) = factor else { return Ok(()) };
    let Some(code) = code.filter(|code| !code.is_empty()) else {
        let detail = "type the code that your authenticator shows, or a recovery code";
        return Err(Refusal::new(ProblemCode::SecondFactor, detail));
    };
    // One after the other, so that guesses sent at once do not all pass before the first has failed.
    let turn = second_factor::turn().await;
    if let Some(wait) = context.throttle.wait(&actor.name, address, Instant::now()) {
        return Err(Refusal::throttled(wait.time, wait.locked));
    }
    if second_factor::prove(context, actor.clone(), &factor, code).await? {
        return Ok(());
    }
    let failed = context.throttle.failed(&actor.name, address, Instant::now());
    drop(turn);
    record_failure(context, actor.clone(), actor.name.clone(), failed).await;
    let detail = "the code is wrong or was used already; wait for the next one";
    Err(Refusal::new(ProblemCode::SecondFactor, detail))
}

/// Writes a failed login down, and that the name is locked. What cannot be written down is refused all the same.
async fn record_failure(context: &Context, actor: Actor, user: String, failed: Failed) {
    let principal = on_behalf(actor);
    if failed.told {
        let command = Command::RecordLoginFailure { user: user.clone() };
        let _ = context.bus.submit(Submission { principal: principal.clone(), command }).await;
    }
    if let Some(time) = failed.locked {
        let until = context.bus.clock().now().plus(time);
        let command = Command::ChangeAccess { order: AccessOrder::RecordLock { user, until } };
        let _ = context.bus.submit(Submission { principal, command }).await;
    }
}
