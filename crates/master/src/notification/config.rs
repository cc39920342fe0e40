//! What notifications may do on this machine: the section `[notification]`.

use serde::Deserialize;
use std::path::PathBuf;

/// What notifications may do on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationConfig {
    /// The folder whose programs channels may run; no program is run when missing. Only this file can say it: whoever
    /// may write channels is not by that somebody who may run programs on the master.
    pub scripts: Option<PathBuf>,
}

impl NotificationConfig {
    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        match &self.scripts {
            Some(folder) if !folder.is_absolute() || folder.parent().is_none() => {
                Err(("notification.scripts", "write the absolute path of a folder of its own".into()))
            }
            _ => Ok(()),
        }
    }
}
