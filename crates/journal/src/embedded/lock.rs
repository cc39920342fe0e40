//! One writer per journal: an exclusive lock on a file beside it, which names the holder.

use crate::journal::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Held as long as it lives; the system releases it when the process ends, however it ends.
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock of a journal or tells who has it.
    pub(super) fn take(journal: &Path) -> Result<Self, OpenError> {
        let path = lock_path(journal);
        let file_error = |source| OpenError::File { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(file_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Held { path: journal.to_owned(), pid: holder(&file) });
            }
            Err(TryLockError::Error(source)) => return Err(file_error(source)),
        }
        // Only for the reader of an error message: the lock holds without it, so a full disk is no reason to fail.
        let _unnamed = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

fn lock_path(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn holder(file: &File) -> Option<u32> {
    let mut text = String::new();
    // A process id has at most ten digits; the file is not ours to trust.
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
