//! Making segments of a window that was taken out of a head: its chunks, and the roll-ups of its samples.

use super::History;
use crate::codec::{Encoder, decode_times, decode_values};
use crate::head::{ChunkRef, Sealing, Span};
use crate::pieces::{Joiner, Piece};
use crate::rollup::Rollups;
use crate::segment::{Damage, Segment, SegmentWriter, Tier, WriteError};
use crate::shard::{Shard, chunks_path};
use std::collections::HashMap;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// By window and generation.
pub(super) type ChunkFiles = HashMap<(i64, u32), Arc<std::fs::File>>;

/// The times of a column, encoded and plain.
type Column = (Arc<[u8]>, Arc<[i64]>);

/// Columns that are kept decoded: up to five kilobytes each, and a window has twelve of each server.
const COLUMNS_MAX: usize = 1 << 14;

/// A window's chunks, in memory and on disk. What cannot be read is noted as damage and left out.
pub(super) struct Chunks<'a> {
    history: &'a History,
    shard: &'a Shard,
    sealing: &'a Sealing,
    files: &'a ChunkFiles,
    columns: HashMap<u32, Option<Column>>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(
        history: &'a History,
        shard: &'a Shard,
        files: &'a ChunkFiles,
        sealing: &'a Sealing,
    ) -> Self {
        Self { history, shard, sealing, files, columns: HashMap::new() }
    }

    /// The bytes at a place.
    fn bytes(&self, span: Span) -> Option<Vec<u8>> {
        let Sealing { window, content, .. } = self.sealing;
        match content.unwritten(span) {
            Some(bytes) => Some(bytes.to_vec()),
            None => self.history.chunk_bytes(self.shard, self.files, (*window, content.generation), span),
        }
    }

    /// A column, which is read once for all chunks that share it.
    fn column(&mut self, number: u32) -> Option<Column> {
        if !self.columns.contains_key(&number) {
            if self.columns.len() >= COLUMNS_MAX {
                self.columns.clear();
            }
            let column = self.sealing.content.columns[number as usize];
            let read = self.bytes(column.span).and_then(|bytes| {
                let times = times_in(&bytes, column.count)?;
                Some((bytes.into(), times))
            });
            self.columns.insert(number, read);
        }
        self.columns.get(&number)?.clone()
    }

    /// The samples of a chunk.
    pub(super) fn samples(&mut self, chunk: &ChunkRef) -> Option<Piece> {
        let (_, times) = self.column(chunk.column)?;
        let values = values_in(&self.bytes(chunk.span)?, u32::try_from(times.len()).ok()?)?;
        Some((times, values))
    }
}

/// The times that bytes of a good checksum hold; `None` only when another version wrote them.
pub(super) fn times_in(bytes: &[u8], count: u32) -> Option<Arc<[i64]>> {
    let mut times = Vec::with_capacity(count as usize);
    decode_times(bytes, count as usize, &mut times).ok()?;
    Some(times.into())
}

/// See [`times_in`].
pub(super) fn values_in(bytes: &[u8], count: u32) -> Option<Vec<f64>> {
    let mut values = Vec::with_capacity(count as usize);
    decode_values(bytes, count as usize, &mut values).ok()?;
    Some(values)
}

impl History {
    /// Bytes of a window's chunk file; damage is noted.
    pub(super) fn chunk_bytes(
        &self,
        shard: &Shard,
        files: &ChunkFiles,
        window: (i64, u32),
        span: Span,
    ) -> Option<Vec<u8>> {
        let mut bytes = vec![0; span.length as usize];
        let read = match files.get(&window) {
            Some(file) => file.read_exact_at(&mut bytes, span.offset).map_err(|error| error.to_string()),
            None => Err("the file is missing".into()),
        };
        let checked = read.and_then(|()| {
            let fits = crc32fast::hash(&bytes) == span.checksum;
            if fits { Ok(()) } else { Err("the checksum of a chunk does not fit".into()) }
        });
        if let Err(what) = checked {
            let path = chunks_path(shard.folder(), window.0, window.1);
            self.note(Damage { path, offset: span.offset, what: what.into() });
            return None;
        }
        Some(bytes)
    }

    /// Makes the segments of a window; returns them opened.
    pub(super) fn write_window(
        &self,
        shard: usize,
        sealing: &Sealing,
    ) -> Result<Vec<Arc<Segment>>, WriteError> {
        let shard_number = u32::try_from(shard).unwrap_or(u32::MAX);
        let paths = Tier::ALL.map(|tier| self.segment_path(tier, sealing.window, shard));
        let failed = |source| WriteError { path: paths[0].clone(), source };
        let shard = &self.shards[shard];
        let files = shard.lock().chunk_files(shard.folder()).map_err(failed)?;
        let mut chunks = Chunks::new(self, shard, &files, sealing);
        let mut writers = Vec::new();
        for (tier, path) in Tier::ALL.into_iter().zip(&paths) {
            writers.push((tier, SegmentWriter::create(path, tier)?));
        }
        let mut encoder = Encoder::default();
        for series in sealing.series.iter() {
            for (_, writer) in &mut writers {
                writer.series(series.labels.clone())?;
            }
            let mut pieces = Vec::new();
            for chunk in &series.chunks {
                let column = sealing.content.columns[chunk.column as usize];
                let (Some((encoded, times)), Some(values)) =
                    (chunks.column(chunk.column), chunks.bytes(chunk.span))
                else {
                    continue;
                };
                let stored = (column.first, column.last, column.count, &*encoded);
                writers[0].1.chunk(stored, &[&values], column.count.into());
                pieces.extend(values_in(&values, column.count).map(|values| (times, values)));
            }
            let Some((times, values)) = Joiner::default().join(pieces, i64::MIN, i64::MAX) else { continue };
            for (tier, writer) in &mut writers[1..] {
                let rollups = Rollups::of(&times, &values, *tier);
                put_rollups(writer, &rollups, &mut encoder);
            }
        }
        let windows = vec![(sealing.window, sealing.content.generation)];
        // The raw tier last: a window counts as sealed by its raw segment.
        let mut made: Vec<PathBuf> = Vec::new();
        for (_, writer) in writers.into_iter().rev() {
            match writer.finish(shard_number, windows.clone()) {
                Ok(path) => made.extend(path),
                Err(error) => {
                    // They are made again with it; on a full disk each try would leave others.
                    for path in &made {
                        let _ = std::fs::remove_file(path);
                    }
                    return Err(error);
                }
            }
        }
        Ok(made.iter().filter_map(|path| self.open_made(path)).collect())
    }

    /// Segments that a try to seal the window left, which ended with a crash before the raw tier's was there.
    pub(super) fn left_of(&self, shard: usize, sealing: &Sealing) -> Vec<Arc<Segment>> {
        let windows = [(sealing.window, sealing.content.generation)];
        let mut left = self.segments().to_vec();
        left.retain(|segment| {
            let footer = segment.footer();
            footer.shard as usize == shard && footer.windows == windows
        });
        let whole = left.iter().any(|segment| segment.footer().tier == Tier::Raw);
        if whole { Vec::new() } else { left }
    }

    /// Opens a segment that was just made; should that fail, it is noted as damage.
    pub(super) fn open_made(&self, path: &std::path::Path) -> Option<Arc<Segment>> {
        match Segment::open(path) {
            Ok(segment) => Some(Arc::new(segment)),
            Err(damage) => {
                self.note(damage);
                None
            }
        }
    }

    /// A path that no segment has had.
    pub(super) fn segment_path(&self, tier: Tier, window: i64, shard: usize) -> PathBuf {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        self.folder.join(tier.name()).join(format!("{window}-{shard}-{number}.segment"))
    }
}

/// Adds roll-ups to the series of a writer.
pub(super) fn put_rollups(writer: &mut SegmentWriter, rollups: &Rollups, encoder: &mut Encoder) {
    let (Some(first), Some(last)) = (rollups.times.first(), rollups.times.last()) else { return };
    let (times, values) = rollups.encode(encoder);
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let count = u32::try_from(rollups.times.len()).unwrap_or(u32::MAX);
    writer.chunk((*first, *last, count, &times), &values, rollups.samples);
}
