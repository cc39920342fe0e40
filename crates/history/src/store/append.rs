//! Taking samples in.

use super::History;
use super::known::{KnownSeries, Learned};
use crate::feed::Feed;
use crate::labels::{Labels, hash_of, pairs_of};
use crate::shard::{AppendError, Appended, BatchSeries, Bounds, SeriesName, Wording};

/// Samples of single series, gathered for one call.
#[derive(Debug, Default)]
pub struct Batch {
    packed: Vec<u8>,
    samples: Vec<(i64, f64)>,
    series: Vec<Entry>,
    /// Of the series that begins next.
    wording: Option<Wording>,
    /// Evictions of each shard until which the places of known series are good; empty when there are none.
    evictions: Vec<u64>,
}

/// A series of a batch, and where its labels and samples end.
#[derive(Debug)]
struct Entry {
    packed_end: usize,
    samples_end: usize,
    shard: usize,
    name: Name,
}

#[derive(Debug, Clone, Copy)]
enum Name {
    /// By its labels, whose hash this is, in a sender's words when there are some.
    Labels(u64, Option<Wording>),
    /// By its place in the shard's head.
    Place(u32),
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
    /// Each series that is named by its labels, for whoever keeps samples elsewhere: all, in a batch without
    /// [`Self::known`].
    pub fn each_series(&self) -> impl Iterator<Item = BatchedSeries<'_>> {
        self.each().filter_map(|(entry, packed, samples)| match entry.name {
            Name::Labels(hash, _) => Some(BatchedSeries { packed, hash, samples }),
            Name::Place(_) => None,
        })
    }

    /// Every series with its packed labels, when it has some, and its samples.
    fn each(&self) -> impl Iterator<Item = (&Entry, &[u8], &[(i64, f64)])> {
        let mut start = (0, 0);
        self.series.iter().map(move |entry| {
            let (packed, samples) = (start.0..entry.packed_end, start.1..entry.samples_end);
            start = (packed.end, samples.end);
            (entry, &self.packed[packed], &self.samples[samples])
        })
    }

    /// Begins a series by the words of its sender, when they were heard before; its samples follow.
    ///
    /// - `words`: any bytes that always mean the same labels.
    ///
    /// False when they were not: then [`Self::series`] begins it, after which they are known.
    pub fn known(&mut self, known: &KnownSeries<'_>, words: &[u8]) -> bool {
        match known.find(words) {
            Ok((shard, place)) => {
                if self.evictions.is_empty() {
                    self.evictions.extend_from_slice(known.evictions());
                }
                self.begin(shard, Name::Place(place));
                true
            }
            Err(wording) => {
                self.wording = Some(wording);
                false
            }
        }
    }

    /// Begins a series; its samples follow.
    ///
    /// - `labels`: ascending by name, without the metric.
    pub fn series<'a>(&mut self, metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let start = self.packed.len();
        Labels::pack(&mut self.packed, metric, labels);
        let hash = hash_of(&self.packed[start..]);
        let wording = self.wording.take();
        // Its shard is found when it is known of how many.
        self.begin(0, Name::Labels(hash, wording));
    }

    fn begin(&mut self, shard: usize, name: Name) {
        let (packed_end, samples_end) = (self.packed.len(), self.samples.len());
        self.series.push(Entry { packed_end, samples_end, shard, name });
    }

    /// Adds a sample to the series that was begun last; ascending by time.
    pub fn sample(&mut self, time: i64, value: f64) {
        self.samples.push((time, value));
        if let Some(series) = self.series.last_mut() {
            series.samples_end = self.samples.len();
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
            + self.series.capacity() * size_of::<Entry>()
    }

    /// Empties it; its memory stays.
    pub fn clear(&mut self) {
        self.packed.clear();
        self.samples.clear();
        self.series.clear();
        self.evictions.clear();
        self.wording = None;
    }
}

impl History {
    /// The series whose senders' words were heard before, for [`Batch::known`].
    pub fn known_series(&self) -> KnownSeries<'_> {
        self.known.read()
    }

    /// Takes in a batch, however many series come of batches.
    ///
    /// # Errors
    /// As [`Self::append_at_most`].
    pub fn append(&self, batch: &Batch, now: i64) -> Result<Appended, AppendError> {
        self.append_at_most(batch, usize::MAX, now)
    }

    /// Takes in a batch.
    ///
    /// - `most`: series of batches, not of feeds, that the heads may hold; beyond, new ones are refused.
    /// - `now`: in ms since the Unix epoch.
    ///
    /// # Errors
    /// - [`AppendError::Full`]; of a batch for several shards some may be taken in then, so it may be sent again.
    /// - [`AppendError::Forgotten`] when a series that was known is so no more: gather the batch again, for which
    ///   the same holds. Without [`Batch::known`] there is no such error.
    pub fn append_at_most(&self, batch: &Batch, most: usize, now: i64) -> Result<Appended, AppendError> {
        let mut appended = Appended::default();
        let mut learned = Vec::new();
        for (number, shard) in self.shards.iter().enumerate() {
            // The series of a target are spread over all shards.
            let grid_series = self.options.target_series.div_ceil(self.shards.len());
            let single = most.saturating_sub(self.single_count() - shard.single_count());
            let bounds = Bounds { grid_series, single, ..self.bounds(shard, now) };
            let mut own = self.series_of(batch, number).peekable();
            if own.peek().is_none() {
                continue;
            }
            learned.clear();
            let expected = batch.evictions.get(number).copied();
            let taken = shard.append(own, &bounds, expected, |wording, place| {
                learned.push(Learned { wording, place });
            });
            let (taken, evictions) = taken.inspect_err(|error| {
                if *error == AppendError::Forgotten {
                    self.known.forget(number, shard.lock().head.evictions());
                }
            })?;
            appended += taken;
            if !learned.is_empty() {
                self.known.learn(number, evictions, &learned);
            }
        }
        Ok(appended)
    }

    /// The series of a batch that are of a shard.
    fn series_of<'a>(&self, batch: &'a Batch, shard: usize) -> impl Iterator<Item = BatchSeries<'a>> {
        batch.each().filter_map(move |(entry, packed, samples)| {
            let (of, name) = match entry.name {
                Name::Labels(hash, wording) => {
                    (self.shard_of(hash), SeriesName::Labels { packed, hash, wording })
                }
                Name::Place(place) => (entry.shard, SeriesName::Place(place)),
            };
            (of == shard).then_some(BatchSeries { name, samples })
        })
    }

    /// Takes in what a feed gathered.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was taken in then.
    pub fn commit(&self, feed: &mut Feed, now: i64) -> Result<Appended, AppendError> {
        let bounds = self.bounds(feed.shard(), now);
        feed.commit(&bounds)
    }
}
