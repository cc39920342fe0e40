//! What is remembered of an application across agents and reboots: one small file each.
//!
//! Persisted as JSON in `applications/NAME.json`; unknown fields are left alone, so that an older agent
//! reads a newer one's file.

use crate::platform::family::Process;
use crate::platform::file;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use topmast_model::application::Desired;
use topmast_model::cause::Cause;
use topmast_model::id::StepId;
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

/// The record of one application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// What was last asked for; `None` when nobody has asked yet.
    pub(super) desired: Option<Desired>,
    pub(super) status: ApplicationStatus,
    pub(super) since: UnixMillis,
    pub(super) cause: Cause,
    pub(super) restarts: u32,
    /// Times of the restarts in the budget's window.
    pub(super) window: Vec<UnixMillis>,
    /// The step begun last.
    pub(super) step: Option<StepId>,
    /// The run that was launched last, also before it is known whether it came to be.
    pub(super) run: Option<Launch>,
    /// The machine's run that this was written in.
    pub(super) boot_id: String,
}

/// One launch of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Launch {
    /// Value of the marker variable in the environment of its processes.
    pub(super) marker: String,
    /// The main process, once it is known.
    pub(super) process: Option<Process>,
    /// Session made for it.
    pub(super) session: Option<u32>,
    pub(super) started_at: UnixMillis,
    /// The step that asked for it.
    pub(super) step: Option<StepId>,
}

impl Record {
    /// Reads a record; `None` when there is none or it cannot be read, which is logged.
    pub(super) fn load(path: &Path) -> Option<Self> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::error!(%error, "read {}; the application is taken as new", path.display());
                return None;
            }
        };
        let read = serde_json::from_slice(&text);
        read.inspect_err(
            |error| tracing::error!(%error, "{} is damaged; the application is taken as new", path.display()),
        )
        .ok()
    }

    /// Writes a record so that after a crash there is the old one or the new one.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("new");
        let written = File::create(&new).and_then(|mut written| {
            written.write_all(&serde_json::to_vec(self)?)?;
            written.sync_all()?;
            file::put_in_place(&new, path)
        });
        if written.is_err() {
            // Half a file is of no use, and on a full disk its room is.
            let _ = fs::remove_file(&new);
        }
        written.and_then(|()| path.parent().map_or(Ok(()), file::sync_directory))
    }
}
