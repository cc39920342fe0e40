//! Why a server could not be read over ssh, in words that say what to do, and what becomes of it then.

use super::seal::SecretError;
use std::fmt;
use std::time::Duration;
use topmast_model::agentless::HostSystem;

/// Bytes of what a host says that are repeated to people.
const QUOTED: usize = 160;

/// Why a server could not be read. Texts repeat themselves: they hold no times and no counts, for each new one is
/// an event of the journal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{endpoint} cannot be reached: {reason}")]
    Unreachable { endpoint: String, reason: String },
    #[error("{endpoint} did not {what} within {} s", within.as_secs())]
    Late { endpoint: String, what: &'static str, within: Duration },
    #[error("{endpoint} ended the connection while {doing}: {reason}")]
    Broken { endpoint: String, doing: &'static str, reason: String },
    #[error(
        "the host key of {endpoint} is not the one that is trusted: {pinned} was expected and {seen} shown; nothing is read until somebody who knows why says `topmast servers trust PATH FINGERPRINT`"
    )]
    Key { endpoint: String, pinned: String, seen: String },
    #[error("{endpoint} lets nobody in with this {login}; it takes {offered}")]
    Login { endpoint: String, login: &'static str, offered: String },
    #[error("the private key cannot be used: {0}")]
    PrivateKey(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(
        "{endpoint} forwards no connection to {next}: {reason}; allow it in AllowTcpForwarding and PermitOpen"
    )]
    Jump { endpoint: String, next: String, reason: String },
    #[error("it is said to be {said} and is {found}; add it again with --replace --os {found}")]
    OtherSystem { said: HostSystem, found: HostSystem },
    #[error("its system calls itself {0:?}, which cannot be read over ssh")]
    UnknownSystem(String),
    #[error("the account gives neither a shell nor the screen of top; it says {0}")]
    NoShell(Quoted),
    #[error("it printed more than {0} KiB and was cut off")]
    Flood(usize),
    #[error("the answer has nothing in it that can be read; it says {0}")]
    Nothing(Quoted),
    #[error("{endpoint} {refusal}")]
    Unwilling { endpoint: String, refusal: &'static str },
    #[error("the master is stopping")]
    Stopping,
}

/// What is done about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// It is tried again soon, later each time.
    Soon,
    /// It is tried again after some minutes: trying often would lock an account or change nothing.
    Later,
    /// It is not tried again until how the server is read is changed.
    Person,
}

impl Fault {
    pub(super) const fn remedy(&self) -> Remedy {
        match self {
            Self::Key { .. } | Self::Secret(_) | Self::PrivateKey(_) => Remedy::Person,
            Self::Login { .. } | Self::OtherSystem { .. } | Self::UnknownSystem(_) | Self::Jump { .. } => {
                Remedy::Later
            }
            _ => Remedy::Soon,
        }
    }
}

/// What a host said, made fit to be shown: one line, bounded, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quoted(String);

impl Quoted {
    pub(crate) fn of(texts: [&[u8]; 2]) -> Self {
        let line = texts
            .into_iter()
            .map(|text| String::from_utf8_lossy(text.get(..text.len().min(4 * QUOTED)).unwrap_or_default()))
            .flat_map(|text| text.lines().map(clean).collect::<Vec<_>>())
            .find(|line| !line.is_empty());
        Self(line.unwrap_or_default())
    }
}

fn clean(line: &str) -> String {
    let shown = line.chars().map(|char| if char.is_control() { ' ' } else { char }).take(QUOTED);
    shown.collect::<String>().trim().to_owned()
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("nothing") } else { write!(f, "{:?}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_is_shown_on_one_bounded_line() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Quoted::of([text.as_bytes(), b"later"]).to_string(), expected);
        };
        check("", "\"later\"");
        check("\n\n  top: bad\nmore", "\"top: bad\"");
        check("a\u{1b}[2Jb", "\"a [2Jb\"");
        assert_eq!(Quoted::of([b"", b""]).to_string(), "nothing");
        assert_eq!(Quoted::of([&b"x".repeat(10_000), b""]).to_string().len(), QUOTED + 2);
        Quoted::of([&"é".repeat(1_000).into_bytes()[1..], b""]);
    }
}
