//! Servers without an agent: how a master reaches and reads one over ssh.
//!
//! Persisted in the journal. The secret with which the master logs in is *sealed*: encrypted with a key that
//! only the master's data folder holds, so the journal, its exports and its backups do not give it away.

mod application;

pub use application::{
    AGENTLESS_APPLICATIONS_MAX, AgentlessApplication, COMMAND_TIMEOUT_S_MAX, SSH_COMMAND_MAX,
    SSH_LOG_FILE_MAX, SSH_LOG_FILES_MAX, STATUS_TIMEOUT_S_MAX, STATUS_WORD_MAX, STATUS_WORDS_MAX,
};

use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// The port of ssh.
pub const SSH_PORT: u16 = 22;
/// Most hosts that a connection may go through.
pub const JUMPS_MAX: usize = 4;
/// Most servers added by one command: two events each, in one commit of the journal.
pub const ADDED_MAX: usize = 1_000;
/// Longest host name, user name or fingerprint, in bytes.
pub const SSH_TEXT_MAX: usize = 255;
/// Longest sealed secret, in bytes of its text: a key of 16,384 bits, sealed.
pub const SEALED_MAX: usize = 32 * 1024;

/// A server that is to be read over ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAgentlessServer {
    /// Its path.
    pub server: ObjectPath,
    /// How it is reached and read.
    pub host: AgentlessHost,
    /// Identity of this registration.
    pub instance: Uuid,
}

/// How a server is reached and read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentlessHost {
    /// Where it listens and which key it must show.
    pub endpoint: SshEndpoint,
    /// How the master logs in, there and on every host between.
    pub login: SshLogin,
    /// The hosts to go through, the nearest to the master first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jumps: Vec<SshEndpoint>,
    /// The operating system; found out when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<HostSystem>,
    /// What the account gives.
    #[serde(default)]
    pub shell: AccountShell,
    /// Time between two readings, in milliseconds.
    pub interval_ms: u64,
    /// What tells servers apart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Whether the systems inside it are servers of their own.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub guests: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_yes(flag: &bool) -> bool {
    *flag
}

/// A host with ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshEndpoint {
    /// Host name or IP address.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// The account.
    pub user: String,
    /// The key that it must show.
    pub host_key: HostKey,
}

impl AgentlessHost {
    /// Every host that is logged in to, the nearest first; the last one is the server.
    pub fn endpoints(&self) -> impl Iterator<Item = &SshEndpoint> {
        self.jumps.iter().chain([&self.endpoint])
    }
}

impl fmt::Display for SshEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.address)?;
        if self.port == SSH_PORT { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Which key a host must show. There is no "any": an unknown key is never taken silently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostKey {
    /// The one with this fingerprint, `SHA256:…` as `ssh-keygen -l` prints it.
    Pinned(String),
    /// The one that it shows first, which is pinned then.
    FirstUse,
}

/// How the master logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshLogin {
    /// What the secret is.
    pub kind: LoginKind,
    /// The sealed secret.
    pub secret: Sealed,
}

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginKind {
    /// A private key in OpenSSH's or PEM form.
    Key,
    /// A password.
    Password,
}

impl LoginKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Key, Self::Password];

    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Password => "password",
        }
    }
}

/// A secret that only the master can open. It is not shown all the same.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

/// An operating system that can be read over ssh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostSystem {
    /// Linux, kernel 2.6 and later.
    Linux,
    /// IBM AIX.
    Aix,
    /// Solaris and illumos.
    Solaris,
    /// FreeBSD.
    FreeBsd,
    /// macOS.
    MacOs,
    /// The hypervisor `ESXi`.
    Esxi,
}

impl HostSystem {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Linux, Self::Aix, Self::Solaris, Self::FreeBsd, Self::MacOs, Self::Esxi];

    /// The word shown to people, which is also the name of the system's tools.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Aix => "aix",
            Self::Solaris => "solaris",
            Self::FreeBsd => "freebsd",
            Self::MacOs => "macos",
            Self::Esxi => "esxi",
        }
    }

    /// Finds it by its word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|system| system.as_str() == word)
    }
}

impl fmt::Display for HostSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the account gives to whoever logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountShell {
    /// Found out: a shell, and `top` when its usage error comes back.
    #[default]
    Auto,
    /// A shell, or a forced command that runs our script.
    Sh,
    /// `top`, which is the account's login shell.
    Top,
}

impl AccountShell {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Auto, Self::Sh, Self::Top];

    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Sh => "sh",
            Self::Top => "top",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_secret_is_not_shown_by_debug() {
        let login = SshLogin { kind: LoginKind::Password, secret: Sealed("c2VjcmV0".into()) };
        assert!(!format!("{login:?}").contains("c2Vj"));
    }

    #[test]
    fn endpoint_is_written_as_ssh_takes_it() {
        let host_key = HostKey::FirstUse;
        let mut endpoint = SshEndpoint { address: "db1".into(), port: 22, user: "monitor".into(), host_key };
        assert_eq!(endpoint.to_string(), "monitor@db1");
        endpoint.port = 2222;
        assert_eq!(endpoint.to_string(), "monitor@db1:2222");
    }

    #[test]
    fn every_system_is_found_by_its_word() {
        for system in HostSystem::ALL {
            assert_eq!(HostSystem::find(system.as_str()), Some(*system));
            assert_eq!(serde_json::to_value(system).unwrap(), system.as_str());
        }
    }
}
