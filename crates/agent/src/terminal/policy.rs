//! Whether people may run commands and shells on this server at all, and as whom: decided here, by no master.

use crate::platform::account::is_root;
use crate::unit::duration;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Terminals that may be open unless configured.
const SESSIONS: usize = 16;
/// Most that can be configured: each has its processes, and 32 KiB of the agent's memory.
const SESSIONS_MAX: usize = 256;
/// A shell without a key ends after so long unless configured.
const IDLE: Duration = Duration::from_mins(15);
/// Bounds of that time.
const IDLE_BOUNDS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_hours(24));

/// What `[terminal]` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// Default false: nobody runs anything over this agent.
    #[serde(default)]
    pub allow: bool,
    /// The account that all of it runs as; the agent's own when absent, but never root unless it is written.
    pub user: Option<String>,
    /// Program of a login shell; the account's own when absent.
    pub shell: Option<PathBuf>,
    /// Default 16.
    pub sessions_max: Option<usize>,
    /// Like `15m`, which is the default.
    pub idle_timeout: Option<String>,
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The account; the agent's own when `None`.
    pub user: Option<String>,
    /// The login shell; the account's own when `None`.
    pub shell: Option<PathBuf>,
    /// Most panes at a time, of all masters together.
    pub sessions_max: usize,
    /// A shell without a key ends after so long.
    pub idle_timeout: Duration,
}

/// What is wrong with `[terminal]`.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Nobody said as whom.
    #[error(
        "[terminal] allow = true gives everybody who may use terminals the agent's own account, which is root; write \
         user = \"NAME\" of an account with fewer rights, or user = \"root\" if that is meant"
    )]
    NoUser,
    /// The shell.
    #[error("[terminal] shell = {0:?} is no absolute path; write one like /bin/bash")]
    Shell(PathBuf),
    /// How many.
    #[error("[terminal] sessions_max = {0} is not between 1 and {SESSIONS_MAX}")]
    Sessions(usize),
    /// How long.
    #[error("[terminal] idle_timeout = {0:?} is not between 10s and 1d; write it like 15m")]
    Idle(String),
}

impl PolicyFile {
    /// Checks every value and fills in the defaults; `None` when terminals are not allowed.
    pub(crate) fn resolve(self) -> Result<Option<Policy>, PolicyError> {
        if let Some(shell) = self.shell.as_ref().filter(|shell| !shell.is_absolute()) {
            return Err(PolicyError::Shell(shell.clone()));
        }
        let sessions_max = self.sessions_max.unwrap_or(SESSIONS);
        if !(1..=SESSIONS_MAX).contains(&sessions_max) {
            return Err(PolicyError::Sessions(sessions_max));
        }
        let idle_timeout = match self.idle_timeout {
            Some(text) => duration::parse(&text)
                .filter(|time| (IDLE_BOUNDS.0..=IDLE_BOUNDS.1).contains(time))
                .ok_or(PolicyError::Idle(text))?,
            None => IDLE,
        };
        if self.allow && self.user.is_none() && is_root() {
            return Err(PolicyError::NoUser);
        }
        Ok(self.allow.then_some(Policy { user: self.user, shell: self.shell, sessions_max, idle_timeout }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<Option<Policy>, String> {
        toml::from_str::<PolicyFile>(text)
            .map_err(|error| error.to_string())
            .and_then(|file| file.resolve().map_err(|error| error.to_string()))
    }

    #[test]
    fn nothing_is_allowed_unless_written() {
        assert_eq!(policy(""), Ok(None));
        assert_eq!(policy("user = \"deploy\"\nsessions_max = 3"), Ok(None));
        let allowed = policy("allow = true\nuser = \"deploy\"\nidle_timeout = \"1h\"").unwrap().unwrap();
        assert_eq!((allowed.user.as_deref(), allowed.sessions_max), (Some("deploy"), SESSIONS));
        assert_eq!(allowed.idle_timeout, Duration::from_hours(1));
    }

    #[test]
    fn root_is_written_out_or_refused() {
        let allowed = policy("allow = true");
        if is_root() {
            assert!(allowed.unwrap_err().contains("user = \"root\" if that is meant"));
        } else {
            assert!(allowed.is_ok());
        }
        assert_eq!(policy("allow = true\nuser = \"root\"").unwrap().unwrap().user.as_deref(), Some("root"));
    }

    #[test]
    fn wrong_policy_is_refused_with_the_remedy() {
        for (text, expected) in [
            ("alow = true", "unknown field `alow`"),
            ("shell = \"bash\"", "is no absolute path"),
            ("sessions_max = 0", "is not between 1 and 256"),
            ("sessions_max = 257", "is not between 1 and 256"),
            ("idle_timeout = \"9s\"", "is not between 10s and 1d"),
            ("idle_timeout = \"2d\"", "is not between 10s and 1d"),
            ("idle_timeout = \"soon\"", "write it like 15m"),
        ] {
            let error = policy(text).unwrap_err();
            assert!(error.contains(expected), "{error:?} does not hold {expected:?}");
        }
    }
}
