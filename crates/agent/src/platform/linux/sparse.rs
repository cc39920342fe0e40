//! Files whose beginning is given back to the disk while others go on writing at their end.

use std::fs::File;
use std::io;

/// Gives the first bytes of a file back to the disk; they read as zeros, and every offset stays what it is.
///
/// # Errors
/// `Unsupported` where the filesystem cannot.
#[cfg(target_os = "linux")]
pub(crate) fn give_back(file: &File, length: u64) -> io::Result<()> {
    use nix::fcntl::{FallocateFlags, fallocate};
    let length = i64::try_from(length).map_err(|_| io::ErrorKind::InvalidInput)?;
    let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    fallocate(file, flags, 0, length).map_err(|errno| match errno {
        nix::errno::Errno::EOPNOTSUPP | nix::errno::Errno::ENOSYS => io::ErrorKind::Unsupported.into(),
        errno => errno.into(),
    })
}

/// Where a file has something again after what was given back; its length when nowhere.
#[cfg(target_os = "linux")]
pub(crate) fn data_from(file: &File) -> io::Result<u64> {
    use nix::unistd::{Whence, lseek};
    match lseek(file, 0, Whence::SeekData) {
        Ok(offset) => Ok(u64::try_from(offset).unwrap_or(0)),
        Err(nix::errno::Errno::ENXIO) => Ok(file.metadata()?.len()),
        // A filesystem without holes has everything.
        Err(_) => Ok(0),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn give_back(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
pub(crate) fn data_from(_: &File) -> io::Result<u64> {
    Ok(0)
}
