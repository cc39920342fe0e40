//! Files of the master that are made once and then read: its keys and certificates.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {path}")]
pub struct FileError {
    /// What was tried.
    doing: &'static str,
    /// The file.
    path: PathBuf,
    /// What the system answered.
    source: std::io::Error,
}

impl FileError {
    /// Names what was tried when the system refuses.
    pub(crate) fn when(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { doing, path, source }
    }
}

/// Reads a text.
pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(FileError::when("read", path))
}

/// Writes a file that is not there yet, durably.
pub(crate) fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), FileError> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = made.map_err(FileError::when("make", path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(FileError::when("write", path))
}
