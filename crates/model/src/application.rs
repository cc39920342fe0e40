//! An application: a supervised program on one server, as its agent reports it.

use crate::cause::Cause;
use crate::status::ApplicationStatus;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How an application is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationKind {
    /// A process that the agent supervises itself.
    Process,
    /// A systemd unit.
    Systemd,
    /// Start, stop and status commands.
    Script,
    /// A service of Windows.
    #[serde(rename = "windows-service")]
    WindowsService,
}

impl ApplicationKind {
    /// The word used in unit files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Systemd => "systemd",
            Self::Script => "script",
            Self::WindowsService => "windows-service",
        }
    }
}

/// What an operator last asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desired {
    /// Should run.
    Started,
    /// Should not run.
    Stopped,
}

/// What can be asked of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Start it; nothing happens when it runs already.
    Start,
    /// Stop it; nothing happens when it is stopped already.
    Stop,
    /// Stop it if it runs, then start it. Lifts a quarantine.
    Restart,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = &[Self::Start, Self::Stop, Self::Restart];

    /// The verb used in CLI, API and audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.as_str() == text)
            .ok_or_else(|| OperationError(text.into()))
    }
}

/// A text that is not an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an operation; it is one of start, stop, restart")]
pub struct OperationError(String);

/// State of one application at one moment, as its agent sees it.
///
/// Memory and processor use are samples, not part of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationState {
    /// How it is run.
    pub kind: ApplicationKind,
    /// What it does now.
    pub status: ApplicationStatus,
    /// What was last asked for.
    pub desired: Desired,
    /// Its version, when the unit tells how to find it.
    pub version: Option<String>,
    /// Its main process.
    pub pid: Option<u32>,
    /// The port of its HTTP endpoint.
    pub http_port: Option<u16>,
    /// Restarts since the unit was first seen.
    pub restarts: u32,
    /// When the main process started.
    pub started_at: Option<UnixMillis>,
    /// When the status was entered.
    pub since: UnixMillis,
    /// Why the status was entered.
    pub cause: Cause,
}
