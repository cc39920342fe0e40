//! Making segments of a window that was taken out of a head: its chunks, and the roll-ups of its samples.

use super::History;
use crate::codec::{Encoder, decode_times, decode_values};
use crate::head::{ChunkRef, Sealing, Span};
use crate::pieces::{Joiner, Piece};
use crate::rollup::Rollups;
use crate::segment::{Segment, SegmentWriter, Tier, WriteError};
use std::collections::HashMap;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// By window and generation.
pub(super) type ChunkFiles = HashMap<(i64, u32), Arc<std::fs::File>>;

/// A window's chunks, in memory and on disk.
pub(super) struct Chunks<'a> {
    sealing: &'a Sealing,
    file: Option<Arc<std::fs::File>>,
    times: HashMap<u32, Arc<[i64]>>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(files: &ChunkFiles, sealing: &'a Sealing) -> Self {
        let file = files.get(&(sealing.window, sealing.content.generation)).cloned();
        Self { sealing, file, times: HashMap::new() }
    }

    /// The bytes at a place.
    pub(super) fn bytes(&self, span: Span) -> std::io::Result<Vec<u8>> {
        let content = &self.sealing.content;
        if let Some(start) = span.offset.checked_sub(content.flushed()) {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let found = content.pending.get(start..start.saturating_add(span.length as usize));
            return Ok(found.unwrap_or_default().to_vec());
        }
        let mut bytes = vec![0; span.length as usize];
        match &self.file {
            Some(file) => file.read_exact_at(&mut bytes, span.offset)?,
            None => return Err(std::io::Error::other("the chunks of a window are missing")),
        }
        Ok(bytes)
    }

    /// The samples of a chunk; `None` when they cannot be read.
    pub(super) fn samples(&mut self, chunk: &ChunkRef) -> std::io::Result<Option<Piece>> {
        let column = self.sealing.content.columns[chunk.column as usize];
        let times = if let Some(times) = self.times.get(&chunk.column) {
            Arc::clone(times)
        } else {
            let mut times = Vec::with_capacity(column.count as usize);
            if decode_times(&self.bytes(column.span)?, column.count as usize, &mut times).is_err() {
                return Ok(None);
            }
            let times: Arc<[i64]> = times.into();
            self.times.insert(chunk.column, Arc::clone(&times));
            times
        };
        let mut values = Vec::with_capacity(times.len());
        let decoded = decode_values(&self.bytes(chunk.span)?, times.len(), &mut values);
        Ok(decoded.is_ok().then_some((times, values)))
    }
}

impl History {
    /// Makes the segments of a window; returns them opened.
    pub(super) fn write_window(
        &self,
        shard: usize,
        sealing: &Sealing,
    ) -> Result<Vec<Arc<Segment>>, WriteError> {
        let shard_number = u32::try_from(shard).unwrap_or(u32::MAX);
        let paths = Tier::ALL.map(|tier| self.segment_path(tier, sealing.window, shard));
        let failed = |source| WriteError { path: paths[0].clone(), source };
        let files = self.shards[shard].lock().chunk_files(self.shards[shard].folder()).map_err(failed)?;
        let mut chunks = Chunks::new(&files, sealing);
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
                let (times, values) = (chunks.bytes(column.span), chunks.bytes(chunk.span));
                let (times, values) = (times.map_err(failed)?, values.map_err(failed)?);
                let times = (column.first, column.last, column.count, times.as_slice());
                writers[0].1.chunk(times, &[&values], column.count.into());
                pieces.extend(chunks.samples(chunk).map_err(failed)?);
            }
            let Some((times, values)) = Joiner::default().join(pieces, i64::MIN, i64::MAX) else { continue };
            for (tier, writer) in &mut writers[1..] {
                let rollups = Rollups::of(&times, &values, *tier);
                put_rollups(writer, &rollups, &mut encoder);
            }
        }
        let windows = vec![(sealing.window, sealing.content.generation)];
        // The raw tier last: a window counts as sealed by its raw segment.
        let mut made = Vec::new();
        for (_, writer) in writers.into_iter().rev() {
            made.extend(writer.finish(shard_number, windows.clone())?);
        }
        Ok(made.iter().filter_map(|path| self.open_made(path)).collect())
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
