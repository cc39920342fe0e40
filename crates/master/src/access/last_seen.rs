//! When sessions and tokens were last used, and from where.
//!
//! ```text
//! request ─► LastSeen (memory) ─► every half minute and at the end: DATA/last-seen.json
//! ```
//!
//! Every request is a use, so this is no matter for the journal, which keeps what changed. What is lost with a
//! crash is half a minute of it: a session counts as used at its opening at least.
//!
//! Invariants
//! - LS-1: nothing but hashes of secrets, times and addresses is kept, in a file that is its owner's only.
//! - LS-2: as many are remembered as there are sessions and tokens, no more.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use topmast_model::time::UnixMillis;

/// Largest file read: what 100,000 sessions and tokens take, several times.
const FILE_MAX: u64 = 64 << 20;

/// The last use of a session or token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When.
    pub(crate) at: UnixMillis,
    /// From where.
    pub(crate) address: Option<IpAddr>,
}

/// The last uses, by the hash of the secret.
#[derive(Debug)]
pub(crate) struct LastSeen {
    path: PathBuf,
    seen: Mutex<HashMap<String, Seen>>,
}

impl LastSeen {
    /// Reads what the last run left in `folder`; a file that is not there or broken says nothing.
    pub(crate) fn open(folder: &Path) -> Self {
        let path = folder.join("last-seen.json");
        let small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= FILE_MAX);
        let text = small.then(|| std::fs::read(&path).ok()).flatten();
        let seen = text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { path, seen: Mutex::new(seen) }
    }

    /// Notes a use.
    pub(crate) fn note(&self, secret_hash: &str, at: UnixMillis, address: Option<IpAddr>) {
        let mut seen = self.lock();
        match seen.get_mut(secret_hash) {
            Some(kept) => *kept = Seen { at: kept.at.max(at), address: address.or(kept.address) },
            None => {
                seen.insert(secret_hash.to_owned(), Seen { at, address });
            }
        }
    }

    /// The last use that is known of.
    pub(crate) fn of(&self, secret_hash: &str) -> Option<Seen> {
        self.lock().get(secret_hash).cloned()
    }

    /// Forgets all but those that are still there (LS-2).
    pub(crate) fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.lock().retain(|secret_hash, _| keep(secret_hash));
    }

    /// Writes them to the file: whole or not at all.
    ///
    /// # Errors
    /// What the system answered.
    pub(crate) fn save(&self) -> std::io::Result<()> {
        let text = serde_json::to_vec(&*self.lock())?;
        let beside = self.path.with_extension("json.new");
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&text)?;
        std::fs::rename(beside, &self.path)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn uses_outlive_a_restart_in_a_private_file() {
        // LS-1, LS-2
        let folder = tempfile::tempdir().unwrap();
        let seen = LastSeen::open(folder.path());
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        seen.note("a", UnixMillis(5), address);
        seen.note("a", UnixMillis(9), None);
        seen.note("a", UnixMillis(7), None);
        seen.note("b", UnixMillis(3), None);
        seen.retain(|hash| hash == "a");
        seen.save().unwrap();
        let again = LastSeen::open(folder.path());
        assert_eq!(again.of("a"), Some(Seen { at: UnixMillis(9), address }));
        assert_eq!(again.of("b"), None);
        let path = folder.path().join("last-seen.json");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(LastSeen::open(folder.path()).of("a"), None);
    }
}
