//! Configurations on this server: files of applications that a master renders and the agent lays down.
//!
//! ```text
//! Rendered ─► places (allowed?) ─► staged ─► check command ─► switch: each file renamed into place ─► Laid
//!                                                               │ what was there before: switch.json, before/N
//!               files before ◄── restore (not healthy, or the agent died) ◄──────┴──► commit (manifest.json stays)
//! ```
//!
//! Invariants
//! - AC-1: a file is written where the server's own agent allows: in the application's working directory or a root of
//!   `agent.toml`, links resolved, and never into the agent's own data.
//! - AC-2: a file is the old one or the new one at every moment, also after a crash.
//! - AC-3: until a switch is committed, everything that is needed to take it back is on disk.
//! - AC-4: no message tells a secret.
//!
//! Elsewhere: steps, restarts and waiting for health (`supervisor`); what is rendered (`topmast-model`, `configuration`).

mod drift;
mod lay;
mod place;

pub(crate) use drift::{held, watch};
pub(crate) use lay::{Laid, Order, lay, recover};

use crate::platform::file;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use topmast_model::id::StepId;

/// Largest file that is taken for one of a configuration, in bytes.
const FILE_MAX: u64 = 4 << 20;

/// What was laid down, as `manifest.json` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    revision: u64,
    /// The step that laid it down.
    step: StepId,
    files: Vec<LaidFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LaidFile {
    /// As in the configuration.
    path: String,
    /// Where that is.
    at: PathBuf,
    /// SHA-256, lower-case hex.
    sha256: String,
}

impl Manifest {
    fn read(folder: &Path) -> Option<Self> {
        read_json(&folder.join("manifest.json"))
    }
}

/// Where the sets of an application are kept: one folder a configuration.
fn folder(data_dir: &Path, application: &str) -> PathBuf {
    data_dir.join("configurations").join(application)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = fs::read(path).ok()?;
    let read = serde_json::from_slice(&bytes);
    read.inspect_err(|error| tracing::error!(%error, "{} is damaged", path.display())).ok()
}

/// Writes a file that only the agent reads: the old one or the new one is there after a crash.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut written = file::create_private(&new)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    file::put_in_place(&new, path)?;
    path.parent().map_or(Ok(()), file::sync_directory)
}

/// What is in a regular file, if it is there and no larger than such files are.
fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= FILE_MAX => metadata,
        Ok(metadata) if metadata.is_file() => {
            return Err(io::Error::other(format!("has {} bytes, so it is no configuration", metadata.len())));
        }
        Ok(_) => return Err(io::Error::other("is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).unwrap_or(0));
    File::open(path)?.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = std::fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
        hex
    })
}

// Its check commands are shell scripts.
#[cfg(test)]
#[cfg(unix)]
mod tests;
