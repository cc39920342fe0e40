//! Pieces of one series, from wherever they are, made into one ascending run of samples.

use std::collections::HashMap;
use std::sync::Arc;

/// Some samples of a series, ascending by time.
pub(crate) type Piece = (Arc<[i64]>, Vec<f64>);

/// Address of a column, and which part of it.
type Cut = (usize, usize, usize);

/// Joins pieces, and keeps the columns of times that it made: series that are made of the same columns share
/// the outcome.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    made: HashMap<Vec<Cut>, Arc<[i64]>>,
    /// What `made` was made of, so that no address in its keys is used again.
    kept: Vec<Arc<[i64]>>,
}

impl Joiner {
    /// One run of the samples between two times, both included. Of several samples at one time that of the piece
    /// that begins later stays.
    pub(crate) fn join(&mut self, mut pieces: Vec<Piece>, from: i64, until: i64) -> Option<Piece> {
        pieces.retain(|(times, _)| !times.is_empty());
        let ascending = pieces.is_sorted_by(|one, other| one.0.last() < other.0.first());
        if !ascending {
            pieces.sort_by_key(|(times, _)| times[0]);
            if !pieces.is_sorted_by(|one, other| one.0.last() < other.0.first()) {
                return merge(&pieces, from, until);
            }
        }
        let cuts: Vec<(usize, usize)> = pieces
            .iter()
            .map(|(times, _)| {
                let start = times.partition_point(|time| *time < from);
                (start, times.partition_point(|time| *time <= until).max(start))
            })
            .collect();
        let kept = pieces.iter().zip(&cuts).filter(|(_, (start, end))| start < end);
        let mut kept: Vec<_> = kept.map(|(piece, cut)| (piece, *cut)).collect();
        if let [((times, _), (0, end))] = kept.as_slice()
            && *end == times.len()
        {
            let whole = pieces.iter().position(|(other, _)| other[0] >= from && other[0] <= until)?;
            return Some(pieces.swap_remove(whole));
        }
        if kept.is_empty() {
            return None;
        }
        let key = kept.iter().map(|((times, _), (start, end))| (times.as_ptr() as usize, *start, *end));
        let key: Vec<_> = key.collect();
        let times = if let Some(times) = self.made.get(&key) {
            Arc::clone(times)
        } else {
            let made: Arc<[i64]> =
                kept.iter().flat_map(|((times, _), (start, end))| &times[*start..*end]).copied().collect();
            self.kept.extend(kept.iter().map(|((times, _), _)| Arc::clone(times)));
            self.made.insert(key, Arc::clone(&made));
            made
        };
        let mut values = Vec::with_capacity(times.len());
        for ((_, piece), (start, end)) in kept.drain(..) {
            values.extend_from_slice(&piece[start..end]);
        }
        Some((times, values))
    }
}

/// The slow way, for pieces that overlap: late samples, and a clock that went back.
fn merge(pieces: &[Piece], from: i64, until: i64) -> Option<Piece> {
    let mut samples: Vec<(i64, f64)> = pieces
        .iter()
        .flat_map(|(times, values)| times.iter().copied().zip(values.iter().copied()))
        .filter(|(time, _)| (from..=until).contains(time))
        .collect();
    crate::head::sort_last_wins(&mut samples);
    let (times, values): (Vec<i64>, Vec<f64>) = samples.into_iter().unzip();
    (!times.is_empty()).then(|| (times.into(), values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn joined_pieces_are_all_samples_in_order_the_later_piece_winning(
            starts in prop::collection::vec((0_i64..60, prop::collection::vec(1_i64..4, 0..8)), 0..5),
            from in -5_i64..80, length in 0_i64..80,
        ) {
            let until = from + length;
            let mut value = 0.0;
            let pieces: Vec<Piece> = starts.iter().map(|(start, steps)| {
                let mut time = *start;
                let times: Vec<i64> = steps.iter().map(|step| { time += step; time }).collect();
                let values = times.iter().map(|_| { value += 1.0; value }).collect();
                (times.into(), values)
            }).collect();
            // The pieces as they are sorted by their starts, the later one of equal starts last.
            let mut sorted = pieces.clone();
            sorted.sort_by_key(|(times, _)| times.first().copied());
            let expect: BTreeMap<i64, f64> = sorted.iter()
                .flat_map(|(times, values)| times.iter().copied().zip(values.iter().copied()))
                .filter(|(time, _)| (from..=until).contains(time)).collect();
            let joined = Joiner::default().join(pieces, from, until);
            let found: BTreeMap<i64, f64> = joined.iter()
                .flat_map(|(times, values)| times.iter().copied().zip(values.iter().copied())).collect();
            prop_assert_eq!(found, expect);
            if let Some((times, values)) = joined {
                prop_assert!(times.is_sorted_by(|one, other| one < other));
                prop_assert_eq!(times.len(), values.len());
            }
        }
    }

    #[test]
    fn series_of_the_same_columns_share_the_joined_one() {
        let (first, second): (Arc<[i64]>, Arc<[i64]>) = (vec![1, 2].into(), vec![3, 4].into());
        let mut joiner = Joiner::default();
        let mut join = |value: f64| {
            let pieces = vec![(Arc::clone(&first), vec![value; 2]), (Arc::clone(&second), vec![value; 2])];
            joiner.join(pieces, 2, 4).unwrap()
        };
        let (one, other) = (join(1.0), join(2.0));
        assert_eq!(*one.0, [2, 3, 4]);
        assert!(Arc::ptr_eq(&one.0, &other.0));
    }
}
