//! Whom the agent trusts over TLS, as rustls client configurations.
//!
//! Three cases: the cluster's own CA (the connection to a master), a CA known by its
//! fingerprint only (enrolment, before the agent has the CA itself), and the
//! system's CAs (`http` checks of https URLs). The crypto provider is named here
//! alone, and never installed process-wide: several agents may share a process.

use aws_lc_rs::digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Where Linux distributions keep the system's CA bundle: Debian and Alpine, then Red Hat, then SUSE.
const SYSTEM_BUNDLES: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// Why a TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The CA is not PEM, or not a certificate.
    #[error("the certificate authority is not a PEM certificate")]
    NotACertificate,
    /// No system bundle exists.
    #[error("no CA bundle found in {}; install ca-certificates", SYSTEM_BUNDLES.join(", "))]
    NoSystemBundle,
    /// A bundle cannot be read.
    #[error("read CA bundle: {0}")]
    Read(#[from] io::Error),
    /// The provider does not offer what is needed.
    #[error("tls set-up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// SHA-256 of a certificate's DER bytes, lower-case hex.
pub fn fingerprint(der: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, der).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Trusts servers whose certificate the given CA signed, and no other.
///
/// # Errors
/// [`TrustError::NotACertificate`] when `ca_pem` holds no usable certificate.
pub fn cluster_trust(ca_pem: &str) -> Result<Arc<ClientConfig>, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        let certificate = certificate.map_err(|_| TrustError::NotACertificate)?;
        roots.add(certificate).map_err(|_| TrustError::NotACertificate)?;
    }
    if roots.is_empty() {
        return Err(TrustError::NotACertificate);
    }
    with_roots(roots)
}

/// Trusts what the operating system trusts.
///
/// # Errors
/// [`TrustError`] when the system has no bundle. Cost: reads some 200 KB once; keep the result.
pub fn system_trust() -> Result<Arc<ClientConfig>, TrustError> {
    let bundle =
        SYSTEM_BUNDLES.iter().find(|path| Path::new(path).is_file()).ok_or(TrustError::NoSystemBundle)?;
    let pem = std::fs::read(bundle)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok));
    with_roots(roots)
}

/// Trusts a server that presents, in its chain, the CA with this fingerprint, and whose own certificate that CA signed.
///
/// # Errors
/// [`TrustError::Rustls`] when the provider lacks the protocol versions.
pub fn pinned_trust(ca_fingerprint: &str) -> Result<Arc<ClientConfig>, TrustError> {
    let verifier = PinnedAuthority { fingerprint: ca_fingerprint.to_ascii_lowercase(), provider: provider() };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn with_roots(roots: RootCertStore) -> Result<Arc<ClientConfig>, TrustError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Accepts chains under one CA that is known by its fingerprint.
#[derive(Debug)]
struct PinnedAuthority {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unknown = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let authority = intermediates
            .iter()
            .find(|certificate| fingerprint(certificate) == self.fingerprint)
            .ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned()).map_err(|_| unknown())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|_| unknown())?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
