//! `/api/v1/sessions`: logging in and out.

use crate::access::secret;
use crate::enrol::on_behalf;
use crate::http::authenticate::{Authenticated, Peer, verify_password};
use crate::http::body::Body;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
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
) -> Result<(StatusCode, Json<Session>), Refusal> {
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
    Ok((
        StatusCode::CREATED,
        Json(Session { token, expires_at: Timestamp(expires_at), principal: principal.into() }),
    ))
}

async fn session_get(authenticated: Authenticated) -> Json<Principal> {
    Json(authenticated.principal.into())
}

async fn session_close(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<StatusCode, Refusal> {
    // A token or password has no session to close.
    if authenticated.principal.actor.auth == AuthMethod::Session {
        let command = Command::CloseSession { secret_hash: authenticated.secret_hash };
        context
            .bus
            .submit(Submission { principal: on_behalf(authenticated.principal.actor), command })
            .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
