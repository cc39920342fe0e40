//! One segment of the spool: a file of checksummed records.
//!
//! ```text
//! record   length u32 · CRC-32 u32 · lane u8 · samples u32 · time i64 · body      little-endian
//! ```
//!
//! The length and the checksum are of all that follows them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes before the body: length and checksum, and what they are of.
const FRAME: usize = 8;
const HEAD: usize = 1 + 4 + 8;
/// Bytes of a body that is believed in.
const BODY_MAX: usize = 64 << 20;
/// Mixed into checksums, so that bytes never written (zeros) are no record.
const CHECKSUM_MIX: u32 = 0x746f_706d;

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::remote) struct Record {
    /// Records of one lane are sent one after the other.
    pub(in crate::remote) lane: u8,
    pub(in crate::remote) samples: u32,
    /// When it was made, in ms since the Unix epoch.
    pub(in crate::remote) time: i64,
    /// As it is sent.
    pub(in crate::remote) body: Vec<u8>,
}

impl Record {
    pub(super) fn length(&self) -> u64 {
        (FRAME + HEAD + self.body.len()) as u64
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let length = u32::try_from(HEAD + self.body.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = Vec::with_capacity(FRAME + length as usize);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(self.lane);
        bytes.extend_from_slice(&self.samples.to_le_bytes());
        bytes.extend_from_slice(&self.time.to_le_bytes());
        bytes.extend_from_slice(&self.body);
        let checksum = crc32fast::hash(&bytes[FRAME..]) ^ CHECKSUM_MIX;
        bytes[4..FRAME].copy_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    fn of(payload: &[u8]) -> Option<Self> {
        let (lane, rest) = payload.split_first()?;
        let (samples, rest) = rest.split_first_chunk()?;
        let (time, body) = rest.split_first_chunk()?;
        let (samples, time) = (u32::from_le_bytes(*samples), i64::from_le_bytes(*time));
        Some(Self { lane: *lane, samples, time, body: body.to_vec() })
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    /// Bytes of whole records.
    pub(super) length: u64,
    /// Samples that were not handed out.
    pub(super) unhanded: u64,
    file: Arc<File>,
    synced: bool,
}

fn path_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.seg"))
}

/// Every segment of a folder, ascending by number.
pub(super) fn list(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_one = path.extension().is_some_and(|extension| extension == "seg");
        if let Some(number) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).filter(|_| is_one)
        {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

impl Segment {
    pub(super) fn create(folder: &Path, number: u64) -> io::Result<Self> {
        let path = path_of(folder, number);
        // One that is left of a try that failed is written over.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        // So that the segment is there after a crash of the machine.
        File::open(folder)?.sync_all()?;
        Ok(Self { number, length: 0, unhanded: 0, file: Arc::new(file), synced: true })
    }

    /// Opens one that was written before, and counts what stands behind `from`; false when it does not end
    /// with a whole record.
    pub(super) fn open(path: &Path, number: u64, from: u64) -> io::Result<(Self, bool)> {
        let file = Arc::new(File::open(path)?);
        let all = file.metadata()?.len();
        let mut segment = Self { number, length: all, unhanded: 0, file, synced: true };
        let mut offset = from.min(all);
        while let Some(record) = segment.read(offset)? {
            offset += record.length();
            segment.unhanded += u64::from(record.samples);
        }
        segment.length = offset;
        Ok((segment, offset == all))
    }

    pub(super) fn append(&mut self, record: &Record) -> io::Result<()> {
        let bytes = record.bytes()?;
        self.file.write_all_at(&bytes, self.length)?;
        self.length += bytes.len() as u64;
        self.unhanded += u64::from(record.samples);
        self.synced = false;
        Ok(())
    }

    /// The record at an offset; none at the end, and where it is torn or damaged.
    pub(super) fn read(&self, offset: u64) -> io::Result<Option<Record>> {
        let Some((length, checksum)) = self.frame(offset)? else { return Ok(None) };
        let mut payload = vec![0; length];
        self.file.read_exact_at(&mut payload, offset + FRAME as u64)?;
        let whole = crc32fast::hash(&payload) ^ CHECKSUM_MIX == checksum;
        Ok(if whole { Record::of(&payload) } else { None })
    }

    /// When the record at an offset was made.
    pub(super) fn time_at(&self, offset: u64) -> Option<i64> {
        self.frame(offset).ok()??;
        let mut time = [0; 8];
        self.file.read_exact_at(&mut time, offset + (FRAME + HEAD - size_of::<i64>()) as u64).ok()?;
        Some(i64::from_le_bytes(time))
    }

    fn frame(&self, offset: u64) -> io::Result<Option<(usize, u32)>> {
        if offset + FRAME as u64 > self.length {
            return Ok(None);
        }
        let mut frame = [0; FRAME];
        self.file.read_exact_at(&mut frame, offset)?;
        let Some((length, checksum)) = frame.split_first_chunk() else { return Ok(None) };
        let checksum = checksum.try_into().map_or(0, u32::from_le_bytes);
        let length = u32::from_le_bytes(*length);
        let believed = (HEAD..=HEAD + BODY_MAX).contains(&(length as usize));
        let inside = offset + FRAME as u64 + u64::from(length) <= self.length;
        Ok((believed && inside).then_some((length as usize, checksum)))
    }

    /// The file, when something of it is not synced.
    pub(super) fn unsynced(&mut self) -> Option<Arc<File>> {
        let synced = std::mem::replace(&mut self.synced, true);
        (!synced).then(|| Arc::clone(&self.file))
    }

    pub(super) fn remove(&self, folder: &Path) -> io::Result<()> {
        std::fs::remove_file(path_of(folder, self.number))
    }
}
