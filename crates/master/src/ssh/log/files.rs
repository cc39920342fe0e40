//! Log files that lie on a host behind ssh, as [`Files`].
//!
//! ```text
//! look:  list each directory once ─► what did not change is not read ─► of the rest: its beginning, and what is new
//! ```
//!
//! A file is known by its number in its directory's filesystem. Nothing holds it open on the host, so it is found by that
//! number under whatever name it has by now. One that left its directory has no bytes any more: what was not read of it is
//! looked for in a copy.
//!
//! Times are known to the minute. A file that was written in the minute in which it was listed may be written again, cut even to
//! the same length, and look the same: what was read of it counts until the next listing only.
//!
//! Invariants
//! - RF-1: between two waits a directory is listed once, unless a file was found moved or cut.
//! - RF-2: of a file no more is held than its beginning and one block of [`BLOCK_MAX`] bytes.
//! - RF-3: bytes that are handed over one after the other are of one content: a block begins with bytes of the one before it.

use super::link::Link;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};
use topmast_logfile::{Clock, FileId, FileStatus, Files, LogFile, is_rotated};
use topmast_model::time::UnixMillis;
use topmast_probe::plan::log::{self, Bytes, Entry, HostClock, Question};

/// Time between two looks: each is some processes on the host.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes of the beginning of a file that are kept; `dd` reads as many at once.
const HEAD: u64 = 4 << 10;
/// Bytes that are read ahead at first, and at most; an answer has room for twice that.
const BLOCK_MIN: u64 = 16 << 10;
const BLOCK_MAX: u64 = 1 << 20;
/// `dd` reads so many at once of what is long.
const DD_BLOCK: u64 = 64 << 10;
/// Times that a file is looked for which is renamed meanwhile.
const MOVES_MAX: usize = 8;

/// Files of one host, for one reading.
pub(super) struct RemoteFiles(Rc<Host>);

struct Host {
    link: Rc<Link>,
    began: Instant,
    listings: RefCell<HashMap<PathBuf, Option<Rc<Listing>>>>,
    clock: Cell<Option<HostClock>>,
    /// How many there were.
    listed: Cell<u64>,
}

/// A directory as it was seen.
struct Listing {
    entries: HashMap<String, Entry>,
    /// The host's time.
    now: UnixMillis,
    /// Which listing it is.
    number: u64,
}

impl Listing {
    fn new(entries: Vec<Entry>, now: UnixMillis, number: u64) -> Self {
        let entries = entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        Self { entries, now, number }
    }

    /// Another number when files changed that one was rotated to; none while they may be changing.
    fn version(&self, path: &Path) -> Option<u64> {
        let rotated =
            self.entries.values().filter(|entry| is_rotated(path, &path.with_file_name(&entry.name)));
        let mut looks: Vec<(&str, u64, u64)> = Vec::new();
        for entry in rotated {
            let Look { number: None, length, .. } = self.look_of(entry) else { return None };
            looks.push((&entry.name, entry.id, length));
        }
        looks.sort_unstable();
        let mut hasher = DefaultHasher::new();
        looks.hash(&mut hasher);
        Some(hasher.finish())
    }

    /// What a file looks like; while that may stay so though it is written, it does for this listing only.
    fn look_of(&self, entry: &Entry) -> Look {
        let number = (entry.written_at >= self.now).then_some(self.number);
        Look { length: entry.length, written_at: entry.written_at, number }
    }
}

/// As long as it is the same, a file was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    length: u64,
    written_at: UnixMillis,
    number: Option<u64>,
}

impl RemoteFiles {
    pub(super) fn new(link: Rc<Link>) -> Self {
        let (began, listings, clock) = (Instant::now(), RefCell::default(), Cell::new(None));
        Self(Rc::new(Host { link, began, listings, clock, listed: Cell::new(0) }))
    }
}

impl Host {
    fn listing(&self, directory: &Path) -> io::Result<Rc<Listing>> {
        let missing = || {
            io::Error::new(
                io::ErrorKind::NotFound,
                "it is not there, or the account may not look into its directory",
            )
        };
        if let Some(known) = self.listings.borrow().get(directory) {
            return known.clone().ok_or_else(missing);
        }
        let (clock, entries) = self.link.ask(&[Question::List(text(directory)?)], |answer| {
            let clock = log::clock(answer).filter(|_| answer.complete)?;
            Some((clock, log::listing(answer, 0, clock.now)))
        })?;
        self.clock.set(Some(clock));
        self.listed.set(self.listed.get() + 1);
        let listing = entries.map(|entries| Rc::new(Listing::new(entries, clock.now, self.listed.get())));
        self.listings.borrow_mut().insert(directory.to_owned(), listing.clone());
        listing.ok_or_else(missing)
    }

    fn forget(&self, directory: &Path) {
        self.listings.borrow_mut().remove(directory);
    }
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))
}

fn place_of(path: &Path) -> io::Result<(&Path, &str)> {
    let name = path.file_name().and_then(|name| name.to_str());
    path.parent().zip(name).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))
}

fn status(entry: &Entry) -> FileStatus {
    let written = Duration::from_millis(u64::try_from(entry.written_at.0).unwrap_or(0));
    FileStatus {
        id: FileId { volume: 0, number: entry.id },
        length: entry.length,
        on_disk: entry.length,
        is_regular: entry.is_regular,
        written_at: SystemTime::UNIX_EPOCH + written,
    }
}

impl Files for RemoteFiles {
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        Ok(self.0.listing(directory)?.entries.keys().cloned().collect())
    }

    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        let (directory, name) = place_of(path)?;
        let listing = self.0.listing(directory)?;
        listing.entries.get(name).map(status).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn holds_open(&self) -> bool {
        false
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let status = self.status(path)?;
        let (directory, _) = place_of(path)?;
        Ok(Box::new(RemoteFile {
            host: Rc::clone(&self.0),
            directory: directory.to_owned(),
            id: status.id.number,
            held: RefCell::default(),
        }))
    }

    fn version(&self, path: &Path) -> Option<u64> {
        self.0.listing(path.parent()?).ok()?.version(path)
    }

    fn refresh(&self) {
        self.0.listings.borrow_mut().clear();
    }

    fn wait(&self) {
        std::thread::sleep(LOOK);
        self.refresh();
    }

    fn elapsed(&self) -> Duration {
        self.0.began.elapsed()
    }

    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn clock(&self) -> Clock {
        let ahead = self.0.clock.get().map_or(0, |clock| clock.ahead_min * 60);
        let offset = jiff::tz::Offset::from_seconds(ahead).unwrap_or(jiff::tz::Offset::UTC);
        Clock::in_zone(jiff::tz::TimeZone::fixed(offset), self.now())
    }
}

/// A file, by its number.
struct RemoteFile {
    host: Rc<Host>,
    directory: PathBuf,
    id: u64,
    held: RefCell<Held>,
}

/// What was read of a file while it was as it is.
#[derive(Default)]
struct Held {
    /// What it looked like when it was read.
    of: Option<Look>,
    head: Block,
    block: Block,
    /// Bytes that the next block is to have: more when a file is read on and on.
    ahead: u64,
}

#[derive(Default)]
struct Block {
    begin: u64,
    bytes: Vec<u8>,
    /// The file ends behind it.
    is_last: bool,
}

impl Block {
    /// Gives bytes from a place on; none when it does not know them.
    fn give(&self, buffer: &mut [u8], offset: u64) -> Option<usize> {
        let at = usize::try_from(offset.checked_sub(self.begin)?).ok()?;
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return self.is_last.then_some(0);
        }
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Some(length)
    }

    /// True when it has the same bytes where another one has them too.
    fn goes_on(&self, other: &Self) -> bool {
        let begin = self.begin.max(other.begin);
        // One that is read before the other ends where it was told to.
        let end = if self.begin < other.begin { self.end().min(other.end()) } else { other.end() };
        begin >= end || self.part(begin, end) == other.part(begin, end)
    }

    /// Its bytes between two places of the file; none when it has not all of them.
    fn part(&self, begin: u64, end: u64) -> Option<&[u8]> {
        let at = |place: u64| usize::try_from(place.checked_sub(self.begin)?).ok();
        self.bytes.get(at(begin)?..at(end)?)
    }

    const fn end(&self) -> u64 {
        self.begin + self.bytes.len() as u64
    }
}

impl RemoteFile {
    /// What it is called by now, and what it looks like.
    fn entry(&self) -> io::Result<Option<(Entry, Look)>> {
        let listing = match self.host.listing(&self.directory) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let entry = listing.entries.values().find(|entry| entry.id == self.id);
        Ok(entry.map(|entry| (entry.clone(), listing.look_of(entry))))
    }

    /// Reads what is around a place into the block, from a byte on that is held already where there is one; false when the file
    /// is gone, or is not what it was (RF-3).
    fn fetch(&self, held: &mut Held, offset: u64, length: u64) -> io::Result<bool> {
        let unit = if length >= 4 * DD_BLOCK { DD_BLOCK } else { HEAD };
        let first = offset.saturating_sub(1) / unit;
        let count = (offset + length).div_ceil(unit) - first;
        for turn in 0..MOVES_MAX {
            if turn > 0 {
                self.host.forget(&self.directory);
            }
            let Some((entry, _)) = self.entry()? else {
                if turn == 0 {
                    continue;
                }
                return Ok(false);
            };
            let path = self.directory.join(&entry.name);
            let path = text(&path)?;
            let mut questions = vec![Question::Read { path, block: unit, first, count }];
            if first > 0 && held.head.bytes.is_empty() {
                questions.push(Question::Read { path, block: HEAD, first: 0, count: 1 });
            }
            let answered = self.host.link.ask(&questions, |answer| {
                let one = |place| {
                    Some(match log::bytes(answer, place, self.id)? {
                        Bytes::Read(bytes) => Ok(Some(bytes.to_vec())),
                        Bytes::Moved => Ok(None),
                        Bytes::Denied => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
                    })
                };
                (0..questions.len()).map(one).collect::<Option<Vec<_>>>().filter(|_| answer.complete)
            })?;
            let answered = answered.into_iter().collect::<io::Result<Option<Vec<Vec<u8>>>>>()?;
            let Some(mut answered) = answered else { continue };
            if answered.len() > 1 {
                held.head = Block { begin: 0, bytes: answered.pop().unwrap_or_default(), is_last: false };
            }
            let bytes = answered.pop().unwrap_or_default();
            let is_last = (bytes.len() as u64) < count * unit;
            let block = Block { begin: first * unit, bytes, is_last };
            if !block.goes_on(&held.block) {
                held.block = Block::default();
                return Ok(false);
            }
            held.block = block;
            return Ok(true);
        }
        Err(io::Error::other("it is renamed all the time"))
    }
}

impl LogFile for RemoteFile {
    fn status(&self) -> io::Result<FileStatus> {
        // One that is gone has no bytes any more.
        let gone = Entry {
            name: String::new(),
            id: self.id,
            is_regular: true,
            length: 0,
            written_at: UnixMillis(0),
        };
        Ok(self.entry()?.map_or_else(|| status(&gone), |(entry, _)| status(&entry)))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut held = self.held.borrow_mut();
        let now = self.entry()?.map(|(_, look)| look);
        if held.of != now || now.is_none() {
            *held = Held { of: now, ..Held::default() };
        }
        if now.is_none() {
            return Ok(0);
        }
        if let Some(length) = held.head.give(buffer, offset).or_else(|| held.block.give(buffer, offset)) {
            return Ok(length);
        }
        let is_next = offset > 0 && offset == held.block.end();
        held.ahead = if is_next { (held.ahead * 2).min(BLOCK_MAX) } else { BLOCK_MIN };
        let length = held.ahead.max(buffer.len() as u64).min(BLOCK_MAX);
        if !self.fetch(&mut held, offset, length)? {
            return Ok(0);
        }
        Ok(held.block.give(buffer, offset).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_gives_what_it_knows_and_says_where_a_file_ends() {
        let mut block = Block { begin: 10, bytes: b"abcd".to_vec(), is_last: false };
        let mut buffer = [0; 3];
        assert_eq!(block.give(&mut buffer, 9), None);
        assert_eq!(block.give(&mut buffer, 11), Some(3));
        assert_eq!(&buffer, b"bcd");
        assert_eq!(block.give(&mut buffer, 14), None, "there may be more");
        block.is_last = true;
        assert_eq!((block.give(&mut buffer, 14), block.give(&mut buffer, 99)), (Some(0), Some(0)));
        assert_eq!(Block::default().give(&mut buffer, 0), None);
    }

    #[test]
    fn block_of_a_file_that_was_cut_meanwhile_does_not_go_on() {
        // RF-3
        let block = |begin, bytes: &[u8]| Block { begin, bytes: bytes.to_vec(), is_last: false };
        let held = block(4, b"efgh");
        assert!(block(6, b"ghij").goes_on(&held));
        assert!(block(8, b"ij").goes_on(&held), "they have no byte in common");
        assert!(block(2, b"cdef").goes_on(&held), "it is read backwards");
        assert!(block(6, b"gh").goes_on(&held), "nothing was written since");
        assert!(!block(6, b"g").goes_on(&held), "it is shorter than it was");
        assert!(!block(6, b"GHij").goes_on(&held));
    }

    #[test]
    fn file_of_this_minute_may_be_written_and_look_the_same() {
        let entry = |written_at| Entry {
            name: "a.1".into(),
            id: 7,
            is_regular: true,
            length: 5,
            written_at: UnixMillis(written_at),
        };
        let list = |written_at, number| Listing::new(vec![entry(written_at)], UnixMillis(130_000), number);
        let looks = |written_at| [1, 2].map(|number| list(written_at, number).look_of(&entry(written_at)));
        let [one, other] = looks(119_999);
        assert_eq!(one, other, "its minute is over");
        let [one, other] = looks(179_999);
        assert_ne!(one, other);
        let version = |written_at| list(written_at, 1).version(Path::new("/l/a"));
        assert!(version(119_999).is_some() && version(179_999).is_none());
    }
}
