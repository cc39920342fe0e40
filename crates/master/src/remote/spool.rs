//! The spool: requests on the disk that the store did not take yet.
//!
//! ```text
//! append ─► segment N ······ segment M ─► next (a round of records) ─► done
//! folder   0000000000000007.seg …        records behind each other
//!          cursor                        what is done: segment and byte
//! ```
//!
//! Invariants
//! - P-1: records come out in the order in which they went in, whatever crashed in between; those handed out
//!   but not done come again after a restart.
//! - P-2: the files take no more than their bound; to keep it, the oldest segment goes, and the samples in it
//!   that were not handed out are counted, each once.
//! - P-3: after a write that failed the spool is as before.
//!
//! Elsewhere: who sends (`super::sender`); when it is synced (`super::outbox`).

mod cursor;
mod segment;

use cursor::CursorFile;
pub(super) use segment::Record;
use segment::Segment;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Segments that a full spool has about: what goes at a time.
const SEGMENTS: u64 = 16;
/// Longest segment.
const SEGMENT_MAX: u64 = 32 << 20;

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    bytes_max: u64,
    /// Ascending by number; the last one is written to once there is one.
    segments: VecDeque<Segment>,
    /// The number of the next segment.
    next_number: u64,
    /// The last segment is one that this process writes.
    writing: bool,
    /// What is done ends here.
    done: Position,
    /// What was handed out ends here.
    handed: Position,
    cursor: CursorFile,
}

/// What a start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    pub(super) bytes: u64,
    pub(super) samples: u64,
    /// Segments that end in the middle of a record, or in one that is damaged.
    pub(super) torn: u64,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    pub(crate) bytes: u64,
    /// When the oldest of it came in, in ms since the Unix epoch.
    pub(crate) oldest: Option<i64>,
}

impl Spool {
    /// Opens the spool of a folder, which is made when it is not there.
    pub(super) fn open(folder: &Path, bytes_max: u64) -> io::Result<(Self, Found)> {
        std::fs::create_dir_all(folder)?;
        let (cursor, position) = CursorFile::open(folder)?;
        let done = position.unwrap_or(Position { segment: 0, offset: 0 });
        let mut spool = Self {
            folder: folder.to_owned(),
            bytes_max,
            segments: VecDeque::new(),
            next_number: done.segment + 1,
            writing: false,
            done,
            handed: done,
            cursor,
        };
        let mut found = Found::default();
        for (number, path) in segment::list(folder)? {
            spool.next_number = number + 1;
            if number < done.segment {
                std::fs::remove_file(path)?;
                continue;
            }
            let from = if number == done.segment { done.offset } else { 0 };
            let (segment, whole) = Segment::open(&path, number, from)?;
            found.torn += u64::from(!whole);
            found.samples += segment.unhanded;
            spool.segments.push_back(segment);
        }
        spool.move_on();
        spool.drop_done();
        found.bytes = spool.waiting().bytes;
        Ok((spool, found))
    }

    /// Takes a record; returns the samples that had to go for it.
    pub(super) fn append(&mut self, record: &Record) -> io::Result<u64> {
        let length = record.length();
        let segment_max = (self.bytes_max / SEGMENTS).clamp(4 << 10, SEGMENT_MAX);
        let full =
            self.segments.back().is_some_and(|last| last.length > 0 && last.length + length > segment_max);
        if !self.writing || full {
            let segment = Segment::create(&self.folder, self.next_number)?;
            self.next_number += 1;
            self.segments.push_back(segment);
            self.writing = true;
        }
        let mut dropped = 0;
        // The one that is written to stays, so a bound below a segment still keeps the newest.
        while self.segments.len() > 1 && self.bytes() + length > self.bytes_max {
            dropped += self.drop_oldest()?;
        }
        if let Some(last) = self.segments.back_mut() {
            last.append(record)?;
        }
        Ok(dropped)
    }

    /// Hands out the next records: at most so many, and of so many bytes beyond the first. The number is that of
    /// samples that can never be handed out, for their file is damaged.
    pub(super) fn next(&mut self, records_max: usize, bytes_max: usize) -> (Vec<Record>, u64) {
        let (mut round, mut bytes, mut lost) = (Vec::new(), 0, 0);
        while round.len() < records_max && bytes < bytes_max {
            self.move_on();
            let number = self.handed.segment;
            let Some(segment) = self.segments.iter_mut().find(|segment| segment.number == number) else {
                break;
            };
            if self.handed.offset >= segment.length {
                break;
            }
            if let Ok(Some(record)) = segment.read(self.handed.offset) {
                self.handed.offset += record.length();
                segment.unhanded = segment.unhanded.saturating_sub(u64::from(record.samples));
                bytes += record.body.len();
                round.push(record);
            } else {
                // What follows in this segment cannot be found.
                self.handed.offset = segment.length;
                lost += std::mem::take(&mut segment.unhanded);
            }
        }
        (round, lost)
    }

    /// Everything that was handed out is done.
    pub(super) fn done(&mut self) {
        self.done = self.handed;
        self.drop_done();
        self.cursor.write(self.done);
    }

    pub(super) fn waiting(&self) -> Waiting {
        let begin = |segment: &Segment| match segment.number.cmp(&self.done.segment) {
            Ordering::Less => segment.length,
            Ordering::Equal => self.done.offset,
            Ordering::Greater => 0,
        };
        let bytes =
            self.segments.iter().map(|segment| segment.length - begin(segment).min(segment.length)).sum();
        let oldest = self.segments.iter().find(|segment| begin(segment) < segment.length);
        let oldest = oldest.and_then(|segment| segment.time_at(begin(segment)));
        Waiting { bytes, oldest }
    }

    /// What must be synced so that everything survives a crash of the machine.
    pub(super) fn files(&mut self) -> Vec<Arc<File>> {
        let mut files: Vec<_> = self.segments.iter_mut().filter_map(Segment::unsynced).collect();
        files.extend(self.cursor.unsynced());
        files
    }

    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.length).sum()
    }

    /// Moves both positions to the beginning of the oldest segment when theirs is gone, and past the end of
    /// one that has a next one.
    fn move_on(&mut self) {
        let segments = &self.segments;
        let present = |mut position: Position| {
            for (place, segment) in segments.iter().enumerate() {
                if segment.number > position.segment {
                    return Position { segment: segment.number, offset: 0 };
                }
                let is_last = place + 1 == segments.len();
                if segment.number == position.segment && (is_last || position.offset < segment.length) {
                    return position;
                }
                position = position.max(Position { segment: segment.number, offset: segment.length });
            }
            position
        };
        (self.done, self.handed) = (present(self.done), present(self.handed));
    }

    /// Removes the segments behind which everything is done. A file that cannot be removed is tried again at
    /// the next start.
    fn drop_done(&mut self) {
        self.move_on();
        while self.segments.len() > 1 && self.segments[0].number < self.done.segment {
            let _ = self.segments.pop_front().map(|segment| segment.remove(&self.folder));
        }
    }

    fn drop_oldest(&mut self) -> io::Result<u64> {
        let Some(oldest) = self.segments.front() else { return Ok(0) };
        let dropped = oldest.unhanded;
        oldest.remove(&self.folder)?;
        self.segments.pop_front();
        self.move_on();
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests;
