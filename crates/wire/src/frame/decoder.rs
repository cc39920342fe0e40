//! The master's side of frames.

use super::bytes::{Reader, unzigzag};
use super::checksum::crc32;
use super::dictionary::{Slot, StringCount};
use super::value::LastValue;
use super::{FLAG_RESET, FrameError, FrameSink, FrameStats, SeriesError, VERSION, check_series, record};
use crate::limits::{FRAME_MAX, LABELS_MAX, SERIES_MAX, TICKS_MAX, VALUE_MAX};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;

/// Length of the checksum at the end of a frame.
const CHECKSUM: usize = 4;

/// Reads the frames of one connection.
///
/// Takes some 40 bytes of memory a series, and the strings of the dictionary.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    slots: Vec<Slot>,
    /// How many of the slots are [`Slot::Valued`].
    valued: u64,
    strings: Vec<Box<str>>,
    string_count: StringCount,
    /// Live series by hash, with keys of this process, so that no peer can choose two that collide.
    defined: HashSet<u64>,
    /// Hash of each slot's series.
    hashes: Vec<u64>,
    hasher: RandomState,
    last_time: i64,
    last_step: i64,
    ticked: bool,
    sequence: u64,
    poisoned: bool,
    /// Indexes of the record under way; kept to save allocations.
    indexes: Vec<u32>,
}

impl FrameDecoder {
    /// A decoder for a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one frame into `sink`.
    ///
    /// # Errors
    /// [`FrameError`]. After `TooLong`, `TooShort`, `Version`, `Corrupt` and
    /// `OutOfOrder` nothing has changed and the frame that was due can still
    /// be read. After any other the sink may have had part of the frame and this
    /// decoder answers [`FrameError::Poisoned`] from then on (F-3).
    pub fn decode(&mut self, frame: &[u8], sink: &mut dyn FrameSink) -> Result<FrameStats, FrameError> {
        if self.poisoned {
            return Err(FrameError::Poisoned);
        }
        let length = frame.len();
        if length > FRAME_MAX {
            return Err(FrameError::TooLong { length });
        }
        let Some((body, checksum)) = frame.split_last_chunk::<CHECKSUM>() else {
            return Err(FrameError::TooShort { length });
        };
        let (expected, found) = (crc32(body), u32::from_le_bytes(*checksum));
        if expected != found {
            return Err(FrameError::Corrupt { expected, found });
        }
        let mut reader = Reader::new(body);
        let found = reader.byte().map_err(|_| FrameError::TooShort { length })?;
        if found != VERSION {
            return Err(FrameError::Version { found });
        }
        let flags = reader.byte().map_err(|_| FrameError::TooShort { length })?;
        let found = reader.varint().map_err(|_| FrameError::TooShort { length })?;
        let expected = self.sequence + 1;
        if found != expected {
            return Err(FrameError::OutOfOrder { expected, found });
        }

        self.poisoned = true;
        self.sequence = expected;
        let stats = self.records(flags, &mut reader, sink)?;
        self.poisoned = false;
        Ok(stats)
    }

    fn records(
        &mut self,
        flags: u8,
        reader: &mut Reader<'_>,
        sink: &mut dyn FrameSink,
    ) -> Result<FrameStats, FrameError> {
        let mut stats = FrameStats::default();
        if flags & !FLAG_RESET != 0 {
            return Err(reader.malformed("a flag is not known"));
        }
        if flags & FLAG_RESET != 0 {
            self.reset(sink);
        }
        while !reader.is_at_end() {
            match reader.byte()? {
                record::SERIES => self.define(reader, sink)?,
                record::RETIRE => self.retire(reader, sink)?,
                record::TICK => {
                    if stats.ticks == TICKS_MAX {
                        return Err(FrameError::TooManyTicks);
                    }
                    stats.ticks += 1;
                    stats.backwards += u32::from(self.advance(reader, sink)?);
                    stats.changed += self.changes(reader, sink)?;
                    stats.samples += self.valued;
                }
                record::MORE if self.ticked => {
                    let before = self.valued;
                    stats.changed += self.changes(reader, sink)?;
                    stats.samples += self.valued - before;
                }
                _ => return Err(reader.malformed("a record is of no known kind")),
            }
        }
        Ok(stats)
    }

    fn reset(&mut self, sink: &mut dyn FrameSink) {
        for (index, slot) in (0..).zip(&self.slots) {
            if !matches!(slot, Slot::Retired) {
                sink.retired(index);
            }
        }
        self.slots.clear();
        self.valued = 0;
        self.strings.clear();
        self.string_count = StringCount::default();
        self.defined.clear();
        self.hashes.clear();
        (self.last_time, self.last_step, self.ticked) = (0, 0, false);
    }

    fn define(&mut self, reader: &mut Reader<'_>, sink: &mut dyn FrameSink) -> Result<(), FrameError> {
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        if index >= SERIES_MAX {
            return Err(SeriesError::Full.into());
        }
        let metric = self.string(reader)?;
        let count = reader.length(LABELS_MAX, "a series has too many labels")?;
        let labels = (0..count)
            .map(|_| Ok((self.string(reader)?, self.string(reader)?)))
            .collect::<Result<_, FrameError>>()?;
        let series = Series { metric, labels };
        check_series(&series)?;
        let hash = self.hasher.hash_one(&series);
        if !self.defined.insert(hash) {
            return Err(FrameError::DuplicateSeries { series: series.to_string() });
        }
        self.hashes.push(hash);
        self.slots.push(Slot::Fresh);
        sink.series(index, series);
        Ok(())
    }

    fn string(&mut self, reader: &mut Reader<'_>) -> Result<Box<str>, FrameError> {
        let reference = reader.length(self.strings.len(), "a string number is not known")?;
        if let Some(position) = reference.checked_sub(1) {
            return Ok(self.strings[position].clone());
        }
        let length = reader.length(VALUE_MAX, "a string is too long")?;
        let bytes = reader.take(length)?;
        let string = str::from_utf8(bytes).map_err(|_| reader.malformed("a string is not UTF-8"))?;
        if self.string_count.admit(string).is_some() {
            self.strings.push(string.into());
        }
        Ok(string.into())
    }

    fn retire(&mut self, reader: &mut Reader<'_>, sink: &mut dyn FrameSink) -> Result<(), FrameError> {
        let index = self.live(reader.varint()?)?;
        self.defined.remove(&self.hashes[index as usize]);
        let slot = std::mem::replace(&mut self.slots[index as usize], Slot::Retired);
        self.valued -= u64::from(matches!(slot, Slot::Valued(_)));
        sink.retired(index);
        Ok(())
    }

    /// Reads a tick's time; true when it is not after the last one's.
    fn advance(&mut self, reader: &mut Reader<'_>, sink: &mut dyn FrameSink) -> Result<bool, FrameError> {
        let step = self.last_step.wrapping_add(unzigzag(reader.varint()?));
        let time = self.last_time.wrapping_add(step);
        let backwards = self.ticked && time <= self.last_time;
        (self.last_time, self.last_step, self.ticked) = (time, step, true);
        sink.tick(UnixMillis(time));
        Ok(backwards)
    }

    /// Reads the changed values of a tick; how many.
    fn changes(&mut self, reader: &mut Reader<'_>, sink: &mut dyn FrameSink) -> Result<u64, FrameError> {
        let mut indexes = std::mem::take(&mut self.indexes);
        indexes.clear();
        self.read_indexes(reader, &mut indexes)?;
        for &index in &indexes {
            let slot = &mut self.slots[index as usize];
            let mut last = match slot {
                Slot::Valued(last) => *last,
                Slot::Fresh => {
                    self.valued += 1;
                    LastValue::START
                }
                Slot::Retired => return Err(FrameError::UndefinedSeries { index: index.into() }),
            };
            let value = last.read(reader)?;
            *slot = Slot::Valued(last);
            sink.value(index, value);
        }
        let count = indexes.len() as u64;
        self.indexes = indexes;
        Ok(count)
    }

    /// Reads which indexes a record is about: ascending, each live.
    fn read_indexes(&self, reader: &mut Reader<'_>, indexes: &mut Vec<u32>) -> Result<(), FrameError> {
        let head = reader.length(2 * self.slots.len() + 1, "more values than series")?;
        let count = head >> 1;
        if head & 1 == 0 {
            let mut next = 0_u64;
            for _ in 0..count {
                let index = self.live(next.saturating_add(reader.varint()?))?;
                indexes.push(index);
                next = u64::from(index) + 1;
            }
            return Ok(());
        }
        let first = reader.varint()?;
        let length = reader.length(self.slots.len(), "a bitmap is too long")?;
        for (position, byte) in (0_u64..).zip(reader.take(length)?) {
            let mut bits = *byte;
            while bits != 0 {
                let bit = u64::from(bits.trailing_zeros());
                indexes.push(self.live(first.saturating_add(position * 8 + bit))?);
                bits &= bits - 1;
            }
        }
        if indexes.len() != count {
            return Err(reader.malformed("a bitmap has not as many bits set as it says"));
        }
        Ok(())
    }

    /// An index that has a live series.
    fn live(&self, index: u64) -> Result<u32, FrameError> {
        let undefined = FrameError::UndefinedSeries { index };
        match usize::try_from(index).ok().and_then(|index| self.slots.get(index)) {
            None | Some(Slot::Retired) => Err(undefined),
            Some(_) => u32::try_from(index).map_err(|_| undefined),
        }
    }
}
