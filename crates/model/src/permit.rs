//! Permits: another person's approval of what is no order on applications: a terminal, or the removal of a server.
//!
//! ```text
//! request under a policy ─► asked ─► approved ─► the same request again: used, and done
//!                             └─► rejected, or nobody in time
//! ```
//!
//! A shell cannot begin when somebody approves it, for nobody may sit before it then: who asked gives the same request again.
//!
//! Elsewhere: orders on applications, which wait themselves (`action`); which requests need a permit (`safety`).

use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Identity of a permit: the number of the event by which it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PermitId(pub u64);

impl fmt::Display for PermitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a policy can want a permit for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermitKind {
    /// To run a command or a shell on servers.
    OpenTerminal,
    /// To forget a server and everything on it.
    RemoveServer,
}

impl PermitKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::OpenTerminal, Self::RemoveServer];

    /// The word used in CLI and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenTerminal => "open-terminal",
            Self::RemoveServer => "remove-server",
        }
    }
}

impl fmt::Display for PermitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PermitKind {
    type Err = PermitKindError;

    fn from_str(text: &str) -> Result<Self, PermitKindError> {
        let kind = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        kind.ok_or_else(|| PermitKindError { text: text.to_owned() })
    }
}

/// A text that names nothing for which a permit can be wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is nothing that needs a permit; write open-terminal or remove-server")]
pub struct PermitKindError {
    text: String,
}

/// What is to be done once it is permitted: exactly this, on exactly these servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitRequest {
    /// What.
    pub kind: PermitKind,
    /// On which servers, in this order.
    pub targets: Vec<ObjectPath>,
    /// The command line of a terminal; a shell when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The account of a terminal's own login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl fmt::Display for PermitRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, &self.command) {
            (PermitKind::RemoveServer, _) => f.write_str("remove ")?,
            (PermitKind::OpenTerminal, Some(command)) => write!(f, "run `{command}` on ")?,
            (PermitKind::OpenTerminal, None) => f.write_str("open a shell on ")?,
        }
        match &self.targets[..] {
            [only] => write!(f, "{only}")?,
            several => write!(f, "{} servers", several.len())?,
        }
        self.account.as_ref().map_or(Ok(()), |account| write!(f, " as {account}"))
    }
}

/// What another person says of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermitVerdict {
    /// Whether it may be done.
    pub approved: bool,
    /// Why.
    pub comment: Option<String>,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermitChange {
    /// Another person approved it.
    Approved {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Another person rejected it.
    Rejected {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Who asked gave the request again, and it was done.
    Used,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_is_told_as_people_say_it() {
        let request = |kind, targets: &[&str], command: Option<&str>| PermitRequest {
            kind,
            targets: targets.iter().map(|path| path.parse().unwrap()).collect(),
            command: command.map(str::to_owned),
            account: None,
        };
        let remove = request(PermitKind::RemoveServer, &["acme/main/db"], None);
        assert_eq!(remove.to_string(), "remove acme/main/db");
        let shell = request(PermitKind::OpenTerminal, &["acme/main/db", "acme/main/web"], None);
        assert_eq!(shell.to_string(), "open a shell on 2 servers");
        let run = request(PermitKind::OpenTerminal, &["acme/main/db"], Some("uptime"));
        assert_eq!(
            PermitRequest { account: Some("ann".into()), ..run }.to_string(),
            "run `uptime` on acme/main/db as ann"
        );
    }

    #[test]
    fn kind_is_the_same_word_in_text_and_json() {
        for kind in PermitKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert!("stop".parse::<PermitKind>().unwrap_err().to_string().contains("open-terminal"));
    }
}
