//! `/api/v1/oidc`: logging in through an identity provider, for browsers; and which ways in there are.

mod device;
mod loopback;

use super::session::{Opened, open_for};
use crate::access::oidc::{Found, LOGIN_LASTS, Login, OidcError};
use crate::access::outside;
use crate::config::TlsMode;
use crate::http::authenticate::Peer;
use crate::http::body::Asked;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::session::LoginWays;
use topmast_model::access::{Outside, OutsideKind};
use topmast_model::principal::{Actor, ActorKind, AuthMethod};

/// The cookie that carries a login under way.
const COOKIE_NAME: &str = "topmast_login";
/// What logins under way are sealed for.
const SEALED: &str = "login by OpenID Connect";

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::LOGIN_WAYS, login_ways)
        .route(&route::OIDC_BEGIN, oidc_begin)
        .route(&route::OIDC_CALLBACK, oidc_callback)
        .route(&route::OIDC_DEVICE_BEGIN, device::oidc_device_begin)
        .route(&route::OIDC_DEVICE_SESSION, device::oidc_device_session)
        .route(&route::OIDC_LOOPBACK_BEGIN, loopback::oidc_loopback_begin)
        .route(&route::OIDC_LOOPBACK_SESSION, loopback::oidc_loopback_session)
}

async fn login_ways(State(context): State<Arc<Context>>) -> Json<LoginWays> {
    Json(LoginWays { oidc: context.oidc.as_ref().map(|oidc| oidc.name().to_owned()) })
}

async fn oidc_begin(State(context): State<Arc<Context>>, Peer(address): Peer) -> Result<Response, Refusal> {
    let oidc = context.oidc.as_ref().ok_or_else(none)?;
    if !context.bus.state().admits(address) {
        return Err(Refusal::from_elsewhere(address));
    }
    let begun = oidc.begin(oidc.callback(), context.bus.clock().now()).await;
    let begun = begun.map_err(|error| refusal(&error))?;
    let failed = || Refusal::new(ProblemCode::Internal, "the login cannot be sealed");
    let text = serde_json::to_string(&begun.login).map_err(|_| failed())?;
    let sealed = context.seal.seal_as(SEALED, &begun.state, &text).map_err(|_| failed())?;
    let lasts_s = LOGIN_LASTS.as_secs();
    let headers =
        [(LOCATION, header(&begun.url)?), (SET_COOKIE, cookie(&sealed, lasts_s, context.config.tls)?)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// What a provider sends a browser back with.
#[derive(Deserialize)]
struct Way {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
}

async fn oidc_callback(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    asked: HeaderMap,
    Asked(way): Asked<Way>,
) -> Response {
    let gone = cookie("", 0, context.config.tls).ok();
    let (status, body, session) = match log_in(&context, address, &asked, way).await {
        // Not a redirect: a browser keeps the session's cookie from the first request after one that began elsewhere.
        Ok(session) => (StatusCode::OK, page("Logged in.", true), session),
        Err(refused) => {
            let status = StatusCode::from_u16(refused.problem().status).unwrap_or(StatusCode::FORBIDDEN);
            (status, page(refused.detail(), false), None)
        }
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    for cookie in gone.into_iter().chain(session) {
        headers.append(SET_COOKIE, cookie);
    }
    response
}

/// Logs a browser in. Returns the session's cookie.
async fn log_in(
    context: &Arc<Context>,
    address: Option<IpAddr>,
    asked: &HeaderMap,
    way: Way,
) -> Result<Option<HeaderValue>, Refusal> {
    let oidc = context.oidc.as_ref().ok_or_else(none)?;
    if !context.bus.state().admits(address) {
        return Err(Refusal::from_elsewhere(address));
    }
    if let Some(wait) = context.throttle.wait_of_address(address, std::time::Instant::now()) {
        return Err(Refusal::throttled(wait, false));
    }
    let failed = |refusal: Refusal| failed_at(context, address, refusal);
    let stale = || {
        let detail = "this login was not begun in this browser, or took too long; begin again";
        failed(Refusal::new(ProblemCode::Unauthenticated, detail))
    };
    oidc.is_sender(way.iss.as_deref()).await.map_err(|error| failed(refusal(&error)))?;
    if let Some(error) = way.error {
        let more = way.error_description.unwrap_or_default();
        let told: String =
            format!("{error} {more}").chars().filter(|one| !one.is_control()).take(300).collect();
        let detail = format!("the identity provider refused: {}", told.trim_end());
        return Err(failed(Refusal::new(ProblemCode::Unauthenticated, detail)));
    }
    let (code, state) = way.code.zip(way.state).ok_or_else(stale)?;
    let sealed = read_cookie(asked).ok_or_else(stale)?;
    let text = context.seal.reveal_as(SEALED, &state, sealed).map_err(|_| stale())?;
    let login: Login = serde_json::from_str(&text).map_err(|_| stale())?;
    let now = context.bus.clock().now();
    if login.expires_at <= now {
        return Err(stale());
    }
    let found = oidc.finish(&login, &code, now).await.map_err(|error| failed(refusal(&error)))?;
    let (_, opened) = open(context, address, asked, found).await?;
    Ok(opened.cookie(context))
}

/// Opens a session for whom the provider knows, as far as the user's groups give anything.
async fn open(
    context: &Arc<Context>,
    address: Option<IpAddr>,
    asked: &HeaderMap,
    found: Found,
) -> Result<(Actor, Opened), Refusal> {
    let failed = |refusal: Refusal| failed_at(context, address, refusal);
    let (kind, auth) = (ActorKind::User, AuthMethod::Oidc);
    let from = address.map(|address| address.to_string());
    let actor = Actor { kind, name: found.user, auth, address: from, through: None };
    let outside = Outside { kind: OutsideKind::Oidc, subject: found.subject };
    outside::admit(context, &actor, outside, &found.groups).await.map_err(failed)?;
    if !context.bus.state().admits_user(&actor.name, address) {
        return Err(Refusal::from_elsewhere(address));
    }
    let opened = open_for(context, actor.clone(), asked).await?;
    Ok((actor, opened))
}

/// Counts a failed login at an address, which is made to wait after some.
fn failed_at(context: &Context, address: Option<IpAddr>, refusal: Refusal) -> Refusal {
    context.throttle.failed_at_address(address, std::time::Instant::now());
    refusal
}

fn none() -> Refusal {
    let detail = "there is no identity provider here: log in with a password, or configure [access.oidc]";
    Refusal::new(ProblemCode::NotFound, detail)
}

fn refusal(error: &OidcError) -> Refusal {
    tracing::warn!(%error, "a login through the identity provider failed");
    let code = match error {
        OidcError::Provider(_) | OidcError::Issuer { .. } | OidcError::Secret(_) => ProblemCode::Busy,
        OidcError::NoDevices => ProblemCode::NotFound,
        OidcError::OtherSender { .. }
        | OidcError::NoSender(_)
        | OidcError::Refused(_)
        | OidcError::Pending
        | OidcError::Token(_)
        | OidcError::User(_) => ProblemCode::Unauthenticated,
        OidcError::Random(_) => ProblemCode::Internal,
    };
    Refusal::new(code, error.to_string())
}

/// Sent along when the provider sends the browser back, which another site does: hence lax, and for these addresses only.
fn cookie(value: &str, max_age_s: u64, tls: TlsMode) -> Result<HeaderValue, Refusal> {
    let secure = if tls == TlsMode::On { "; Secure" } else { "" };
    header(&format!(
        "{COOKIE_NAME}={value}; Path=/api/v1/oidc; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
    ))
}

fn header(text: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(text)
        .map_err(|_| Refusal::new(ProblemCode::Internal, "the identity provider's address cannot be sent"))
}

fn read_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

/// A page that says how it ended, and goes on to the console.
fn page(text: &str, goes_on: bool) -> String {
    let refresh = if goes_on { "<meta http-equiv=\"refresh\" content=\"0;url=/\">" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Topmast</title>{refresh}</head>\
         <body><p>{text}</p><p><a href=\"/\">Go to the console</a></p></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_shows_what_others_say_as_text() {
        let page = page("<script>alert(\"x\")</script> & more", false);
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
    }
}
