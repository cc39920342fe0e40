//! Columnar frames: all samples of a server, a few bytes a tick.
//!
//! A *dictionary* gives each series an index, once; then each tick is one time
//! and the values that changed since the tick before. A series that is not
//! mentioned is still there, with the value it had.
//!
//! ```text
//! frame  = version · flags · sequence · record* · CRC-32
//! record = SERIES labels │ RETIRE index │ TICK time changes │ MORE changes
//! ```
//!
//! Invariants
//! - F-1: an index is given once in a dictionary; a retired one never comes back.
//! - F-2: encoder and decoder hold the same state after the same frames.
//! - F-3: version, length, checksum and sequence are checked before any state changes;
//!   an error after that makes the decoder refuse everything, for it may be half-way.
//!
//! Bytes: docs/formats/wire.md.

mod bytes;
mod checksum;
mod decoder;
mod dictionary;
mod encoder;
mod value;

pub use decoder::FrameDecoder;
pub use encoder::FrameEncoder;

use crate::limits::{FRAME_MAX, LABELS_MAX, NAME_MAX, SERIES_MAX, TICKS_MAX, VALUE_MAX};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;

/// Layout of the frames that this build writes and reads.
const VERSION: u8 = 1;
/// Flag: forget the dictionary, the strings and all values first.
const FLAG_RESET: u8 = 1;

/// The kinds of records, by their first byte.
mod record {
    pub(super) const SERIES: u8 = 1;
    pub(super) const RETIRE: u8 = 2;
    pub(super) const TICK: u8 = 3;
    pub(super) const MORE: u8 = 4;
}

/// Where a decoder puts what it reads, in the order in which the encoder was told.
pub trait FrameSink {
    /// A series got an index. It has no value yet.
    fn series(&mut self, index: u32, series: Series);
    /// A series ended. Its index is not used again, unless the encoder starts a new dictionary,
    /// which ends every series first.
    fn retired(&mut self, index: u32);
    /// A tick: every series that has a value has one at this time; the changed ones follow.
    fn tick(&mut self, time: UnixMillis);
    /// A value that is new since the tick before.
    fn value(&mut self, index: u32, value: f64);
}

/// What one frame held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameStats {
    /// Ticks.
    pub ticks: u32,
    /// Samples: at each tick one for each series that has a value, changed or not.
    pub samples: u64,
    /// Values that were sent.
    pub changed: u64,
    /// Ticks whose time is not after the tick before: the agent's clock was set back. Legal, and worth a note.
    pub backwards: u32,
}

/// Why a frame was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Longer than [`FRAME_MAX`].
    #[error("frame of {length} bytes is longer than {FRAME_MAX}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Shorter than an empty one.
    #[error("frame of {length} bytes is cut short")]
    TooShort {
        /// Its length in bytes.
        length: usize,
    },
    /// Of another layout.
    #[error("frame version {found} is not {VERSION}, the one this build reads; upgrade the older side")]
    Version {
        /// Its version.
        found: u8,
    },
    /// Changed on the way.
    #[error("frame checksum is {found:08x}, expected {expected:08x}; its bytes were changed on the way")]
    Corrupt {
        /// As computed from the bytes.
        expected: u32,
        /// As written in the frame.
        found: u32,
    },
    /// Replayed, or one before it is missing.
    #[error("frame {found} came instead of {expected}; it was replayed or one is missing: connect anew")]
    OutOfOrder {
        /// The sequence number that was due.
        expected: u64,
        /// The frame's.
        found: u64,
    },
    /// Not as the format says, though the checksum is right: a fault of the encoder.
    #[error("frame is malformed at byte {offset}: {problem}")]
    Malformed {
        /// Position in the frame.
        offset: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A series that may not be.
    #[error("frame defines a series that is refused")]
    Series(#[from] SeriesError),
    /// A series that has an index already.
    #[error("frame defines {series} a second time")]
    DuplicateSeries {
        /// In Prometheus form.
        series: String,
    },
    /// An index without a live series.
    #[error("frame uses series index {index}, which is not defined or is retired")]
    UndefinedSeries {
        /// The index.
        index: u64,
    },
    /// More than [`TICKS_MAX`].
    #[error("frame holds more than {TICKS_MAX} ticks")]
    TooManyTicks,
    /// An earlier frame left this decoder half-way (F-3).
    #[error("an earlier frame was refused, so later ones cannot be read: connect anew")]
    Poisoned,
}

/// Why a series cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// The dictionary has [`SERIES_MAX`] indexes.
    #[error("the dictionary is full with {SERIES_MAX} series; start a new one")]
    Full,
    /// Metric or label name of no or too many bytes.
    #[error("a metric or label name has {length} bytes; it has 1 to {NAME_MAX}")]
    Name {
        /// Its length in bytes.
        length: usize,
    },
    /// Label value too long.
    #[error("the value of label {label} has {length} bytes, more than {VALUE_MAX}")]
    Value {
        /// The label's name.
        label: Box<str>,
        /// The value's length in bytes.
        length: usize,
    },
    /// Too many labels.
    #[error("a series has {count} labels, more than {LABELS_MAX}")]
    Labels {
        /// How many.
        count: usize,
    },
    /// Labels not ascending by name, or one twice.
    #[error("label {label} is there twice or out of order")]
    Unsorted {
        /// The label's name.
        label: Box<str>,
    },
}

/// Why a tick was not taken; nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("series index {index} is not defined or is retired; define the series first")]
pub struct TickError {
    /// The index.
    pub index: u32,
}

/// Checks what both sides demand of a series.
fn check_series(series: &Series) -> Result<(), SeriesError> {
    let count = series.labels.len();
    if count > LABELS_MAX {
        return Err(SeriesError::Labels { count });
    }
    for name in series.labels.iter().map(|(name, _)| name).chain([&series.metric]) {
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(SeriesError::Name { length: name.len() });
        }
    }
    for (name, value) in &series.labels {
        if value.len() > VALUE_MAX {
            return Err(SeriesError::Value { label: name.clone(), length: value.len() });
        }
    }
    match series.labels.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        Some(pair) => Err(SeriesError::Unsorted { label: pair[1].0.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
