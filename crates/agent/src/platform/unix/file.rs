//! Files on Unix.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

pub(crate) use std::os::unix::fs::FileExt;

/// Tells one file from another, also when it is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    /// Device.
    pub(crate) volume: u64,
    /// Inode.
    pub(crate) number: u64,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStatus {
    pub(crate) id: FileId,
    pub(crate) length: u64,
    /// True for a file that is no directory, pipe or device.
    pub(crate) regular: bool,
}

impl FileStatus {
    /// Of an open file.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|metadata| Self::from(&metadata))
    }

    /// Of whatever a path names now.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::from(&metadata))
    }
}

impl From<&Metadata> for FileStatus {
    fn from(metadata: &Metadata) -> Self {
        let id = FileId { volume: metadata.dev(), number: metadata.ino() };
        Self { id, length: metadata.len(), regular: metadata.is_file() }
    }
}

/// Makes a new file that its owner alone reads.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a directory and those above it, where missing.
pub(crate) fn create_directories(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Opens a file at whose end a command's output goes.
pub(crate) fn open_output(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// Puts a file in another's place, whole or not at all; who holds the other open keeps that.
pub(crate) fn put_in_place(new: &Path, path: &Path) -> io::Result<()> {
    std::fs::rename(new, path)
}

/// Finishes what [`put_in_place`] began when the agent was killed in it.
#[expect(clippy::unnecessary_wraps, reason = "on Windows it can fail")]
pub(crate) fn finish_put(_: &Path) -> io::Result<()> {
    // A rename is whole or not at all.
    Ok(())
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
