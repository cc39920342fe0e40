//! Terminals: commands and shells that somebody runs on servers, as the journal and the audit know them.
//!
//! A *terminal* is one request; each of its servers is a *pane*. The journal holds who runs what where before it
//! runs, and afterwards how each pane ended. It holds neither what was typed nor what was printed: that is in the
//! pane's recording, of which the journal has the digest.

use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Most servers of one terminal.
pub const TERMINAL_TARGETS_MAX: usize = 500;
/// Longest command line, in bytes: a script of some pages.
pub const COMMAND_LINE_MAX: usize = 16 * 1024;

/// Identity of one terminal. The master makes it, a version 7 UUID, so ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TerminalId(pub Uuid);

impl fmt::Display for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a pane ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaneEnd {
    /// It was never begun.
    NotStarted,
    /// By itself, with this code.
    Exited(i32),
    /// By a signal, e.g. `KILL`.
    Signalled(String),
    /// It was stopped before it ended by itself.
    Stopped,
    /// It took too long, or printed too much; in words.
    Limited(String),
    /// It could not run, or its connection broke; in words.
    Failed(String),
    /// The master died while it ran.
    Unknown,
}

impl fmt::Display for PaneEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => f.write_str("not started"),
            Self::Exited(code) => write!(f, "exited with code {code}"),
            Self::Signalled(signal) => write!(f, "ended by signal {signal}"),
            Self::Stopped => f.write_str("stopped"),
            Self::Limited(why) | Self::Failed(why) => f.write_str(why),
            Self::Unknown => f.write_str("unknown: the master ended while it ran"),
        }
    }
}

/// What became of one pane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaneResult {
    /// How it ended.
    pub end: PaneEnd,
    /// As whom and over what it ran: `monitor@db-1 over ssh`; empty when it did not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// When it began to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<UnixMillis>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMillis>,
    /// Bytes typed.
    #[serde(default)]
    pub bytes_in: u64,
    /// Bytes printed.
    #[serde(default)]
    pub bytes_out: u64,
    /// SHA-256 of its recording, lower-case hex; none when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// Why the recording is missing or ends early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrecorded: Option<String>,
}

impl PaneResult {
    /// Of a pane about which nothing more is known.
    pub const fn of(end: PaneEnd) -> Self {
        Self {
            end,
            account: String::new(),
            started_at: None,
            ended_at: None,
            bytes_in: 0,
            bytes_out: 0,
            recording: None,
            unrecorded: None,
        }
    }
}
