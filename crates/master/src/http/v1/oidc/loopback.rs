//! `/api/v1/oidc/loopback`: logging in through the identity provider from a terminal, with the browser of its machine.
//!
//! The provider sends the browser to a port of 127.0.0.1 on which the terminal listens (RFC 8252), and the terminal brings
//! the code here: the secret of the client stays with the master, and so does the verifier, sealed into what the terminal
//! carries.

use super::device::let_in;
use super::{failed_at, none, open, refusal};
use crate::access::oidc::Login;
use crate::http::Context;
use crate::http::authenticate::Peer;
use crate::http::body::Body;
use crate::http::problem::Refusal;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::session::{LoopbackLogin, LoopbackLoginRequest, LoopbackSessionRequest, Session};
use topmast_api::time::Timestamp;

/// What logins under way are sealed for.
const SEALED: &str = "login by OpenID Connect from a terminal with a browser";

/// A login under way, as the terminal carries it.
#[derive(Serialize, Deserialize)]
struct Carried {
    login: Login,
    /// It ends where it began.
    address: Option<IpAddr>,
}

pub(super) async fn oidc_loopback_begin(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    Body(request): Body<LoopbackLoginRequest>,
) -> Result<(StatusCode, Json<LoopbackLogin>), Refusal> {
    let oidc = context.oidc.as_ref().ok_or_else(none)?;
    let_in(&context, address)?;
    if request.port == 0 {
        return Err(Refusal::invalid("port", "is the one on which the terminal listens, from 1 on"));
    }
    let back = format!("http://127.0.0.1:{}/callback", request.port);
    let begun = oidc.begin(back, context.bus.clock().now()).await.map_err(|error| refusal(&error))?;
    let failed = || Refusal::new(ProblemCode::Internal, "the login cannot be sealed");
    let expires_at = Timestamp(begun.login.expires_at);
    let carried = Carried { login: begun.login, address };
    let text = serde_json::to_string(&carried).map_err(|_| failed())?;
    let login = context.seal.seal_as(SEALED, &begun.state, &text).map_err(|_| failed())?;
    Ok((StatusCode::CREATED, Json(LoopbackLogin { url: begun.url, state: begun.state, expires_at, login })))
}

pub(super) async fn oidc_loopback_session(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    asked: HeaderMap,
    Body(request): Body<LoopbackSessionRequest>,
) -> Result<(StatusCode, Json<Session>), Refusal> {
    let oidc = context.oidc.as_ref().ok_or_else(none)?;
    let_in(&context, address)?;
    let stale = || {
        let detail = "this login was not begun here, or took too long; begin again";
        failed_at(&context, address, Refusal::new(ProblemCode::Unauthenticated, detail))
    };
    let text = context.seal.reveal_as(SEALED, &request.state, &request.login).map_err(|_| stale())?;
    let Carried { login, address: began_at } = serde_json::from_str(&text).map_err(|_| stale())?;
    let now = context.bus.clock().now();
    if login.expires_at <= now || began_at != address {
        return Err(stale());
    }
    let failed = |error| failed_at(&context, address, refusal(&error));
    oidc.is_sender(request.iss.as_deref()).await.map_err(failed)?;
    let found = oidc.finish(&login, &request.code, now).await.map_err(failed)?;
    let (actor, opened) = open(&context, address, &asked, found).await?;
    let grants = context.bus.state().user(&actor.name).map(|user| user.grants.clone()).unwrap_or_default();
    Ok((StatusCode::CREATED, Json(opened.told(&context, actor, grants))))
}
