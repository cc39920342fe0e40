//! A small HTTP/1.1 client: one request, one bounded answer, one deadline.
//!
//! Checks call endpoints that may hang, lie about their length or never end; every
//! call ends within its time with at most [`BODY_MAX`] bytes in memory.
//!
//! Invariants
//! - H-1: a call returns within its time-out, connecting and reading included.
//! - H-2: no more than [`BODY_MAX`] bytes of body and [`HEAD_MAX`] bytes of head are held.
//!
//! No redirects, cookies, proxies or pooling: an endpoint on the same server needs none.

use crate::endpoint::{ConnectError, Endpoint, Stream};
use crate::platform;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of a body: a Prometheus page of some 30,000 series fits.
pub const BODY_MAX: usize = 4 << 20;
/// Most bytes of a response's head.
pub const HEAD_MAX: usize = 64 << 10;

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The whole body, at most [`BODY_MAX`] bytes.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The peer does not speak HTTP, or broke off.
    #[error("{endpoint} broke off its answer: {source}")]
    Http {
        /// Who.
        endpoint: Endpoint,
        /// What hyper found.
        source: hyper::Error,
    },
    /// The body is larger than allowed.
    #[error("{endpoint} answered more than {BODY_MAX} bytes")]
    TooLarge {
        /// Who.
        endpoint: Endpoint,
    },
    /// The deadline passed.
    #[error("{endpoint} did not answer within {} ms", timeout.as_millis())]
    Timeout {
        /// Who.
        endpoint: Endpoint,
        /// How long was waited.
        timeout: Duration,
    },
    /// The request could not be built; the path holds what a request line cannot.
    #[error("{endpoint} is not a URL that can be asked for")]
    Request {
        /// Who.
        endpoint: Endpoint,
    },
}

/// Asks for a resource.
///
/// - `tls`: whom to trust when the endpoint is https.
/// - `timeout`: for the whole call.
///
/// # Errors
/// [`FetchError`]; a status other than 200 is an answer, not an error.
pub async fn get(
    endpoint: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    timeout: Duration,
) -> Result<Answer, FetchError> {
    call(endpoint, tls, Method::GET, Bytes::new(), timeout).await
}

/// Sends JSON and returns the answer.
///
/// # Errors
/// As [`get`].
pub async fn post_json(
    endpoint: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    body: Vec<u8>,
    timeout: Duration,
) -> Result<Answer, FetchError> {
    call(endpoint, tls, Method::POST, body.into(), timeout).await
}

/// Sends a request without TLS, with a body that is JSON or empty.
///
/// # Errors
/// As [`get`].
pub async fn send(
    endpoint: &Endpoint,
    method: Method,
    body: Bytes,
    timeout: Duration,
) -> Result<Answer, FetchError> {
    call(endpoint, None, method, body, timeout).await
}

/// Asks for a resource of what listens on a socket of this machine.
///
/// - `path`: with its query.
///
/// # Errors
/// As [`get`].
pub async fn get_by_socket(socket: &Path, path: &str, timeout: Duration) -> Result<Answer, FetchError> {
    // HTTP wants a host's name though a socket needs none.
    let endpoint = Endpoint::local(path);
    let connected = async {
        let stream = platform::socket::connect(socket).await;
        let authority = || socket.display().to_string();
        let stream = stream.map_err(|source| ConnectError::Tcp { authority: authority(), source })?;
        exchange_over(&endpoint, stream, Method::GET, Bytes::new()).await
    };
    tokio::time::timeout(timeout, connected)
        .await
        .unwrap_or_else(|_| Err(FetchError::Timeout { endpoint: endpoint.clone(), timeout }))
}

async fn call(
    endpoint: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    method: Method,
    body: Bytes,
    timeout: Duration,
) -> Result<Answer, FetchError> {
    tokio::time::timeout(timeout, exchange(endpoint, tls, method, body))
        .await
        .unwrap_or_else(|_| Err(FetchError::Timeout { endpoint: endpoint.clone(), timeout }))
}

async fn exchange(
    endpoint: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    method: Method,
    body: Bytes,
) -> Result<Answer, FetchError> {
    let stream = endpoint.connect(tls).await?;
    exchange_over(endpoint, stream, method, body).await
}

async fn exchange_over(
    endpoint: &Endpoint,
    stream: Stream,
    method: Method,
    body: Bytes,
) -> Result<Answer, FetchError> {
    let broke = |source| FetchError::Http { endpoint: endpoint.clone(), source };
    let mut request = Request::builder()
        .method(method)
        .uri(endpoint.path())
        .header(HOST, endpoint.authority())
        .header(USER_AGENT, concat!("topmast-agent/", env!("CARGO_PKG_VERSION")));
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let request =
        request.body(Full::new(body)).map_err(|_| FetchError::Request { endpoint: endpoint.clone() })?;

    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD_MAX).handshake(TokioIo::new(stream)).await.map_err(broke)?;
    // The connection moves the bytes; what goes wrong in it reaches the exchange as its error.
    let drive = async {
        let _ = connection.await;
        future::pending().await
    };
    let answer = async {
        let response = sender.send_request(request).await.map_err(broke)?;
        read_bounded(endpoint, response).await
    };
    tokio::select! {
        answer = answer => answer,
        never = drive => never,
    }
}

async fn read_bounded(endpoint: &Endpoint, response: Response<Incoming>) -> Result<Answer, FetchError> {
    let status = response.status().as_u16();
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|source| FetchError::Http { endpoint: endpoint.clone(), source })?;
        if let Some(bytes) = frame.data_ref() {
            if body.len() + bytes.len() > BODY_MAX {
                return Err(FetchError::TooLarge { endpoint: endpoint.clone() });
            }
            body.extend_from_slice(bytes);
        }
    }
    Ok(Answer { status, body })
}

#[cfg(test)]
mod tests;
