//! What has to be done beside taking samples in and answering: once a second, and some times a minute.

use super::History;
use crate::segment::{Segment, Tier, WriteError};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use topmast_model::error::with_sources;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Maintained {
    /// Windows that became segments.
    pub sealed: usize,
    /// Segments that were merged into others.
    pub merged: usize,
    /// Segments removed for their age, or for the bytes of their tier.
    pub removed: usize,
    /// Segments written anew without what is too old of some series.
    pub cut: usize,
}

/// Why something could not be done; it is tried again at the next call, and nothing is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaintainError {
    /// A shard's files.
    #[error("write the head in {path}")]
    Head {
        /// Which shard's folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A segment.
    #[error("write the segment {path}")]
    Segment {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A segment that is too old.
    #[error("remove the segment {path}")]
    Remove {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl From<WriteError> for MaintainError {
    fn from(error: WriteError) -> Self {
        Self::Segment { path: error.path, source: error.source }
    }
}

impl History {
    /// Makes all that was taken in until now durable.
    ///
    /// # Errors
    /// [`MaintainError::Head`] when the disk takes nothing: what was taken in waits in memory, up to a bound.
    pub fn sync(&self) -> Result<(), MaintainError> {
        self.noting(0, self.sync_shards())
    }

    fn sync_shards(&self) -> Result<(), MaintainError> {
        // All of them are tried, whatever becomes of one.
        let results: Vec<_> = self.shards.iter().map(|shard| (shard, shard.sync())).collect();
        for (shard, result) in results {
            result.map_err(|source| MaintainError::Head { path: shard.folder().into(), source })?;
        }
        Ok(())
    }

    /// Makes chunks of what was closed; wanted every second. What is not made so is made by who needs it, and holds up
    /// what comes in.
    pub fn make_chunks(&self) {
        self.shards.iter().for_each(|shard| shard.make_chunks());
    }

    /// Seals windows that ended, saves heads whose logs are long, merges small segments, and removes old ones.
    ///
    /// - `now`: in ms since the Unix epoch.
    ///
    /// # Errors
    /// [`MaintainError`] for the first thing that failed; it is tried again at the next call.
    pub fn maintain(&self, now: i64) -> Result<Maintained, MaintainError> {
        self.noting(1, self.maintain_until(now, now.saturating_sub(self.options.grace_ms)))
    }

    /// Seals everything, also windows that have not ended; for tests and for leaving a store.
    ///
    /// # Errors
    /// As [`Self::maintain`].
    pub fn seal_all(&self, now: i64) -> Result<Maintained, MaintainError> {
        self.noting(1, self.maintain_until(now, i64::MAX))
    }

    /// Remembers what failed, for the status.
    fn noting<T>(&self, place: usize, result: Result<T, MaintainError>) -> Result<T, MaintainError> {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles[place] = result.as_ref().err().map(|error| with_sources(error));
        result
    }

    fn maintain_until(&self, now: i64, until: i64) -> Result<Maintained, MaintainError> {
        let _alone = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        let mut maintained = Maintained { removed: self.remove_old(now)?, ..Maintained::default() };
        for number in 0..self.shards.len() {
            maintained.sealed += self.seal_shard(number, until)?;
        }
        self.cut_by_bytes();
        maintained.merged = self.merge_small(now)?;
        maintained.cut = usize::from(self.rewrite_cut()?);
        self.bound_indexes();
        Ok(maintained)
    }

    fn seal_shard(&self, number: usize, until: i64) -> Result<usize, MaintainError> {
        let shard = &self.shards[number];
        let failed = |source| MaintainError::Head { path: shard.folder().into(), source };
        let mut sealed = 0;
        loop {
            let sealing = shard.take_windows(until).map_err(failed)?;
            if sealing.is_empty() {
                break;
            }
            for window in &sealing {
                let left = self.left_of(number, window);
                let made = self.write_window(number, window)?;
                // Readers look at the heads first, so a window may be seen twice for a moment and never not at
                // all; of two equal samples one is shown.
                self.replace_segments(&left, made)?;
                shard.sealed(window.window, window.content.generation).map_err(failed)?;
            }
            sealed += sealing.len();
        }
        shard.save_when_due().map_err(failed)?;
        Ok(sealed)
    }

    /// Puts segments in the place of others, whose files go; queries that run keep theirs.
    pub(super) fn replace_segments(
        &self,
        gone: &[Arc<Segment>],
        made: impl IntoIterator<Item = Arc<Segment>>,
    ) -> Result<(), MaintainError> {
        self.change_segments(|segments| {
            segments.retain(|segment| !gone.iter().any(|gone| Arc::ptr_eq(gone, segment)));
            segments.extend(made);
        });
        for segment in gone {
            let removed = std::fs::remove_file(segment.path());
            removed.map_err(|source| MaintainError::Remove { path: segment.path().into(), source })?;
        }
        Ok(())
    }

    fn change_segments(&self, change: impl FnOnce(&mut Vec<Arc<Segment>>)) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = segments.to_vec();
        change(&mut changed);
        super::compact::sort(&mut changed);
        *segments = Arc::new(changed);
    }

    /// Removes segments that are too old, and the oldest of tiers that are too large.
    fn remove_old(&self, now: i64) -> Result<usize, MaintainError> {
        let mut gone = Vec::new();
        for (place, tier) in Tier::ALL.into_iter().enumerate() {
            let mut own: Vec<_> =
                self.segments().iter().filter(|segment| segment.footer().tier == tier).cloned().collect();
            own.sort_by_key(|segment| segment.footer().last);
            let mut bytes: u64 = own.iter().map(|segment| segment.length()).sum();
            for segment in own {
                let old = segment.footer().last < now.saturating_sub(self.options.keep_ms[place]);
                if old || bytes > self.options.keep_bytes[place] {
                    bytes -= segment.length();
                    gone.push(segment);
                }
            }
        }
        self.replace_segments(&gone, None)?;
        Ok(gone.len())
    }

    /// Looks at a segment, and lets indexes go when one look after the other loaded many: a query of a long range
    /// looks at all of them, which together may be more than memory holds.
    ///
    /// - `loaded`: bytes of indexes that were loaded since some were let go.
    pub(super) fn visit<T>(&self, segment: &Segment, loaded: &AtomicUsize, look: impl FnOnce() -> T) -> T {
        let before = segment.index_size();
        let seen = look();
        let more = segment.index_size().saturating_sub(before);
        if loaded.fetch_add(more, Ordering::Relaxed) + more > self.options.index_bytes / 4 {
            loaded.store(0, Ordering::Relaxed);
            self.bound_indexes();
        }
        seen
    }

    /// Lets go of the indexes that were used longest ago, down to the bound.
    pub(super) fn bound_indexes(&self) {
        let segments = self.segments();
        let mut sizes: Vec<_> = segments.iter().map(|segment| (segment, segment.index_size())).collect();
        sizes.retain(|(_, size)| *size > 0);
        sizes.sort_by_key(|(segment, _)| segment.used.load(Ordering::Relaxed));
        let mut sum: usize = sizes.iter().map(|(_, size)| size).sum();
        for (segment, size) in sizes {
            if sum <= self.options.index_bytes {
                break;
            }
            segment.forget_index();
            sum -= size;
        }
    }
}
