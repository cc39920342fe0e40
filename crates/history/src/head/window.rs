//! Two hours of chunks, before they are sealed into a segment.

use crate::labels::Labels;
use std::sync::Arc;

/// Length of a window, in ms.
pub(crate) const WINDOW_MS: i64 = 2 * 60 * 60 * 1_000;

/// The window that a time lies in, counted from the Unix epoch.
pub(crate) const fn window_of(time: i64) -> i64 {
    time.div_euclid(WINDOW_MS)
}

/// Where bytes are in a window's chunk file, and their CRC-32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) checksum: u32,
}

/// Times that chunks share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) count: u32,
    pub(crate) span: Span,
}

/// The values of one series at the times of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkRef {
    pub(crate) window: i64,
    pub(crate) column: u32,
    pub(crate) span: Span,
}

/// A window that is still written to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Window {
    /// How often it was sealed before.
    pub(crate) generation: u32,
    pub(crate) columns: Vec<Column>,
    /// Bytes of its chunk file.
    pub(crate) length: u64,
    /// The end of those bytes that is not in the file yet.
    pub(crate) pending: Vec<u8>,
}

impl Window {
    /// Appends bytes and says where they are.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Span {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let span = Span { offset: self.length, length, checksum: crc32fast::hash(bytes) };
        self.pending.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        span
    }

    /// Bytes at a place, if they are in no file yet.
    pub(crate) fn unwritten(&self, span: Span) -> Option<&[u8]> {
        let start = usize::try_from(span.offset.checked_sub(self.flushed())?).ok()?;
        self.pending.get(start..start + span.length as usize)
    }

    /// Bytes that are in the file.
    pub(crate) fn flushed(&self) -> u64 {
        self.length - self.pending.len() as u64
    }
}

/// A window that is being sealed: nothing more comes to it.
#[derive(Debug, Clone)]
pub(crate) struct Sealing {
    pub(crate) window: i64,
    pub(crate) content: Arc<Window>,
    pub(crate) series: Arc<[SealingSeries]>,
}

/// The chunks of one series in a window.
#[derive(Debug, Clone)]
pub(crate) struct SealingSeries {
    pub(crate) labels: Labels,
    /// In the order in which they were made.
    pub(crate) chunks: Vec<ChunkRef>,
}
