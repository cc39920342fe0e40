//! The agent's side of frames.

use super::bytes::{put_varint, zigzag};
use super::checksum::crc32;
use super::dictionary::{Slot, StringCount};
use super::value::LastValue;
use super::{FLAG_RESET, SeriesError, TickError, VERSION, check_series, record};
use crate::limits::{FRAME_MAX, SERIES_MAX, TICKS_MAX};
use std::collections::{HashMap, VecDeque};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;

/// Values in one record; with 14 bytes at most for each it fits in a frame.
const VALUES_PER_RECORD: usize = 50_000;
/// More than a frame's version, flags, sequence and checksum take.
const AROUND: usize = 16;

/// Makes frames of the samples of one connection.
///
/// Give each series an index with [`define`](Self::define), then call
/// [`tick`](Self::tick) and send what [`take`](Self::take) returns until it is `None`.
/// Whatever was not taken yet is kept, so several ticks can share a frame.
///
/// ```
/// use topmast_model::{sample::Series, time::UnixMillis};
/// let mut encoder = topmast_wire::FrameEncoder::new();
/// let load = encoder.define(&Series::new("host_load_1", []))?;
/// encoder.tick(UnixMillis(1_800_000_000_000), &[(load, 0.25)])?;
/// assert_eq!(encoder.take().map(|frame| frame.len()), Some(34));
/// assert_eq!(encoder.take(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct FrameEncoder {
    slots: Vec<Slot>,
    strings: HashMap<Box<str>, usize>,
    string_count: StringCount,
    last_time: i64,
    last_step: i64,
    sequence: u64,
    open: OpenFrame,
    closed: VecDeque<Vec<u8>>,
    /// Kept between ticks to save allocations.
    changed: Vec<(u32, f64)>,
    record: Vec<u8>,
}

/// Records of a frame that is not closed yet.
#[derive(Debug, Default)]
struct OpenFrame {
    reset: bool,
    ticks: u32,
    records: Vec<u8>,
}

impl FrameEncoder {
    /// An encoder for a new connection: nothing is defined.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a series the next index: 0, 1, 2, …
    ///
    /// The caller keeps the index and defines a series once: the decoder refuses
    /// a series that has an index already.
    ///
    /// # Errors
    /// [`SeriesError`]; the series has no index then and everything else goes on.
    /// After [`SeriesError::Full`] call [`reset`](Self::reset).
    pub fn define(&mut self, series: &Series) -> Result<u32, SeriesError> {
        check_series(series)?;
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        if index >= SERIES_MAX {
            return Err(SeriesError::Full);
        }
        let mut record = std::mem::take(&mut self.record);
        record.push(record::SERIES);
        self.put_string(&series.metric, &mut record);
        put_varint(&mut record, series.labels.len() as u64);
        for (name, value) in &series.labels {
            self.put_string(name, &mut record);
            self.put_string(value, &mut record);
        }
        self.slots.push(Slot::Fresh);
        self.append(record);
        Ok(index)
    }

    /// Ends a series; its index is not used again. Nothing happens when it is not live.
    pub fn retire(&mut self, index: u32) {
        match self.slots.get_mut(index as usize) {
            None | Some(Slot::Retired) => {}
            Some(slot) => {
                *slot = Slot::Retired;
                let mut record = std::mem::take(&mut self.record);
                record.push(record::RETIRE);
                put_varint(&mut record, index.into());
                self.append(record);
            }
        }
    }

    /// Forgets all series, so that indexes start from 0 again. What was ticked before is still sent.
    pub fn reset(&mut self) {
        self.close();
        self.slots.clear();
        self.strings.clear();
        self.string_count = StringCount::default();
        (self.last_time, self.last_step) = (0, 0);
        self.open.reset = true;
    }

    /// Adds a tick.
    ///
    /// - `time`: may lie before the last tick's, when the clock was set back.
    /// - `values`: index and value, in any order; of an index given twice the last
    ///   value counts. Unchanged values may be given or left out: a series that is
    ///   left out keeps its value.
    ///
    /// # Errors
    /// [`TickError`] for an index that is not live; nothing of the tick is taken then.
    pub fn tick(&mut self, time: UnixMillis, values: &[(u32, f64)]) -> Result<(), TickError> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.clear();
        for &(index, value) in values {
            match self.slots.get(index as usize) {
                None | Some(Slot::Retired) => return Err(TickError { index }),
                _ => changed.push((index, value)),
            }
        }
        if !changed.is_sorted_by(|a, b| a.0 < b.0) {
            keep_last_of_each(&mut changed);
        }
        changed.retain(|(index, value)| match &self.slots[*index as usize] {
            Slot::Valued(last) => !last.is(*value),
            _ => true,
        });
        if self.open.ticks == TICKS_MAX {
            self.close();
        }

        let mut record = std::mem::take(&mut self.record);
        record.push(record::TICK);
        let step = time.0.wrapping_sub(self.last_time);
        put_varint(&mut record, zigzag(step.wrapping_sub(self.last_step)));
        (self.last_time, self.last_step) = (time.0, step);
        let (first, rest) = changed.split_at(changed.len().min(VALUES_PER_RECORD));
        self.put_changes(first, &mut record);
        self.append(record);
        for part in rest.chunks(VALUES_PER_RECORD) {
            let mut record = std::mem::take(&mut self.record);
            record.push(record::MORE);
            self.put_changes(part, &mut record);
            self.append(record);
        }
        self.open.ticks += 1;
        self.changed = changed;
        Ok(())
    }

    /// The next frame to send; `None` when everything was taken. Frames must be sent in this order.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if self.closed.is_empty() {
            self.close();
        }
        self.closed.pop_front()
    }

    fn put_changes(&mut self, changed: &[(u32, f64)], record: &mut Vec<u8>) {
        put_indexes(changed, record);
        for (index, value) in changed {
            let slot = &mut self.slots[*index as usize];
            let mut last = if let Slot::Valued(last) = slot { *last } else { LastValue::START };
            last.write(*value, record);
            *slot = Slot::Valued(last);
        }
    }

    fn put_string(&mut self, string: &str, record: &mut Vec<u8>) {
        if let Some(position) = self.strings.get(string) {
            put_varint(record, *position as u64 + 1);
            return;
        }
        put_varint(record, 0);
        put_varint(record, string.len() as u64);
        record.extend_from_slice(string.as_bytes());
        if let Some(position) = self.string_count.admit(string) {
            self.strings.insert(string.into(), position);
        }
    }

    /// Adds a record to the open frame, or to a new one when it does not fit.
    fn append(&mut self, mut record: Vec<u8>) {
        if self.open.records.len() + record.len() + AROUND > FRAME_MAX {
            self.close();
        }
        self.open.records.extend_from_slice(&record);
        record.clear();
        self.record = record;
    }

    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if open.records.is_empty() {
            self.open.reset = open.reset;
            return;
        }
        self.sequence += 1;
        let mut frame = Vec::with_capacity(open.records.len() + AROUND);
        frame.extend_from_slice(&[VERSION, if open.reset { FLAG_RESET } else { 0 }]);
        put_varint(&mut frame, self.sequence);
        frame.extend_from_slice(&open.records);
        frame.extend_from_slice(&crc32(&frame).to_le_bytes());
        self.closed.push_back(frame);
    }
}

/// Sorts by index; of equal ones only the last given stays.
fn keep_last_of_each(changed: &mut Vec<(u32, f64)>) {
    changed.sort_by_key(|(index, _)| *index); // stable
    changed.reverse();
    changed.dedup_by_key(|(index, _)| *index);
    changed.reverse();
}

/// Writes which indexes follow: as gaps between them or as a bitmap, whichever is shorter.
fn put_indexes(changed: &[(u32, f64)], out: &mut Vec<u8>) {
    let count = changed.len() as u64;
    let (Some((first, _)), Some((last, _))) = (changed.first(), changed.last()) else {
        return put_varint(out, 0);
    };
    let start = out.len();
    put_varint(out, count << 1);
    let mut next = 0;
    for (index, _) in changed {
        put_varint(out, u64::from(index - next));
        next = index + 1;
    }
    let bitmap_length = ((last - first) / 8 + 1) as usize;
    if out.len() - start > bitmap_length + 6 {
        out.truncate(start);
        put_varint(out, count << 1 | 1);
        put_varint(out, (*first).into());
        put_varint(out, bitmap_length as u64);
        let bits = out.len();
        out.resize(bits + bitmap_length, 0);
        for (index, _) in changed {
            let bit = (index - first) as usize;
            out[bits + bit / 8] |= 1 << (bit % 8);
        }
    }
}
