//! Files on Unix.

use super::account::Account;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
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

/// Makes a link lead somewhere else, at one moment.
pub(crate) fn switch_link(target: &Path, link: &Path) -> io::Result<()> {
    let new = link.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(target, &new)?;
    std::fs::rename(&new, link)?;
    link.parent().map_or(Ok(()), sync_directory)
}

/// Bytes that may still be written where a directory is; `None` when nobody can tell.
pub(crate) fn room(directory: &Path) -> Option<u64> {
    let found = nix::sys::statvfs::statvfs(directory).ok()?;
    // Their widths differ by system.
    #[cfg_attr(target_os = "linux", expect(clippy::useless_conversion, reason = "narrower elsewhere"))]
    let (blocks, size) = (u64::from(found.blocks_available()), u64::from(found.fragment_size()));
    Some(blocks.saturating_mul(size))
}

/// Who has a file, and its permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Owner {
    mode: u32,
    uid: Option<u32>,
    gid: Option<u32>,
}

impl Owner {
    /// Of a file that is there.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::symlink_metadata(path)?;
        Ok(Self { mode: metadata.mode() & 0o7777, uid: Some(metadata.uid()), gid: Some(metadata.gid()) })
    }

    /// Of a new file of an account, or of the agent's own.
    pub(crate) fn new(account: Option<&Account>, mode: u32) -> Self {
        Self {
            mode,
            uid: account.map(|account| account.uid().as_raw()),
            gid: account.map(|account| account.gid().as_raw()),
        }
    }

    /// The same owner with other permissions.
    pub(crate) const fn with_mode(self, mode: u32) -> Self {
        Self { mode, ..self }
    }

    /// Gives a file this owner and these permissions.
    pub(crate) fn set(self, path: &Path) -> io::Result<()> {
        let metadata = std::fs::symlink_metadata(path)?;
        let uid = self.uid.filter(|uid| *uid != metadata.uid());
        let gid = self.gid.filter(|gid| *gid != metadata.gid());
        if uid.is_some() || gid.is_some() {
            std::os::unix::fs::chown(path, uid, gid)?;
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(self.mode))
    }
}

/// Gives a folder with everything in it to an account, for its eyes alone; to nobody when it is the agent's own.
pub(crate) fn give(path: &Path, account: Option<&Account>) -> io::Result<()> {
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    Owner::new(account, mode).set(path)?;
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            give(&entry?.path(), account)?;
        }
    }
    Ok(())
}
