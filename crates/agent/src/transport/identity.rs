//! Who this agent is: its key, its certificate, and the CA that it trusts.
//!
//! One file, `identity.json`, readable by its owner only and replaced as a whole, so that key and certificate
//! always fit together. The key never leaves the machine.

use crate::platform::file;
use crate::sampler::now;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SigningKey};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;
use topmast_wire::challenge_text;
use x509_parser::pem::parse_x509_pem;

/// What an agent proves itself with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// Path of the server that it speaks for.
    pub server: ObjectPath,
    /// Its certificate.
    pub certificate_pem: String,
    /// The cluster's CA.
    pub ca_pem: String,
    /// Its private key, PKCS#8.
    key_pem: String,
}

/// Why there is no usable identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file cannot be read or written.
    #[error("identity {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("identity {} is damaged: {reason}; remove it and enrol the server again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key or a request could not be made, or a key not used.
    #[error("agent key: {0}")]
    Key(#[from] rcgen::Error),
}

/// A new key with the request for its certificate.
pub(super) struct KeyRequest {
    key: KeyPair,
    pub(super) csr_pem: String,
}

impl KeyRequest {
    /// Makes an ECDSA P-256 key and a request in the name of the server.
    pub(super) fn make(server: &str) -> Result<Self, IdentityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, server);
        let csr_pem = params.serialize_request(&key)?.pem()?;
        Ok(Self { key, csr_pem })
    }

    /// The identity, now that the certificate is there.
    pub(super) fn complete(self, server: ObjectPath, certificate_pem: String, ca_pem: String) -> Identity {
        Identity { server, certificate_pem, ca_pem, key_pem: self.key.serialize_pem() }
    }
}

impl Identity {
    /// The proof that a master asks for.
    ///
    /// # Errors
    /// [`IdentityError::Key`] when the key cannot be used.
    pub(super) fn sign(&self, nonce: &[u8; 32], master: &str) -> Result<Vec<u8>, IdentityError> {
        let key = KeyPair::from_pem(&self.key_pem)?;
        Ok(key.sign(&challenge_text(nonce, self.server.as_str(), master))?)
    }

    /// When the certificate should be renewed: at two thirds of its life. `None` when it cannot be read.
    pub(super) fn renew_at(&self) -> Option<UnixMillis> {
        let (_, pem) = parse_x509_pem(self.certificate_pem.as_bytes()).ok()?;
        let certificate = pem.parse_x509().ok()?;
        let validity = certificate.validity();
        let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        Some(UnixMillis((from + (to - from) * 2 / 3).saturating_mul(1_000)))
    }
}

/// The identity in memory and on disk, shared by the links.
#[derive(Clone)]
pub struct IdentityStore {
    path: Arc<PathBuf>,
    current: Arc<Mutex<Identity>>,
}

impl IdentityStore {
    /// Reads the identity of a data directory; `None` before enrolment.
    ///
    /// # Errors
    /// [`IdentityError`] when there is one that cannot be used.
    pub fn load(path: PathBuf) -> Result<Option<Self>, IdentityError> {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(IdentityError::File { path, source }),
        };
        match serde_json::from_slice(&bytes) {
            Ok(identity) => Ok(Some(Self::with(path, identity))),
            Err(error) => Err(IdentityError::Damaged { path, reason: error.to_string() }),
        }
    }

    /// Keeps a new identity.
    ///
    /// # Errors
    /// [`IdentityError::File`] when it cannot be written; nothing has changed then.
    pub fn create(path: PathBuf, identity: Identity) -> Result<Self, IdentityError> {
        let store = Self::with(path, identity.clone());
        store.replace(identity)?;
        Ok(store)
    }

    fn with(path: PathBuf, identity: Identity) -> Self {
        Self { path: Arc::new(path), current: Arc::new(Mutex::new(identity)) }
    }

    /// The identity now.
    pub fn current(&self) -> Identity {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another identity in place, on disk first.
    ///
    /// # Errors
    /// [`IdentityError::File`]; the old one stays then.
    pub(super) fn replace(&self, identity: Identity) -> Result<(), IdentityError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&identity)
            .map_err(|source| IdentityError::File { path: self.path.to_path_buf(), source })?;
        *current = identity;
        Ok(())
    }

    fn write(&self, identity: &Identity) -> io::Result<()> {
        let next = self.path.with_extension("next");
        // Left over from an agent that was killed here; its mode is not to be trusted.
        let _ = std::fs::remove_file(&next);
        let mut file = file::create_private(&next)?;
        file.write_all(&serde_json::to_vec_pretty(identity)?)?;
        file.sync_all()?;
        file::put_in_place(&next, &self.path)
    }

    /// True when the certificate should be renewed by now.
    pub(super) fn is_renewal_due(&self) -> bool {
        self.current().renew_at().is_some_and(|at| at <= now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    fn identity() -> Identity {
        let request = KeyRequest::make("db-1").unwrap();
        let certificate = CertificateParams::default().self_signed(&request.key).unwrap().pem();
        request.complete("acme/main/db-1".parse().unwrap(), certificate, "ca".to_owned())
    }

    #[test]
    fn identity_is_private_and_reads_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("identity.json");
        assert!(IdentityStore::load(path.clone()).unwrap().is_none());
        let identity = identity();
        IdentityStore::create(path.clone(), identity.clone()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let read = IdentityStore::load(path.clone()).unwrap().unwrap().current();
        assert_eq!(read.key_pem, identity.key_pem);
        std::fs::write(&path, "{").unwrap();
        assert!(IdentityStore::load(path).err().unwrap().to_string().contains("enrol the server again"));
    }

    #[test]
    fn signature_verifies_with_the_certificate_key() {
        let identity = identity();
        let signature = identity.sign(&[7; 32], "m1").unwrap();
        let (_, pem) = parse_x509_pem(identity.certificate_pem.as_bytes()).unwrap();
        let certificate = pem.parse_x509().unwrap();
        let key = UnparsedPublicKey::new(
            &ECDSA_P256_SHA256_ASN1,
            certificate.public_key().subject_public_key.as_ref(),
        );
        assert!(key.verify(&challenge_text(&[7; 32], "acme/main/db-1", "m1"), &signature).is_ok());
        assert!(key.verify(&challenge_text(&[7; 32], "acme/main/db-1", "m2"), &signature).is_err());
    }

    #[test]
    fn renewal_is_due_at_two_thirds_of_the_life() {
        let request = KeyRequest::make("db-1").unwrap();
        let mut params = CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 1, 31);
        let certificate = params.self_signed(&request.key).unwrap().pem();
        let identity = request.complete("a/b/c".parse().unwrap(), certificate, String::new());
        // 20 of 30 days after 2026-01-01T00:00:00Z
        assert_eq!(identity.renew_at(), Some(UnixMillis((1_767_225_600 + 20 * 86_400) * 1_000)));
    }
}
