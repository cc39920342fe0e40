//! The cluster's own certificate authority, and the proof that an agent is who it says.
//!
//! ```text
//! data/ca/ca.pem, ca.key ──signs──► the master's server certificate (made anew at each start)
//!                        └─signs──► each agent's certificate, from its own key's request
//! ```
//!
//! Invariants
//! - CA-1: a private key never leaves the machine that made it; key files have mode 0600.
//! - CA-2: an agent is admitted by a signature over this connection's nonce, made with the key of a
//!   certificate whose fingerprint the journal names for that server and has not revoked.
//!
//! The proof is inside the WebSocket, not in the TLS handshake, so it holds through
//! proxies that end TLS. Why: docs/adr/0006-agent-identity.md.

use crate::access::secret;
use crate::file::{FileError, read, write_new};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::{Path, PathBuf};
use std::time::Duration;
use topmast_model::command::AgentCertificate;
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;

/// How long the CA's own certificate lasts.
const CA_LIFETIME: Duration = Duration::from_hours(20 * 365 * 24);
/// How long the port's certificate lasts: browsers refuse more than 398 days, the back-dating included.
const SERVER_LIFETIME: Duration = Duration::from_hours(396 * 24);
/// Certificates begin this long before now: clocks of servers differ.
const BACKDATE: Duration = Duration::from_hours(24);
/// Longest certificate or signing request taken from outside.
const PEM_MAX: usize = 16 * 1024;

/// Why the CA could not be opened or a certificate not be made.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file of the CA cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// One of the CA's two files is there and the other is not.
    #[error(
        "{missing} is missing beside its other half; restore it from a backup, or remove the directory to make a new CA and enrol every agent again"
    )]
    Half {
        /// The missing file.
        missing: PathBuf,
    },
    /// The certificate library refused.
    #[error("make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] secret::RandomError),
    /// A request from outside cannot be used.
    #[error("the certificate request is refused: {0}")]
    Request(String),
}

/// The cluster's certificate authority.
pub(crate) struct ClusterCa {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    fingerprint: String,
}

/// A certificate made for an agent.
#[derive(Debug, Clone)]
pub(crate) struct SignedAgent {
    /// The certificate, PEM.
    pub pem: String,
    /// What the journal keeps of it.
    pub certificate: AgentCertificate,
}

impl ClusterCa {
    /// Opens the CA in `directory`, or makes a new one when the directory holds none.
    ///
    /// # Errors
    /// [`CaError`]; half a CA is an error rather than a silent new one, which would lock every agent out.
    pub(crate) fn open(directory: &Path, cluster: &ObjectPath, now: UnixMillis) -> Result<Self, CaError> {
        let (certificate_path, key_path) = (directory.join("ca.pem"), directory.join("ca.key"));
        match (certificate_path.exists(), key_path.exists()) {
            (true, true) => {}
            (false, false) => create(directory, &certificate_path, &key_path, cluster, now)?,
            (false, true) => return Err(CaError::Half { missing: certificate_path }),
            (true, false) => return Err(CaError::Half { missing: key_path }),
        }
        let certificate_pem = read(&certificate_path)?;
        let key = KeyPair::from_pem(&read(&key_path)?)?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|_| CaError::Certificate(rcgen::Error::CouldNotParseCertificate))?;
        let fingerprint = secret::fingerprint(&der);
        let issuer = Issuer::from_ca_cert_der(&der, key)?;
        Ok(Self { issuer, certificate_pem, fingerprint })
    }

    /// The CA's certificate, PEM.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// SHA-256 of the CA's certificate: what a join token carries, so that an agent knows its cluster.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Makes a certificate chain and key for this master's port, both PEM.
    ///
    /// # Errors
    /// [`CaError`] when a name is not a DNS name or IP address.
    pub(crate) fn sign_server(&self, names: &[String], now: UnixMillis) -> Result<(String, String), CaError> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = common_name(names.first().map_or("topmast", String::as_str));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        set_validity(&mut params, now, SERVER_LIFETIME);
        params.serial_number = Some(serial()?);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((format!("{}{}", certificate.pem(), self.certificate_pem), key.serialize_pem()))
    }

    /// Makes an agent's certificate from its request. Only the request's key is used:
    /// the name is the server's path, whatever the request says.
    ///
    /// # Errors
    /// [`CaError::Request`] when the request is not a signing request for a P-256 key.
    pub(crate) fn sign_agent(
        &self,
        request_pem: &str,
        server: &ObjectPath,
        now: UnixMillis,
        lifetime: Duration,
    ) -> Result<SignedAgent, CaError> {
        if request_pem.len() > PEM_MAX {
            return Err(CaError::Request(format!("it is longer than {PEM_MAX} bytes")));
        }
        let mut request = CertificateSigningRequestParams::from_pem(request_pem)
            .map_err(|error| CaError::Request(format!("it is not a PEM signing request ({error})")))?;
        if request.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 {
            return Err(CaError::Request("its key is not ECDSA P-256".into()));
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(server.as_str());
        params.subject_alt_names = vec![SanType::URI(format!("topmast:{server}").as_str().try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        set_validity(&mut params, now, lifetime);
        params.serial_number = Some(serial()?);
        request.params = params;
        let certificate = request.signed_by(&self.issuer)?;
        Ok(SignedAgent {
            pem: certificate.pem(),
            certificate: AgentCertificate {
                fingerprint: secret::fingerprint(certificate.der()),
                not_after: now.plus(lifetime),
            },
        })
    }
}

/// Checks an agent's proof: `signature` over `text` by the key of the certificate.
///
/// Returns the certificate's fingerprint, for which the journal decides (CA-2).
///
/// # Errors
/// A text for the agent's log: what is wrong with the certificate or the signature.
pub(crate) fn verify_proof(
    certificate_pem: &str,
    text: &[u8],
    signature: &[u8],
) -> Result<String, &'static str> {
    if certificate_pem.len() > PEM_MAX {
        return Err("the certificate is too long");
    }
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
        .map_err(|_| "the certificate is not PEM")?;
    let (_, certificate) =
        x509_parser::parse_x509_certificate(&der).map_err(|_| "the certificate is not X.509")?;
    let key =
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &certificate.public_key().subject_public_key.data);
    key.verify(text, signature).map_err(|_| "the signature does not fit the certificate's key")?;
    Ok(secret::fingerprint(&der))
}

fn create(
    directory: &Path,
    certificate_path: &Path,
    key_path: &Path,
    cluster: &ObjectPath,
    now: UnixMillis,
) -> Result<(), CaError> {
    std::fs::create_dir_all(directory).map_err(FileError::when("make directory", directory))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(&format!("Topmast CA of {cluster}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, CA_LIFETIME);
    params.serial_number = Some(serial()?);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    write_new(key_path, 0o600, &key.serialize_pem())?;
    Ok(write_new(certificate_path, 0o644, &certificate.pem())?)
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn set_validity(params: &mut CertificateParams, now: UnixMillis, lifetime: Duration) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let now = Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
    params.not_before = epoch + now.saturating_sub(BACKDATE);
    params.not_after = epoch + now + lifetime;
}

fn serial() -> Result<SerialNumber, secret::RandomError> {
    // RFC 5280: positive and at most 20 bytes; 16 random ones with the sign bit clear.
    let mut bytes = secret::random_bytes()?;
    bytes[0] = bytes[0] & 0x7f | 0x01;
    Ok(SerialNumber::from_slice(&bytes[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    use std::os::unix::fs::PermissionsExt as _;

    const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn cluster() -> ObjectPath {
        "acme/main".parse().unwrap()
    }

    fn request(key: &KeyPair) -> String {
        CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
    }

    #[test]
    fn open_makes_a_ca_once_and_keeps_its_key_private() {
        // CA-1
        let directory = tempfile::tempdir().unwrap();
        let first = ClusterCa::open(directory.path(), &cluster(), NOW).unwrap();
        let again = ClusterCa::open(directory.path(), &cluster(), NOW).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        let mode = std::fs::metadata(directory.path().join("ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn half_a_ca_is_an_error_not_a_new_one() {
        let directory = tempfile::tempdir().unwrap();
        ClusterCa::open(directory.path(), &cluster(), NOW).unwrap();
        std::fs::remove_file(directory.path().join("ca.key")).unwrap();
        assert!(matches!(ClusterCa::open(directory.path(), &cluster(), NOW), Err(CaError::Half { .. })));
    }

    #[test]
    fn agent_proof_holds_for_its_own_key_and_text_only() {
        // CA-2
        let directory = tempfile::tempdir().unwrap();
        let ca = ClusterCa::open(directory.path(), &cluster(), NOW).unwrap();
        let key = KeyPair::generate().unwrap();
        let signed = ca.sign_agent(&request(&key), &"acme/main/db".parse().unwrap(), NOW, DAY).unwrap();
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der()).unwrap();
        let signature = signer.sign(&SystemRandom::new(), b"nonce").unwrap();
        assert_eq!(
            verify_proof(&signed.pem, b"nonce", signature.as_ref()).unwrap(),
            signed.certificate.fingerprint
        );
        assert!(verify_proof(&signed.pem, b"other", signature.as_ref()).is_err());
        assert!(verify_proof("-----BEGIN NONSENSE-----", b"nonce", signature.as_ref()).is_err());
        let other = ca.sign_agent(
            &request(&KeyPair::generate().unwrap()),
            &"acme/main/db".parse().unwrap(),
            NOW,
            DAY,
        );
        assert!(verify_proof(&other.unwrap().pem, b"nonce", signature.as_ref()).is_err());
    }

    #[test]
    fn request_of_another_kind_or_garbage_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let ca = ClusterCa::open(directory.path(), &cluster(), NOW).unwrap();
        let server: ObjectPath = "acme/main/db".parse().unwrap();
        let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        for text in ["", "garbage", &request(&p384), &"x".repeat(PEM_MAX + 1)] {
            assert!(matches!(ca.sign_agent(text, &server, NOW, DAY), Err(CaError::Request(_))), "{text:.20}");
        }
    }
}
