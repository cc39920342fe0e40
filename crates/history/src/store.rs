//! The embedded store: shards for what is new, segments for what is older, one door to both.
//!
//! ```text
//! folder   LOCK · FORMAT            one process at a time; version and number of shards
//!          head/N/                  a shard
//!          raw/ 1m/ 1h/             segments of each tier
//! ```
//!
//! Nothing here has a clock: whoever owns the store calls [`History::sync`] about once a second and
//! [`History::maintain`] about twice a minute, and says what time it is.
//!
//! Invariants
//! - T-1: a sample is durable at the next [`History::sync`], and is found by queries from when it was taken in.
//! - T-2: a sample is in a head, in a window that is being sealed, or in a segment; a query sees each once.

mod append;
mod compact;
mod cut;
mod known;
mod labels;
mod maintain;
mod open;
mod seal;
mod select;
mod status;
mod weigh;

pub use append::{Batch, BatchedSeries};
pub use cut::Cuts;
pub use known::KnownSeries;
pub use maintain::{MaintainError, Maintained};
pub use open::{OpenError, Report};
pub use status::{Cardinality, Status, TierStatus};
pub use weigh::Weights;

use crate::feed::Feed;
use crate::labels::hash_of;
use crate::segment::{Damage, Segment};
use crate::shard::{Bounds, Shard};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Bounds and lengths, all in ms or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Shards of a store that is made now; one that is there keeps its number.
    pub shards: usize,
    /// Series that the heads hold together.
    pub series: usize,
    /// Series of one server or scrape target.
    pub target_series: usize,
    /// Samples older than this are refused.
    pub late_ms: i64,
    /// Samples further in the future than this are refused.
    pub future_ms: i64,
    /// How long a window stays open after its end, for what comes a little late.
    pub grace_ms: i64,
    /// Bytes that may wait for a disk that takes nothing, before nothing more is taken in; of all shards together.
    pub waiting_bytes: usize,
    /// Series that one query may mean.
    pub query_series: usize,
    /// Memory for the indexes of segments.
    pub index_bytes: usize,
    /// How long samples of the raw tier, the minutes and the hours are kept.
    pub keep_ms: [i64; 3],
    /// Bytes of each tier's files, at most: the oldest go.
    pub keep_bytes: [u64; 3],
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Default for Options {
    fn default() -> Self {
        Self {
            shards: 2,
            series: 2_000_000,
            target_series: 200_000,
            late_ms: DAY_MS,
            future_ms: 10 * 60_000,
            grace_ms: 5 * 60_000,
            waiting_bytes: 128 << 20,
            query_series: 200_000,
            index_bytes: 256 << 20,
            keep_ms: [15 * DAY_MS, 180 * DAY_MS, 5 * 365 * DAY_MS],
            keep_bytes: [u64::MAX; 3],
        }
    }
}

/// See the module.
pub struct History {
    folder: PathBuf,
    options: Options,
    shards: Vec<Arc<Shard>>,
    segments: RwLock<Arc<Vec<Arc<Segment>>>>,
    /// What is too old, or too much, before the rest.
    cuts: RwLock<cut::GivenCuts>,
    /// Series by the words of their senders.
    known: known::Known,
    /// Segments made so far: names are not used again.
    made: AtomicU64,
    /// Queries so far, by which segments tell when they were used.
    turn: AtomicU64,
    /// What was found damaged, each place once.
    damages: Mutex<BTreeMap<(PathBuf, u64), Damage>>,
    /// Why the last sync and the last maintenance failed, if they did.
    troubles: Mutex<[Option<String>; 2]>,
    /// One thread at a time seals, compacts and removes.
    maintenance: Mutex<()>,
    /// Locked for as long as the store is open.
    _lock: File,
}

/// Places of damage that are remembered.
const DAMAGES_MAX: usize = 1_000;

impl History {
    /// A feed of carried series.
    ///
    /// - `base`: labels that all its series get, which name it: a feed with the same ones goes on where the last
    ///   one ended.
    pub fn feed<'a>(&self, base: impl IntoIterator<Item = (&'a str, &'a str)>) -> Feed {
        let mut base: Box<[(Box<str>, Box<str>)]> =
            base.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        base.sort();
        let mut packed = b"feed".to_vec();
        crate::labels::Labels::pack(&mut packed, "", base.iter().map(|(name, value)| (&**name, &**value)));
        let key = hash_of(&packed);
        Feed::new(Arc::clone(&self.shards[self.shard_of(key)]), key, base)
    }

    /// What a store is bound by.
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn shard_of(&self, hash: u64) -> usize {
        // The upper bits: tables of a shard use the lower ones.
        ((hash >> 40) % self.shards.len() as u64) as usize
    }

    /// Number of series that the heads hold.
    pub fn series_count(&self) -> usize {
        self.shards.iter().map(|shard| shard.series_count()).sum()
    }

    /// Number of series that the heads hold of batches, not of feeds.
    pub fn single_count(&self) -> usize {
        self.shards.iter().map(|shard| shard.single_count()).sum()
    }

    fn bounds(&self, shard: &Arc<Shard>, now: i64) -> Bounds {
        let others = self.shards.iter().filter(|other| !Arc::ptr_eq(other, shard));
        let others: usize = others.map(|other| other.series_count()).sum();
        Bounds {
            grid_series: self.options.target_series,
            series: self.options.series.saturating_sub(others),
            single: usize::MAX,
            times: (now.saturating_sub(self.options.late_ms), now.saturating_add(self.options.future_ms)),
        }
    }

    fn segments(&self) -> Arc<Vec<Arc<Segment>>> {
        Arc::clone(&self.segments.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn note(&self, damage: Damage) {
        let mut damages = self.damages.lock().unwrap_or_else(PoisonError::into_inner);
        if damages.len() < DAMAGES_MAX {
            damages.insert((damage.path.clone(), damage.offset), damage);
        }
    }

    fn note_all(&self, damages: Vec<Damage>) {
        for damage in damages {
            self.note(damage);
        }
    }

    /// What was found damaged since the start: file, byte and what is wrong there. Everything else serves.
    pub fn damages(&self) -> Vec<String> {
        let damages = self.damages.lock().unwrap_or_else(PoisonError::into_inner);
        damages.values().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values come back bit for bit")]
mod tests;
