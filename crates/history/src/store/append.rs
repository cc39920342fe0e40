//! Taking samples in.

use super::History;
use crate::feed::Feed;
use crate::labels::{Labels, hash_of, pairs_of};
use crate::shard::{AppendError, Appended, BatchSeries};

/// Samples of single series, gathered for one call.
#[derive(Debug, Default)]
pub struct Batch {
    packed: Vec<u8>,
    samples: Vec<(i64, f64)>,
    /// Where each series' labels and samples end, and the labels' hash.
    series: Vec<(usize, usize, u64)>,
}

/// A series of a batch.
#[derive(Debug)]
pub struct BatchedSeries<'a> {
    packed: &'a [u8],
    /// Of its labels, the same in each process.
    pub hash: u64,
    /// Ascending by time.
    pub samples: &'a [(i64, f64)],
}

impl<'a> BatchedSeries<'a> {
    /// The metric, as `__name__`, then every label.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        pairs_of(self.packed)
    }
}

impl Batch {
    /// Each series, for whoever keeps samples elsewhere.
    pub fn each_series(&self) -> impl Iterator<Item = BatchedSeries<'_>> {
        let series = |BatchSeries { packed, hash, samples }| BatchedSeries { packed, hash, samples };
        self.each().map(series)
    }

    /// Begins a series; its samples follow.
    ///
    /// - `labels`: ascending by name, without the metric.
    pub fn series<'a>(&mut self, metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let start = self.packed.len();
        Labels::pack(&mut self.packed, metric, labels);
        let hash = hash_of(&self.packed[start..]);
        self.series.push((self.packed.len(), self.samples.len(), hash));
    }

    /// Adds a sample to the series that was begun last; ascending by time.
    pub fn sample(&mut self, time: i64, value: f64) {
        self.samples.push((time, value));
        if let Some(series) = self.series.last_mut() {
            series.1 = self.samples.len();
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// True when there is no sample.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Bytes of memory that it holds.
    pub fn capacity_bytes(&self) -> usize {
        self.packed.capacity()
            + self.samples.capacity() * size_of::<(i64, f64)>()
            + self.series.capacity() * size_of::<(usize, usize, u64)>()
    }

    /// Empties it; its memory stays.
    pub fn clear(&mut self) {
        self.packed.clear();
        self.samples.clear();
        self.series.clear();
    }

    fn each(&self) -> impl Iterator<Item = BatchSeries<'_>> {
        let mut start = (0, 0);
        self.series.iter().map(move |(packed_end, samples_end, hash)| {
            let (packed_start, samples_start) = start;
            start = (*packed_end, *samples_end);
            BatchSeries {
                packed: &self.packed[packed_start..*packed_end],
                hash: *hash,
                samples: &self.samples[samples_start..*samples_end],
            }
        })
    }
}

impl History {
    /// Takes in a batch.
    ///
    /// - `now`: in ms since the Unix epoch.
    ///
    /// # Errors
    /// [`AppendError::Full`]; of a batch for several shards some may be taken in then, so it may be sent again.
    pub fn append(&self, batch: &Batch, now: i64) -> Result<Appended, AppendError> {
        let bounds = self.bounds(now);
        let mut appended = Appended::default();
        for (number, shard) in self.shards.iter().enumerate() {
            let mut own = batch.each().filter(|series| self.shard_of(series.hash) == number).peekable();
            if own.peek().is_some() {
                appended += shard.append(own, &bounds)?;
            }
        }
        Ok(appended)
    }

    /// Takes in what a feed gathered.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was taken in then.
    pub fn commit(&self, feed: &mut Feed, now: i64) -> Result<Appended, AppendError> {
        feed.commit(&self.bounds(now))
    }
}
