//! Log files on this server's disks.

use super::journal::Journal;
use crate::platform::file::{self, FileExt};
use crate::platform::sparse::data_from;
use crate::sampler::now;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use topmast_logfile::{
    Clock, FileId, FileStatus, Files, JournalEntries, JournalTail, JournalWindow, LogFile,
};
use topmast_model::time::UnixMillis;

/// Time between two looks at files: with what a line has before it on its way, well below what a person notices.
const LOOK: Duration = Duration::from_millis(50);
/// A directory that was changed within this may have been changed again at the same time, as far as times tell.
const LATELY: Duration = Duration::from_millis(100);
/// Names in one directory that are looked at; a directory with more is no directory of logs.
const NAMES_MAX: usize = 100_000;

/// The disks.
pub(super) struct Disk {
    began: Instant,
    journal: Journal,
}

struct OnDisk(File);

impl Disk {
    /// - `journal`: where systemd's is; the system's own when missing.
    pub(super) fn new(journal: Option<PathBuf>) -> Self {
        Self { began: Instant::now(), journal: Journal { directory: journal } }
    }
}

impl Files for Disk {
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(directory)?.take(NAMES_MAX);
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
    }

    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        Ok(status(&fs::metadata(path)?, file::FileStatus::at(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(OnDisk(File::open(path)?)))
    }

    fn version(&self, path: &Path) -> Option<u64> {
        let changed = path.parent()?.metadata().ok()?.modified().ok()?;
        // Times of directories stand still for some milliseconds.
        if changed.elapsed().is_ok_and(|age| age < LATELY) {
            return None;
        }
        let since = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).ok()
    }

    fn journal(&self, unit: &str, window: JournalWindow) -> io::Result<JournalEntries> {
        self.journal.entries(unit, window)
    }

    fn follow_journal(&self, unit: &str, cursor: Option<String>) -> io::Result<Box<dyn JournalTail>> {
        self.journal.follow(unit, cursor)
    }

    fn wait(&self) {
        std::thread::sleep(LOOK);
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn now(&self) -> UnixMillis {
        now()
    }

    fn clock(&self) -> Clock {
        Clock::new(now())
    }
}

impl LogFile for OnDisk {
    fn status(&self) -> io::Result<FileStatus> {
        Ok(status(&self.0.metadata()?, file::FileStatus::of(&self.0)?))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(&self.0, buffer, offset)
    }

    fn data_from(&self) -> io::Result<u64> {
        data_from(&self.0)
    }
}

fn status(metadata: &Metadata, file: file::FileStatus) -> FileStatus {
    FileStatus {
        id: FileId { volume: file.id.volume, number: file.id.number },
        length: file.length,
        on_disk: on_disk(metadata),
        is_regular: file.regular,
        written_at: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
    }
}

/// Bytes that a file takes: one whose beginning was given back is shorter than its length.
fn on_disk(metadata: &Metadata) -> u64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        metadata.len().min(metadata.blocks().saturating_mul(512))
    }
    #[cfg(not(unix))]
    metadata.len()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::platform::sparse::give_back;
    use std::io::Write;
    use std::rc::Rc;
    use topmast_logfile::{Redactor, Source, Told, search, tail};
    use topmast_model::log::{LogMatch, LogRecord, LogSearch};

    /// Hears lines, and writes more and gives back what was written until all are heard.
    struct Giving {
        file: File,
        heard: Vec<String>,
        written: usize,
        wanted: usize,
    }

    impl Told for Giving {
        fn tell(&mut self, record: LogRecord) -> bool {
            if let LogRecord::Line(line) = record {
                self.heard.push(line.text);
            }
            true
        }

        fn flush(&mut self) -> bool {
            if self.written < self.wanted && self.heard.len() == self.written {
                let length = self.file.metadata().unwrap().len();
                writeln!(self.file, "line {} {}", self.written, "x".repeat(5_000)).unwrap();
                if length > 0 {
                    give_back(&self.file, length).unwrap();
                }
                self.written += 1;
            }
            self.heard.len() < self.wanted
        }

        fn is_closed(&self) -> bool {
            false
        }
    }

    fn source(directory: &Path) -> Source {
        Source { application: "a".into(), name: "a.log".into(), path: directory.join("a.log"), journal: None }
    }

    #[test]
    fn beginning_that_was_given_back_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let source = source(directory.path());
        fs::write(&source.path, [vec![b'x'; 100_000], b"\nfirst\nsecond\n".to_vec()].concat()).unwrap();
        let file = File::options().read(true).append(true).open(&source.path).unwrap();
        give_back(&file, 100_001).unwrap();
        for oldest_first in [true, false] {
            let wanted = LogSearch { oldest_first, ..LogSearch::default() };
            let mut told = Giving { file: file.try_clone().unwrap(), heard: vec![], written: 0, wanted: 0 };
            search(&Disk::new(None), std::slice::from_ref(&source), &wanted, &Redactor::default(), &mut told)
                .unwrap();
            told.heard.sort_unstable();
            assert_eq!(told.heard, ["first", "second"]);
        }
        assert_eq!(fs::metadata(&source.path).unwrap().len(), 100_014);
    }

    #[test]
    fn beginning_that_is_given_back_while_it_is_followed_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let source = source(directory.path());
        let file = File::options().read(true).append(true).create(true).open(&source.path).unwrap();
        let mut told = Giving { file, heard: vec![], written: 0, wanted: 5 };
        let files: Rc<dyn Files> = Rc::new(Disk::new(None));
        let sources = || vec![source.clone()];
        tail(&files, sources, 10, &LogMatch::default(), &Redactor::default(), &mut told).unwrap();
        let numbers: Vec<&str> = told.heard.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(numbers, ["0", "1", "2", "3", "4"]);
    }
}
