//! Zip archives.

use super::unpack::{Target, UnpackError};
use super::unsafe_path::UnsafeEntry;
use std::io::{self, Read, Seek};
use topmast_model::package::PackageFormat;
use zip::ZipArchive;

/// Longest target of a link.
const LINK_MAX: u64 = 4_096;
/// Of a file whose archive was made where there are no modes.
const MODE: u32 = 0o755;
/// The kind of a file in its mode.
const KIND: u32 = 0o170_000;
/// A regular file among the kinds.
const REGULAR: u32 = 0o100_000;

pub(super) fn unpack(archive: impl Read + Seek, target: &mut Target) -> Result<(), UnpackError> {
    let mut archive = ZipArchive::new(archive).map_err(damaged)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let name = entry.name_raw().to_vec();
        let mode = entry.unix_mode();
        target.expect(entry.size())?;
        if entry.is_dir() {
            target.directory(&name)?;
        } else if entry.is_symlink() {
            let mut to = Vec::new();
            entry.take(LINK_MAX).read_to_end(&mut to).map_err(|error| damaged(error.into()))?;
            target.link(&name, &to)?;
        } else if mode.is_some_and(|mode| mode & KIND != 0 && mode & KIND != REGULAR) {
            return Err(UnsafeEntry::new(&name, "that is neither file, directory nor link").into());
        } else {
            target.file(&name, mode.unwrap_or(MODE), &mut entry)?;
        }
    }
    Ok(())
}

fn damaged(error: zip::result::ZipError) -> UnpackError {
    UnpackError::Damaged(PackageFormat::Zip, io::Error::other(error))
}
