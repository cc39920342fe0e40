//! The newest values of one series, packed as they come, until a chunk is made of them.
//!
//! Values belong to ticks of the series' grid, counted from 0. In a *carried* buffer a value stands for all
//! ticks up to the next one (an agent sends what changed); in an *exact* one it stands for its own tick alone.
//!
//! ```text
//! entry  (gap « 2 | 0) · value      `gap` ticks after the last entry
//!        (count « 2 | 1)            exact: the same value at so many ticks more
//!        (gap « 2 | 2)              carried: no value from there on
//! ```
//!
//! Invariants
//! - U-1: decoding gives back every value that was pushed, at its tick, bit for bit.

use super::value::Last;
use crate::bytes::{Malformed, Reader, put_varint};

const VALUE: u64 = 0;
const REPEAT: u64 = 1;
const ABSENT: u64 = 2;

/// Packed values of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    last: Last,
    /// The tick after the last entry.
    next: u32,
    /// The last value at so many ticks more, not written yet.
    repeats: u32,
    /// True where there is no value to carry on.
    ended: bool,
    /// A value carried over from before tick 0, not written yet: tick 0 may bring another.
    before: Option<f64>,
}

/// Values at ticks that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// The first tick.
    pub(crate) tick: u32,
    /// How many.
    pub(crate) count: u32,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { bytes: Vec::new(), last: Last::START, next: 0, repeats: 0, ended: true, before: None }
    }
}

impl Buffer {
    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.before.is_none()
    }

    /// The first tick that a value may be pushed at.
    pub(crate) const fn next(&self) -> u32 {
        self.next
    }

    /// The last value; `None` where none goes on.
    pub(crate) fn carried(&self) -> Option<f64> {
        self.before.or((!self.ended).then_some(self.last.value))
    }

    /// What the next value is written beside.
    pub(crate) const fn last(&self) -> Last {
        self.last
    }

    /// Takes the value of a tick; one before [`Self::next`] has its value and keeps it.
    pub(crate) fn push(&mut self, tick: u32, value: f64, carry: bool) {
        if tick > 0 {
            self.write_before();
        } else {
            self.before = None;
        }
        let Some(gap) = tick.checked_sub(self.next) else { return };
        let same = !self.ended && self.last.is(value);
        if carry && same {
            return;
        }
        self.next = tick + 1;
        if same && gap == 0 {
            self.repeats += 1;
            return;
        }
        self.write_repeats();
        put_varint(&mut self.bytes, u64::from(gap) << 2 | VALUE);
        self.last.write(value, &mut self.bytes);
        self.ended = false;
    }

    /// From this tick on there is no value to carry.
    pub(crate) fn end(&mut self, tick: u32) {
        if tick == 0 {
            self.before = None;
        }
        self.write_before();
        if !self.ended {
            put_varint(&mut self.bytes, u64::from(tick - self.next) << 2 | ABSENT);
            (self.next, self.ended) = (tick, true);
        }
    }

    /// Takes out what it has; it begins anew at tick 0, and a carried value that goes on is its first.
    pub(crate) fn take(&mut self, carry: bool) -> Self {
        let before = self.carried().filter(|_| carry);
        std::mem::replace(self, Self { before, ..Self::default() })
    }

    /// The buffer as bytes and back: see [`Self::load`].
    pub(crate) fn save(&mut self, out: &mut Vec<u8>) {
        self.write_repeats();
        out.push(u8::from(self.before.is_some()));
        out.extend(self.before.iter().flat_map(|value| value.to_bits().to_le_bytes()));
        put_varint(out, self.bytes.len() as u64);
        out.extend_from_slice(&self.bytes);
    }

    /// What [`Self::save`] wrote.
    pub(crate) fn load(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let before = if reader.byte()? == 0 { None } else { Some(f64::from_bits(reader.u64()?)) };
        let length = reader.length(reader.remaining(), "a buffer leaves the file")?;
        let mut buffer = Self { bytes: reader.take(length)?.to_vec(), before, ..Self::default() };
        let mut entries = Entries::new(&buffer.bytes);
        while let Some(entry) = entries.next()? {
            buffer.ended = matches!(entry, Entry::Absent { .. });
        }
        (buffer.last, buffer.next) = (entries.last, entries.next);
        Ok(buffer)
    }

    /// The value carried over is that of tick 0 after all.
    fn write_before(&mut self) {
        if let Some(value) = self.before.take() {
            self.push(0, value, true);
        }
    }

    fn write_repeats(&mut self) {
        if self.repeats > 0 {
            put_varint(&mut self.bytes, u64::from(self.repeats) << 2 | REPEAT);
            self.repeats = 0;
        }
    }

    /// Appends all values up to tick `end`, and the runs of ticks that they stand for.
    pub(crate) fn decode(
        &self,
        end: u32,
        carry: bool,
        runs: &mut Vec<Run>,
        values: &mut Vec<f64>,
    ) -> Result<(), Malformed> {
        let mut put = |tick: u32, count: u32, value: f64| {
            if count == 0 {
                return;
            }
            match runs.last_mut() {
                Some(run) if run.tick + run.count == tick => run.count += count,
                _ => runs.push(Run { tick, count }),
            }
            if count == 1 {
                values.push(value);
            } else {
                values.resize(values.len() + count as usize, value);
            }
        };
        let mut entries = Entries::new(&self.bytes);
        // Where a carried value began.
        let mut open: Option<(u32, f64)> = self.before.map(|value| (0, value));
        while let Some(entry) = entries.next()? {
            if let (Some((tick, value)), true) = (open.take(), carry) {
                put(tick, entry.tick() - tick, value);
            }
            match entry {
                Entry::Value { tick, value } if carry => open = Some((tick, value)),
                Entry::Value { tick, value } => put(tick, 1, value),
                Entry::Repeat { tick, count, value } => put(tick, count, value),
                Entry::Absent { .. } => {}
            }
        }
        match open {
            Some((tick, value)) => put(tick, end.saturating_sub(tick), value),
            None => put(entries.next, self.repeats, self.last.value),
        }
        Ok(())
    }
}

enum Entry {
    Value { tick: u32, value: f64 },
    Repeat { tick: u32, count: u32, value: f64 },
    Absent { tick: u32 },
}

impl Entry {
    const fn tick(&self) -> u32 {
        match self {
            Self::Value { tick, .. } | Self::Repeat { tick, .. } | Self::Absent { tick } => *tick,
        }
    }
}

struct Entries<'a> {
    reader: Reader<'a>,
    last: Last,
    next: u32,
}

impl<'a> Entries<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes), last: Last::START, next: 0 }
    }

    fn next(&mut self) -> Result<Option<Entry>, Malformed> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let head = self.reader.varint()?;
        let overflow = self.reader.malformed("a tick is out of range");
        let gap = u32::try_from(head >> 2).map_err(|_| overflow)?;
        let after = self.next.checked_add(gap).filter(|tick| *tick < u32::MAX).ok_or(overflow)?;
        Ok(Some(match head & 3 {
            VALUE => {
                self.next = after + 1;
                Entry::Value { tick: after, value: self.last.read(&mut self.reader)? }
            }
            REPEAT => {
                let tick = self.next;
                self.next = after;
                Entry::Repeat { tick, count: gap, value: self.last.value }
            }
            ABSENT => {
                self.next = after;
                Entry::Absent { tick: after }
            }
            _ => return Err(self.reader.malformed("no such entry")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type At = Vec<(u32, u64)>;

    fn decoded(buffer: &Buffer, end: u32, carry: bool) -> At {
        let (mut runs, mut values) = (Vec::new(), Vec::new());
        buffer.decode(end, carry, &mut runs, &mut values).unwrap();
        let ticks = runs.iter().flat_map(|run| run.tick..run.tick + run.count);
        assert_eq!(ticks.clone().count(), values.len());
        ticks.zip(values.iter().map(|value| value.to_bits())).collect()
    }

    fn saved_and_loaded(buffer: &mut Buffer) -> Buffer {
        let mut bytes = Vec::new();
        buffer.save(&mut bytes);
        Buffer::load(&mut Reader::new(&bytes)).unwrap()
    }

    #[test]
    fn carried_value_stands_until_the_next_or_the_end() {
        let mut buffer = Buffer::default();
        buffer.push(2, 5.0, true);
        buffer.push(4, 5.0, true);
        buffer.push(5, 6.0, true);
        buffer.end(7);
        buffer.push(9, 6.0, true);
        let five = 5.0_f64.to_bits();
        let six = 6.0_f64.to_bits();
        let expect = [(2, five), (3, five), (4, five), (5, six), (6, six), (9, six), (10, six)];
        assert_eq!(decoded(&buffer, 11, true), expect);
        assert_eq!(decoded(&buffer.take(true), 11, true), expect);
        assert_eq!(decoded(&buffer, 1, true), [(0, six)]);
    }

    #[test]
    fn equal_values_cost_nothing_however_many() {
        let mut buffer = Buffer::default();
        (0..600).for_each(|tick| buffer.push(tick, 12_345.0, false));
        assert_eq!(decoded(&buffer, 600, false).len(), 600);
        assert!(buffer.bytes.len() < 8, "{}", buffer.bytes.len());
    }

    fn pushes() -> impl Strategy<Value = Vec<(u32, f64)>> {
        let value = prop_oneof![Just(1.0), Just(2.5), any::<f64>()];
        prop::collection::vec((prop_oneof![8 => Just(0_u32), 1 => 0_u32..50], value), 0..80)
    }

    proptest! {
        /// U-1
        #[test]
        fn exact_values_come_back_at_their_ticks(pushes in pushes(), save_at in 0_usize..80) {
            let (mut buffer, mut expect) = (Buffer::default(), Vec::new());
            for (position, (gap, value)) in pushes.into_iter().enumerate() {
                if position == save_at {
                    let loaded = saved_and_loaded(&mut buffer);
                    prop_assert_eq!((loaded.next, loaded.ended), (buffer.next, buffer.ended));
                    buffer = loaded;
                }
                let tick = buffer.next() + gap;
                buffer.push(tick, value, false);
                expect.push((tick, value.to_bits()));
            }
            prop_assert_eq!(decoded(&buffer, buffer.next(), false), expect);
        }

        /// U-1
        #[test]
        fn carried_values_come_back_at_every_tick(pushes in pushes(), ends in prop::collection::vec(any::<bool>(), 80)) {
            let (mut buffer, mut expect, mut tick) = (Buffer::default(), Vec::new(), 0);
            let mut value = None;
            for ((gap, next), ends) in pushes.into_iter().zip(ends) {
                (0..gap).for_each(|_| {
                    expect.extend(value.map(|value: f64| (tick, value.to_bits())));
                    tick += 1;
                });
                if ends && gap > 0 {
                    buffer.end(tick);
                    tick += 1;
                }
                buffer.push(tick, next, true);
                value = Some(next);
                expect.push((tick, next.to_bits()));
                tick += 1;
            }
            prop_assert_eq!(decoded(&saved_and_loaded(&mut buffer), tick, true), expect);
        }
    }
}
