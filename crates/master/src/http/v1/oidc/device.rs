//! `/api/v1/oidc/device`: logging in through the identity provider from a terminal, with a code that is typed in any browser.

use super::{none, open, refusal};
use crate::access::oidc::OidcError;
use crate::http::Context;
use crate::http::authenticate::Peer;
use crate::http::body::Body;
use crate::http::problem::Refusal;
use crate::http::v1::second_factor::qr;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_api::problem::ProblemCode;
use topmast_api::session::{DeviceLogin, DeviceSession, DeviceSessionRequest};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// What logins under way are sealed for, and as what.
const SEALED: &str = "login by OpenID Connect from a terminal";
const NAME: &str = "device";

/// A login under way, as the terminal carries it.
#[derive(Serialize, Deserialize)]
struct Login {
    device_code: String,
    /// It ends where it began.
    address: Option<IpAddr>,
    expires_at: UnixMillis,
}

pub(super) async fn oidc_device_begin(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
) -> Result<(StatusCode, Json<DeviceLogin>), Refusal> {
    let oidc = context.oidc.as_ref().ok_or_else(none)?;
    let_in(&context, address)?;
    // Each asks the provider for something, whoever it is: more than some at a time wait.
    context.throttle.failed_at_address(address, Instant::now());
    let device = oidc.begin_device().await.map_err(|error| refusal(&error))?;
    let expires_at = context.bus.clock().now().plus(Duration::from_secs(device.lasts_s()));
    let interval_s = device.interval_s();
    let login = Login { device_code: device.device_code, address, expires_at };
    let failed = || Refusal::new(ProblemCode::Internal, "the login cannot be sealed");
    let text = serde_json::to_string(&login).map_err(|_| failed())?;
    let login = context.seal.seal_as(SEALED, NAME, &text).map_err(|_| failed())?;
    let shown = device.verification_uri_complete.as_ref().unwrap_or(&device.verification_uri);
    let begun = DeviceLogin {
        qr: qr(shown),
        user_code: device.user_code,
        verification_uri: device.verification_uri,
        verification_uri_complete: device.verification_uri_complete,
        interval_s,
        expires_at: Timestamp(expires_at),
        login,
    };
    Ok((StatusCode::CREATED, Json(begun)))
}

pub(super) async fn oidc_device_session(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    asked: HeaderMap,
    Body(request): Body<DeviceSessionRequest>,
) -> Result<Json<DeviceSession>, Refusal> {
    let oidc = context.oidc.as_ref().ok_or_else(none)?;
    if !context.bus.state().admits(address) {
        return Err(Refusal::from_elsewhere(address));
    }
    let stale = || {
        context.throttle.failed_at_address(address, Instant::now());
        let detail = "this login was not begun here, or took too long; begin again";
        Refusal::new(ProblemCode::Unauthenticated, detail)
    };
    let text = context.seal.reveal_as(SEALED, NAME, &request.login).map_err(|_| stale())?;
    let login: Login = serde_json::from_str(&text).map_err(|_| stale())?;
    let now = context.bus.clock().now();
    if login.expires_at <= now || login.address != address {
        return Err(stale());
    }
    let found = match oidc.finish_device(&login.device_code, now).await {
        Ok(found) => found,
        Err(OidcError::Pending) => return Ok(Json(DeviceSession { session: None })),
        Err(error) => return Err(refusal(&error)),
    };
    let (actor, opened) = open(&context, address, &asked, found).await?;
    let grants = context.bus.state().user(&actor.name).map(|user| user.grants.clone()).unwrap_or_default();
    Ok(Json(DeviceSession { session: Some(opened.told(&context, actor, grants)) }))
}

/// Lets who asks from an address begin a login, or end one.
pub(super) fn let_in(context: &Context, address: Option<IpAddr>) -> Result<(), Refusal> {
    if !context.bus.state().admits(address) {
        return Err(Refusal::from_elsewhere(address));
    }
    match context.throttle.wait_of_address(address, Instant::now()) {
        Some(wait) => Err(Refusal::throttled(wait, false)),
        None => Ok(()),
    }
}
