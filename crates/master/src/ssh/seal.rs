//! Secrets at rest: what only this master can open.
//!
//! ```text
//! data/seal.key (32 bytes, hex, mode 0600) ─► AES-256-GCM ─► base64( 1 · nonce · ciphertext · tag )
//! ```
//!
//! Invariants
//! - SE-1: the key never leaves its file, which is beside the journal and not in it: exports, replicas and backups of
//!   the journal do not give secrets away.
//! - SE-2: what was sealed for one server, or one use and name, opens for no other.

use crate::access::secret::{RandomError, random_bytes};
use crate::file::{FileError, read, write_new};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use topmast_model::agentless::Sealed;
use topmast_model::path::ObjectPath;

/// The layout of what is sealed.
const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a key.
    #[error(
        "{path} is not a key of 64 hexadecimal digits; restore it from a backup, or remove it and add the servers that are read over ssh again"
    )]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// A secret cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the secret cannot be sealed")]
    Seal,
    #[error(
        "its secret was sealed with another key than this master's seal.key; restore that file, or add the server (with --replace) or the channel again"
    )]
    Open,
}

/// Seals and opens secrets.
pub(crate) struct Seal {
    key: RandomizedNonceKey,
    /// Makes other secrets of the same bytes.
    deriving: hmac::Key,
}

impl Seal {
    /// Opens the key in `folder`, or makes one when there is none.
    ///
    /// # Errors
    /// [`SealError`]; a file that is no key is an error rather than a silent new one.
    pub(crate) fn open(folder: &Path) -> Result<Self, SealError> {
        let path = folder.join("seal.key");
        if !path.exists() {
            let digits = random_bytes()?.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            write_new(&path, 0o600, &format!("{digits}\n"))?;
        }
        let text = read(&path)?;
        let opened = bytes(text.trim()).and_then(|bytes| {
            let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()?;
            Some(Self { key, deriving: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
        });
        opened.ok_or(SealError::Key { path })
    }

    /// A secret of its own for each use and name, the same each time. A use has no line break.
    pub(crate) fn derive(&self, usage: &str, name: &str) -> [u8; KEY_BYTES] {
        let tag = hmac::sign(&self.deriving, format!("topmast {usage}\n{name}").as_bytes());
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(tag.as_ref());
        bytes
    }

    /// Seals a secret for one server.
    ///
    /// # Errors
    /// [`SecretError::Seal`], when there is no randomness.
    pub(crate) fn seal(&self, server: &ObjectPath, secret: &str) -> Result<Sealed, SecretError> {
        self.seal_for(server.as_str(), secret)
    }

    /// Seals a secret for one use, which is named.
    ///
    /// # Errors
    /// [`SecretError::Seal`], when there is no randomness.
    pub(crate) fn seal_for(&self, usage: &str, secret: &str) -> Result<Sealed, SecretError> {
        let mut text = secret.as_bytes().to_vec();
        let bound = Aad::from(usage.as_bytes());
        let nonce = self.key.seal_in_place_append_tag(bound, &mut text).map_err(|_| SecretError::Seal)?;
        let whole = [&[VERSION][..], nonce.as_ref(), &text].concat();
        Ok(Sealed(STANDARD_NO_PAD.encode(whole)))
    }

    /// Seals a text for one use and name, neither of which is a server's: a path has no line break.
    ///
    /// # Errors
    /// [`SecretError::Seal`], when there is no randomness.
    pub(crate) fn seal_as(&self, usage: &str, name: &str, text: &str) -> Result<String, SecretError> {
        Ok(self.seal_for(&format!("topmast {usage}\n{name}"), text)?.0)
    }

    /// Opens what was sealed for this use and name.
    ///
    /// # Errors
    /// [`SecretError::Open`].
    pub(crate) fn reveal_as(&self, usage: &str, name: &str, sealed: &str) -> Result<String, SecretError> {
        self.reveal_for(&format!("topmast {usage}\n{name}"), &Sealed(sealed.to_owned()))
    }

    /// Opens what was sealed for this server (SE-2).
    ///
    /// # Errors
    /// [`SecretError::Open`].
    pub(crate) fn reveal(&self, server: &ObjectPath, sealed: &Sealed) -> Result<String, SecretError> {
        self.reveal_for(server.as_str(), sealed)
    }

    /// Opens what was sealed for this use (SE-2).
    ///
    /// # Errors
    /// [`SecretError::Open`].
    pub(crate) fn reveal_for(&self, usage: &str, sealed: &Sealed) -> Result<String, SecretError> {
        let whole = STANDARD_NO_PAD.decode(&sealed.0).map_err(|_| SecretError::Open)?;
        let (version, rest) = whole.split_first().ok_or(SecretError::Open)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(SecretError::Open)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretError::Open)?;
        if *version != VERSION {
            return Err(SecretError::Open);
        }
        let (mut text, bound) = (text.to_vec(), Aad::from(usage.as_bytes()));
        let opened = self.key.open_in_place(nonce, bound, &mut text).map_err(|_| SecretError::Open)?;
        String::from_utf8(opened.to_vec()).map_err(|_| SecretError::Open)
    }
}

fn bytes(digits: &str) -> Option<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    if digits.len() != 2 * KEY_BYTES {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn server(name: &str) -> ObjectPath {
        format!("acme/main/{name}").parse().unwrap()
    }

    #[test]
    fn sealed_secret_opens_for_its_server_also_after_a_restart_and_for_no_other() {
        // SE-2
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::open(folder.path()).unwrap();
        let sealed = seal.seal(&server("db"), "secret").unwrap();
        assert_ne!(sealed, seal.seal(&server("db"), "secret").unwrap(), "each has a nonce of its own");
        assert!(!String::from_utf8_lossy(&STANDARD_NO_PAD.decode(&sealed.0).unwrap()).contains("secret"));
        let again = Seal::open(folder.path()).unwrap();
        assert_eq!(again.reveal(&server("db"), &sealed).as_deref(), Ok("secret"));
        assert_eq!(again.reveal(&server("web"), &sealed), Err(SecretError::Open));
        let named = seal.seal_as("parameter", "acme/main/db", "secret").unwrap();
        assert_eq!(seal.reveal_as("parameter", "acme/main/db", &named).as_deref(), Ok("secret"));
        assert_eq!(seal.reveal_as("session", "acme/main/db", &named), Err(SecretError::Open));
        assert_eq!(seal.reveal(&server("db"), &Sealed(named)), Err(SecretError::Open));
        let other = tempfile::tempdir().unwrap();
        let other = Seal::open(other.path()).unwrap();
        assert_eq!(other.reveal(&server("db"), &sealed), Err(SecretError::Open));
    }

    #[test]
    fn key_is_its_owners_only_and_a_broken_one_is_not_replaced() {
        // SE-1
        let folder = tempfile::tempdir().unwrap();
        Seal::open(folder.path()).unwrap();
        let path = folder.path().join("seal.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "cut").unwrap();
        assert!(matches!(Seal::open(folder.path()), Err(SealError::Key { .. })));
    }

    #[test]
    fn anything_else_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::open(folder.path()).unwrap();
        let sealed = seal.seal(&server("db"), "secret").unwrap().0;
        let mut bytes = STANDARD_NO_PAD.decode(&sealed).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            let wrong = Sealed(STANDARD_NO_PAD.encode(&bytes));
            assert_eq!(seal.reveal(&server("db"), &wrong), Err(SecretError::Open), "{place}");
            bytes[place] ^= 1;
        }
        for text in ["", "AQ", "not base64!", &sealed[..20]] {
            assert_eq!(seal.reveal(&server("db"), &Sealed(text.to_owned())), Err(SecretError::Open));
        }
    }
}
