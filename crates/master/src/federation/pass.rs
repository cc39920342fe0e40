//! One request of a person at a joined cluster: what of it goes out, how long it is waited for, and what comes back.
//!
//! Invariants
//! - PA-1: of the headers of a request those in [`SENT`] go out, of those of an answer those in [`RETURNED`] come back: a
//!   cookie, a credential or a redirect goes neither way.
//! - PA-2: a path stays below `/api/v1/` of that cluster, whatever is in it.
//! - PA-3: a request that changes something is not sent twice.

use super::Join;
use axum::body::Body;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::net::IpAddr;
use std::time::Duration;
use topmast_api::client::Credentials;
use topmast_api::cluster::ClusterStatus;
use topmast_api::console::{ADDRESS, USER};
use topmast_api::route::PREFIX;

/// Longest wait for the first word of an answer: a large upload is read to its end before.
const ANSWER: Duration = Duration::from_mins(10);
/// Time between two looks whether the cluster is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Headers of requests that go out.
const SENT: &[&str] = &[
    "accept",
    "accept-language",
    "content-encoding",
    "content-length",
    "content-type",
    "if-match",
    "if-none-match",
    "last-event-id",
    "range",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "user-agent",
];

/// Headers of answers that come back.
const RETURNED: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
];

/// Why there is no answer to hand on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PassError {
    /// The path is none of the API's.
    #[error("{0:?} is no address of a cluster's API; give what follows /api/v1/ there")]
    Path(String),
    /// The cluster cannot be asked; nothing was done.
    #[error("{join} cannot be asked: {reason}")]
    Away {
        /// The cluster.
        join: String,
        /// Why.
        reason: String,
    },
    /// It was asked and did not answer.
    #[error("{join} did not answer: {reason}; it may have done it, so look there before asking again")]
    Silent {
        /// The cluster.
        join: String,
        /// Why.
        reason: String,
    },
}

/// A path behind `/api/v1/`, with its query, as it came: encoded, and leading nowhere else (PA-2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PassedPath<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> PassedPath<'a> {
    /// Checks it.
    ///
    /// # Errors
    /// [`PassError::Path`] when it would lead elsewhere.
    pub(crate) fn new(path: &'a str, query: Option<&'a str>) -> Result<Self, PassError> {
        // Whoever builds an address of it resolves these, encoded or not.
        let is_dots =
            |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        if path.is_empty() || path.contains('\\') || path.split('/').any(is_dots) {
            return Err(PassError::Path(path.to_owned()));
        }
        Ok(Self { path, query })
    }

    fn below(&self, url: &str) -> String {
        let query = self.query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{url}{PREFIX}{}{query}", self.path)
    }
}

/// Asks a cluster in a person's name (FE-1).
///
/// # Errors
/// [`PassError`]; [`PassError::Silent`] says that it may have been done.
pub(crate) async fn send(
    join: &Join,
    person: (&str, Option<IpAddr>),
    path: &PassedPath<'_>,
    parts: &Parts,
    body: Body,
) -> Result<reqwest::Response, PassError> {
    let away = |reason: String| PassError::Away { join: join.name().to_owned(), reason };
    if let (ClusterStatus::Down | ClusterStatus::Refused, reason) = join.status() {
        return Err(away(reason.unwrap_or_default()));
    }
    let client = join.client();
    let token = match client.credentials() {
        Credentials::Bearer(token) if !token.is_empty() => token,
        _ => return Err(away("nothing was heard of it yet; try again in a second".to_owned())),
    };
    let (user, address) = person;
    let text = |text: &str| HeaderValue::from_str(text).map_err(|error| away(error.to_string()));
    let mut headers = pick(&parts.headers, SENT);
    headers.insert(USER, text(user)?);
    if let Some(address) = address {
        headers.insert(ADDRESS, text(&address.to_string())?);
    }
    if is_upgrade(&parts.headers) {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    let request = join
        .http()
        .request(parts.method.clone(), path.below(client.url()))
        .headers(headers)
        .bearer_auth(token);
    // An empty body of unknown length would stand before the first bytes of a WebSocket.
    let request = match parts.method {
        Method::GET | Method::HEAD => request,
        _ => request.body(reqwest::Body::wrap_stream(body.into_data_stream())),
    };
    let silent = |reason: String| PassError::Silent { join: join.name().to_owned(), reason };
    let sent = tokio::select! {
        sent = request.send() => sent,
        () = lost(join) => return Err(silent("it is not heard of any more".to_owned())),
        () = tokio::time::sleep(ANSWER) => {
            return Err(silent(format!("nothing came for {} s", ANSWER.as_secs())));
        }
    };
    let answer = sent.map_err(|error| {
        let reason = root(&error);
        if error.is_connect() { away(reason) } else { silent(reason) }
    })?;
    match answer.status() {
        // The person's own session is good: it is the console that is not let in.
        StatusCode::UNAUTHORIZED => Err(away("it does not take this console's token any more".to_owned())),
        status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
            Err(away(format!("it answered {status} and leads elsewhere, where nobody is followed")))
        }
        _ => Ok(answer),
    }
}

/// Ends when a cluster is not there any more.
async fn lost(join: &Join) {
    while join.status().0 != ClusterStatus::Down {
        tokio::time::sleep(LOOK).await;
    }
}

/// The headers of an answer that come back.
pub(crate) fn returned(headers: &HeaderMap) -> HeaderMap {
    pick(headers, RETURNED)
}

/// True for the beginning of a WebSocket.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn pick(headers: &HeaderMap, names: &[&str]) -> HeaderMap {
    let picked = headers.iter().filter(|(name, _)| names.contains(&name.as_str()));
    picked.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The innermost cause, without the address, which people know by the cluster's name.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;
    use axum::http::header::CONTENT_TYPE;

    #[test]
    fn path_stays_below_the_api() {
        // PA-2
        let below =
            |path: &str| PassedPath::new(path, Some("a=%2e%2e")).map(|path| path.below("https://a:7400"));
        assert_eq!(
            below("servers/acme/main/web-1").as_deref(),
            Ok("https://a:7400/api/v1/servers/acme/main/web-1?a=%2e%2e")
        );
        for path in ["", "..", "servers/../../x", "servers/%2e%2E/x", ".%2e/x", "a/./b", "..\\x", "%2E"] {
            assert_eq!(below(path), Err(PassError::Path(path.to_owned())), "{path}");
        }
        assert!(below("servers/a..b").is_ok());
    }

    #[test]
    fn cookies_credentials_and_redirects_go_neither_way() {
        // PA-1
        let all = [
            "cookie",
            "authorization",
            "set-cookie",
            "location",
            "www-authenticate",
            "topmast-user",
            "topmast-forwarded",
            "origin",
            "host",
            "connection",
            "upgrade",
            "transfer-encoding",
            "x-forwarded-for",
            "content-security-policy",
        ];
        let value = HeaderValue::from_static("x");
        let mut headers: HeaderMap =
            all.iter().map(|name| (HeaderName::from_static(name), value.clone())).collect();
        headers.insert(CONTENT_TYPE, value);
        for names in [SENT, RETURNED] {
            let picked = pick(&headers, names);
            assert_eq!(picked.keys().collect::<Vec<_>>(), [&CONTENT_TYPE]);
        }
    }
}
