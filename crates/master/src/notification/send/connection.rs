//! Connections to receivers that do not speak HTTP: bounded in what is read, TLS with the cluster's CA and the system's.

use super::{ANSWER_MAX, Failure, Senders, SendersError};
use rustls::ClientConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The longest that a connection takes to come about.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// What is trusted.
pub(super) fn tls(ca_pem: &str) -> Result<Arc<ClientConfig>, SendersError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots = CertificateDer::pem_slice_iter(ca_pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A connection of which at most [`ANSWER_MAX`] bytes are read: what floods is told from what answers (SN-1).
#[derive(Debug)]
pub(super) struct Bounded<S> {
    stream: S,
    peer: SocketAddr,
    left: usize,
}

/// Connects.
pub(super) async fn connect(host: &str, port: u16) -> Result<Bounded<TcpStream>, Failure> {
    let connecting = tokio::time::timeout(CONNECT_MAX, TcpStream::connect((host, port))).await;
    let stream = match connecting {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Err(Failure::passing(format!(
                "connect to {host}:{port}: {error}; are host and port right, and does the receiver run?"
            )));
        }
        Err(_) => {
            return Err(Failure::passing(format!(
                "connect to {host}:{port}: no answer within {} s; does a firewall drop it?",
                CONNECT_MAX.as_secs()
            )));
        }
    };
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().map_err(|error| Failure::passing(format!("{host}:{port}: {error}")))?;
    Ok(Bounded { stream, peer, left: ANSWER_MAX })
}

/// Begins TLS.
pub(super) async fn secure(
    senders: &Senders,
    host: &str,
    stream: Bounded<TcpStream>,
) -> Result<Bounded<TlsStream<Bounded<TcpStream>>>, Failure> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Failure::lasting(format!("{host} is no name that a certificate can have")))?;
    let peer = stream.peer;
    match TlsConnector::from(Arc::clone(&senders.tls)).connect(name, stream).await {
        Ok(stream) => Ok(Bounded { stream, peer, left: ANSWER_MAX }),
        Err(error) => Err(tls_failure(&format!("{host}:{}", peer.port()), &error.to_string())),
    }
}

/// TLS did not come about; a certificate does not become right by waiting.
pub(super) fn tls_failure(target: &str, error: &str) -> Failure {
    if error.contains("certificate") {
        return Failure::lasting(format!(
            "{target} shows a certificate that is not trusted: {error}; have it signed by a CA of this system or of the cluster"
        ));
    }
    Failure::passing(format!("begin TLS with {target}: {error}; is this the port on which it speaks TLS?"))
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other(format!("it answered more than {ANSWER_MAX} bytes"))));
        }
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        self.left = self.left.saturating_sub(into.filled().len() - before);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S> lettre::transport::smtp::client::AsyncTokioStream for Bounded<S>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug,
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
