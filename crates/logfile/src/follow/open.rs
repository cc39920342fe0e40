//! One file that is read on: by what it is known again, and the line at its end that is not finished.

use super::HELD_MAX;
use crate::files::{FileId, LogFile};
use memchr::memchr;
use std::io;

/// Most bytes of a file read before others have their turn.
const READ_MAX: usize = 4 << 20;
/// Bytes by which a file is told from another, and one that was cut from one that grew.
pub(super) const MARK: usize = 256;

/// A file that is read on.
pub(super) struct Open {
    pub(super) file: Box<dyn LogFile>,
    pub(super) id: FileId,
    pub(super) offset: u64,
    /// Its first bytes, as far as they were read.
    pub(super) head: Vec<u8>,
    /// The last bytes that were read.
    pub(super) tail: Vec<u8>,
    pub(super) line: Unfinished,
}

/// The beginning of a line.
#[derive(Default)]
pub(super) struct Unfinished {
    pub(super) held: Vec<u8>,
    /// Bytes of it that are not held.
    more: u64,
}

impl Unfinished {
    fn push(&mut self, bytes: &[u8]) {
        let room = HELD_MAX.saturating_sub(self.held.len()).min(bytes.len());
        self.held.extend(&bytes[..room]);
        self.more += (bytes.len() - room) as u64;
    }

    fn finish(&mut self, line: &mut impl FnMut(&[u8], u64)) {
        line(&self.held, self.more);
        self.held.clear();
        self.more = 0;
    }

    pub(super) fn finish_if_any(&mut self, line: &mut impl FnMut(&[u8], u64)) {
        if !self.is_empty() {
            self.finish(line);
        }
    }

    const fn is_empty(&self) -> bool {
        self.held.is_empty() && self.more == 0
    }
}

impl Open {
    pub(super) fn new(file: Box<dyn LogFile>, offset: u64) -> io::Result<Self> {
        let id = file.status()?.id;
        let mut open =
            Self { file, id, offset, head: Vec::new(), tail: Vec::new(), line: Unfinished::default() };
        open.learn()?;
        Ok(open)
    }

    /// Looks by which bytes it is known again, of one that is not read from its beginning.
    fn learn(&mut self) -> io::Result<()> {
        let length = MARK.min(usize::try_from(self.offset).unwrap_or(usize::MAX));
        self.head = self.bytes(0, length)?.unwrap_or_default();
        self.tail = self.bytes(self.offset - length as u64, length)?.unwrap_or_default();
        Ok(())
    }

    /// Remembers what was read. It is not looked at again: by now the file may have been cut.
    fn take_in(&mut self, bytes: &[u8]) {
        if self.head.len() as u64 == self.offset {
            self.head.extend(&bytes[..bytes.len().min(MARK - self.head.len())]);
        }
        self.tail.extend(&bytes[bytes.len().saturating_sub(MARK)..]);
        self.tail.drain(..self.tail.len().saturating_sub(MARK));
        self.offset += bytes.len() as u64;
    }

    /// Reads it from its beginning from now on: it holds something else.
    pub(super) fn begin_again(&mut self) {
        self.offset = 0;
        self.head.clear();
        self.tail.clear();
    }

    /// The first bytes that it has now.
    pub(super) fn head_now(&self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; MARK];
        let length = self.file.read_full(&mut head, 0)?;
        head.truncate(length);
        Ok(head)
    }

    /// Bytes of the file; none when it has not so many any more.
    fn bytes(&self, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; length];
        Ok((self.file.read_full(&mut bytes, offset)? == length).then_some(bytes))
    }

    /// True when what was read of it is what it was, or was given back to the disk.
    pub(super) fn is_same(&self) -> io::Result<bool> {
        if self.file.status()?.length < self.offset {
            return Ok(false);
        }
        let is = |expected: &[u8], offset: u64| -> io::Result<bool> {
            let bytes = self.bytes(offset, expected.len())?;
            Ok(bytes.is_some_and(|bytes| bytes.iter().zip(expected).all(|(is, was)| *is == 0 || is == was)))
        };
        // The end first: over ssh its beginning comes with it.
        Ok(is(&self.tail, self.offset - self.tail.len() as u64)? && is(&self.head, 0)?)
    }

    /// True when another file has what was read of this one: a copy of it, which it will be cut after.
    pub(super) fn is_copied_in(&self, other: &Self) -> io::Result<bool> {
        let has = |expected: &[u8], offset: u64| -> io::Result<bool> {
            Ok(other.bytes(offset, expected.len())?.is_some_and(|bytes| bytes == expected))
        };
        if self.offset == 0 {
            let head = self.head_now()?;
            return Ok(!head.is_empty() && other.head_now()? == head);
        }
        Ok(!self.tail.is_empty()
            && has(&self.head, 0)?
            && has(&self.tail, self.offset - self.tail.len() as u64)?)
    }

    /// Hands over the lines that were finished since; false when there may be more.
    pub(super) fn drain(&mut self, buffer: &mut [u8], line: &mut impl FnMut(&[u8], u64)) -> io::Result<bool> {
        let mut left = READ_MAX;
        loop {
            let length = self.file.read_at(buffer, self.offset)?;
            if length == 0 {
                return Ok(true);
            }
            self.take_in(&buffer[..length]);
            split(&buffer[..length], &mut self.line, line);
            left = left.saturating_sub(length);
            if left == 0 {
                return Ok(false);
            }
        }
    }

    pub(super) fn finish(&mut self, line: &mut impl FnMut(&[u8], u64)) {
        self.line.finish_if_any(line);
    }
}

pub(super) fn split(mut bytes: &[u8], unfinished: &mut Unfinished, line: &mut impl FnMut(&[u8], u64)) {
    while let Some(end) = memchr(b'\n', bytes) {
        if unfinished.is_empty() && end <= HELD_MAX {
            line(&bytes[..end], 0);
        } else {
            unfinished.push(&bytes[..end]);
            unfinished.finish(line);
        }
        bytes = &bytes[end + 1..];
    }
    unfinished.push(bytes);
}
