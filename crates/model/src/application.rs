//! An application: a supervised program on one server, as its agent reports it.

use crate::cause::Cause;
use crate::custom::CustomAction;
use crate::package::PackageVersion;
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
    /// Put a package there and start it; an application that is there already gets the package's version.
    Install,
    /// The same of an application that is there.
    Upgrade,
    /// Go back to the version before the present one.
    Rollback,
    /// Stop it and remove its versions.
    Uninstall,
    /// Lay a configuration's files down for it.
    Configure,
    /// Do a custom action, which its unit file declares, with it or with a service of it.
    Act,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = &[
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Install,
        Self::Upgrade,
        Self::Rollback,
        Self::Uninstall,
        Self::Configure,
        Self::Act,
    ];
    /// Those that change nothing but what runs.
    pub const RUNNING: &'static [Self] = &[Self::Start, Self::Stop, Self::Restart];

    /// The verb used in CLI, API and audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
            Self::Uninstall => "uninstall",
            Self::Configure => "configure",
            Self::Act => "act",
        }
    }

    /// True when it is done with a package.
    pub const fn needs_package(self) -> bool {
        matches!(self, Self::Install | Self::Upgrade)
    }

    /// True when it may be done with a package.
    pub const fn takes_package(self) -> bool {
        matches!(self, Self::Install | Self::Upgrade | Self::Rollback)
    }

    /// True when it changes which version is there.
    pub const fn is_deployment(self) -> bool {
        matches!(self, Self::Install | Self::Upgrade | Self::Rollback | Self::Uninstall)
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
#[error(
    "{0:?} is not an operation; it is one of start, stop, restart, install, upgrade, rollback, uninstall, configure, act"
)]
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
    /// Its version: that of the package that it was installed from, or what its unit or the application itself tells.
    pub version: Option<String>,
    /// The package that it was installed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageVersion>,
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
    /// What its unit file declares of it beyond running; nothing when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Box<Declared>>,
}

/// Most names of applications that one comes after.
pub const AFTER_MAX: usize = 32;

/// What a unit file declares of an application for those who act on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Declared {
    /// So many instances in the cluster are to be left running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
    /// Names of applications in the cluster that it is started after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// What can be done with it beside running it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<CustomAction>,
}
