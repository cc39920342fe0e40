//! A server: one operating system instance, and what is known about it.

use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a Topmast process on a server is, or what else answers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerRole {
    /// Runs a master (and its own agent).
    Master,
    /// Runs an agent only.
    Agent,
    /// A neighbour: a master reads it through its Zabbix agent.
    Zabbix,
    /// A neighbour: a master reads it by SNMP.
    Snmp,
    /// A neighbour: a master reads its Docker Engine.
    Docker,
    /// Nothing of Topmast runs there: a master reads it over ssh.
    Agentless,
    /// A system inside another server, which tells of it.
    Guest,
}

impl ServerRole {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Master, Self::Agent, Self::Agentless, Self::Guest, Self::Zabbix, Self::Snmp, Self::Docker];

    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Agent => "agent",
            Self::Zabbix => "zabbix",
            Self::Snmp => "snmp",
            Self::Docker => "docker",
            Self::Agentless => "agentless",
            Self::Guest => "guest",
        }
    }

    /// True when nothing of Topmast runs there: a master reads it through what runs there anyway.
    pub const fn is_neighbour(self) -> bool {
        matches!(self, Self::Zabbix | Self::Snmp | Self::Docker)
    }
}

impl fmt::Display for ServerRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Slowly changing facts about a server, read by its agent. An empty text or zero means unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerFacts {
    /// The system's own host name.
    pub hostname: String,
    /// Operating system as it names itself, e.g. `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// `linux`, `aix`, `solaris`, `windows`, …
    pub os_family: String,
    /// Kernel release.
    pub kernel: String,
    /// Machine architecture, e.g. `x86_64`.
    pub architecture: String,
    /// `none`, `kvm`, `vmware`, `container:docker`, …
    pub virtualisation: String,
    /// Processors online.
    pub cpu_count: u32,
    /// Physical memory.
    pub memory_bytes: u64,
    /// When the system booted; 0 when unknown.
    pub boot_time: UnixMillis,
    /// IP addresses, the most useful first; no loopback.
    pub addresses: Vec<String>,
}
