//! Follows a growing file across rotation, line by line.
//!
//! A rotation by *rename* is seen when the path names another file: what is left in the old one is read first.
//! A rotation by *truncation* is seen when the file is shorter than the position, or begins with other bytes
//! than before; the latter also tells a new file that was given the old one's inode.
//!
//! Invariants
//! - T-1: the position is always at the start of a line, or inside one too long to keep.
//! - T-2: at most [`LINE_MAX`] bytes of a line are held; the rest of it is skipped.

use crate::platform::file::{FileExt, FileId, FileStatus};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Most bytes of a line that are looked at.
pub(super) const LINE_MAX: usize = 64 << 10;
/// Most bytes read in one go: a flooding application must not starve the other checks.
const READ_MAX: u64 = 8 << 20;
/// Bytes that tell one file from another: a log begins with a time stamp.
const HEAD_LEN: usize = 64;

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    device: u64,
    inode: u64,
    /// Bytes of the file that are done.
    offset: u64,
    /// True inside a line whose beginning was counted already.
    skipping: bool,
    /// SHA-256 of the first bytes, as many as `head_len`.
    head: String,
    head_len: usize,
}

impl Position {
    const fn id(&self) -> FileId {
        FileId { volume: self.device, number: self.inode }
    }
}

/// Why nothing was read.
#[derive(Debug)]
pub(super) enum TailError {
    /// There is no such file now.
    Missing,
    /// The system refuses.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
}

/// A followed file.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    open: Option<Open>,
    /// Where the last agent was, until the file is found again.
    resume: Option<Position>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Open {
    file: File,
    position: Position,
}

impl Open {
    fn start(file: File, id: FileId) -> Self {
        let position = Position {
            device: id.volume,
            inode: id.number,
            offset: 0,
            skipping: false,
            head: String::new(),
            head_len: 0,
        };
        Self { file, position }
    }

    /// True when the file still is what it was, as far as it was read.
    fn is_same(&self, length: u64) -> io::Result<bool> {
        if length < self.position.offset {
            return Ok(false);
        }
        let mut head = [0; HEAD_LEN];
        let head = &mut head[..self.position.head_len.min(HEAD_LEN)];
        self.file.read_exact_at(head, 0)?;
        Ok(self.position.head_len == 0 || crate::tls::fingerprint(head) == self.position.head)
    }

    /// Remembers the first bytes once they are there.
    fn learn_head(&mut self) -> io::Result<()> {
        let wanted = usize::try_from(self.position.offset).unwrap_or(HEAD_LEN).min(HEAD_LEN);
        if wanted > self.position.head_len {
            let mut head = [0; HEAD_LEN];
            self.file.read_exact_at(&mut head[..wanted], 0)?;
            self.position.head = crate::tls::fingerprint(&head[..wanted]);
            self.position.head_len = wanted;
        }
        Ok(())
    }

    fn start_again(&mut self) {
        self.position.offset = 0;
        self.position.skipping = false;
        self.position.head_len = 0;
        self.position.head.clear();
    }
}

impl Tail {
    /// Follows from the end of the file as it is now; from its beginning when it appears later.
    pub(super) fn at_end(path: &Path) -> Self {
        let mut tail = Self::resume(path, None);
        // A file that cannot be opened is reported by the first read.
        if let Ok(file) = File::open(path)
            && let Ok(status) = FileStatus::of(&file)
        {
            let mut open = Open::start(file, status.id);
            open.position.offset = status.length;
            let mut last = [b'\n'];
            if status.length > 0 {
                let _ = open.file.read_exact_at(&mut last, status.length - 1);
            }
            open.position.skipping = last != [b'\n'];
            // Without its head the file is told by inode and length only, until it grows.
            let _ = open.learn_head();
            tail.open = Some(open);
        }
        tail
    }

    /// Goes on at a saved position.
    pub(super) fn resume(path: &Path, position: Option<Position>) -> Self {
        Self { path: path.to_owned(), open: None, resume: position, buffer: Vec::new() }
    }

    /// Where to go on later; `None` before the file was first seen.
    pub(super) fn position(&self) -> Option<Position> {
        self.open.as_ref().map(|open| open.position.clone()).or_else(|| self.resume.clone())
    }

    /// Hands over every line finished since, at most [`READ_MAX`] bytes of them.
    ///
    /// # Errors
    /// [`TailError`]; lines handed over before it are done with.
    pub(super) fn read(&mut self, mut line: impl FnMut(&str)) -> Result<(), TailError> {
        let path = self.path.clone();
        self.read_files(&mut line).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => TailError::Missing,
            _ => TailError::Read { path, source },
        })
    }

    fn read_files(&mut self, line: &mut impl FnMut(&str)) -> io::Result<()> {
        if self.open.is_none()
            && let Some(position) = self.resume.take()
        {
            match self.find(&position) {
                Ok(found) => self.open = found,
                Err(error) => {
                    self.resume = Some(position);
                    return Err(error);
                }
            }
        }
        let mut budget = READ_MAX;
        if let Some(open) = &mut self.open {
            let length = open.file.metadata()?.len();
            if !open.is_same(length)? {
                open.start_again();
            }
            // The writer keeps the old file open until it is told to reopen, so the old one is followed until
            // the new one has content. Looking at the new one *before* reading the old one leaves no gap.
            let named = FileStatus::at(&self.path);
            drain(open, &mut self.buffer, &mut budget, line)?;
            let moved = named.is_ok_and(|named| named.id != open.position.id() && named.length > 0);
            if !moved || budget == 0 {
                return Ok(());
            }
            finish(open, line)?;
        }
        let file = File::open(&self.path)?;
        let status = FileStatus::of(&file)?;
        let open = self.open.insert(Open::start(file, status.id));
        drain(open, &mut self.buffer, &mut budget, line)
    }

    /// Opens the file of a saved position: the path itself, or a file beside it that it was renamed to.
    fn find(&self, position: &Position) -> io::Result<Option<Open>> {
        let mut candidates = vec![self.path.clone()];
        if let Some(directory) = self.path.parent()
            && let Ok(entries) = std::fs::read_dir(directory)
        {
            candidates.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
        }
        for path in candidates {
            let is_it = |status: FileStatus| status.id == position.id() && status.regular;
            if !FileStatus::at(&path).is_ok_and(is_it) {
                continue;
            }
            let open = Open { file: File::open(&path)?, position: position.clone() };
            if open.is_same(open.file.metadata()?.len())? {
                return Ok(Some(open));
            }
        }
        Ok(None)
    }
}

/// Reads lines from an open file until its end or the budget's.
fn drain(
    open: &mut Open,
    buffer: &mut Vec<u8>,
    budget: &mut u64,
    line: &mut impl FnMut(&str),
) -> io::Result<()> {
    buffer.resize(LINE_MAX, 0);
    while *budget > 0 {
        let length = open.file.read_at(buffer, open.position.offset)?;
        let mut done = 0;
        for end in memchr_all(&buffer[..length]) {
            if !open.position.skipping {
                emit(&buffer[done..end], line);
            }
            open.position.skipping = false;
            done = end + 1;
        }
        if done == 0 && length == buffer.len() {
            // A line longer than the buffer: its beginning counts, the rest is skipped.
            if !open.position.skipping {
                emit(&buffer[..length], line);
            }
            open.position.skipping = true;
            done = length;
        } else if done == 0 && open.position.skipping {
            done = length;
        }
        if done == 0 {
            break;
        }
        open.position.offset += done as u64;
        open.learn_head()?;
        *budget = budget.saturating_sub(done as u64);
    }
    Ok(())
}

/// Hands over the last line of a file that nobody continues, though it has no line end.
fn finish(open: &mut Open, line: &mut impl FnMut(&str)) -> io::Result<()> {
    let mut rest = vec![0; LINE_MAX];
    let length = open.file.read_at(&mut rest, open.position.offset)?;
    if length > 0 && !open.position.skipping {
        emit(&rest[..length], line);
    }
    open.position.offset += length as u64;
    Ok(())
}

fn emit(bytes: &[u8], line: &mut impl FnMut(&str)) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    // Wrong UTF-8 is replaced, never a reason to lose a line.
    line(&String::from_utf8_lossy(bytes));
}

fn memchr_all(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| index)
}

#[cfg(test)]
mod tests;
