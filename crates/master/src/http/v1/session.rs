//! `/api/v1/sessions`: logging in and out, and who is logged in.

use crate::access::{second_factor, secret};
use crate::enrol::on_behalf;
use crate::http::authenticate::{Authenticated, Peer, may_see, verify_code, verify_password};
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting, cookie};
use axum::Json;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::session::{Principal, Session, SessionRequest, SessionRow};
use topmast_api::time::Timestamp;
use topmast_engine::{Session as OpenSession, Submission};
use topmast_model::access::{AccessOrder, NewSession};
use topmast_model::command::Command;
use topmast_model::principal::{Actor, AuthMethod, Grant};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::SESSION_OPEN, session_open)
        .route(&route::SESSION_GET, session_get)
        .route(&route::SESSION_CLOSE, session_close)
        .route(&route::SESSION_LIST, session_list)
        .route(&route::SESSION_REVOKE, session_revoke)
}

async fn session_open(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    asked: HeaderMap,
    Body(request): Body<SessionRequest>,
) -> Result<(StatusCode, HeaderMap, Json<Session>), Refusal> {
    let Authenticated { principal, .. } =
        verify_password(&context, &request.user, request.password, address).await?;
    verify_code(&context, &principal.actor, request.code.as_deref(), address).await?;
    context.throttle.succeeded(&request.user, address);
    let opened = open_for(&context, principal.actor.clone(), &asked).await?;
    let mut headers = HeaderMap::new();
    headers.extend(opened.cookie(&context).filter(|_| request.cookie).map(|cookie| (SET_COOKIE, cookie)));
    let mut session = opened.told(&context, principal.actor, principal.grants);
    session.token = session.token.filter(|_| !request.cookie);
    Ok((StatusCode::CREATED, headers, Json(session)))
}

/// A session just opened.
pub(super) struct Opened {
    token: String,
    expires_at: UnixMillis,
    lifetime: Duration,
}

impl Opened {
    /// The session as its owner is told of it, with its token.
    pub(super) fn told(self, context: &Context, actor: Actor, grants: Vec<Grant>) -> Session {
        let (second_factor, name_suffix) = {
            let state = context.bus.state();
            let user = state.user(&actor.name);
            (user.map(|user| second_factor::state_of(context, user)), state.name_suffix(&grants))
        };
        let actor = Actor { auth: AuthMethod::Session, ..actor };
        let principal = topmast_model::principal::Principal { actor, grants };
        Session {
            token: Some(self.token),
            expires_at: Timestamp(self.expires_at),
            principal: Principal { second_factor, name_suffix, ..principal.into() },
        }
    }

    /// What gives it to a browser.
    pub(super) fn cookie(&self, context: &Context) -> Option<HeaderValue> {
        cookie::set(&self.token, self.lifetime, context.config.tls)
    }
}

/// Opens a session for whoever has proved who it is. `asked`: the request's headers.
pub(super) async fn open_for(context: &Context, actor: Actor, asked: &HeaderMap) -> Result<Opened, Refusal> {
    let token = secret::generate(secret::SESSION)
        .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let lifetime = Duration::from_secs(u64::from(context.config.session_hours) * 3_600);
    let expires_at = context.bus.clock().now().plus(lifetime);
    let session = Box::new(NewSession {
        id: Uuid::now_v7(),
        user: actor.name.clone(),
        secret_hash: secret::fingerprint(&token),
        expires_at,
        client: asked.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
    });
    let command = Command::OpenSession { session };
    context.bus.submit(Submission { principal: on_behalf(actor), command }).await?;
    Ok(Opened { token, expires_at, lifetime })
}

async fn session_get(State(context): State<Arc<Context>>, authenticated: Authenticated) -> Json<Principal> {
    let Authenticated { second_factor, by_console, principal, .. } = authenticated;
    let name_suffix = context.bus.state().name_suffix(&principal.grants);
    Json(Principal { second_factor, name_suffix, speaks_for_users: by_console, ..principal.into() })
}

async fn session_close(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    // A token or password has no session to close.
    if authenticated.principal.actor.auth == AuthMethod::Session {
        let order = AccessOrder::CloseSession { secret_hash: authenticated.secret_hash };
        let command = Command::ChangeAccess { order };
        context
            .bus
            .submit(Submission { principal: on_behalf(authenticated.principal.actor), command })
            .await?;
    }
    let gone = authenticated.by_cookie.then(|| cookie::clear(context.config.tls)).flatten();
    Ok((StatusCode::NO_CONTENT, gone.map(|cookie| (SET_COOKIE, cookie)).into_iter().collect()))
}

async fn session_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<SessionRow>> {
    let now = context.bus.clock().now();
    let state = context.bus.state();
    let visible = |user: &str| {
        state.user(user).is_some_and(|found| may_see(&authenticated.principal, user, &found.grants))
    };
    let open = state.sessions().iter().filter(|(hash, session)| {
        session.expires_at > now && !context.is_idle(hash, session, now) && visible(&session.user)
    });
    let mut items: Vec<SessionRow> = open
        .map(|(hash, session)| SessionRow {
            current: *hash == authenticated.secret_hash,
            ..row(&context, hash, session)
        })
        .collect();
    items.sort_by(|one, other| (&one.user, one.opened_at).cmp(&(&other.user, other.opened_at)));
    Json(Page::whole(items, state.last_seq().0))
}

async fn session_revoke(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    let no_session = || Refusal::not_found("session", id);
    let secret_hash = {
        let state = context.bus.state();
        let found = state.sessions().iter().find(|(_, session)| session.id == id && !id.is_nil());
        let (hash, session) = found.ok_or_else(no_session)?;
        let owner = state.user(&session.user).ok_or_else(no_session)?;
        // Whose it is stays untold to those who may not see it.
        if !may_see(&authenticated.principal, &session.user, &owner.grants) {
            return Err(no_session());
        }
        hash.clone()
    };
    let command = Command::ChangeAccess { order: AccessOrder::CloseSession { secret_hash } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(context: &Context, secret_hash: &str, session: &OpenSession) -> SessionRow {
    let seen = context.last_seen.of(secret_hash);
    let last_address = seen.and_then(|seen| seen.address).map(|address| address.to_string());
    SessionRow {
        id: session.id,
        user: session.user.clone(),
        opened_at: Timestamp(session.opened_at),
        last_seen_at: Timestamp(context.last_used(secret_hash, session)),
        address: last_address.or_else(|| session.address.clone()),
        client: session.client.clone(),
        expires_at: Timestamp(session.expires_at),
        current: false,
    }
}
