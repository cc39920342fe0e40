//! Series by the words of their senders, so that labels said before need not be read, sorted and looked up again.
//!
//! A sender names a series in each request with the same bytes. Their hash leads to the place of the series in
//! its shard's head: 24 bytes a series, instead of its labels once more.
//!
//! Invariants
//! - K-1: words lead to the series that they were heard for, or nowhere: places are good until a shard forgets
//!   series (its evictions), which everybody who uses them compares under the shard's lock.
//!
//! Words are told apart by 128 bits of hash under seeds that each process draws anew, so two that are not the
//! same are not taken for each other.

use crate::shard::Wording;
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// See the module.
pub(super) struct Known {
    seeds: [foldhash::quality::RandomState; 2],
    heard: RwLock<Heard>,
    /// Words that are kept.
    most: usize,
}

#[derive(Default)]
struct Heard {
    /// Shard and place of each.
    places: HashMap<Wording, (u8, u32), foldhash::fast::FixedState>,
    /// Evictions of each shard until which its places are good.
    evictions: Vec<u64>,
}

/// What was heard so far. Whoever holds it holds up learning, nothing else.
pub struct KnownSeries<'a> {
    seeds: &'a [foldhash::quality::RandomState; 2],
    heard: RwLockReadGuard<'a, Heard>,
}

/// Words that were heard with their labels, and where their series is.
pub(super) struct Learned {
    pub(super) wording: Wording,
    pub(super) place: u32,
}

impl Known {
    pub(super) fn new(shards: usize, most: usize) -> Self {
        let heard = Heard { evictions: vec![0; shards], ..Heard::default() };
        let seeds = std::array::from_fn(|_| foldhash::quality::RandomState::default());
        Self { seeds, heard: RwLock::new(heard), most }
    }

    pub(super) fn read(&self) -> KnownSeries<'_> {
        KnownSeries { seeds: &self.seeds, heard: self.heard.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Remembers what was learned under a shard's lock, when it had had so many evictions.
    pub(super) fn learn(&self, shard: usize, evictions: u64, learned: &[Learned]) {
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        if heard.evictions[shard] > evictions {
            return; // Too late: these may be gone.
        }
        let Ok(number) = u8::try_from(shard) else { return };
        if heard.evictions[shard] < evictions || heard.places.len() + learned.len() > self.most {
            heard.forget(number);
            heard.evictions[shard] = evictions;
        }
        heard.places.extend(learned.iter().map(|learned| (learned.wording, (number, learned.place))));
    }

    /// Forgets the places of a shard that has had so many evictions.
    pub(super) fn forget(&self, shard: usize, evictions: u64) {
        self.learn(shard, evictions, &[]);
    }

    /// The number of words that are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.read().heard.places.len()
    }
}

impl Heard {
    fn forget(&mut self, shard: u8) {
        self.places.retain(|_, (of, _)| *of != shard);
    }
}

impl KnownSeries<'_> {
    /// Shard and place of the series with these words.
    pub(super) fn find(&self, words: &[u8]) -> Result<(usize, u32), Wording> {
        let wording = [self.seeds[0].hash_one(words), self.seeds[1].hash_one(words)];
        let found = self.heard.places.get(&wording).ok_or(wording)?;
        Ok((usize::from(found.0), found.1))
    }

    pub(super) fn evictions(&self) -> &[u64] {
        &self.heard.evictions
    }
}
