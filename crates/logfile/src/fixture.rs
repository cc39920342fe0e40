//! Files on this machine's disk, for tests: held open, or found again by their numbers.

use crate::files::{FileId, FileStatus, Files, LogFile};
use crate::timestamp::Clock;
use crate::told::Told;
use std::cell::Cell;
use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use topmast_model::log::LogRecord;
use topmast_model::time::UnixMillis;

pub(crate) struct Disk;

struct OnDisk(fs::File);

pub(crate) fn disk() -> Rc<dyn Files> {
    Rc::new(Disk)
}

fn status(metadata: &fs::Metadata) -> FileStatus {
    FileStatus {
        id: FileId { volume: metadata.dev(), number: metadata.ino() },
        length: metadata.len(),
        on_disk: metadata.len(),
        is_regular: metadata.is_file(),
        written_at: metadata.modified().unwrap(),
    }
}

#[expect(clippy::disallowed_methods, reason = "tests read real files")]
impl Files for Disk {
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().into_string().unwrap())).collect()
    }

    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        fs::metadata(path).map(|metadata| status(&metadata))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(OnDisk(fs::File::open(path)?)))
    }

    fn version(&self, _: &Path) -> Option<u64> {
        None
    }

    fn wait(&self) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(0)
    }

    fn clock(&self) -> Clock {
        Clock::in_zone(jiff::tz::TimeZone::UTC, UnixMillis(1_795_958_430_000))
    }
}

impl LogFile for OnDisk {
    fn status(&self) -> io::Result<FileStatus> {
        self.0.metadata().map(|metadata| status(&metadata))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}

/// Everything that was told.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) records: Vec<LogRecord>,
    /// Nobody listens.
    pub(crate) is_deaf: bool,
}

impl Told for Heard {
    fn tell(&mut self, record: LogRecord) -> bool {
        self.records.push(record);
        !self.is_deaf
    }

    fn flush(&mut self) -> bool {
        !self.is_deaf
    }

    fn is_closed(&self) -> bool {
        self.is_deaf
    }
}

/// The same disk as it is seen over ssh: nothing is held open, a file is found by its number wherever it is in its
/// directory, and one that is gone has no bytes.
#[derive(Default)]
pub(crate) struct ByNumber {
    /// Time since the reading began.
    pub(crate) elapsed: Cell<Duration>,
}

struct Numbered {
    directory: PathBuf,
    id: FileId,
}

#[expect(clippy::disallowed_methods, reason = "tests read real files")]
impl Numbered {
    fn find(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(&self.directory).ok()?.filter_map(Result::ok);
        entries
            .map(|entry| entry.path())
            .find(|path| Disk.status(path).is_ok_and(|found| found.id == self.id))
    }
}

impl LogFile for Numbered {
    fn status(&self) -> io::Result<FileStatus> {
        let gone = FileStatus {
            id: self.id,
            length: 0,
            on_disk: 0,
            is_regular: true,
            written_at: SystemTime::UNIX_EPOCH,
        };
        self.find().map_or(Ok(gone), |path| Disk.status(&path))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.find().map_or(Ok(0), |path| Disk.open(&path)?.read_at(buffer, offset))
    }
}

impl Files for ByNumber {
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        Disk.names(directory)
    }

    fn holds_open(&self) -> bool {
        false
    }

    /// Times are known to the minute.
    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        let status = Disk.status(path)?;
        let since = status.written_at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let written_at = SystemTime::UNIX_EPOCH + Duration::from_secs(since / 60 * 60 + 60);
        Ok(FileStatus { written_at, ..status })
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let (directory, id) = (path.parent().unwrap().to_owned(), Disk.status(path)?.id);
        Ok(Box::new(Numbered { directory, id }))
    }

    fn version(&self, path: &Path) -> Option<u64> {
        Disk.version(path)
    }

    fn wait(&self) {}

    fn elapsed(&self) -> Duration {
        self.elapsed.get()
    }

    fn now(&self) -> UnixMillis {
        Disk.now()
    }

    fn clock(&self) -> Clock {
        Disk.clock()
    }
}
