//! Pieces of one series, from wherever they are, made into one ascending run of samples.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
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
    /// As `made`, of one column each.
    parts: HashMap<Cut, Arc<[i64]>>,
    /// What those were made of, so that no address in its keys is used again.
    kept: Vec<Arc<[i64]>>,
}

impl Joiner {
    /// One run of the samples between two times, both included. Of several samples at one time that of the piece
    /// that begins later stays.
    pub(crate) fn join(&mut self, mut pieces: Vec<Piece>, from: i64, until: i64) -> Option<Piece> {
        pieces.retain(|(times, _)| {
            times.first().is_some_and(|first| *first <= until)
                && times.last().is_some_and(|last| *last >= from)
        });
        if pieces.len() <= 1 {
            return self.part(pieces.pop()?, from, until);
        }
        let ascending = |pieces: &[Piece]| pieces.is_sorted_by(|one, other| one.0.last() < other.0.first());
        if !ascending(&pieces) {
            pieces.sort_by_key(|(times, _)| times[0]);
            if !ascending(&pieces) {
                return merge(&pieces, from, until);
            }
        }
        let cuts: Vec<Cut> = pieces.iter().map(|(times, _)| cut(times, from, until)).collect();
        let mut values = Vec::with_capacity(cuts.iter().map(|(_, start, end)| end - start).sum());
        for ((_, piece), (_, start, end)) in pieces.iter().zip(&cuts) {
            values.extend_from_slice(&piece[*start..*end]);
        }
        let times = if let Some(times) = self.made.get(&cuts) {
            Arc::clone(times)
        } else {
            let parts = pieces.iter().zip(&cuts);
            let made: Arc<[i64]> =
                parts.flat_map(|((times, _), (_, start, end))| &times[*start..*end]).copied().collect();
            self.kept.extend(pieces.into_iter().map(|(times, _)| times));
            self.made.insert(cuts, Arc::clone(&made));
            made
        };
        (!times.is_empty()).then_some((times, values))
    }

    /// What one piece has between two times.
    fn part(&mut self, (times, mut values): Piece, from: i64, until: i64) -> Option<Piece> {
        let key @ (_, start, end) = cut(&times, from, until);
        if start >= end {
            return None;
        }
        if end - start == times.len() {
            return Some((times, values));
        }
        values.truncate(end);
        values.drain(..start);
        let part = match self.parts.entry(key) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(unknown) => {
                let part = Arc::clone(unknown.insert(times[start..end].into()));
                self.kept.push(times);
                part
            }
        };
        Some((part, values))
    }
}

/// The part of a column between two times.
fn cut(times: &[i64], from: i64, until: i64) -> Cut {
    let start = times.partition_point(|time| *time < from);
    (times.as_ptr().addr(), start, times.partition_point(|time| *time <= until).max(start))
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
