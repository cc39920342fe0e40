//! Guests: systems inside a server, as their host tells of them.
//!
//! Persisted in the journal. A guest is a server of its own, so everything that lists servers lists it; what it is
//! of, and what its host says of it, stands beside its registration.

use crate::path::ObjectPath;
use crate::status::ServerStatus;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most guests of one host.
pub const GUESTS_MAX: usize = 512;
/// Longest name or state of a guest, in bytes.
pub const GUEST_TEXT_MAX: usize = 255;

/// What a guest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestKind {
    /// A zone of Solaris or illumos.
    Zone,
    /// A workload partition of AIX.
    Wpar,
    /// A logical domain of a SPARC server.
    Ldom,
    /// A virtual machine.
    Vm,
    /// A container.
    Container,
}

impl GuestKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Zone, Self::Wpar, Self::Ldom, Self::Vm, Self::Container];

    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Wpar => "wpar",
            Self::Ldom => "ldom",
            Self::Vm => "vm",
            Self::Container => "container",
        }
    }
}

impl fmt::Display for GuestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a host says of a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", content = "state", rename_all = "lowercase")]
pub enum GuestCondition {
    /// It runs, in the host's word.
    Runs(String),
    /// It does not, in the host's word.
    Stopped(String),
    /// It is there; whether it runs is not said.
    Untold,
    /// It was listed and is no more.
    Unlisted,
}

impl GuestCondition {
    /// What the guest is then.
    pub const fn status(&self) -> ServerStatus {
        match self {
            Self::Runs(_) => ServerStatus::Up,
            Self::Stopped(_) | Self::Unlisted => ServerStatus::Down,
            Self::Untold => ServerStatus::Unknown,
        }
    }
}

/// Whose guest a server is, and what its host says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// The server that it is in.
    pub host: ObjectPath,
    /// What it is.
    pub kind: GuestKind,
    /// Its name there, which need not be one of a path.
    pub name: String,
    /// What was last said of it.
    pub condition: GuestCondition,
}

/// A guest as a reading tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestReport {
    /// What it is.
    pub kind: GuestKind,
    /// Its name on its host.
    pub name: String,
    /// What is said of it; not [`GuestCondition::Unlisted`].
    pub condition: GuestCondition,
    /// Its processors; 0 when unknown.
    pub cpu_count: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_is_written_in_words() {
        let host = "acme/main/sol1".parse().unwrap();
        let condition = GuestCondition::Stopped("installed".into());
        let guest = Guest { host, kind: GuestKind::Zone, name: "shop".into(), condition };
        let text = serde_json::to_value(&guest).unwrap();
        assert_eq!(text["kind"], "zone");
        assert_eq!(text["condition"], serde_json::json!({ "says": "stopped", "state": "installed" }));
        assert_eq!(serde_json::from_value::<Guest>(text).unwrap(), guest);
        let unlisted = serde_json::to_value(GuestCondition::Unlisted).unwrap();
        assert_eq!(unlisted, serde_json::json!({ "says": "unlisted" }));
    }
}
