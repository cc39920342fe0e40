//! Writing a segment: series after series, in order of their labels.

use super::columns::ColumnsWriter;
use super::footer::{Block, Footer, Part};
use super::index::{Chunk, Entry, save_block, save_postings};
use super::{BLOCK_SERIES, HEAD, MAGIC, Tier, VERSION, ZSTD_LEVEL};
use crate::labels::Labels;
use crate::postings::Postings;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Why a segment was not written; nothing is left of it.
#[derive(Debug, thiserror::Error)]
#[error("write the segment {path}")]
pub(crate) struct WriteError {
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

/// See the module.
pub(crate) struct SegmentWriter {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    offset: u64,
    tier: Tier,
    columns: ColumnsWriter,
    postings: Postings,
    blocks: Vec<Block>,
    /// Of the block that is not written yet.
    entries: Vec<Entry>,
    /// Blocks, packed, and where the data of each begins: they come behind all data.
    pending: Vec<(Vec<u8>, u64)>,
    current: Option<Entry>,
    current_data: Vec<u8>,
    series: u64,
    samples: u64,
    times: Option<(i64, i64)>,
}

impl SegmentWriter {
    /// Begins a segment, which appears at `path` when it is finished.
    pub(crate) fn create(path: &Path, tier: Tier) -> Result<Self, WriteError> {
        let temporary = path.with_extension("tmp");
        let create = || {
            let file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
            let mut file = BufWriter::with_capacity(BUFFER, file);
            file.write_all(&MAGIC)?;
            file.write_all(&[VERSION, tier.byte(), 0, 0])?;
            Ok(file)
        };
        let file = create().map_err(|source| WriteError { path: path.into(), source })?;
        Ok(Self {
            path: path.into(),
            temporary,
            file,
            offset: HEAD,
            tier,
            columns: ColumnsWriter::default(),
            postings: Postings::default(),
            blocks: Vec::new(),
            entries: Vec::new(),
            pending: Vec::new(),
            current: None,
            current_data: Vec::new(),
            series: 0,
            samples: 0,
            times: None,
        })
    }

    /// Begins a series; series come in order of their labels, each once.
    pub(crate) fn series(&mut self, labels: Labels) -> Result<(), WriteError> {
        self.end_series()?;
        self.current = Some(Entry { labels, data: self.offset, checksum: 0, chunks: Vec::new() });
        Ok(())
    }

    /// Adds a chunk to the series.
    ///
    /// - `times`: first, last, how many, and all of them encoded.
    /// - `values`: encoded, as many as the tier keeps.
    /// - `samples`: how many samples it stands for.
    pub(crate) fn chunk(&mut self, times: (i64, i64, u32, &[u8]), values: &[&[u8]], samples: u64) {
        let Some(current) = &mut self.current else { return };
        let (first, last, count, bytes) = times;
        let column = self.columns.number(first, last, count, bytes);
        let mut lengths = [0; 5];
        for (length, value) in lengths.iter_mut().zip(values) {
            *length = u32::try_from(value.len()).unwrap_or(u32::MAX);
            self.current_data.extend_from_slice(value);
        }
        current.chunks.push(Chunk { column, lengths });
        self.samples += samples;
        let (earliest, latest) = self.times.unwrap_or((first, last));
        self.times = Some((earliest.min(first), latest.max(last)));
    }

    fn end_series(&mut self) -> Result<(), WriteError> {
        let Some(mut entry) = self.current.take() else { return Ok(()) };
        if entry.chunks.is_empty() {
            return Ok(());
        }
        entry.checksum = crc32fast::hash(&self.current_data);
        let data = std::mem::take(&mut self.current_data);
        self.put(&data)?;
        self.current_data = data;
        self.current_data.clear();
        let number = u32::try_from(self.series).unwrap_or(u32::MAX);
        self.postings.insert(number, &entry.labels);
        self.series += 1;
        self.entries.push(entry);
        if self.entries.len() == BLOCK_SERIES {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), WriteError> {
        let Some(first) = self.entries.first() else { return Ok(()) };
        let (mut bytes, data) = (Vec::new(), first.data);
        save_block(&self.entries, self.tier, &mut bytes);
        self.pending.push((self.pack(&bytes)?, data));
        self.entries.clear();
        Ok(())
    }

    /// Writes the rest, syncs, and gives the file its name; `None` when there was no series.
    ///
    /// - `shard`, `windows`: of which head, and which of its windows are in it.
    pub(crate) fn finish(
        mut self,
        shard: u32,
        windows: Vec<(i64, u32)>,
    ) -> Result<Option<PathBuf>, WriteError> {
        self.end_series()?;
        self.end_block()?;
        let Some((first, last)) = self.times else {
            let _ = std::fs::remove_file(&self.temporary);
            return Ok(None);
        };
        let mut bytes = Vec::new();
        self.columns.save(&mut bytes);
        let columns = self.put_part(&bytes)?;
        for (bytes, data) in std::mem::take(&mut self.pending) {
            let part = self.put_packed(&bytes)?;
            self.blocks.push(Block { part, data });
        }
        bytes.clear();
        save_postings(&self.postings, &mut bytes);
        let postings = self.put_part(&bytes)?;
        let footer = Footer {
            tier: self.tier,
            shard,
            first,
            last,
            series: self.series,
            samples: self.samples,
            windows,
            columns,
            postings,
            blocks: std::mem::take(&mut self.blocks),
        };
        bytes.clear();
        footer.save(&mut bytes);
        let (length, checksum) = (u32::try_from(bytes.len()).unwrap_or(u32::MAX), crc32fast::hash(&bytes));
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&MAGIC);
        self.put(&bytes)?;
        let finish = || {
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            std::fs::rename(&self.temporary, &self.path)?;
            sync_folder(&self.path)
        };
        let mut finish = finish;
        finish().map_err(|source| WriteError { path: self.path.clone(), source })?;
        Ok(Some(self.path.clone()))
    }

    fn put_part(&mut self, bytes: &[u8]) -> Result<Part, WriteError> {
        let packed = self.pack(bytes)?;
        self.put_packed(&packed)
    }

    fn pack(&self, bytes: &[u8]) -> Result<Vec<u8>, WriteError> {
        let packed = zstd::bulk::compress(bytes, ZSTD_LEVEL);
        packed.map_err(|source| WriteError { path: self.path.clone(), source })
    }

    fn put_packed(&mut self, packed: &[u8]) -> Result<Part, WriteError> {
        let length = u32::try_from(packed.len()).unwrap_or(u32::MAX);
        let part = Part { offset: self.offset, length, checksum: crc32fast::hash(packed) };
        self.put(packed)?;
        Ok(part)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let written = self.file.write_all(bytes);
        written.map_err(|source| WriteError { path: self.path.clone(), source })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        // Gone once the segment has its name; else nothing is to be left of it.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// Makes a file's name in its folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
