//! Enrolment: a join token for an identity.
//!
//! The token is `tmj_SECRET.FINGERPRINT`: over TLS the agent, which knows no CA yet, trusts the master whose chain
//! holds the CA with that fingerprint. Over plain HTTP, which is for this machine only, the fingerprint is not needed.

use super::identity::{Identity, IdentityError, KeyRequest};
use crate::endpoint::Endpoint;
use crate::http::{self, FetchError};
use crate::tls::{TrustError, pinned_trust};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use topmast_model::path::ObjectPath;

/// Where a master enrols agents.
const PATH: &str = "/api/v1/agents/enrol";
/// A master makes a certificate and writes its journal in much less.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer of a refusing master that is shown.
const REASON_MAX: usize = 500;

#[derive(Serialize)]
struct Request<'a> {
    join_token: &'a str,
    server: &'a str,
    csr_pem: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    server: ObjectPath,
    certificate_pem: String,
    ca_pem: String,
}

/// A refusal, as RFC 9457 words it.
#[derive(Deserialize)]
struct Problem {
    detail: Option<String>,
    title: Option<String>,
}

/// Why a server was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// No token is configured.
    #[error(
        "this server is not enrolled and has no join token; make one on the master and give it with --join-token"
    )]
    NoToken,
    /// The token does not say which CA to trust.
    #[error("the join token has no CA fingerprint, so {0} cannot be trusted; copy the whole token, tmj_….…")]
    NoFingerprint(Endpoint),
    /// The trust could not be set up.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// No answer.
    #[error("enrol: {0}")]
    Fetch(#[from] FetchError),
    /// The master refused.
    #[error("{endpoint} refused to enrol this server (status {status}): {reason}")]
    Refused {
        /// Who.
        endpoint: Endpoint,
        /// HTTP status.
        status: u16,
        /// In the master's words.
        reason: String,
    },
    /// The answer is not an enrolment.
    #[error("{endpoint} answered something else than an enrolment: {reason}")]
    Answer {
        /// Who.
        endpoint: Endpoint,
        /// What is wrong.
        reason: String,
    },
    /// The key or the file.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl EnrolError {
    /// True when another attempt may succeed without anyone doing something.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Fetch(_) => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

/// Enrols this server with one master.
///
/// - `name`: the server's name inside its cluster; the master answers with the whole path.
///
/// # Errors
/// [`EnrolError`]; the key made for the attempt is forgotten then.
pub async fn enrol(master: &Endpoint, token: &str, name: &str) -> Result<Identity, EnrolError> {
    let endpoint = master.with_path(PATH);
    let trust = match (master.is_tls(), token.split_once('.')) {
        (false, _) => None,
        (true, Some((_, fingerprint))) => Some(pinned_trust(fingerprint)?),
        (true, None) => return Err(EnrolError::NoFingerprint(master.clone())),
    };
    let request = KeyRequest::make(name)?;
    let body = serde_json::to_vec(&Request { join_token: token, server: name, csr_pem: &request.csr_pem });
    let wrong = |error: serde_json::Error| EnrolError::Answer {
        endpoint: endpoint.clone(),
        reason: error.to_string(),
    };
    let answer = http::post_json(&endpoint, trust.as_ref(), body.map_err(wrong)?, TIMEOUT).await?;
    if !matches!(answer.status, 200 | 201) {
        let reason = reason_of(&answer.body);
        return Err(EnrolError::Refused { endpoint, status: answer.status, reason });
    }
    let answer: Answer = serde_json::from_slice(&answer.body).map_err(wrong)?;
    Ok(request.complete(answer.server, answer.certificate_pem, answer.ca_pem))
}

fn reason_of(body: &[u8]) -> String {
    let problem: Option<Problem> = serde_json::from_slice(body).ok();
    problem
        .and_then(|problem| problem.detail.or(problem.title))
        .unwrap_or_else(|| String::from_utf8_lossy(&body[..body.len().min(REASON_MAX)]).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::routing::post;
    use axum::{Json, Router};
    use serde_json::{Value, json};

    async fn master(status: StatusCode, answer: Value) -> Endpoint {
        let handler = move |Json(request): Json<Value>| async move {
            assert_eq!(request["server"], "db-1");
            assert!(request["csr_pem"].as_str().unwrap().contains("CERTIFICATE REQUEST"));
            (status, Json(answer))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let app = Router::new().route(PATH, post(handler));
        tokio::spawn(async move { axum::serve(listener, app).await });
        endpoint
    }

    #[tokio::test]
    async fn enrolment_gives_the_whole_identity() {
        let answer = json!({"server": "acme/main/db-1", "certificate_pem": "C", "ca_pem": "A"});
        let identity = enrol(&master(StatusCode::CREATED, answer).await, "tmj_x", "db-1").await.unwrap();
        assert_eq!(identity.server.as_str(), "acme/main/db-1");
        assert_eq!((identity.certificate_pem.as_str(), identity.ca_pem.as_str()), ("C", "A"));
    }

    #[tokio::test]
    async fn refusal_tells_the_master_s_reason_and_whether_to_try_again() {
        let refused = json!({"title": "forbidden", "detail": "the join token is used up"});
        let error =
            enrol(&master(StatusCode::FORBIDDEN, refused).await, "tmj_x", "db-1").await.err().unwrap();
        assert!(error.to_string().ends_with("(status 403): the join token is used up"), "{error}");
        assert!(!error.is_transient());
        let busy = enrol(&master(StatusCode::SERVICE_UNAVAILABLE, json!({})).await, "tmj_x", "db-1").await;
        assert!(busy.err().unwrap().is_transient());
    }

    #[tokio::test]
    async fn tls_without_a_fingerprint_is_refused_before_the_token_is_sent() {
        let error = enrol(&"https://127.0.0.1:1".parse().unwrap(), "tmj_x", "db-1").await.err().unwrap();
        assert!(matches!(error, EnrolError::NoFingerprint(_)), "{error}");
    }
}
