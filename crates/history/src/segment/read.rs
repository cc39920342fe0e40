//! Reading a segment: which series match, their chunks, and what is damaged.

use super::columns::{self, ColumnEntry};
use super::footer::{Footer, Part};
use super::index::{Chunk, Entry, SegmentPostings, Wanted, load_block};
use super::weight::{Scale, Weight};
use super::{BLOCK_SERIES, HEAD, MAGIC, PART_MAX, TAIL, Tier, VERSION};
use crate::bytes::{Malformed, Reader};
use crate::codec::{decode_values, unpack};
use crate::matcher::Matcher;
use crate::pieces::Piece;
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Bytes of a segment that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{path}, byte {offset}: {what}")]
pub(crate) struct Damage {
    pub(crate) path: PathBuf,
    pub(crate) offset: u64,
    pub(crate) what: Arc<str>,
}

/// An open segment.
pub(crate) struct Segment {
    path: PathBuf,
    file: File,
    length: u64,
    footer: Footer,
    /// Loaded at the first query, let go when others need the memory.
    index: Mutex<Option<Arc<Index>>>,
    /// When it was used last, in the store's count of queries.
    pub(crate) used: AtomicU64,
    /// By which cuts it was looked into, as a hash, and had nothing to cut.
    pub(crate) uncut: AtomicU64,
    weights: OnceLock<BTreeMap<Box<str>, Weight>>,
}

struct Index {
    columns: Vec<ColumnEntry>,
    postings: SegmentPostings,
    /// Times that were decoded so far.
    times: Mutex<HashMap<u32, Arc<[i64]>>>,
}

impl Segment {
    /// Opens a segment.
    ///
    /// # Errors
    /// [`Damage`] when it is no whole segment.
    pub(crate) fn open(path: &Path) -> Result<Self, Damage> {
        let at = |offset: u64, what: &dyn std::fmt::Display| Damage {
            path: path.into(),
            offset,
            what: what.to_string().into(),
        };
        let file = File::open(path).map_err(|error| at(0, &error))?;
        let length = file.metadata().map_err(|error| at(0, &error))?.len();
        if length < HEAD + TAIL {
            return Err(at(length, &"the file is too short for a segment"));
        }
        let head = read(&file, 0, 6).map_err(|error| at(0, &error))?;
        if head[..4] != MAGIC {
            return Err(at(0, &"the file is no segment"));
        }
        if head[4] != VERSION {
            return Err(at(
                4,
                &format!("format {} is not the one that this build reads ({VERSION})", head[4]),
            ));
        }
        let tail = read(&file, length - TAIL, 12).map_err(|error| at(length - TAIL, &error))?;
        let mut tail = Reader::new(&tail);
        let short = |malformed: Malformed| at(length - TAIL, &malformed);
        let (footer_length, checksum) = (tail.u32().map_err(short)?, tail.u32().map_err(short)?);
        let start = (length - TAIL).checked_sub(footer_length.into()).filter(|start| *start >= HEAD);
        let start = start.ok_or_else(|| at(length - TAIL, &"the footer has no place in the file"))?;
        let bytes = read(&file, start, footer_length as usize).map_err(|error| at(start, &error))?;
        if tail.rest() != MAGIC || crc32fast::hash(&bytes) != checksum {
            return Err(at(start, &"the footer's checksum does not fit"));
        }
        let footer = Footer::load(&bytes).map_err(|malformed| at(start, &malformed))?;
        if Tier::of_byte(head[5]) != Some(footer.tier) {
            return Err(at(5, &"the tier at the start is not that of the footer"));
        }
        Ok(Self {
            path: path.into(),
            file,
            length,
            footer,
            index: Mutex::default(),
            used: AtomicU64::new(0),
            uncut: AtomicU64::new(0),
            weights: OnceLock::new(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Bytes of memory that its index takes now.
    pub(crate) fn index_size(&self) -> usize {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        index.as_ref().map_or(0, |index| {
            let times = index.times.lock().unwrap_or_else(PoisonError::into_inner);
            let times: usize = times.values().map(|times| times.len() * 8).sum();
            index.postings.size() + index.columns.len() * 64 + times
        })
    }

    /// Lets go of the index; the next query loads it again.
    pub(crate) fn forget_index(&self) {
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn damage(&self, offset: u64, what: &dyn std::fmt::Display) -> Damage {
        Damage { path: self.path.clone(), offset, what: what.to_string().into() }
    }

    fn index(&self, turn: u64) -> Result<Arc<Index>, Damage> {
        self.used.store(turn, Ordering::Relaxed);
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = &*index {
            return Ok(Arc::clone(index));
        }
        let (columns_at, postings_at) = (self.footer.columns.offset, self.footer.postings.offset);
        let columns = columns::load(&self.part(self.footer.columns)?);
        let columns = columns.map_err(|malformed| self.damage(columns_at, &malformed))?;
        let postings = SegmentPostings::load(self.part(self.footer.postings)?, self.footer.series);
        let postings = postings.map_err(|malformed| self.damage(postings_at, &malformed))?;
        let loaded = Arc::new(Index { columns, postings, times: Mutex::default() });
        *index = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// The series that all matchers mean.
    ///
    /// - `turn`: the store's count of queries.
    pub(crate) fn matching(&self, matchers: &[Matcher], turn: u64) -> Result<RoaringBitmap, Damage> {
        let found = self.index(turn)?.postings.matching(matchers);
        found.map_err(|malformed| self.damage(self.footer.postings.offset, &malformed))
    }

    /// The entries of every series that all matchers mean, with what of the index is damaged.
    pub(crate) fn find(&self, matchers: &[Matcher], turn: u64) -> (Vec<Entry>, Vec<Damage>) {
        match self.matching(matchers, turn) {
            Ok(series) => self.entries(&series),
            Err(damage) => (Vec::new(), vec![damage]),
        }
    }

    /// The entries of these series, with what of the index is damaged.
    pub(crate) fn entries(&self, series: &RoaringBitmap) -> (Vec<Entry>, Vec<Damage>) {
        let (mut entries, mut damages) = (Vec::new(), Vec::new());
        let mut numbers = series.iter().map(|number| number as usize).peekable();
        while let Some(first) = numbers.next() {
            let block = first / BLOCK_SERIES;
            let mut wanted = [false; BLOCK_SERIES];
            wanted[first % BLOCK_SERIES] = true;
            while let Some(number) = numbers.next_if(|number| number / BLOCK_SERIES == block) {
                wanted[number % BLOCK_SERIES] = true;
            }
            match self.block(block, &wanted) {
                Ok(found) => entries.extend(found),
                Err(damage) => damages.push(damage),
            }
        }
        (entries, damages)
    }

    /// Calls `each` with the names of labels that some series have which all matchers mean: of the postings alone.
    pub(crate) fn label_names(
        &self,
        matchers: &[Matcher],
        turn: u64,
        each: impl FnMut(&str),
    ) -> Result<(), Damage> {
        let read = self.index(turn)?.postings.label_names(matchers, each);
        read.map_err(|malformed| self.damage(self.footer.postings.offset, &malformed))
    }

    /// Calls `each` with the values of a label that some series have which all matchers mean: of the postings alone.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        turn: u64,
        each: impl FnMut(&str),
    ) -> Result<(), Damage> {
        let read = self.index(turn)?.postings.label_values(name, matchers, each);
        read.map_err(|malformed| self.damage(self.footer.postings.offset, &malformed))
    }

    /// What its series weigh, by a value of their labels; none before it was weighed.
    pub(crate) fn weights(&self) -> Option<&BTreeMap<Box<str>, Weight>> {
        self.weights.get()
    }

    /// Weighs its series by the values of a label, and keeps that; what is damaged weighs nothing.
    pub(crate) fn weigh(&self, label: &str) -> Vec<Damage> {
        let mut damages = Vec::new();
        // Not the index that queries share: its postings are not needed, and others would be let go for it.
        let columns = self.part(self.footer.columns).and_then(|bytes| {
            let columns = columns::load(&bytes);
            columns.map_err(|malformed| self.damage(self.footer.columns.offset, &malformed))
        });
        let columns = columns.unwrap_or_else(|damage| {
            damages.push(damage);
            Vec::new()
        });
        let mut scale = Scale::default();
        for entry in self.all() {
            match entry {
                Ok(entry) => scale.add(
                    entry.labels.get(label),
                    entry.chunks.iter().filter_map(|chunk| {
                        let column = columns.get(chunk.column as usize)?;
                        Some(Weight { bytes: chunk.length() as u64, first: column.first, last: column.last })
                    }),
                ),
                Err(damage) => damages.push(damage),
            }
        }
        let _ = self.weights.set(scale.weights(self.length));
        damages
    }

    /// Every entry, block after block: for merging segments.
    pub(crate) fn all(&self) -> impl Iterator<Item = Result<Entry, Damage>> {
        (0..self.footer.blocks.len()).flat_map(|block| match self.block(block, &[true; BLOCK_SERIES]) {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(damage) => vec![Err(damage)],
        })
    }

    fn block(&self, number: usize, wanted: &Wanted) -> Result<Vec<Entry>, Damage> {
        let unknown = || self.damage(self.footer.postings.offset, &"a posting is of no series");
        let block = self.footer.blocks.get(number).ok_or_else(unknown)?;
        let entries = load_block(&self.part(block.part)?, self.footer.tier, block.data, wanted);
        entries.map_err(|malformed| self.damage(block.part.offset, &malformed))
    }

    /// The times and values of a series between two times, chunk by chunk; a chunk at the border is whole.
    ///
    /// - `value`: which of the tier's values.
    /// - `turn`: the store's count of queries.
    pub(crate) fn pieces(
        &self,
        entry: &Entry,
        (from, until): (i64, i64),
        value: usize,
        turn: u64,
    ) -> Result<Vec<Piece>, Damage> {
        let index = self.index(turn)?;
        let mut pieces = Vec::new();
        let mut data = None;
        let mut start = 0;
        for chunk in &entry.chunks {
            let column = index.columns.get(chunk.column as usize);
            let column = column.ok_or_else(|| self.damage(entry.data, &"a chunk is of no column"))?;
            let at = start + chunk.lengths[..value].iter().sum::<u32>() as usize;
            start += chunk.length();
            if column.first > until || column.last < from {
                continue;
            }
            let data = match &data {
                Some(data) => data,
                None => data.insert(self.data(entry)?),
            };
            let bytes = &data[at..at + chunk.lengths[value] as usize];
            let mut values = Vec::with_capacity(column.count as usize);
            decode_values(bytes, column.count as usize, &mut values)
                .map_err(|malformed| self.damage(entry.data + at as u64, &malformed))?;
            pieces.push((self.times(&index, chunk)?, values));
        }
        Ok(pieces)
    }

    /// The chunks of a series as they are in the file: the column's first time, last time, count and bytes, and
    /// the values' bytes.
    pub(crate) fn chunks(&self, entry: &Entry, turn: u64) -> Result<Vec<StoredChunk>, Damage> {
        let index = self.index(turn)?;
        let data = self.data(entry)?;
        let mut start = 0;
        let mut chunks = Vec::with_capacity(entry.chunks.len());
        for chunk in &entry.chunks {
            let column = index.columns.get(chunk.column as usize);
            let column = column.ok_or_else(|| self.damage(entry.data, &"a chunk is of no column"))?;
            let lengths = &chunk.lengths[..self.footer.tier.values()];
            let values = lengths.iter().map(|length| {
                let from = start;
                start += *length as usize;
                data[from..start].into()
            });
            let values = values.collect();
            chunks.push(StoredChunk { column: column.clone(), values });
        }
        Ok(chunks)
    }

    /// The data of a series, checked.
    fn data(&self, entry: &Entry) -> Result<Vec<u8>, Damage> {
        let data = self.read(entry.data, entry.length())?;
        if crc32fast::hash(&data) != entry.checksum {
            return Err(self
                .damage(entry.data, &format!("the checksum of {} does not fit", entry.labels.to_series())));
        }
        Ok(data)
    }

    fn times(&self, index: &Index, chunk: &Chunk) -> Result<Arc<[i64]>, Damage> {
        let mut times = index.times.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = times.get(&chunk.column) {
            return Ok(Arc::clone(times));
        }
        let decoded = index.columns[chunk.column as usize].times();
        let decoded = decoded.map_err(|malformed| self.damage(self.footer.columns.offset, &malformed))?;
        times.insert(chunk.column, Arc::clone(&decoded));
        Ok(decoded)
    }

    /// A part of the file, checked and decompressed.
    fn part(&self, part: Part) -> Result<Vec<u8>, Damage> {
        let packed = self.read(part.offset, part.length as usize)?;
        if crc32fast::hash(&packed) != part.checksum {
            return Err(self.damage(part.offset, &"the checksum does not fit"));
        }
        unpack(&packed, PART_MAX).map_err(|error| self.damage(part.offset, &error))
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Damage> {
        if offset.saturating_add(length as u64) > self.length {
            return Err(self.damage(offset, &"it leaves the file"));
        }
        read(&self.file, offset, length).map_err(|error| self.damage(offset, &error))
    }
}

/// A chunk as it is in a file.
pub(crate) struct StoredChunk {
    column: ColumnEntry,
    pub(crate) values: Vec<Box<[u8]>>,
}

impl StoredChunk {
    /// - `times`: plain, and `encoded`.
    pub(crate) fn new(times: &[i64], encoded: &[u8], values: Vec<Box<[u8]>>) -> Self {
        Self { column: ColumnEntry::new(times, encoded), values }
    }

    /// First, last, how many, and all of them encoded.
    pub(crate) fn times(&self) -> (i64, i64, u32, &[u8]) {
        let ColumnEntry { first, last, count, bytes } = &self.column;
        (*first, *last, *count, bytes)
    }

    pub(crate) fn count(&self) -> u32 {
        self.column.count
    }
}

fn read(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}
