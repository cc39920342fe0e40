//! Where log files lie, and what time it is there: a disk, or another host.

use crate::journal::{JournalEntries, JournalTail, JournalWindow};
use crate::timestamp::Clock;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};
use topmast_model::time::UnixMillis;

/// By what a file is known whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The filesystem.
    pub volume: u64,
    /// The file in it.
    pub number: u64,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStatus {
    /// By what it is known.
    pub id: FileId,
    /// Its length.
    pub length: u64,
    /// Bytes that it takes: one whose beginning was given back is longer than that.
    pub on_disk: u64,
    /// True for a file that is no directory, pipe or device.
    pub is_regular: bool,
    /// When it was last written, as exactly as it is known; never before that.
    pub written_at: SystemTime,
}

/// Files, wherever they lie.
pub trait Files {
    /// Names in a directory, in no order.
    ///
    /// # Errors
    /// Those of reading it.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// What is known of whatever a path names now.
    ///
    /// # Errors
    /// `NotFound` when it names nothing, and those of looking.
    fn status(&self, path: &Path) -> io::Result<FileStatus>;

    /// True when an open file stays the same one whatever becomes of it. Else it is known by its number alone, which is another
    /// file's once it is deleted.
    fn holds_open(&self) -> bool {
        true
    }

    /// Opens a file: it stays the same one when it is renamed.
    ///
    /// # Errors
    /// `NotFound` when there is none, and those of opening.
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// A number that is another one when files were changed that a file was rotated to; none when they may be changing just now.
    fn version(&self, path: &Path) -> Option<u64>;

    /// Entries of a unit in systemd's journal.
    ///
    /// # Errors
    /// Why there are none, in words.
    fn journal(&self, _unit: &str, _window: JournalWindow) -> io::Result<JournalEntries> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The same as they are written.
    ///
    /// - `cursor`: the entry behind which they begin; the newest when missing.
    ///
    /// # Errors
    /// Why it cannot be followed, in words.
    fn follow_journal(&self, _unit: &str, _cursor: Option<String>) -> io::Result<Box<dyn JournalTail>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// What is said of directories from now on is not older than this.
    fn refresh(&self) {}

    /// Waits until another look may find more.
    fn wait(&self);

    /// Time since the reading began.
    fn elapsed(&self) -> Duration;

    /// The time of day.
    fn now(&self) -> UnixMillis;

    /// Reads times of lines that were written there.
    fn clock(&self) -> Clock;
}

/// An open file.
pub trait LogFile {
    /// What is known of it.
    ///
    /// # Errors
    /// Those of looking.
    fn status(&self) -> io::Result<FileStatus>;

    /// Reads from a place on, some bytes or all that fit; none at the end.
    ///
    /// # Errors
    /// Those of reading.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Where a file has something again after what was given back to the disk; its length when nowhere.
    ///
    /// # Errors
    /// Those of looking.
    fn data_from(&self) -> io::Result<u64> {
        Ok(0)
    }
}

impl dyn LogFile + '_ {
    /// Reads as much as fits, or as there is.
    pub(crate) fn read_full(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Reads from its beginning.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { file: self, next: 0, end: u64::MAX }
    }
}

/// Reads a file from a place on, to another one.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a dyn LogFile,
    pub(crate) next: u64,
    pub(crate) end: u64,
}

impl io::Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..length], self.next)?;
        self.next += read as u64;
        Ok(read)
    }
}
