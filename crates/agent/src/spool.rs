//! Ticks on their way to the masters: one ring of files, and a cursor in it for each master.
//!
//! ```text
//! sampler -> append -> [segment][segment][segment…] -> read -> link of master A (cursor A)
//!                        oldest dropped when full         \--> link of master B (cursor B)
//! ```
//!
//! A *segment* is a file of records, each a length and one frame; the first frame of a segment begins a new
//! dictionary, so a segment can be read by itself. Every tick goes through the spool, also while all is well:
//! then what a master has not confirmed is sent again after a broken connection, a crash or a restart.
//! While the disk refuses, segments are kept in memory, a few and small ones.
//!
//! Invariants
//! - SP-1: records are read in the order in which they were written; none is passed over silently: what is
//!   dropped is counted for each master.
//! - SP-2: files take at most the configured bytes plus one record, memory at most `MEMORY_SEGMENTS` × `MEMORY_BYTES`.
//! - SP-3: a record that a master confirmed is not sent to it again, except those of the last moments before a power cut.

mod cursor;
mod segment;

use self::cursor::CursorFile;
use self::segment::Segment;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Bytes of a segment on disk: about an hour of a usual host, so that its dictionary costs some hundredths. A
/// dictionary only grows, by every process that comes into the top list, and is in memory at both ends of the spool.
const SEGMENT_BYTES: u64 = 1 << 20;
/// Segments on disk, each an open file: a spool of more bytes has larger ones.
const SEGMENTS: u64 = 256;
/// Bytes of a segment in memory: some minutes, within the agent's budget.
const MEMORY_BYTES: u64 = 256 << 10;
/// Segments kept in memory.
const MEMORY_SEGMENTS: usize = 2;

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Number of the segment.
    pub segment: u64,
    /// Bytes before it in the segment.
    pub offset: u64,
}

impl Position {
    /// The start of a segment.
    pub const fn start_of(segment: u64) -> Self {
        Self { segment, offset: 0 }
    }
}

/// What is at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A record, now in the buffer; the position is the one after it.
    Record(Position),
    /// The segment is read; the position is the start of the next one.
    Segment(Position),
    /// Nothing yet.
    End,
}

/// Why the spool could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("open the spool {}: {source}", path.display())]
pub struct SpoolError {
    path: PathBuf,
    source: io::Error,
}

/// The ring. Shared by the sampler, which writes, and the links, which read.
#[derive(Debug)]
pub struct Spool {
    state: Mutex<State>,
    grown: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    directory: PathBuf,
    max_bytes: u64,
    /// Ascending by number; the last one is written to.
    segments: VecDeque<Segment>,
    next_number: u64,
    /// True when the next record must begin a segment.
    broken: bool,
    cursors: BTreeMap<String, Cursor>,
}

#[derive(Debug)]
struct Cursor {
    position: Position,
    /// Records dropped before they were read.
    dropped: u64,
    file: CursorFile,
}

impl Spool {
    /// Opens the spool of a directory, which is made when missing.
    ///
    /// - `masters`: names of the readers; each goes on where it was, or at the oldest record.
    /// - `max_bytes`: most bytes of all files.
    ///
    /// # Errors
    /// [`SpoolError`] when the directory cannot be used.
    pub fn open<'a>(
        directory: &Path,
        max_bytes: u64,
        masters: impl Iterator<Item = &'a str>,
    ) -> Result<Self, SpoolError> {
        let failed = |source| SpoolError { path: directory.to_owned(), source };
        crate::platform::file::create_directories(directory).map_err(failed)?;
        let segments = segment::open_all(directory).map_err(failed)?;
        let next_number = segments.back().map_or(1, |last| last.number + 1);
        let oldest = segments.front().map_or(next_number, |first| first.number);
        let mut cursors = BTreeMap::new();
        for master in masters {
            let (file, position) = CursorFile::open(directory, master).map_err(failed)?;
            // A cursor beyond the end is of files that somebody removed.
            let position = position.filter(|position| position.segment < next_number).unwrap_or_default();
            let position = position.max(Position::start_of(oldest));
            cursors.insert(master.to_owned(), Cursor { position, dropped: 0, file });
        }
        let directory = directory.to_owned();
        let state = State { directory, max_bytes, segments, next_number, broken: true, cursors };
        Ok(Self { state: Mutex::new(state), grown: watch::Sender::new(()) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves no half-done change that a reader could not live with.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the next record must be the first of a dictionary; begins a segment for it then.
    pub fn begin_segment_if_needed(&self) -> bool {
        self.state().begin_segment_if_needed()
    }

    /// Adds a record. A record that can be kept nowhere is dropped for every master, and counted.
    pub fn append(&self, frame: &[u8]) {
        self.state().append(frame);
        self.grown.send_replace(());
    }

    /// Tells when records were added.
    pub fn grown(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    /// Reads what is at a position into `buffer`.
    ///
    /// # Errors
    /// The system's; also when a record is damaged, which ends its segment.
    pub fn read(&self, at: Position, buffer: &mut Vec<u8>) -> io::Result<Next> {
        self.state().read(at, buffer)
    }

    /// Where a master's reading goes on.
    pub fn position(&self, master: &str) -> Position {
        self.state().cursors.get(master).map_or_else(Position::default, |cursor| cursor.position)
    }

    /// A master has everything before `position`.
    pub fn confirm(&self, master: &str, position: Position) {
        let mut state = self.state();
        if let Some(cursor) = state.cursors.get_mut(master)
            && position > cursor.position
        {
            cursor.position = position;
            cursor.file.write(position);
        }
        state.prune();
    }

    /// Bytes not confirmed, and records dropped, for each master.
    pub fn figures(&self, mut each: impl FnMut(&str, u64, u64)) {
        let state = self.state();
        for (master, cursor) in &state.cursors {
            let segments = state.segments.iter().filter(|segment| segment.number >= cursor.position.segment);
            let bytes: u64 = segments.map(|segment| segment.length).sum();
            let within = state.segments.iter().any(|segment| segment.number == cursor.position.segment);
            let read = if within { cursor.position.offset } else { 0 };
            each(master, bytes.saturating_sub(read), cursor.dropped);
        }
    }
}

impl State {
    fn begin_segment_if_needed(&mut self) -> bool {
        let full = self.segments.back().is_none_or(|last| {
            last.length
                >= if last.is_in_memory() {
                    MEMORY_BYTES
                } else {
                    SEGMENT_BYTES.max(self.max_bytes / SEGMENTS).min(self.max_bytes / 4)
                }
        });
        if !(self.broken || full) {
            return false;
        }
        let number = self.next_number;
        let segment = Segment::create(&self.directory, number).unwrap_or_else(|error| {
            let was_well = self.segments.back().is_none_or(|last| !last.is_in_memory());
            if was_well {
                tracing::warn!(%error, "the spool is kept in memory while its disk refuses");
            }
            Segment::in_memory(number)
        });
        self.segments.push_back(segment);
        self.next_number += 1;
        self.broken = false;
        self.prune();
        self.shrink();
        true
    }

    fn append(&mut self, frame: &[u8]) {
        if self.broken {
            // The dictionary that this frame needs is lost; the next tick begins a new one.
            return self.drop_one();
        }
        let Some(last) = self.segments.back_mut() else { return };
        if let Err(error) = last.append(frame) {
            tracing::warn!(%error, "a tick could not be spooled");
            self.drop_one();
            // What was written of the segment stays readable.
            self.broken = true;
        }
        self.shrink();
    }

    fn drop_one(&mut self) {
        for cursor in self.cursors.values_mut() {
            cursor.dropped += 1;
        }
    }

    fn read(&self, at: Position, buffer: &mut Vec<u8>) -> io::Result<Next> {
        let following = || self.segments.iter().find(|segment| segment.number > at.segment);
        let Some(segment) = self.segments.iter().find(|segment| segment.number == at.segment) else {
            return Ok(following().map_or(Next::End, |next| Next::Segment(Position::start_of(next.number))));
        };
        if let Some(length) = segment.read(at.offset, buffer)? {
            return Ok(Next::Record(Position { offset: at.offset + length, ..at }));
        }
        Ok(following().map_or(Next::End, |next| Next::Segment(Position::start_of(next.number))))
    }

    /// Removes the segments that every master has.
    fn prune(&mut self) {
        let needed = self.cursors.values().map(|cursor| cursor.position.segment).min().unwrap_or(u64::MAX);
        while self.segments.len() > 1 && self.segments.front().is_some_and(|first| first.number < needed) {
            self.remove_first();
        }
    }

    /// Drops the oldest segments until the bounds hold (SP-2).
    fn shrink(&mut self) {
        loop {
            let on_disk: u64 = self
                .segments
                .iter()
                .filter(|segment| !segment.is_in_memory())
                .map(|segment| segment.length)
                .sum();
            let in_memory = self.segments.iter().filter(|segment| segment.is_in_memory()).count();
            if self.segments.len() <= 1 || (on_disk <= self.max_bytes && in_memory <= MEMORY_SEGMENTS) {
                return;
            }
            let Some(first) = self.segments.front() else { return };
            let (number, following) = (first.number, Position::start_of(first.number + 1));
            for (master, cursor) in &mut self.cursors {
                if cursor.position.segment > number {
                    continue;
                }
                let from = if cursor.position.segment == number { cursor.position.offset } else { 0 };
                let dropped = first.records_from(from);
                if dropped > 0 {
                    tracing::warn!(
                        master,
                        ticks = dropped,
                        "the spool is full; its oldest ticks are dropped"
                    );
                }
                cursor.dropped += dropped;
                cursor.position = following;
                cursor.file.write(following);
            }
            self.remove_first();
        }
    }

    fn remove_first(&mut self) {
        if let Some(first) = self.segments.pop_front()
            && let Err(error) = first.remove(&self.directory)
        {
            tracing::warn!(%error, "a spool segment could not be removed");
        }
    }
}

#[cfg(test)]
mod tests;
