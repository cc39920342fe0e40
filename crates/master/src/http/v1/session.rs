//! `/api/v1/sessions`: logging in and out.

use crate::access::secret;
use crate::enrol::on_behalf;
use crate::http::authenticate::{Authenticated, Peer, verify_password};
use crate::http::body::Body;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting, cookie};
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::session::{Principal, Session, SessionRequest};
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::principal::AuthMethod;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::SESSION_OPEN, session_open)
        .route(&route::SESSION_GET, session_get)
        .route(&route::SESSION_CLOSE, session_close)
}

async fn session_open(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    Body(request): Body<SessionRequest>,
) -> Result<(StatusCode, HeaderMap, Json<Session>), Refusal> {
    let Authenticated { mut principal, .. } =
        verify_password(&context, &request.user, request.password, address).await?;
    let token = secret::generate(secret::SESSION)
        .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let lifetime = Duration::from_secs(u64::from(context.config.session_hours) * 3_600);
    let expires_at = context.bus.clock().now().plus(lifetime);
    let command =
        Command::OpenSession { user: request.user, secret_hash: secret::fingerprint(&token), expires_at };
    context.bus.submit(Submission { principal: on_behalf(principal.actor.clone()), command }).await?;
    principal.actor.auth = AuthMethod::Session;
    let mut headers = HeaderMap::new();
    let token = if request.cookie {
        headers.extend(cookie::set(&token, lifetime, context.config.tls).map(|cookie| (SET_COOKIE, cookie)));
        None
    } else {
        Some(token)
    };
    let session = Session { token, expires_at: Timestamp(expires_at), principal: principal.into() };
    Ok((StatusCode::CREATED, headers, Json(session)))
}

async fn session_get(authenticated: Authenticated) -> Json<Principal> {
    Json(authenticated.principal.into())
}

async fn session_close(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    // A token or password has no session to close.
    if authenticated.principal.actor.auth == AuthMethod::Session {
        let command = Command::CloseSession { secret_hash: authenticated.secret_hash };
        context
            .bus
            .submit(Submission { principal: on_behalf(authenticated.principal.actor), command })
            .await?;
    }
    let gone = authenticated.by_cookie.then(|| cookie::clear(context.config.tls)).flatten();
    Ok((StatusCode::NO_CONTENT, gone.map(|cookie| (SET_COOKIE, cookie)).into_iter().collect()))
}
