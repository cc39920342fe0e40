//! Where a URL points, and a byte stream to it: plain TCP or TLS.
//!
//! Shared by the agent's HTTP client and its WebSocket. Knows no protocol above the stream.

use hyper::http::Uri;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A parsed URL: scheme, host, port and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    tls: bool,
    /// Host as a name or address, an IPv6 address without brackets.
    host: String,
    port: u16,
    /// Path with query, at least `/`.
    path: String,
}

/// A text that is not a URL the agent can call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a URL the agent can call: {reason}; write it like http://127.0.0.1:8080/path")]
pub struct EndpointError {
    text: String,
    reason: &'static str,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let wrong = |reason| EndpointError { text: text.to_owned(), reason };
        let uri: Uri = text.parse().map_err(|_| wrong("it has a wrong form"))?;
        let tls = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(wrong("its scheme is not http, https, ws or wss")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it has no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("it holds a user name"));
        }
        Ok(Self {
            tls,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

impl Endpoint {
    /// What a socket of this machine is called in a request.
    pub(crate) fn local(path: &str) -> Self {
        Self { tls: false, host: "localhost".to_owned(), port: 80, path: path.to_owned() }
    }

    /// The same scheme, host and port with another path.
    #[must_use]
    pub fn with_path(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// True for https and wss.
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// True when the host is this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// `host:port`, as the `Host` header has it.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The URL as a WebSocket client wants it.
    pub fn websocket_url(&self) -> String {
        format!("{}://{}{}", if self.tls { "wss" } else { "ws" }, self.authority(), self.path)
    }

    /// Opens a stream.
    ///
    /// - `tls`: whom to trust, for an endpoint with TLS.
    ///
    /// # Errors
    /// [`ConnectError`]. Sets no time-out: the caller knows how long it can wait.
    pub async fn connect(&self, tls: Option<&Arc<ClientConfig>>) -> Result<Stream, ConnectError> {
        let socket = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|source| ConnectError::Tcp { authority: self.authority(), source })?;
        // Frames and requests are small and whole; waiting to fill a packet only adds delay.
        let _ = socket.set_nodelay(true);
        if !self.tls {
            return Ok(Box::new(socket));
        }
        let config = tls.ok_or_else(|| ConnectError::NoTrust { authority: self.authority() })?;
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| ConnectError::ServerName { host: self.host.clone() })?;
        let stream = tokio_rustls::TlsConnector::from(Arc::clone(config))
            .connect(name, socket)
            .await
            .map_err(|source| ConnectError::Tls { authority: self.authority(), source })?;
        Ok(Box::new(stream))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.tls { "https" } else { "http" }, self.authority(), self.path)
    }
}

/// A connected byte stream.
pub type Stream = Box<dyn Connected>;

/// What a connected stream can do.
pub trait Connected: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connected for T {}

/// Why no stream could be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The TCP connection.
    #[error("connect to {authority}: {source}")]
    Tcp {
        /// Host and port.
        authority: String,
        /// What the system answered.
        source: io::Error,
    },
    /// The TLS handshake, or the peer's certificate.
    #[error("tls with {authority}: {source}")]
    Tls {
        /// Host and port.
        authority: String,
        /// What rustls found.
        source: io::Error,
    },
    /// Nothing says whose certificates are good.
    #[error("tls with {authority}: no certificate authority is known to trust")]
    NoTrust {
        /// Host and port.
        authority: String,
    },
    /// The host cannot be in a certificate.
    #[error("tls: {host:?} is neither a host name nor an address")]
    ServerName {
        /// The host.
        host: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_reads_scheme_host_port_and_path() {
        let endpoint: Endpoint = "https://[::1]:7400/api?x=1".parse().unwrap();
        assert!(endpoint.is_tls() && endpoint.is_loopback());
        assert_eq!(endpoint.authority(), "[::1]:7400");
        assert_eq!(endpoint.path(), "/api?x=1");
        let endpoint: Endpoint = "http://db".parse().unwrap();
        assert_eq!((endpoint.authority().as_str(), endpoint.path()), ("db:80", "/"));
        assert!(!endpoint.is_loopback());
        assert_eq!(endpoint.with_path("/x").websocket_url(), "ws://db:80/x");
    }

    #[test]
    fn endpoint_refuses_what_is_not_a_callable_url() {
        for text in ["", "db:7400", "ftp://db/", "http://", "http://user@db/", "https:// db/"] {
            assert!(text.parse::<Endpoint>().is_err(), "{text:?}");
        }
    }
}
