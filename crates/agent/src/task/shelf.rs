//! What is remembered of tasks from one agent to the next, in one file that is replaced as a whole.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use topmast_model::task::TaskState;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Orders remembered of a task: far more than come again after a broken connection.
const ORDERS_MAX: usize = 32;

/// What is remembered of one task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Up to here all due times were dealt with.
    pub(super) looked_until: Option<UnixMillis>,
    /// Orders that were taken, the newest last.
    orders: VecDeque<Uuid>,
    /// What was told of it last.
    pub(super) state: Option<TaskState>,
}

impl Kept {
    /// False when the order was taken before (TK-2).
    pub(super) fn take(&mut self, order: Uuid) -> bool {
        if self.orders.contains(&order) {
            return false;
        }
        self.orders.push_back(order);
        if self.orders.len() > ORDERS_MAX {
            self.orders.pop_front();
        }
        true
    }
}

/// Application and name.
pub(super) type Key = (String, String);

/// Everything that is remembered.
#[derive(Debug)]
pub(super) struct Shelf {
    file: PathBuf,
    kept: BTreeMap<Key, Kept>,
}

impl Shelf {
    /// Opens the shelf; one that cannot be read is begun anew, so that no task waits for it.
    pub(super) fn open(file: PathBuf) -> Self {
        let kept = match load(&file) {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "begin with no known tasks");
                BTreeMap::new()
            }
        };
        Self { file, kept }
    }

    pub(super) fn get(&self, key: &Key) -> Kept {
        self.kept.get(key).cloned().unwrap_or_default()
    }

    /// The tasks that are remembered.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.kept.keys().cloned().collect()
    }

    /// Remembers; on the disk when it returns, unless the disk refuses, which is said.
    pub(super) fn put(&mut self, key: &Key, kept: Kept) {
        if self.kept.get(key) != Some(&kept) {
            self.kept.insert(key.clone(), kept);
            self.save();
        }
    }

    pub(super) fn forget(&mut self, key: &Key) {
        if self.kept.remove(key).is_some() {
            self.save();
        }
    }

    fn save(&self) {
        let next = self.file.with_extension("next");
        let entries: Vec<(&Key, &Kept)> = self.kept.iter().collect();
        let saved = serde_json::to_vec(&entries)
            .map_err(io::Error::from)
            .and_then(|bytes| std::fs::write(&next, bytes))
            .and_then(|()| std::fs::rename(&next, &self.file));
        if let Err(error) = saved {
            tracing::warn!(%error, "what is known of tasks could not be saved");
        }
    }
}

fn load(file: &Path) -> io::Result<BTreeMap<Key, Kept>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice::<Vec<(Key, Kept)>>(&bytes)?.into_iter().collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}
