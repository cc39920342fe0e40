//! Follows a file that is written, across every kind of rotation, and hands over each line once.
//!
//! ```text
//! rename:        a.log ─► a.log.1      the old one is open until nobody writes to it any more
//! copytruncate:  a.log ─► copy, cut    what was not read of the old content is read in the copy
//! given back:    a.log                 the beginning reads as zeros; places stay what they are
//! ```
//!
//! Between two looks a file may be rotated more than once: files that came and were renamed meanwhile are found beside it
//! and read in the order in which they were written. What was deleted before it was looked at cannot be read.
//!
//! Invariants
//! - F-1: of a file that stays on disk until the next look, each line is handed over exactly once.
//! - F-2: of an unfinished line no more is held than can be shown; of a file no more is read at once than [`READ_MAX`].

use crate::content::text_begin;
use crate::files::{FileId, Files, LogFile};
use crate::source::{FILES_MAX, Source};
use flate2::read::MultiGzDecoder;
use memchr::memchr;
use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use topmast_model::log::LOG_LINE_MAX;

/// Most bytes of a file read before others have their turn.
const READ_MAX: usize = 4 << 20;
const BUFFER: usize = 256 << 10;
/// Bytes by which a file is told from another, and one that was cut from one that grew.
const MARK: usize = 256;
/// A writer goes on in a file that was renamed until it is told to open a new one; after so long it has.
const GRACE: Duration = Duration::from_secs(10);
/// Times that a file is opened which is renamed meanwhile, before others have their turn.
const PASSES: usize = 16;
/// Renamed files that are kept open.
const OLD_MAX: usize = 8;
/// What is held of a line that is not finished: what can be shown, and what a card number at its end needs.
const HELD_MAX: usize = LOG_LINE_MAX + 64;

/// A followed file.
pub(crate) struct Follower {
    files: Rc<dyn Files>,
    source: Source,
    current: Option<Open>,
    /// Renamed files, the oldest first, with the time when they were left.
    old: VecDeque<(Open, Duration)>,
    /// First bytes of the files that were there before or are done with.
    known: HashMap<FileId, Vec<u8>>,
    /// All of them, the oldest first: a file that is gone gives its id to another, while a packed copy of it stays.
    heads: VecDeque<Vec<u8>>,
    /// The directory's version, as it was last seen.
    directory: Option<u64>,
    /// Lent for the time of a look: many files are followed, and one is read at a time.
    buffer: Vec<u8>,
}

/// A file that is read on.
struct Open {
    file: Box<dyn LogFile>,
    id: FileId,
    offset: u64,
    /// Its first bytes, as far as they were read.
    head: Vec<u8>,
    /// The last bytes that were read.
    tail: Vec<u8>,
    line: Unfinished,
}

/// The beginning of a line.
#[derive(Default)]
struct Unfinished {
    held: Vec<u8>,
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

    fn finish_if_any(&mut self, line: &mut impl FnMut(&[u8], u64)) {
        if !self.is_empty() {
            self.finish(line);
        }
    }

    const fn is_empty(&self) -> bool {
        self.held.is_empty() && self.more == 0
    }
}

impl Open {
    fn new(file: Box<dyn LogFile>, offset: u64) -> io::Result<Self> {
        let id = file.status()?.id;
        let mut open =
            Self { file, id, offset, head: Vec::new(), tail: Vec::new(), line: Unfinished::default() };
        open.learn()?;
        Ok(open)
    }

    /// Remembers by which bytes it is known again. One that is cut just now is known by what it was.
    fn learn(&mut self) -> io::Result<()> {
        let length = MARK.min(usize::try_from(self.offset).unwrap_or(usize::MAX));
        if self.head.len() < length
            && let Some(head) = self.bytes(0, length)?
        {
            self.head = head;
        }
        if let Some(tail) = self.bytes(self.offset - length as u64, length)? {
            self.tail = tail;
        }
        Ok(())
    }

    /// Bytes of the file; none when it has not so many any more.
    fn bytes(&self, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; length];
        Ok((self.file.read_full(&mut bytes, offset)? == length).then_some(bytes))
    }

    /// True when what was read of it is what it was, or was given back to the disk.
    fn is_same(&self) -> io::Result<bool> {
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
    fn is_copied_in(&self, other: &Self) -> io::Result<bool> {
        let has = |expected: &[u8], offset: u64| -> io::Result<bool> {
            Ok(other.bytes(offset, expected.len())?.is_some_and(|bytes| bytes == expected))
        };
        Ok(!self.tail.is_empty()
            && has(&self.head, 0)?
            && has(&self.tail, self.offset - self.tail.len() as u64)?)
    }

    /// Hands over the lines that were finished since; false when there may be more.
    fn drain(&mut self, buffer: &mut [u8], line: &mut impl FnMut(&[u8], u64)) -> io::Result<bool> {
        let mut left = READ_MAX;
        loop {
            let length = self.file.read_at(buffer, self.offset)?;
            if length == 0 {
                return Ok(true);
            }
            self.offset += length as u64;
            split(&buffer[..length], &mut self.line, line);
            self.learn()?;
            left = left.saturating_sub(length);
            if left == 0 {
                return Ok(false);
            }
        }
    }

    fn finish(&mut self, line: &mut impl FnMut(&[u8], u64)) {
        self.line.finish_if_any(line);
    }
}

fn split(mut bytes: &[u8], unfinished: &mut Unfinished, line: &mut impl FnMut(&[u8], u64)) {
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

impl Follower {
    /// Follows from the end of what is there now; from the beginning when the file comes later.
    ///
    /// Returns the place from which it follows too: what stands before it is there to be read.
    pub(crate) fn at_end(files: Rc<dyn Files>, source: Source) -> (Self, u64) {
        let mut follower = Self {
            files,
            current: None,
            old: VecDeque::new(),
            known: HashMap::new(),
            heads: VecDeque::new(),
            directory: None,
            buffer: Vec::new(),
            source,
        };
        for older in follower.source.older(&*follower.files) {
            follower.remember(&older.path);
        }
        let mut end = 0;
        // One that cannot be opened yet is opened by a later look.
        if let Ok(file) = follower.files.open(&follower.source.path)
            && let Ok(status) = file.status()
            && status.is_regular
        {
            // An unfinished line is not told in part: it is followed from its beginning.
            end = line_begin(&*file, status.length).unwrap_or(status.length);
            follower.current = Open::new(file, end).ok();
        }
        (follower, end)
    }

    /// Follows a file that has come just now, from its beginning.
    pub(crate) fn from_begin(files: Rc<dyn Files>, source: Source) -> Self {
        let (mut follower, _) = Self::at_end(files, source);
        follower.current = None;
        follower
    }

    pub(crate) const fn source(&self) -> &Source {
        &self.source
    }

    /// Hands over every line that was finished since the last look; false when there may be more at once.
    ///
    /// - `buffer`: for reading; its content is of no use to anybody.
    ///
    /// # Errors
    /// Those of reading; what was handed over is done with.
    pub(crate) fn look(
        &mut self,
        buffer: &mut Vec<u8>,
        mut line: impl FnMut(&[u8], u64),
    ) -> io::Result<bool> {
        buffer.resize(BUFFER, 0);
        std::mem::swap(&mut self.buffer, buffer);
        let looked = self.look_at_all(&mut line);
        std::mem::swap(&mut self.buffer, buffer);
        looked
    }

    fn look_at_all(&mut self, line: &mut impl FnMut(&[u8], u64)) -> io::Result<bool> {
        let mut is_done = self.look_at_old(line)?;
        if let Some(mut open) = self.current.take() {
            let looked = self.look_at(&mut open, line);
            if !matches!(looked, Ok((_, true))) {
                self.current = Some(open);
                return looked.map(|(done, _)| done && is_done);
            }
            is_done &= matches!(looked, Ok((true, _)));
            self.old.push_back((open, self.files.elapsed()));
        }
        Ok(self.open_again(line)? && is_done)
    }

    /// Looks at the file that had the name until now: whether that was all of it, and whether it was renamed.
    fn look_at(&mut self, open: &mut Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<(bool, bool)> {
        // Before it is read: what is written meanwhile is read at the next look.
        let named = self.files.status(&self.source.path);
        let was_unread = open.offset == 0;
        if !open.is_same()? {
            self.was_cut(open, line)?;
        }
        let is_done = open.drain(&mut self.buffer, line)?;
        if was_unread {
            self.was_cut_unread(open, line)?;
        }
        Ok((is_done, named.is_ok_and(|named| named.id != open.id)))
    }

    /// Opens the file that has the name now, after those that had it since the last look; false when there may be more.
    fn open_again(&mut self, line: &mut impl FnMut(&[u8], u64)) -> io::Result<bool> {
        for _ in 0..PASSES {
            let file = match self.files.open(&self.source.path) {
                Ok(file) if file.status()?.is_regular => file,
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
                Err(error) => return Err(error),
            };
            let mut open = Open::new(file, 0)?;
            if self.old.iter().any(|(old, _)| old.id == open.id) {
                continue;
            }
            self.read_missed(&open, line)?;
            let is_done = open.drain(&mut self.buffer, line)?;
            self.was_cut_unread(&open, line)?;
            if self.files.status(&self.source.path).is_ok_and(|named| named.id == open.id) {
                self.current = Some(open);
                return Ok(is_done);
            }
            // Renamed meanwhile.
            self.old.push_back((open, self.files.elapsed()));
        }
        Ok(false)
    }

    fn look_at_old(&mut self, line: &mut impl FnMut(&[u8], u64)) -> io::Result<bool> {
        let mut is_done = true;
        let mut place = 0;
        while let Some((open, _)) = self.old.get_mut(place) {
            if open.is_same()? {
                is_done &= open.drain(&mut self.buffer, line)?;
                place += 1;
            } else if let Some((open, _)) = self.old.remove(place) {
                self.was_replaced(open, line)?;
            }
        }
        let now = self.files.elapsed();
        while let Some((_, since)) = self.old.front()
            && (now.saturating_sub(*since) > GRACE || self.old.len() > OLD_MAX)
        {
            if let Some((mut open, _)) = self.old.pop_front() {
                open.finish(line);
                self.know(open.id, open.head);
            }
        }
        Ok(is_done)
    }

    /// Hands over files beside this one that nobody looked at while they had its name, the oldest first.
    fn read_missed(&mut self, current: &Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<()> {
        let mut older: Vec<PathBuf> =
            self.source.older(&*self.files).into_iter().map(|older| older.path).collect();
        older.reverse();
        for path in older {
            if self.knows(&path, Some(current.id)) {
                continue;
            }
            if is_packed(&path) {
                let mut unfinished = Unfinished::default();
                self.copied(&path, 0, &mut unfinished, line)?;
                unfinished.finish_if_any(line);
                continue;
            }
            let Ok(file) = self.files.open(&path) else { continue };
            let mut open = Open::new(file, 0)?;
            // What is opened may be another by now than what was looked at: names move on.
            if open.id == current.id || self.knows_open(&open) || current.is_copied_in(&open)? {
                continue;
            }
            while !open.drain(&mut self.buffer, line)? {}
            self.old.push_back((open, self.files.elapsed()));
        }
        Ok(())
    }

    fn knows_open(&self, open: &Open) -> bool {
        let mut head = vec![0; MARK];
        let read = open.file.read_full(&mut head, 0).unwrap_or(0);
        self.old.iter().any(|(old, _)| old.id == open.id)
            || self
                .known
                .get(&open.id)
                .is_some_and(|known| !known.is_empty() && head[..read].starts_with(known))
    }

    /// What was written and copied away before it was ever looked at.
    fn was_cut_unread(&mut self, open: &Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<()> {
        if open.offset > 0 {
            self.files.refresh();
        }
        let version = self.source.path.parent().and_then(|directory| self.files.version(directory));
        if version.is_none() || version != self.directory {
            self.directory = version;
            // A packed copy of it is none that was missed.
            self.know(open.id, open.head.clone());
            self.read_missed(open, line)?;
        }
        Ok(())
    }

    /// True for a file whose lines were handed over, or were there before.
    fn knows(&self, path: &Path, current: Option<FileId>) -> bool {
        let Ok(status) = self.files.status(path) else { return true };
        if Some(status.id) == current || self.old.iter().any(|(open, _)| open.id == status.id) {
            return true;
        }
        let head = first_bytes(&*self.files, path);
        let begins = |known: &[u8]| !known.is_empty() && head.starts_with(known);
        if self.known.get(&status.id).is_some_and(|known| begins(known)) {
            return true;
        }
        // A packed copy of one that was read: another file with the same content.
        let is_same = |known: &[u8]| !known.is_empty() && head == known;
        is_packed(path)
            && (self.heads.iter().any(|known| is_same(known))
                || self.old.iter().any(|(open, _)| is_same(&open.head)))
    }

    fn remember(&mut self, path: &Path) {
        if let Ok(status) = self.files.status(path) {
            self.know(status.id, first_bytes(&*self.files, path));
        }
    }

    fn know(&mut self, id: FileId, head: Vec<u8>) {
        if !head.is_empty() && !self.heads.contains(&head) {
            self.heads.push_back(head.clone());
        }
        if self.heads.len() > 2 * FILES_MAX {
            self.heads.pop_front();
        }
        self.known.insert(id, head);
        if self.known.len() > 2 * FILES_MAX {
            let older = self.source.older(&*self.files);
            let there = older.iter().filter_map(|older| self.files.status(&older.path).ok());
            let there = there.map(|status| status.id);
            let there: Vec<FileId> = there.collect();
            self.known.retain(|id, _| there.contains(id));
        }
    }

    /// The file was cut and begins anew: what was not read of it is in a copy, if somebody made one.
    fn was_cut(&mut self, open: &mut Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<()> {
        let head = std::mem::take(&mut open.head);
        // The copy was made before the file was cut, and may be younger than what is known of the directory.
        self.files.refresh();
        let older: Vec<PathBuf> =
            self.source.older(&*self.files).into_iter().map(|older| older.path).collect();
        let copy = older
            .iter()
            .position(|path| !head.is_empty() && first_bytes(&*self.files, path).starts_with(&head));
        if let Some(place) = copy {
            // It is the same content: what is read of it goes on where the file was left.
            self.copied(&older[place], open.offset, &mut open.line, line)?;
            open.finish(line);
            // What it holds now is read from itself, though a packed copy of it may be there already.
            let mut now = vec![0; MARK];
            let length = open.file.read_full(&mut now, 0)?;
            now.truncate(length);
            self.know(open.id, now);
            // What was copied and cut again before this look.
            for path in older.iter().rev() {
                if !self.knows(path, Some(open.id)) {
                    let mut unfinished = Unfinished::default();
                    self.copied(path, 0, &mut unfinished, line)?;
                    unfinished.finish_if_any(line);
                }
            }
        }
        open.finish(line);
        open.offset = 0;
        open.tail.clear();
        Ok(())
    }
}

impl Follower {
    /// A renamed file is gone, or its id is another file's by now: what was not read of it is in a copy, packed mostly.
    fn was_replaced(&mut self, mut open: Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<()> {
        self.files.refresh();
        let older = self.source.older(&*self.files).into_iter().map(|older| older.path);
        let is_copy = |path: &PathBuf| first_bytes(&*self.files, path).starts_with(&open.head);
        let copy = older.into_iter().find(|path| !open.head.is_empty() && is_copy(path));
        if let Some(path) = copy {
            self.copied(&path, open.offset, &mut open.line, line)?;
        }
        open.finish(line);
        self.know(open.id, open.head);
        Ok(())
    }

    /// Reads a copy of a file from a place on.
    fn copied(
        &mut self,
        path: &Path,
        offset: u64,
        unfinished: &mut Unfinished,
        line: &mut impl FnMut(&[u8], u64),
    ) -> io::Result<()> {
        let file = self.files.open(path)?;
        let mut rest = file.reader();
        if is_packed(path) {
            let mut content = MultiGzDecoder::new(rest);
            io::copy(&mut content.by_ref().take(offset), &mut io::sink())?;
            pump(&mut content, &mut self.buffer, unfinished, line)?;
        } else {
            rest.next = offset;
            pump(&mut rest, &mut self.buffer, unfinished, line)?;
        }
        self.remember(path);
        Ok(())
    }
}

fn pump(
    source: &mut impl Read,
    buffer: &mut [u8],
    unfinished: &mut Unfinished,
    line: &mut impl FnMut(&[u8], u64),
) -> io::Result<()> {
    loop {
        match source.read(buffer)? {
            0 => return Ok(()),
            length => split(&buffer[..length], unfinished, line),
        }
    }
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

/// The first bytes of a file's content; none when it cannot be read.
fn first_bytes(files: &dyn Files, path: &Path) -> Vec<u8> {
    let Ok(file) = files.open(path) else { return Vec::new() };
    let mut head = Vec::new();
    let read = if is_packed(path) {
        MultiGzDecoder::new(file.reader()).take(MARK as u64).read_to_end(&mut head)
    } else {
        file.reader().take(MARK as u64).read_to_end(&mut head)
    };
    if read.is_err() {
        head.clear();
    }
    head
}

/// Where the last line begins that has no end yet; the end when there is none.
fn line_begin(file: &dyn LogFile, length: u64) -> io::Result<u64> {
    let mut buffer = vec![0; HELD_MAX];
    let begin = length.saturating_sub(HELD_MAX as u64).max(text_begin(file, length, &mut buffer)?);
    let wanted = usize::try_from(length - begin).unwrap_or(HELD_MAX).min(HELD_MAX);
    let read = file.read_full(&mut buffer[..wanted], begin)?;
    let newline = memchr::memrchr(b'\n', &buffer[..read]);
    Ok(newline
        .map_or(if begin == 0 || read < HELD_MAX { begin } else { length }, |place| begin + place as u64 + 1))
}

#[cfg(test)]
mod tests;
