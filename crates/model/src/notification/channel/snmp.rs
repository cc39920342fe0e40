//! A channel to a receiver of SNMP notifications.

use crate::agentless::Sealed;
use serde::{Deserialize, Serialize};

/// The port of receivers.
const PORT: u16 = 162;

/// Notifications of SNMP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub struct SnmpTrap<S = Sealed> {
    /// The receiver.
    pub host: String,
    /// Its port.
    #[serde(default = "port")]
    pub port: u16,
    /// Which version of the protocol, and with what.
    pub version: SnmpAccess<S>,
    /// Whether the receiver is to acknowledge: only then is it known that it came. A trap when not.
    #[serde(default = "yes")]
    pub inform: bool,
}

const fn port() -> u16 {
    PORT
}

const fn yes() -> bool {
    true
}

/// A version of the protocol, and who sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub enum SnmpAccess<S = Sealed> {
    /// v2c, in the clear.
    V2c {
        /// The community.
        community: S,
    },
    /// v3.
    V3 {
        /// The user.
        user: String,
        /// How messages are signed; not at all when missing.
        #[serde(default = "super::none", skip_serializing_if = "Option::is_none")]
        auth: Option<SnmpSecret<SnmpAuthentication, S>>,
        /// How messages are encrypted; only with `auth`.
        #[serde(default = "super::none", skip_serializing_if = "Option::is_none")]
        privacy: Option<SnmpSecret<SnmpPrivacy, S>>,
    },
}

/// A protocol and its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(
    serialize = "P: Serialize, S: Serialize",
    deserialize = "P: SnmpProtocol + Deserialize<'de>, S: Deserialize<'de>"
))]
pub struct SnmpSecret<P, S = Sealed> {
    /// Which.
    #[serde(default = "P::usual")]
    pub protocol: P,
    /// Its password.
    pub password: S,
}

/// A protocol that has a usual choice.
pub trait SnmpProtocol {
    /// The one that receivers have mostly.
    fn usual() -> Self;
}

impl SnmpProtocol for SnmpAuthentication {
    fn usual() -> Self {
        Self::Sha1
    }
}

impl SnmpProtocol for SnmpPrivacy {
    fn usual() -> Self {
        Self::Aes128
    }
}

/// How messages of v3 are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnmpAuthentication {
    /// HMAC-SHA-96, which receivers call `SHA`.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnmpPrivacy {
    /// AES with 128 bits, which receivers call `AES`.
    Aes128,
    /// AES with 192 bits, as Net-SNMP makes its key.
    Aes192,
    /// AES with 256 bits, as Net-SNMP makes its key.
    Aes256,
}

impl<S> SnmpTrap<S> {
    pub(super) fn try_map<T, E>(
        &self,
        mut turn: impl FnMut(&str, &S) -> Result<T, E>,
    ) -> Result<SnmpTrap<T>, E> {
        let version = match &self.version {
            SnmpAccess::V2c { community } => {
                SnmpAccess::V2c { community: turn("snmp_trap.community", community)? }
            }
            SnmpAccess::V3 { user, auth, privacy } => SnmpAccess::V3 {
                user: user.clone(),
                auth: match auth {
                    Some(SnmpSecret { protocol, password }) => Some(SnmpSecret {
                        protocol: *protocol,
                        password: turn("snmp_trap.auth.password", password)?,
                    }),
                    None => None,
                },
                privacy: match privacy {
                    Some(SnmpSecret { protocol, password }) => Some(SnmpSecret {
                        protocol: *protocol,
                        password: turn("snmp_trap.privacy.password", password)?,
                    }),
                    None => None,
                },
            },
        };
        Ok(SnmpTrap { host: self.host.clone(), port: self.port, version, inform: self.inform })
    }
}
