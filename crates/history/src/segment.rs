//! Segments: what is older than a window, in files that never change.
//!
//! ```text
//! "TMHS" · version · tier        8 bytes
//! data                           chunks of a series side by side, series in order of their labels
//! columns                        times that chunks share            ┐
//! blocks                         128 series each: labels, chunks    │ compressed, each with a CRC-32
//! postings                       label values -> series             ┘
//! footer · its length u32 · its CRC-32 u32 · "TMHS"
//! ```
//!
//! A segment holds one tier's samples of one shard between two times. Segments may overlap in time: late
//! samples make one of their own, and a reader merges.
//!
//! Invariants
//! - S-1: a file with the name of a segment is whole: it is written under another name, synced, then renamed.
//! - S-2: nothing is decoded whose checksum does not fit; damage is named, and the rest of the file serves.
//!
//! Bytes: docs/formats/history.md.

mod columns;
mod footer;
mod index;
mod read;
mod weight;
mod write;

pub(crate) use index::Entry;
pub(crate) use read::{Damage, Segment, StoredChunk};
pub(crate) use weight::Weight;
pub(crate) use write::{SegmentWriter, WriteError};

/// How samples of a segment were summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tier {
    /// Not at all.
    Raw,
    /// By the minute.
    Minute,
    /// By the hour.
    Hour,
}

impl Tier {
    pub(crate) const ALL: [Self; 3] = [Self::Raw, Self::Minute, Self::Hour];

    /// Distance of its samples in ms; 0 when they are as they came.
    pub(crate) const fn step(self) -> i64 {
        match self {
            Self::Raw => 0,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
        }
    }

    /// Values kept for each time.
    pub(crate) const fn values(self) -> usize {
        match self {
            Self::Raw => 1,
            Self::Minute | Self::Hour => 5,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => "1m",
            Self::Hour => "1h",
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Minute => 1,
            Self::Hour => 2,
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.byte() == byte)
    }
}

const MAGIC: [u8; 4] = *b"TMHS";
const VERSION: u8 = 1;
/// Bytes before the data.
const HEAD: u64 = 8;
/// Bytes behind the footer: its length, its checksum, the magic.
const TAIL: u64 = 12;
/// Series of one block.
const BLOCK_SERIES: usize = 128;
/// Bytes of a part, decompressed, at most: damaged lengths must not fill memory.
const PART_MAX: usize = 1 << 30;
/// The effort of compressing parts: 3 is zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// Reads bytes as one of the parts of an index.
#[cfg(fuzzing)]
pub(crate) fn fuzz_part(part: u8, bytes: &[u8]) {
    match part % 5 {
        0 => drop(footer::Footer::load(bytes)),
        1 => {
            for column in columns::load(bytes).into_iter().flatten() {
                let _ = column.times();
            }
        }
        2 => drop(index::load_block(bytes, Tier::Raw, HEAD, &[true; BLOCK_SERIES])),
        3 => drop(index::load_block(bytes, Tier::Minute, HEAD, &[true; BLOCK_SERIES])),
        _ => {
            let matchers = [crate::Matcher::not_equal("a", ""), crate::Matcher::equal("b", "")];
            if let Ok(postings) = index::SegmentPostings::load(bytes.to_vec(), 1_000) {
                let _ = postings.matching(&matchers);
            }
        }
    }
}
