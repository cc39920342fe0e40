//! A file of records: its name is the number of its first event.
//!
//! ```text
//! file  "TMLG" · version · record*
//! ```

use crate::index::{Gathered, Index};
use crate::record::{Found, Seen, decode, find};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const HEAD: [u8; 5] = *b"TMLG\x01";

/// A segment and what is known of it.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Bytes that are used.
    pub(crate) length: u64,
    pub(crate) index: Index,
}

/// What opening a segment found besides its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    /// A record cut short at the end.
    Torn,
    /// Bytes that are no record, with others behind.
    Damaged,
}

/// The number that a file's name says.
pub(crate) fn number_of(path: &Path) -> Option<u64> {
    if path.extension()? != "seg" {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

impl Segment {
    /// Begins a file.
    pub(crate) fn create(folder: &Path, number: u64) -> io::Result<(Self, File)> {
        let path = folder.join(format!("{number:020}.seg"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        file.write_all(&HEAD)?;
        // Its name has to be there after the machine went down, too.
        File::open(folder)?.sync_all()?;
        Ok((Self { path, length: HEAD.len() as u64, index: Index::default() }, file))
    }

    /// Reads a file; the number of the event after its last.
    pub(crate) fn open(path: PathBuf, number: u64) -> io::Result<(Self, u64, Wrong)> {
        let mut bytes = Vec::new();
        File::open(&path)?.read_to_end(&mut bytes)?;
        let mut segment = Self { path, length: HEAD.len() as u64, index: Index::default() };
        let mut next = number;
        if bytes.get(..HEAD.len()) != Some(&HEAD) {
            let wrong = if HEAD.starts_with(&bytes) { Wrong::Torn } else { Wrong::Damaged };
            segment.length = 0;
            return Ok((segment, next, wrong));
        }
        let mut at = HEAD.len();
        let mut wrong = Wrong::Nothing;
        while at < bytes.len() {
            match find(&bytes, at) {
                Found::Whole(payload) => {
                    let end = payload.end;
                    let mut gathered = Gathered::new();
                    let (Some(head), Ok(offset)) =
                        (decode(&bytes[payload], |seen| gathered.event(&seen)), u32::try_from(at))
                    else {
                        wrong = Wrong::Damaged;
                        break;
                    };
                    segment.index.record(head, offset, gathered);
                    next = next.max(head.first + u64::from(head.count));
                    at = end;
                }
                Found::Torn => {
                    wrong = Wrong::Torn;
                    break;
                }
                Found::Damaged => {
                    wrong = Wrong::Damaged;
                    break;
                }
            }
        }
        segment.length = at as u64;
        Ok((segment, next, wrong))
    }

    /// Opens the file to append to it, with what is behind the last whole record cut off.
    pub(crate) fn reopen(&self) -> io::Result<File> {
        let file = OpenOptions::new().write(true).open(&self.path)?;
        file.set_len(self.length)?;
        Ok(file)
    }

    /// Appends bytes, all or nothing.
    pub(crate) fn append(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.length))?;
        file.write_all(bytes).inspect_err(|_| {
            // Should this fail too, the next one writes over the rest, and a reader drops it as torn.
            let _ = file.set_len(self.length);
        })?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Reads the records of a file that begin at these places; `each` is given every event. False when the file is gone.
///
/// - `end`: where the last of them ends, or any place behind.
pub(crate) fn read(
    path: &Path,
    offsets: &[u32],
    end: u64,
    mut each: impl FnMut(Seen<'_>),
) -> io::Result<bool> {
    let Some(start) = offsets.first() else { return Ok(true) };
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    file.seek(SeekFrom::Start(u64::from(*start)))?;
    let mut bytes = Vec::new();
    file.take(end.saturating_sub(u64::from(*start))).read_to_end(&mut bytes)?;
    for offset in offsets {
        let at = (offset - start) as usize;
        let Found::Whole(payload) = find(&bytes, at) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a record of a log is damaged"));
        };
        decode(&bytes[payload], &mut each);
    }
    Ok(true)
}
