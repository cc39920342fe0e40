//! Files on this machine's disk, for tests.

use crate::files::{FileId, FileStatus, Files, LogFile};
use crate::timestamp::Clock;
use crate::told::Told;
use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
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
