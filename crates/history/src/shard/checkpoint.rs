//! The head of a shard as one file.
//!
//! ```text
//! "TMHC" · version · head (packed by zstd) · CRC-32 of all before
//! ```

use crate::bytes::{Malformed, Reader};
use crate::head::Head;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

const HEAD: [u8; 5] = *b"TMHC\x01";
/// Bytes of a head, at most: a damaged length must not fill memory.
const HEAD_MAX: u64 = 16 << 30;
/// Speed counts here: it is written every some minutes and read once.
const ZSTD_LEVEL: i32 = 1;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckpointError {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("the checksum does not fit")]
    Checksum,
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The path of the checkpoint before a log.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}.checkpoint"))
}

/// Writes a saved head, all or nothing; returns its length.
pub(super) fn write(folder: &Path, number: u64, saved: &[u8]) -> io::Result<u64> {
    let mut bytes = HEAD.to_vec();
    bytes.extend(zstd::bulk::compress(saved, ZSTD_LEVEL)?);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    let (path, temporary) = (path(folder, number), folder.join("checkpoint.tmp"));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &path)?;
        File::open(folder)?.sync_all()
    };
    write().inspect_err(|_| {
        // Half a checkpoint only takes space.
        let _ = std::fs::remove_file(&temporary);
    })?;
    Ok(bytes.len() as u64)
}

/// The head in a checkpoint, and the file's length.
pub(super) fn read(path: &Path) -> Result<(Head, u64), CheckpointError> {
    let bytes = std::fs::read(path)?;
    let body = bytes.len().checked_sub(4).ok_or(CheckpointError::Checksum)?;
    let (body, checksum) = bytes.split_at(body);
    if crc32fast::hash(body).to_le_bytes() != checksum {
        return Err(CheckpointError::Checksum);
    }
    let packed = body.strip_prefix(&HEAD).ok_or(Malformed { at: 0, what: "it is no checkpoint" })?;
    let mut plain = Vec::new();
    zstd::stream::read::Decoder::new(packed)?.take(HEAD_MAX).read_to_end(&mut plain)?;
    Ok((Head::load(&mut Reader::new(&plain))?, bytes.len() as u64))
}
