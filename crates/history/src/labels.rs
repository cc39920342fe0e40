//! The labels of one series, packed into one piece of memory.
//!
//! ```text
//! length · metric · (length · name · length · value)*      ascending by name
//! ```
//!
//! A store holds hundreds of thousands of them, and is asked for one by its content at every request: packed,
//! they cost one allocation, compare as bytes, are hashed without being built, and an answer shares them with the
//! store.

use crate::bytes::{Malformed, Reader, put_text};
use crate::matcher::{METRIC_NAME, Matcher};
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use topmast_model::sample::Series;

/// Bytes of a packed series, at most.
pub const LABELS_BYTES_MAX: usize = 1 << 16;

/// A packed series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[u8]>);

impl Labels {
    /// Packs a metric and labels, which must be sorted by name.
    pub fn pack<'a>(out: &mut Vec<u8>, metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) {
        put_text(out, metric);
        labels.into_iter().for_each(|(name, value)| {
            put_text(out, name);
            put_text(out, value);
        });
    }

    /// A metric and labels, which must be sorted by name.
    pub fn packed<'a>(metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut bytes = Vec::new();
        Self::pack(&mut bytes, metric, labels);
        Self(bytes.into())
    }

    /// Packs a series.
    pub fn of(series: &Series) -> Self {
        Self::packed(&series.metric, series.labels.iter().map(|(name, value)| (&**name, &**value)))
    }

    /// Takes what [`Self::pack`] made.
    ///
    /// # Errors
    /// [`Malformed`] when it made something else.
    pub fn from_packed(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        reader.text(LABELS_BYTES_MAX)?;
        while !reader.is_empty() {
            reader.text(LABELS_BYTES_MAX)?;
            reader.text(LABELS_BYTES_MAX)?;
        }
        Ok(Self(bytes.into()))
    }

    /// The same labels under another metric; none when it is empty.
    #[must_use]
    pub fn with_metric(&self, metric: &str) -> Self {
        let labels = self.after_metric();
        let mut bytes = Vec::with_capacity(metric.len() + labels.len() + 3);
        put_text(&mut bytes, metric);
        bytes.extend_from_slice(labels);
        Self(bytes.into())
    }

    /// The metric; empty when there is none.
    pub fn metric(&self) -> &str {
        Reader::new(&self.0).text(LABELS_BYTES_MAX).unwrap_or_default()
    }

    /// All labels but the metric, packed.
    pub(crate) fn after_metric(&self) -> &[u8] {
        let mut reader = Reader::new(&self.0);
        let metric = reader.length(LABELS_BYTES_MAX, "").and_then(|length| reader.take(length));
        if metric.is_ok() { reader.rest() } else { &[] }
    }

    /// Whether both are the same piece of memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The packed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The metric, as `__name__`, then every label.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs_of(&self.0)
    }

    /// The value of a label, empty when it has none.
    pub fn get(&self, name: &str) -> &str {
        self.pairs().find(|(label, _)| *label == name).map_or("", |(_, value)| value)
    }

    /// True when all matchers mean it.
    pub fn accepted_by(&self, matchers: &[Matcher]) -> bool {
        matchers.iter().all(|matcher| matcher.accepts(self.get(&matcher.name)))
    }

    /// Unpacks it.
    pub fn to_series(&self) -> Series {
        let mut pairs = self.pairs();
        let metric = pairs.next().map_or("", |(_, metric)| metric).into();
        Series { metric, labels: pairs.map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

impl fmt::Display for Labels {
    /// As a series is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_series().fmt(f)
    }
}

/// The metric of packed labels, as `__name__`, then every label.
pub(crate) fn pairs_of(packed: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut reader = Reader::new(packed);
    let metric = reader.text(LABELS_BYTES_MAX).unwrap_or_default();
    std::iter::once((METRIC_NAME, metric)).chain(labels_of(reader.rest()))
}

/// Every label of those behind a metric.
pub(crate) fn labels_of(packed: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut reader = Reader::new(packed);
    std::iter::from_fn(move || {
        let name = reader.text(LABELS_BYTES_MAX).ok()?;
        Some((name, reader.text(LABELS_BYTES_MAX).ok()?))
    })
}

/// Hash of packed labels.
pub(crate) fn hash_of(packed: &[u8]) -> u64 {
    // Fixed, so that a replay places series as before; a table that foreign labels collide in is bounded by
    // the limit of series.
    foldhash::quality::FixedState::with_seed(0x746f_706d_6173_7421).hash_one(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_come_back_and_matchers_see_their_labels() {
        let series = Series::new("up", [("job", "node"), ("instance", "größe")]);
        let labels = Labels::of(&series);
        assert_eq!(labels.to_series(), series);
        assert_eq!(Labels::from_packed(labels.as_bytes()).unwrap(), labels);
        assert!(labels.accepted_by(&[Matcher::equal("__name__", "up"), Matcher::equal("absent", "")]));
        assert!(!labels.accepted_by(&[Matcher::equal("job", "other")]));
        assert_eq!((labels.metric(), labels.with_metric("down").metric()), ("up", "down"));
        assert_eq!(labels.with_metric("").to_series(), Series { metric: "".into(), ..series });
    }

    #[test]
    fn foreign_bytes_are_refused() {
        for bytes in [&b""[..], b"\x05up", b"\x02up\x01a", b"\x02\xff\xff"] {
            assert!(Labels::from_packed(bytes).is_err(), "{bytes:?}");
        }
    }
}
