//! Posting a document over HTTP: what web hooks and chats have in common.

use super::connection::tls_failure;
use super::{ANSWER_MAX, Delivery, Failure, told};
use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};
use std::time::Duration;
use topmast_model::error::with_sources;

/// The longest that a receiver may have us wait before the next attempt.
const AFTER_MAX: Duration = Duration::from_mins(10);
/// The longest that a connection takes to come about.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The client of all web hooks. Proxies are those of the environment, as for other programs.
pub(super) fn client(ca_pem: &str) -> Result<Client, reqwest::Error> {
    // Without a provider the client panics; whoever starts first installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("topmast/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_MAX)
        // Messages are rare: an idle connection is dead when the next one comes.
        .pool_max_idle_per_host(0)
        .tls_certs_merge(Certificate::from_pem_bundle(ca_pem.as_bytes())?)
        .build()
}

/// Posts, and understands the answer.
///
/// - `target`: what is said of the address, which is secret.
pub(super) async fn post(target: &str, request: RequestBuilder, body: Vec<u8>) -> Result<Delivery, Failure> {
    let sent = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
    let mut response = sent.map_err(|error| unsent(target, error))?;
    let status = response.status();
    let text = told(&String::from_utf8_lossy(&answer(&mut response).await));
    let said = if text.is_empty() { status.to_string() } else { format!("{status}: {text}") };
    if status.is_success() {
        return Ok(Delivery { answer: said });
    }
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
        let to = reqwest::Url::parse(to).map(|to| to.origin().ascii_serialization()).unwrap_or_default();
        return Err(Failure::lasting(format!(
            "{target} answered {status} and sends to {to}; redirects are not followed, so write the new address"
        )));
    }
    let is_passing =
        matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
            || status.is_server_error();
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; are its address and its secrets still valid?",
        StatusCode::NOT_FOUND | StatusCode::GONE => "; is there still a web hook at this address?",
        _ => "",
    };
    Err(Failure {
        reason: format!("{target} answered {said}{hint}"),
        retry: is_passing,
        after: is_passing.then(|| after(&response)).flatten(),
    })
}

/// The beginning of the answer; one that breaks off or never ends is told as far as it came.
async fn answer(response: &mut Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ANSWER_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == ANSWER_MAX {
            break;
        }
    }
    body
}

/// The other form of the header, a date, is not used by those who limit.
fn after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(AFTER_MAX))
}

fn unsent(target: &str, error: reqwest::Error) -> Failure {
    // The address is secret, and an error tells it.
    let error = error.without_url();
    let text = with_sources(&error);
    if error.is_builder() {
        return Failure::lasting(format!("{target}: {text}; correct the channel's address"));
    }
    if error.is_connect() && text.contains("certificate") {
        return tls_failure(target, &text);
    }
    let hint = if error.is_connect() { "; is the address right, and does the receiver run?" } else { "" };
    Failure::passing(format!("post to {target}: {text}{hint}"))
}
