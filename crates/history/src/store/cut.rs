//! Cuts: what of some series goes before the store's own retention ends, because it is too old or too much.
//!
//! How much is there of whom is told by `weigh`, and is a time again: from when on it is not too much.
//!
//! Segments hold series of everybody, and their files are never changed. So what is cut is left out of answers at
//! once, and out of files when they are written anew: when segments are merged, and one after the other those in which all
//! samples of a cut are too old. Nothing of it is looked at when samples come in.
//!
//! Invariants
//! - CT-1: from when a cut is given, no answer has a sample from before it; by bytes, from when they were weighed.
//! - CT-2: what a cut leaves of a tier is answered from the coarser ones as far as they reach, as for the whole store.
//! - CT-3: a call of `maintain` writes at most one segment anew for its cuts.

use super::{History, MaintainError};
use crate::labels::{Labels, hash_of};
use crate::matcher::Matcher;
use crate::segment::{Segment, Tier};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Segments that a call of `maintain` looks into for something to cut, at most: each look loads an index.
const LOOKS_MAX: usize = 8;

/// Where series end before the rest, by the value of one label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cuts {
    /// The label; of a store always the same one.
    pub label: String,
    /// The first time that is kept of each value's series: samples, minutes and hours, in ms since the Unix epoch.
    pub first: BTreeMap<String, [i64; 3]>,
    /// Bytes of the files that are kept of each value's series at most, the newest ones: samples, minutes and hours.
    pub most: BTreeMap<String, [u64; 3]>,
    /// Whether segments are weighed, for [`most`](Self::most) and for [`History::weights`].
    pub weigh: bool,
}

/// Cuts as they were given, and with what they cut by bytes.
#[derive(Debug, Default)]
pub(super) struct GivenCuts {
    asked: Arc<Cuts>,
    bounded: Arc<Cuts>,
}

impl Cuts {
    /// The first time of a tier that is kept of a series.
    pub(super) fn first_of(&self, labels: &Labels, tier: Tier) -> i64 {
        self.find(labels).map_or(i64::MIN, |first| first[place(tier)])
    }

    /// What is kept of a series.
    pub(super) fn find(&self, labels: &Labels) -> Option<&[i64; 3]> {
        if self.first.is_empty() {
            return None;
        }
        self.first.get(labels.get(&self.label))
    }

    /// Cuts of which a segment may have only what is too old.
    fn of_segment(&self, segment: &Segment) -> Vec<&str> {
        let footer = segment.footer();
        let is_over = |first: &&[i64; 3]| footer.last < first[place(footer.tier)];
        let over = self.first.iter().filter(|(_, first)| is_over(first));
        over.map(|(value, _)| value.as_str()).collect()
    }
}

/// Place of a tier in lists of all.
pub(super) fn place(tier: Tier) -> usize {
    Tier::ALL.iter().position(|other| *other == tier).unwrap_or_default()
}

impl History {
    /// Says what is too old or too much from now on; the earlier cuts are replaced.
    pub fn cut(&self, cuts: Cuts) {
        let bounded = Arc::new(self.bound_by_bytes(&cuts));
        let mut kept = self.cuts.write().unwrap_or_else(PoisonError::into_inner);
        *kept = GivenCuts { asked: Arc::new(cuts), bounded };
    }

    /// What is cut, also for its bytes, as far as they were known when it was last looked at.
    pub(super) fn cuts(&self) -> Arc<Cuts> {
        Arc::clone(&self.cuts.read().unwrap_or_else(PoisonError::into_inner).bounded)
    }

    /// Weighs what is new, and cuts by what all weigh now.
    pub(super) fn cut_by_bytes(&self) {
        let asked = Arc::clone(&self.cuts.read().unwrap_or_else(PoisonError::into_inner).asked);
        self.weigh(&asked);
        if asked.most.is_empty() {
            return;
        }
        let bounded = Arc::new(self.bound_by_bytes(&asked));
        let mut kept = self.cuts.write().unwrap_or_else(PoisonError::into_inner);
        // Others may have been given meanwhile, which know what was weighed.
        if Arc::ptr_eq(&kept.asked, &asked) {
            kept.bounded = bounded;
        }
    }

    /// Writes one segment anew that has series of which all is too old (CT-3); true when there was one.
    pub(super) fn rewrite_cut(&self) -> Result<bool, MaintainError> {
        let cuts = self.cuts();
        if cuts.first.is_empty() {
            return Ok(false);
        }
        let mut looks = 0;
        for segment in self.segments().iter() {
            let over = cuts.of_segment(segment);
            // By which cuts it was looked into last, and nothing was there.
            let seen = hash_of(over.join("\n").as_bytes());
            if over.is_empty() || segment.uncut.load(Ordering::Relaxed) == seen {
                continue;
            }
            looks += 1;
            let turn = self.next_turn();
            let has = |value: &&str| {
                let matchers = [Matcher::equal(&cuts.label, value)];
                let found = segment.matching(&matchers, turn).map_err(|damage| self.note(damage));
                found.is_ok_and(|found| !found.is_empty())
            };
            if over.iter().any(has) {
                let footer = segment.footer();
                self.merge(footer.tier, footer.shard, std::slice::from_ref(segment))?;
                return Ok(true);
            }
            segment.uncut.store(seen, Ordering::Relaxed);
            if looks == LOOKS_MAX {
                break;
            }
        }
        Ok(false)
    }
}
