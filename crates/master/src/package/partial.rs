//! Uploads that were cut: what came of them is kept for a day, so that they go on where they stopped.
//!
//! ```text
//! partial/NAME   NAME is made of the tenant and the SHA-256 that was announced: nobody goes on with another tenant's
//! ```
//!
//! Invariants
//! - PP-1: an upload is written by one request at a time.
//! - PP-2: what uploads left behind takes no more than one largest package, beside those under way; the oldest go first.

use super::StoreError;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use topmast_model::package::Digest;
use topmast_model::path::ObjectPath;

/// How long what came of an upload is kept.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// What uploads left behind.
pub(super) struct Partials {
    directory: PathBuf,
    room: u64,
    busy: Arc<Mutex<BTreeSet<String>>>,
}

/// An upload that goes on: nobody else writes it meanwhile (PP-1).
pub(super) struct Partial {
    pub(super) path: PathBuf,
    name: String,
    busy: Arc<Mutex<BTreeSet<String>>>,
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

impl Partials {
    pub(super) fn open(directory: PathBuf, room: u64) -> io::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        let partials = Self { directory, room, busy: Arc::default() };
        partials.make_room()?;
        Ok(partials)
    }

    fn name(tenant: &ObjectPath, sha256: &Digest) -> String {
        crate::access::secret::fingerprint(format!("{tenant} {sha256}"))
    }

    /// Bytes of an upload that are here.
    pub(super) fn size(&self, tenant: &ObjectPath, sha256: &Digest) -> u64 {
        let path = self.directory.join(Self::name(tenant, sha256));
        std::fs::metadata(path).map_or(0, |found| found.len())
    }

    /// Takes an upload in hand.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another request writes it.
    pub(super) fn begin(&self, tenant: &ObjectPath, sha256: &Digest) -> Result<Partial, StoreError> {
        self.make_room()?;
        let name = Self::name(tenant, sha256);
        if !self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) {
            return Err(StoreError::Busy);
        }
        Ok(Partial { path: self.directory.join(&name), name, busy: Arc::clone(&self.busy) })
    }

    /// Removes what is too old, and the oldest beyond what there is room for (PP-2).
    fn make_room(&self) -> io::Result<()> {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if !busy.contains(&*entry.file_name().to_string_lossy()) {
                let written_at = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                idle.push((written_at, metadata.len(), entry.path()));
            }
        }
        idle.sort_unstable_by(|one, other| other.cmp(one));
        let mut taken = 0;
        for (written_at, size, path) in idle {
            let is_old = written_at.elapsed().is_ok_and(|age| age > KEPT_FOR);
            taken += size;
            if is_old || taken > self.room {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
