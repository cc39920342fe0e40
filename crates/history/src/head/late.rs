//! Samples that are older than the newest of their series, until chunks are made of them.

use super::table::Number;
use super::window::window_of;
use std::collections::BTreeMap;

/// Late samples kept before chunks are made of them.
const LATE_MAX: usize = 1 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LateSamples {
    by_series: BTreeMap<Number, Vec<(i64, f64)>>,
    count: usize,
}

impl LateSamples {
    pub(super) fn push(&mut self, number: Number, time: i64, value: f64) {
        self.by_series.entry(number).or_default().push((time, value));
        self.count += 1;
    }

    pub(super) const fn is_full(&self) -> bool {
        self.count >= LATE_MAX
    }

    pub(super) fn has(&self, number: Number) -> bool {
        self.by_series.contains_key(&number)
    }

    /// Those of a series, in the order in which they came.
    pub(super) fn of(&self, number: Number) -> &[(i64, f64)] {
        self.by_series.get(&number).map_or(&[], Vec::as_slice)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (Number, &[(i64, f64)])> {
        self.by_series.iter().map(|(number, samples)| (*number, samples.as_slice()))
    }

    pub(super) fn windows(&self) -> impl Iterator<Item = i64> {
        self.by_series.values().flatten().map(|(time, _)| window_of(*time))
    }

    /// Takes all of them.
    pub(super) fn take(&mut self) -> BTreeMap<Number, Vec<(i64, f64)>> {
        self.count = 0;
        std::mem::take(&mut self.by_series)
    }
}

/// Sorts samples by time; of several at one time the last to come stays.
pub(crate) fn sort_last_wins(samples: &mut Vec<(i64, f64)>) {
    samples.sort_by_key(|(time, _)| *time);
    let mut kept = 0;
    for position in 0..samples.len() {
        if kept > 0 && samples[kept - 1].0 == samples[position].0 {
            kept -= 1;
        }
        samples[kept] = samples[position];
        kept += 1;
    }
    samples.truncate(kept);
}
