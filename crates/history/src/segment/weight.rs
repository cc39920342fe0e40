//! What the series of a segment weigh.

use std::collections::BTreeMap;

/// Values of a label that are told apart in a segment, at most; what others have counts as of none.
const VALUES_MAX: usize = 10_000;

/// Bytes of a segment that are of some of its series, and from when to when these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) bytes: u64,
    /// In ms since the Unix epoch, both included.
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Weight {
    /// Bytes from a time on, as if they were spread evenly.
    pub(crate) fn since(&self, time: i64) -> u64 {
        let span =
            |from: i64| u128::from(self.last.saturating_add(1).saturating_sub(from).max(0).unsigned_abs());
        let (all, newer) = (span(self.first), span(time.max(self.first)));
        if all == 0 {
            return 0;
        }
        // Begun bytes as whole ones: what is cut by this is never too little.
        u64::try_from((u128::from(self.bytes) * newer).div_ceil(all)).unwrap_or(u64::MAX)
    }

    fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Weighs series, one after the other.
#[derive(Debug, Default)]
pub(super) struct Scale {
    data: BTreeMap<Box<str>, Weight>,
}

impl Scale {
    /// Adds the chunks of a series with a value.
    pub(super) fn add(&mut self, value: &str, chunks: impl IntoIterator<Item = Weight>) {
        let value = if self.data.len() < VALUES_MAX || self.data.contains_key(value) { value } else { "" };
        for chunk in chunks {
            match self.data.get_mut(value) {
                Some(weight) => weight.add(chunk),
                None => drop(self.data.insert(value.into(), chunk)),
            }
        }
    }

    /// The weights, which come to the length of the file: what series share is divided by their data.
    pub(super) fn weights(mut self, length: u64) -> BTreeMap<Box<str>, Weight> {
        let data: u64 = self.data.values().map(|weight| weight.bytes).sum();
        for weight in self.data.values_mut() {
            let share = u128::from(weight.bytes) * u128::from(length) / u128::from(data.max(1));
            weight.bytes = u64::try_from(share).unwrap_or(u64::MAX);
        }
        self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_divided_by_data() {
        let mut scale = Scale::default();
        let chunk = |bytes, first, last| Weight { bytes, first, last };
        scale.add("acme", [chunk(20, 100, 199), chunk(10, 0, 99)]);
        scale.add("bolt", [chunk(10, 50, 60)]);
        scale.add("acme", []);
        let weights = scale.weights(100);
        assert_eq!(weights["acme"], chunk(75, 0, 199));
        assert_eq!(weights["bolt"], chunk(25, 50, 60));
        assert_eq!(Scale::default().weights(100), BTreeMap::new());
    }

    #[test]
    fn bytes_since_a_time_are_spread_evenly() {
        let weight = Weight { bytes: 100, first: 0, last: 9 };
        for (time, bytes) in [(i64::MIN, 100), (0, 100), (1, 90), (9, 10), (10, 0), (i64::MAX, 0)] {
            assert_eq!(weight.since(time), bytes, "{time}");
        }
        // As far apart as times can be.
        let weight = Weight { bytes: u64::MAX, first: i64::MIN, last: i64::MAX };
        assert_eq!(weight.since(i64::MIN), u64::MAX);
    }
}
