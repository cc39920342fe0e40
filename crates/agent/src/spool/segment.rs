//! One segment: records behind each other, in a file or in memory.
//!
//! A record is the frame's length (4 bytes, little-endian) and the frame, which carries its own checksum.

use crate::platform::file::FileExt;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use topmast_wire::limits::FRAME_MAX;

/// Bytes of a record before its frame.
const PREFIX: u64 = 4;

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    /// Bytes of whole records.
    pub(super) length: u64,
    backing: Backing,
}

#[derive(Debug)]
enum Backing {
    File(File),
    Memory(Vec<u8>),
}

fn path_of(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:016}.seg"))
}

/// Opens every segment of a directory, ascending by number.
pub(super) fn open_all(directory: &Path) -> io::Result<VecDeque<Segment>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let Some(number) = number else { continue };
        let file = File::open(&path)?;
        let length = file.metadata()?.len();
        segments.push(Segment { number, length, backing: Backing::File(file) });
    }
    segments.sort_by_key(|segment| segment.number);
    Ok(segments.into())
}

impl Segment {
    pub(super) fn create(directory: &Path, number: u64) -> io::Result<Self> {
        let path = path_of(directory, number);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Self { number, length: 0, backing: Backing::File(file) })
    }

    pub(super) const fn in_memory(number: u64) -> Self {
        Self { number, length: 0, backing: Backing::Memory(Vec::new()) }
    }

    pub(super) const fn is_in_memory(&self) -> bool {
        matches!(self.backing, Backing::Memory(_))
    }

    /// Adds a record; after an error the segment is as before.
    pub(super) fn append(&mut self, frame: &[u8]) -> io::Result<()> {
        let length = u32::try_from(frame.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let record = [&length.to_le_bytes(), frame].concat();
        match &mut self.backing {
            Backing::File(file) => file.write_all_at(&record, self.length)?,
            Backing::Memory(bytes) => bytes.extend_from_slice(&record),
        }
        self.length += record.len() as u64;
        Ok(())
    }

    /// Reads the record at `offset` into `buffer`; returns the record's length, or `None` at the end.
    ///
    /// A torn record, as a power cut leaves it, is an end too: nothing whole can follow it.
    pub(super) fn read(&self, offset: u64, buffer: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let Some(length) = self.frame_length(offset)? else { return Ok(None) };
        buffer.resize(length, 0);
        self.read_exact(buffer, offset + PREFIX)?;
        Ok(Some(PREFIX + length as u64))
    }

    /// Length of the whole frame at `offset`, if there is one.
    fn frame_length(&self, offset: u64) -> io::Result<Option<usize>> {
        if offset + PREFIX > self.length {
            return Ok(None);
        }
        let mut prefix = [0; size_of::<u32>()];
        self.read_exact(&mut prefix, offset)?;
        let length = u32::from_le_bytes(prefix);
        let whole = offset + PREFIX + u64::from(length) <= self.length;
        Ok((whole && length as usize <= FRAME_MAX).then_some(length as usize))
    }

    fn read_exact(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match &self.backing {
            Backing::File(file) => file.read_exact_at(buffer, offset),
            Backing::Memory(bytes) => {
                let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                let part = bytes.get(start..start + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
                buffer.copy_from_slice(part);
                Ok(())
            }
        }
    }

    /// How many whole records follow `offset`.
    pub(super) fn records_from(&self, mut offset: u64) -> u64 {
        let mut records = 0;
        while let Ok(Some(length)) = self.frame_length(offset) {
            offset += PREFIX + length as u64;
            records += 1;
        }
        records
    }

    pub(super) fn remove(self, directory: &Path) -> io::Result<()> {
        match self.backing {
            Backing::File(_) => std::fs::remove_file(path_of(directory, self.number)),
            Backing::Memory(_) => Ok(()),
        }
    }
}
