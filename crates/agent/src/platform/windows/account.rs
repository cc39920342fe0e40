//! Whom a command runs as, and what of the agent's environment it gets.

use crate::unit;
use std::collections::BTreeMap;
use std::process::Command;

/// Variables of the agent that every command gets: without most of them Windows' own libraries do not load.
pub(crate) const INHERITED: &[&str] = &[
    "PATH",
    "PATHEXT",
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "TEMP",
    "TMP",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "CommonProgramFiles",
    "PUBLIC",
    "COMPUTERNAME",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
    "OS",
    "LANG",
    "TZ",
];

/// Variables that tell a command who it is.
const IDENTITY: [&str; 6] = ["USERNAME", "USERDOMAIN", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "HOMEPATH"];

/// Why a command cannot run as its unit wants.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error(
        "on Windows applications run as the agent's own account; remove user and group, or make it a service with an \
         account and write kind = \"windows-service\""
    )]
    Unsupported,
}

/// Another account than the agent's, of which there are none here.
#[derive(Debug)]
pub(crate) enum Account {}

impl Account {
    /// The account of a unit; `None` when it is the agent's own.
    pub(crate) fn of(wanted: &unit::Account) -> Result<Option<Self>, AccountError> {
        if wanted.user.is_some() || wanted.group.is_some() {
            return Err(AccountError::Unsupported);
        }
        Ok(None)
    }
}

/// There is no account of that kind here.
pub(crate) const fn is_root() -> bool {
    false
}

/// The variables that tell a command who it is.
pub(crate) fn identity(_: Option<&Account>) -> BTreeMap<String, String> {
    IDENTITY.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
}

/// What sets a command apart is done where it is started: a console and a job of its own.
pub(crate) fn separate(_: &mut Command, _: Option<Account>) {}
