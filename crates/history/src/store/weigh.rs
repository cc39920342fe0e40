//! Weights: how many bytes of the files are of whose series, and what of them is cut for it.
//!
//! A segment never changes, so it is weighed once: its index says how long each series' data is and from when to when.
//! What series share (the index itself, columns of times) is divided among them by their data. Nothing is looked at
//! when samples come in, so what is in no segment yet, of two hours at most, is in no weight.
//!
//! Invariants
//! - WG-1: the weights of a segment come to its length, but for what is rounded off.
//! - WG-2: of what is kept by a bound of bytes the newest is kept, and no more than the bound of what was weighed; between
//!   the first and the last time of a value's series in a segment its bytes count as spread evenly.
//! - WG-3: a call of `maintain` weighs at most [`WEIGHED_MAX`] segments, the newest first.

use super::History;
use super::cut::{Cuts, place};
use crate::segment::{Segment, Tier, Weight};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Segments that a call of `maintain` weighs, at most: each look reads an index. After a start all are new.
pub(super) const WEIGHED_MAX: usize = 64;

/// How many bytes of the files are of the series with a value of the cuts' label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weights {
    /// By value: samples, minutes and hours.
    pub bytes: BTreeMap<String, [u64; 3]>,
    /// False while segments are left to weigh: after a start, for a while.
    pub is_whole: bool,
}

impl History {
    /// How many bytes are of whom, as far as segments were weighed. Cost: O(segments × values).
    pub fn weights(&self) -> Weights {
        let mut weights = Weights { is_whole: true, ..Weights::default() };
        for segment in self.segments().iter() {
            let Some(weighed) = segment.weights() else {
                weights.is_whole = false;
                continue;
            };
            for (value, weight) in weighed {
                let bytes = weights.bytes.entry(value.to_string()).or_default();
                bytes[place(segment.footer().tier)] += weight.bytes;
            }
        }
        weights
    }

    /// Weighs segments that were not yet (WG-3).
    pub(super) fn weigh(&self, cuts: &Cuts) {
        if !cuts.weigh {
            return;
        }
        let segments = self.segments();
        let mut new: Vec<&Arc<Segment>> =
            segments.iter().filter(|segment| segment.weights().is_none()).collect();
        new.sort_by_key(|segment| std::cmp::Reverse(segment.footer().last));
        for segment in new.into_iter().take(WEIGHED_MAX) {
            segment.weigh(&cuts.label).into_iter().for_each(|damage| self.note(damage));
        }
    }

    /// The cuts with what bounds of bytes cut as well: the later of both times counts.
    pub(super) fn bound_by_bytes(&self, asked: &Cuts) -> Cuts {
        let mut cuts = asked.clone();
        let segments = self.segments();
        for (value, most) in &asked.most {
            for tier in Tier::ALL {
                let own = segments.iter().filter(|segment| segment.footer().tier == tier);
                let weights: Vec<Weight> =
                    own.filter_map(|segment| segment.weights()?.get(value.as_str()).copied()).collect();
                if let Some(first) = first_within(&weights, most[place(tier)]) {
                    let kept = cuts.first.entry(value.clone()).or_insert([i64::MIN; 3]);
                    kept[place(tier)] = kept[place(tier)].max(first);
                }
            }
        }
        cuts
    }
}

/// The first time from which on no more than so many bytes are (WG-2); none when all fit.
fn first_within(weights: &[Weight], most: u64) -> Option<i64> {
    let all: u64 = weights.iter().map(|weight| weight.bytes).sum();
    if all <= most {
        return None;
    }
    // From `low` on it is too much, from `high` on it is not.
    let mut low = weights.iter().map(|weight| weight.first).min()?;
    let mut high = weights.iter().map(|weight| weight.last).max()?.saturating_add(1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let newer: u64 = weights.iter().map(|weight| weight.since(middle)).sum();
        if newer > most { low = middle } else { high = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_bytes_are_kept_and_places_that_share_a_time_are_cut_alike() {
        // WG-2
        let weight = |first, last, bytes| Weight { bytes, first, last };
        // Two shards of the same hundred ms, and what is newer than both.
        let weights = [weight(0, 99, 1_000), weight(0, 99, 500), weight(100, 199, 300)];
        assert_eq!(first_within(&weights, 1_800), None);
        assert_eq!(first_within(&weights, u64::MAX), None);
        assert_eq!(first_within(&weights, 300), Some(100), "the newest fit exactly");
        assert_eq!(first_within(&weights, 1_050), Some(50), "half of each of the older ones");
        assert_eq!(first_within(&weights, 150), Some(150));
        assert_eq!(first_within(&weights, 0), Some(200), "nothing is left");
        assert_eq!(first_within(&[], 0), None);
        assert_eq!(first_within(&[weight(7, 7, 10)], 9), Some(8));
    }
}
