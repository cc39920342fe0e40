//! The columns of a segment: times, kept once for all chunks that share them.

use crate::bytes::{Malformed, Reader, put_signed, put_varint};
use crate::codec::{VALUES_MAX, decode_times};
use std::collections::HashMap;
use std::sync::Arc;

/// One column, encoded.
#[derive(Debug, Clone)]
pub(super) struct ColumnEntry {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) count: u32,
    pub(super) bytes: Box<[u8]>,
}

impl ColumnEntry {
    pub(super) fn new(times: &[i64], encoded: &[u8]) -> Self {
        let (first, last) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
        Self { first, last, count: u32::try_from(times.len()).unwrap_or(u32::MAX), bytes: encoded.into() }
    }

    /// The times.
    pub(super) fn times(&self) -> Result<Arc<[i64]>, Malformed> {
        let mut times = Vec::with_capacity(self.count as usize);
        decode_times(&self.bytes, self.count as usize, &mut times)?;
        Ok(times.into())
    }
}

/// Gathers columns; equal ones become one.
#[derive(Debug, Default)]
pub(super) struct ColumnsWriter {
    numbers: HashMap<Box<[u8]>, u32>,
    entries: Vec<(i64, i64, u32, Box<[u8]>)>,
}

impl ColumnsWriter {
    /// The number of a column.
    ///
    /// - `bytes`: its times, encoded.
    pub(super) fn number(&mut self, first: i64, last: i64, count: u32, bytes: &[u8]) -> u32 {
        // Encoding is a function of the times, but for how many they are: a constant difference has one form.
        let mut key = bytes.to_vec();
        put_varint(&mut key, count.into());
        if let Some(number) = self.numbers.get(key.as_slice()) {
            return *number;
        }
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push((first, last, count, bytes.into()));
        self.numbers.insert(key.into(), number);
        number
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        put_varint(out, self.entries.len() as u64);
        let mut before = 0;
        for (first, last, count, bytes) in &self.entries {
            put_signed(out, first.wrapping_sub(before));
            put_signed(out, last.wrapping_sub(*first));
            put_varint(out, (*count).into());
            put_varint(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
            before = *first;
        }
    }
}

/// The columns that [`ColumnsWriter::save`] wrote.
pub(super) fn load(bytes: &[u8]) -> Result<Vec<ColumnEntry>, Malformed> {
    let mut reader = Reader::new(bytes);
    let count = reader.length(bytes.len(), "too many columns")?;
    let mut before = 0_i64;
    let mut columns = Vec::with_capacity(count);
    for _ in 0..count {
        let first = before.wrapping_add(reader.signed()?);
        let last = first.wrapping_add(reader.signed()?);
        let count = reader.length(VALUES_MAX, "a column is too long")?;
        let length = reader.length(reader.remaining(), "a column leaves its part")?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        columns.push(ColumnEntry { first, last, count, bytes: reader.take(length)?.into() });
        before = first;
    }
    Ok(columns)
}
