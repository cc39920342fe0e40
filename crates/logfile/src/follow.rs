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
//! Where a file cannot be held open (over ssh) it is found again by its number, and a number is given to another file once its
//! own is deleted: so a file is known by its number, the first bytes of it and the last ones that were read.
//!
//! Invariants
//! - F-1: of a file that stays on disk until the next look, each line is handed over exactly once.
//! - F-2: of an unfinished line no more is held than can be shown; of a file no more is read at once than four MiB.

mod open;

use self::open::{MARK, Open, Unfinished, split};
use crate::content::text_begin;
use crate::files::{FileId, Files, LogFile};
use crate::source::{FILES_MAX, Source};
use flate2::read::MultiGzDecoder;
use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use topmast_model::log::LOG_LINE_MAX;

const BUFFER: usize = 256 << 10;
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
    /// Rotated files that could not be read, with their lengths then: they are not tried at each look.
    unreadable: HashMap<FileId, u64>,
    /// Why the last of them could not be read, until it is said.
    trouble: Option<io::Error>,
    /// When its source was found not to be there any more.
    gone_since: Option<Duration>,
    /// The version of rotated files, as it was last seen.
    version: Option<u64>,
    /// Lent for the time of a look: many files are followed, and one is read at a time.
    buffer: Vec<u8>,
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
            unreadable: HashMap::new(),
            trouble: None,
            gone_since: None,
            version: None,
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

    /// Says whether its source is there, and by which name; false once it has not been there for so long that nobody writes to
    /// it any more. Between two files of one name there is none, and the first one is to be read to its end.
    pub(crate) fn goes_on(&mut self, source: Option<&Source>) -> bool {
        if let Some(source) = source {
            self.source.clone_from(source);
            self.gone_since = None;
            return true;
        }
        let now = self.files.elapsed();
        now.saturating_sub(*self.gone_since.get_or_insert(now)) <= GRACE
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
        match self.trouble.take() {
            Some(trouble) if looked.is_ok() => Err(trouble),
            _ => looked,
        }
    }

    fn look_at_all(&mut self, line: &mut impl FnMut(&[u8], u64)) -> io::Result<bool> {
        let mut is_done = self.look_at_old(line)?;
        // An empty file that is held by its number alone is none that can be known again.
        let is_unknown = |open: &Open| open.offset == 0 && !self.files.holds_open();
        let is_named =
            |open: &Open| self.files.status(&self.source.path).is_ok_and(|named| named.id == open.id);
        if let Some(mut open) = self.current.take_if(|open| !is_unknown(open) || is_named(open)) {
            let looked = self.look_at(&mut open, line);
            if !matches!(looked, Ok((_, true))) {
                self.current = Some(open);
                return looked.map(|(done, _)| done && is_done);
            }
            is_done &= matches!(looked, Ok((true, _)));
            if open.offset > 0 || self.files.holds_open() {
                self.old.push_back((open, self.files.elapsed()));
            }
        }
        Ok(self.open_again(line)? && is_done)
    }

    /// Looks at the file that had the name until now: whether that was all of it, and whether it was renamed.
    fn look_at(&mut self, open: &mut Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<(bool, bool)> {
        // Before it is read: what is written meanwhile is read at the next look.
        let named = self.files.status(&self.source.path);
        let was_unread = open.offset == 0;
        if !open.is_same()? {
            if !self.files.holds_open() && !named.as_ref().is_ok_and(|named| named.id == open.id) {
                // It is gone, and its number may be another file's, which is read in its turn.
                self.read_rest(open, line)?;
                self.know(open.id, std::mem::take(&mut open.head));
                open.begin_again();
                return Ok((true, true));
            }
            self.was_cut(open, line)?;
        }
        let is_done = open.drain(&mut self.buffer, line)?;
        if was_unread {
            self.was_cut_unread(open, line);
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
            // It was given its name back, or it is another file with the number of an empty one that is gone.
            if let Some(place) = self.old.iter().position(|(old, _)| old.id == open.id)
                && let Some((old, _)) = self.old.remove(place)
            {
                open = old;
            }
            self.read_missed(&open, line);
            let is_done = open.drain(&mut self.buffer, line)?;
            self.was_cut_unread(&open, line);
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
        let others = self.others()?;
        self.old.retain(|(open, _)| !others.contains(&open.id));
        while let Some((open, _)) = self.old.get_mut(place) {
            if open.is_same()? {
                is_done &= open.drain(&mut self.buffer, line)?;
                place += 1;
            } else if let Some((mut open, _)) = self.old.remove(place) {
                self.read_rest(&mut open, line)?;
                self.know(open.id, open.head);
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

    /// Empty files that are held by their numbers alone, which are those of other files by now: packed ones, or copies of what was
    /// read. What is neither is read from its beginning, whichever it is.
    fn others(&self) -> io::Result<Vec<FileId>> {
        let mut others = Vec::new();
        if self.files.holds_open() {
            return Ok(others);
        }
        for (open, _) in self.old.iter().filter(|(open, _)| open.offset == 0) {
            let head = open.head_now()?;
            let has_number = |path: &Path| self.files.status(path).is_ok_and(|status| status.id == open.id);
            let mut packed =
                self.source.older(&*self.files).into_iter().filter(|older| is_packed(&older.path));
            let read = self.current.iter().chain(self.old.iter().map(|(old, _)| old)).map(|open| &open.head);
            let mut read = read.chain(&self.heads).filter(|read| !read.is_empty());
            if !head.is_empty()
                && (packed.any(|older| has_number(&older.path)) || read.any(|read| head.starts_with(read)))
            {
                others.push(open.id);
            }
        }
        Ok(others)
    }

    /// Hands over files beside this one that nobody looked at while they had its name, the oldest first.
    fn read_missed(&mut self, current: &Open, line: &mut impl FnMut(&[u8], u64)) {
        let mut older: Vec<PathBuf> =
            self.source.older(&*self.files).into_iter().map(|older| older.path).collect();
        older.reverse();
        for path in older {
            if self.knows(&path, Some(current.id)) {
                continue;
            }
            let read = self.read_whole(&path, current, line);
            // One that was renamed meanwhile is found by the next look.
            if let Err(error) = read
                && error.kind() != io::ErrorKind::NotFound
            {
                self.trouble = Some(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
                if let Ok(status) = self.files.status(&path) {
                    if self.unreadable.len() >= FILES_MAX {
                        self.unreadable.clear();
                    }
                    self.unreadable.insert(status.id, status.length);
                }
            }
        }
    }

    /// Hands over a rotated file from its beginning.
    fn read_whole(
        &mut self,
        path: &Path,
        current: &Open,
        line: &mut impl FnMut(&[u8], u64),
    ) -> io::Result<()> {
        if is_packed(path) {
            let mut unfinished = Unfinished::default();
            let read = self.copied(path, 0, &mut unfinished, line);
            unfinished.finish_if_any(line);
            return read;
        }
        let mut open = Open::new(self.files.open(path)?, 0)?;
        // What is opened may be another by now than what was looked at: names move on.
        if open.id == current.id || self.knows_open(&open) || current.is_copied_in(&open)? {
            return Ok(());
        }
        while !open.drain(&mut self.buffer, line)? {}
        self.old.push_back((open, self.files.elapsed()));
        Ok(())
    }

    fn knows_open(&self, open: &Open) -> bool {
        let head = open.head_now().unwrap_or_default();
        self.old.iter().any(|(old, _)| old.id == open.id)
            || self.known.get(&open.id).is_some_and(|known| !known.is_empty() && head.starts_with(known))
    }

    /// What was written and copied away before it was ever looked at.
    fn was_cut_unread(&mut self, open: &Open, line: &mut impl FnMut(&[u8], u64)) {
        if open.offset > 0 {
            self.files.refresh();
        }
        let version = self.files.version(&self.source.path);
        if version.is_none() || version != self.version {
            self.version = version;
            // A packed copy of it is none that was missed.
            self.know(open.id, open.head.clone());
            self.read_missed(open, line);
        }
    }

    /// True for a file whose lines were handed over, or were there before.
    fn knows(&self, path: &Path, current: Option<FileId>) -> bool {
        let Ok(status) = self.files.status(path) else { return true };
        if Some(status.id) == current
            || self.old.iter().any(|(open, _)| open.id == status.id)
            || self.unreadable.get(&status.id) == Some(&status.length)
        {
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

    /// The file was cut and begins anew, or its number is another file's: what was not read of it is in a copy, if there is one.
    fn was_cut(&mut self, open: &mut Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<()> {
        self.read_rest(open, line)?;
        open.begin_again();
        // What it holds now is read from itself, though a packed copy of it may be there already.
        self.know(open.id, open.head_now()?);
        // What was copied and cut again, or renamed, before this look.
        self.read_missed(open, line);
        Ok(())
    }

    /// Hands over what was not read of a file that is not what it was any more: a copy has it, packed mostly.
    fn read_rest(&mut self, open: &mut Open, line: &mut impl FnMut(&[u8], u64)) -> io::Result<()> {
        // The copy was made before the file was cut, and may be younger than what is known of the directory.
        self.files.refresh();
        let older = self.source.older(&*self.files).into_iter().map(|older| older.path);
        let mut copies =
            older.filter(|path| !open.head.is_empty() && self.is_copy(path, open).unwrap_or(false));
        if let Some(path) = copies.next() {
            self.copied(&path, open.offset, &mut open.line, line)?;
        }
        open.finish(line);
        Ok(())
    }

    /// True for a file with all that was read of another: its first bytes, and the last ones at the same place.
    fn is_copy(&self, path: &Path, open: &Open) -> io::Result<bool> {
        if !first_bytes(&*self.files, path).starts_with(&open.head) {
            return Ok(false);
        }
        let (length, mut tail) = (open.tail.len() as u64, Vec::new());
        let before = open.offset - length;
        let file = self.files.open(path)?;
        let mut rest = file.reader();
        if is_packed(path) {
            let mut content = MultiGzDecoder::new(rest);
            io::copy(&mut content.by_ref().take(before), &mut io::sink())?;
            content.take(length).read_to_end(&mut tail)?;
        } else {
            rest.next = before;
            rest.take(length).read_to_end(&mut tail)?;
        }
        Ok(tail == open.tail)
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
