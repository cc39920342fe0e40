//! The write-ahead log of one shard: numbered files of checksummed records.
//!
//! ```text
//! file    "TMHL" · version · record*
//! record  length u32 · CRC-32 u32 · payload
//! ```
//!
//! Records are gathered in memory and written when there are many, or when the log is synced; a crash of the
//! program loses what was not written, one of the machine what was not synced.
//!
//! Invariants
//! - L-1: a torn record at the end of the last file is dropped and counted; damage elsewhere is named, and
//!   nothing behind it is read.
//! - L-2: after a write that failed, the file is as before, and the records are written at the next try.

use crate::bytes::Reader;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const HEAD: [u8; 5] = *b"TMHL\x01";
/// Length and checksum.
const FRAME: usize = 8;
/// Mixed into checksums, so that bytes never written (zeros) are no record.
const CHECKSUM_MIX: u32 = 0x746f_706d;
/// Bytes of one record, at most: what one request may hold, labels written out, with room to spare.
const RECORD_MAX: usize = 256 << 20;
/// Gathered bytes that are written at once.
const WRITE_AT: usize = 256 << 10;

/// The file that is written to.
pub(crate) struct Log {
    file: Arc<File>,
    /// Bytes in the file.
    written: u64,
    gathered: Vec<u8>,
}

impl Log {
    /// Begins a new file. Nothing is written yet, so a store also opens on a disk that is full.
    pub(crate) fn create(folder: &Path, number: u64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path(folder, number))?;
        Ok(Self { file: Arc::new(file), written: 0, gathered: HEAD.to_vec() })
    }

    /// Takes a record; `fill` appends its payload.
    pub(crate) fn record(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        let start = self.gathered.len();
        self.gathered.extend_from_slice(&[0; FRAME]);
        fill(&mut self.gathered);
        let payload = &self.gathered[start + FRAME..];
        let (length, checksum) = (u32::try_from(payload.len()).unwrap_or(u32::MAX), checksum_of(payload));
        self.gathered[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.gathered[start + 4..start + FRAME].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Bytes in the file and gathered.
    pub(crate) fn length(&self) -> u64 {
        self.written + self.gathered.len() as u64
    }

    /// Bytes that are not written yet.
    pub(crate) fn gathered(&self) -> usize {
        self.gathered.len()
    }

    /// Writes when it is worth it.
    pub(crate) fn write_if_many(&mut self) -> io::Result<()> {
        if self.gathered.len() >= WRITE_AT { self.write() } else { Ok(()) }
    }

    /// Writes what was gathered.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        append(&self.file, self.written, &self.gathered)?;
        self.written += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(())
    }

    /// The file, to be synced without holding anybody up.
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }
}

fn checksum_of(payload: &[u8]) -> u32 {
    crc32fast::hash(payload) ^ CHECKSUM_MIX
}

/// Writes at the end of a file, all or nothing (L-2).
pub(crate) fn append(file: &File, length: u64, bytes: &[u8]) -> io::Result<()> {
    let mut file = file;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(bytes).inspect_err(|_| {
        // Should this fail too, the next try writes over the rest, and a reader drops it as torn.
        let _ = file.set_len(length);
    })
}

/// The path of a log file.
pub(crate) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}.log"))
}

/// Cuts a file where its last whole record ends; one without a whole head goes.
pub(crate) fn cut(path: &Path, at: u64) -> io::Result<()> {
    if at < HEAD.len() as u64 {
        return std::fs::remove_file(path);
    }
    OpenOptions::new().write(true).open(path)?.set_len(at)
}

/// How reading a log file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With its last record.
    Whole,
    /// In the middle of a record that is the file's last: a write that was not finished.
    Torn {
        /// Where that record begins.
        at: u64,
    },
    /// At bytes that are no record, with more behind them.
    Damaged {
        /// Where.
        at: u64,
    },
}

/// Calls `each` with every record's payload, until it says that one cannot be used.
pub(crate) fn read(path: &Path, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<End> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let mut reader = Reader::new(&bytes);
    match reader.take(HEAD.len()) {
        Ok(head) if head == HEAD => {}
        Ok(_) => return Ok(End::Damaged { at: 0 }),
        Err(_) => return Ok(End::Torn { at: 0 }),
    }
    while !reader.is_empty() {
        let at = reader.position() as u64;
        let (Ok(length), Ok(checksum)) = (reader.u32(), reader.u32()) else { return Ok(End::Torn { at }) };
        let length = length as usize;
        let payload = reader.take(length).ok();
        if let Some(payload) = payload.filter(|payload| checksum_of(payload) == checksum) {
            if !each(payload) {
                return Ok(End::Damaged { at });
            }
            continue;
        }
        // What a machine's crash leaves at the end: a record cut short, or bytes never written.
        let torn = payload.is_none() && length <= RECORD_MAX
            || payload.is_some() && reader.is_empty()
            || bytes[usize::try_from(at).unwrap_or(bytes.len())..].iter().all(|byte| *byte == 0);
        return Ok(if torn { End::Torn { at } } else { End::Damaged { at } });
    }
    Ok(End::Whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(path: &Path) -> (Vec<Vec<u8>>, End) {
        let mut records = Vec::new();
        let end = read(path, |payload| {
            records.push(payload.to_vec());
            true
        });
        (records, end.unwrap())
    }

    fn three_records(folder: &Path) -> Vec<u8> {
        let mut log = Log::create(folder, 7).unwrap();
        for text in ["first", "", "third, and longer"] {
            log.record(|out| out.extend_from_slice(text.as_bytes()));
        }
        log.write().unwrap();
        std::fs::read(path(folder, 7)).unwrap()
    }

    #[test]
    fn log_cut_anywhere_keeps_every_whole_record() {
        // L-1
        let folder = tempfile::tempdir().unwrap();
        let whole = three_records(folder.path());
        let file = path(folder.path(), 7);
        assert_eq!(read_all(&file).1, End::Whole);
        let ends = [5, 5 + 13, 5 + 13 + 8, whole.len()];
        for length in 0..whole.len() {
            std::fs::write(&file, &whole[..length]).unwrap();
            let (records, end) = read_all(&file);
            let kept = ends[1..].iter().filter(|end| **end <= length).count();
            assert_eq!(records.len(), kept, "cut at {length}");
            let at_a_border = ends.contains(&length);
            assert_eq!(end == End::Whole, at_a_border, "cut at {length}");
        }
    }

    #[test]
    fn log_flipped_anywhere_gives_no_wrong_record() {
        let folder = tempfile::tempdir().unwrap();
        let whole = three_records(folder.path());
        let file = path(folder.path(), 7);
        let good = read_all(&file).0;
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&file, &flipped).unwrap();
            let (records, end) = read_all(&file);
            assert!(good.starts_with(&records), "bit {bit}");
            assert_ne!(end, End::Whole, "bit {bit}");
        }
    }

    #[test]
    fn bytes_never_written_at_the_end_are_a_torn_record() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = three_records(folder.path());
        let length = bytes.len() as u64;
        bytes.extend([0; 100]);
        let file = path(folder.path(), 7);
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(read_all(&file).1, End::Torn { at: length });
    }
}
