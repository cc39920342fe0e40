//! With what a neighbour by SNMP is asked: the secrets are in files, which are read when they are needed.

use serde::Deserialize;
use std::path::PathBuf;

/// Longest secret, in bytes.
const SECRET_MAX: usize = 1_024;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// v2c.
    Community(SecretFile),
    /// v3.
    User(User),
}

/// A user of v3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) authentication: Option<(Authentication, SecretFile)>,
    /// Only with authentication.
    pub(crate) privacy: Option<(Privacy, SecretFile)>,
}

/// How messages of v3 are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// HMAC-MD5-96, for agents that have nothing better.
    Md5,
    /// HMAC-SHA-96, which agents call `SHA`.
    Sha1,
    /// HMAC-SHA-224.
    Sha224,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// How messages of v3 are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// DES, for agents that have nothing better.
    Des,
    /// AES with 128 bits, which agents call `AES`.
    Aes128,
    /// AES with 192 bits, as Net-SNMP makes its key.
    Aes192,
    /// AES with 256 bits, as Net-SNMP makes its key.
    Aes256,
    /// AES with 192 bits, as Cisco makes its key.
    Aes192c,
    /// AES with 256 bits, as Cisco makes its key.
    Aes256c,
}

/// A file with a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretFile(pub(crate) PathBuf);

impl SecretFile {
    /// The secret, without the white space around it.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub(crate) async fn read(&self) -> Result<String, String> {
        let name = self.0.display();
        let text =
            tokio::fs::read_to_string(&self.0).await.map_err(|error| format!("read {name}: {error}"))?;
        let secret = text.trim();
        match secret.len() {
            1..=SECRET_MAX => Ok(secret.to_owned()),
            length => Err(format!("{name} holds {length} bytes; a secret has 1 to {SECRET_MAX}")),
        }
    }
}

impl Credentials {
    /// The version of the protocol.
    pub(crate) const fn version(&self) -> &'static str {
        match self {
            Self::Community(_) => "v2c",
            Self::User(_) => "v3",
        }
    }
}
