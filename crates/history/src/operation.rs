//! What happens to a head, as bytes for the log, and again from those bytes.
//!
//! ```text
//! 1 · key u64 · kind · length · labels                   a series on a grid
//! 2 · grid · time · (place difference · value)* · end    a tick of a carried grid
//! 3 · place                                              a carried series ends
//! 4 · key u64                                            a carried grid begins anew
//! 5 · (place difference · time difference · value)* end  single samples
//! 6 · window                                             a window is taken out to be sealed
//! ```
//!
//! A value is written beside the series' last one, which is the same when the log is read again. Differences are
//! to what came before in the same operation; the end is a difference that cannot be.

use crate::bytes::{Malformed, Reader, put_signed, put_varint};
use crate::head::{Head, Kind, Number, Sealing, Taken};
use crate::labels::LABELS_BYTES_MAX;

const DEFINE: u8 = 1;
const TICK: u8 = 2;
const END: u8 = 3;
const RESET: u8 = 4;
const SAMPLES: u8 = 5;
const SEAL: u8 = 6;
/// In place of a difference of places, which are 32 bits long.
const NO_MORE: i64 = i64::MAX;

/// Does things to a head and writes them down.
pub(crate) struct Recorder<'a> {
    pub(crate) head: &'a mut Head,
    pub(crate) out: &'a mut Vec<u8>,
    open: bool,
    place: i64,
    time: i64,
}

impl<'a> Recorder<'a> {
    pub(crate) const fn new(head: &'a mut Head, out: &'a mut Vec<u8>) -> Self {
        Self { head, out, open: false, place: 0, time: 0 }
    }

    /// See [`Head::define`].
    pub(crate) fn define(&mut self, key: u64, kind: Kind, packed: &[u8]) -> Option<Number> {
        self.close();
        self.out.push(DEFINE);
        self.out.extend_from_slice(&key.to_le_bytes());
        self.out.push(u8::from(kind == Kind::Carried));
        put_varint(self.out, packed.len() as u64);
        self.out.extend_from_slice(packed);
        let grid = self.head.grid(key, kind);
        self.head.define(packed, grid)
    }

    /// See [`Head::tick`].
    pub(crate) fn tick(&mut self, grid: u32, time: i64) -> Taken {
        self.close();
        let taken = self.head.tick(grid, time);
        if taken != Taken::Dropped {
            self.open(TICK);
            put_varint(self.out, grid.into());
            put_signed(self.out, time);
        }
        taken
    }

    /// See [`Head::push`]; after a tick.
    pub(crate) fn push(&mut self, number: Number, value: f64) {
        let Some(mut last) = self.head.last_of(number).filter(|_| self.open) else { return };
        self.difference(number.place);
        last.write(value, self.out);
        self.head.push(number, value);
    }

    /// See [`Head::end`].
    pub(crate) fn end(&mut self, number: Number) {
        self.close();
        if self.head.is_valid(number) {
            self.out.push(END);
            put_varint(self.out, number.place.into());
            self.head.end(number);
        }
    }

    /// See [`Head::reset`]; returns the grid.
    pub(crate) fn reset(&mut self, key: u64) -> u32 {
        self.close();
        self.out.push(RESET);
        self.out.extend_from_slice(&key.to_le_bytes());
        let grid = self.head.grid(key, Kind::Carried);
        self.head.reset(grid);
        grid
    }

    /// See [`Head::sample`].
    pub(crate) fn sample(&mut self, number: Number, time: i64, value: f64) -> Taken {
        let Some(mut last) = self.head.last_of(number) else { return Taken::Dropped };
        if !self.open {
            self.open(SAMPLES);
        }
        self.difference(number.place);
        put_signed(self.out, time.wrapping_sub(self.time));
        self.time = time;
        last.write(value, self.out);
        self.head.sample(number, time, value)
    }

    /// See [`Head::seal`].
    pub(crate) fn seal(&mut self, window: i64) -> Option<Sealing> {
        self.close();
        self.out.push(SEAL);
        put_signed(self.out, window);
        self.head.seal(window)
    }

    /// Ends the last operation.
    pub(crate) fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            put_signed(self.out, NO_MORE);
        }
    }

    fn open(&mut self, operation: u8) {
        self.out.push(operation);
        (self.open, self.place, self.time) = (true, 0, 0);
    }

    fn difference(&mut self, place: u32) {
        put_signed(self.out, i64::from(place) - self.place);
        self.place = i64::from(place);
    }
}

/// Does again what a record of the log says.
///
/// # Errors
/// [`Malformed`] when it cannot be what was written beside this head.
pub(crate) fn replay(head: &mut Head, record: &[u8], sealing: &mut Vec<Sealing>) -> Result<(), Malformed> {
    let mut reader = Reader::new(record);
    while !reader.is_empty() {
        match reader.byte()? {
            DEFINE => {
                let key = reader.u64()?;
                let kind = if reader.byte()? == 0 { Kind::Exact } else { Kind::Carried };
                let length = reader.length(LABELS_BYTES_MAX, "labels are too long")?;
                let grid = head.grid(key, kind);
                head.define(reader.take(length)?, grid);
            }
            TICK => {
                let too_large = reader.malformed("no such grid");
                let grid = u32::try_from(reader.varint()?).map_err(|_| too_large)?;
                let time = reader.signed()?;
                head.tick(grid, time);
                let mut place = 0;
                while let Some(number) = next(head, &mut reader, &mut place)? {
                    let value = read_value(head, number, &mut reader)?;
                    head.push(number, value);
                }
            }
            END => {
                let mut place = 0;
                let difference = i64::try_from(reader.varint()?).unwrap_or(NO_MORE);
                if let Some(number) = at(head, &reader, &mut place, difference)? {
                    head.end(number);
                }
            }
            RESET => {
                let grid = head.grid(reader.u64()?, Kind::Carried);
                head.reset(grid);
            }
            SAMPLES => {
                let (mut place, mut time) = (0, 0_i64);
                while let Some(number) = next(head, &mut reader, &mut place)? {
                    time = time.wrapping_add(reader.signed()?);
                    let value = read_value(head, number, &mut reader)?;
                    head.sample(number, time, value);
                }
            }
            SEAL => sealing.extend(head.seal(reader.signed()?)),
            _ => return Err(reader.malformed("no such operation")),
        }
    }
    Ok(())
}

fn next(head: &Head, reader: &mut Reader<'_>, place: &mut i64) -> Result<Option<Number>, Malformed> {
    let difference = reader.signed()?;
    at(head, reader, place, difference)
}

fn at(
    head: &Head,
    reader: &Reader<'_>,
    place: &mut i64,
    difference: i64,
) -> Result<Option<Number>, Malformed> {
    if difference == NO_MORE {
        return Ok(None);
    }
    let unknown = reader.malformed("no such series");
    *place = place.checked_add(difference).ok_or(unknown)?;
    let found = u32::try_from(*place).ok().and_then(|place| head.last(place));
    found.map(|(number, _)| Some(number)).ok_or(unknown)
}

fn read_value(head: &Head, number: Number, reader: &mut Reader<'_>) -> Result<f64, Malformed> {
    let unknown = reader.malformed("no such series");
    let (_, mut last) = head.last(number.place).ok_or(unknown)?;
    last.read(reader)
}
