//! Files on Windows.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::security::Private;
use super::text::wide;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt as _, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::path::{Path, PathBuf};
use std::ptr;
use windows_sys::Win32::Foundation::{GENERIC_WRITE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_DIRECTORY,
    FILE_ATTRIBUTE_NORMAL, FILE_FLAG_BACKUP_SEMANTICS, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    GetFileInformationByHandle,
};

/// Reading and writing at an offset. It moves the file's own position, which nothing here relies on.
pub(crate) trait FileExt {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
}

impl FileExt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.seek_read(buffer, offset)
    }

    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let read = self.seek_read(buffer, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer = &mut buffer[read..];
            offset += read as u64;
        }
        Ok(())
    }

    fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.seek_write(bytes, offset)?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
            offset += written as u64;
        }
        Ok(())
    }
}

/// Tells one file from another, also when it is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    /// Serial number of the volume.
    pub(crate) volume: u64,
    /// Number of the file in it.
    pub(crate) number: u64,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStatus {
    pub(crate) id: FileId,
    pub(crate) length: u64,
    /// True for a file that is no directory.
    pub(crate) regular: bool,
}

impl FileStatus {
    /// Of an open file.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        let mut found = BY_HANDLE_FILE_INFORMATION::default();
        // SAFETY: the handle is open as long as `file` is borrowed, and `found` is the structure that is filled in.
        if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let both = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        Ok(Self {
            id: FileId {
                volume: found.dwVolumeSerialNumber.into(),
                number: both(found.nFileIndexHigh, found.nFileIndexLow),
            },
            length: both(found.nFileSizeHigh, found.nFileSizeLow),
            regular: found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY == 0,
        })
    }

    /// Of whatever a path names now.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        // No access is needed to ask; the flag lets a directory be opened.
        let file = OpenOptions::new().access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)?;
        Self::of(&file)
    }
}

/// Makes a new file that SYSTEM, administrators and its owner alone read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let security = Private::new()?;
    let attributes = security.attributes();
    let path = wide(path);
    // SAFETY: `path` ends with a zero; it, `attributes` and the descriptor in them outlive the call; no template.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, is a file's, and nobody else has it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Makes a directory and those above it, where missing, that SYSTEM, administrators and the owner alone reach.
pub(crate) fn create_directories(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_directories(parent)?;
    }
    let security = Private::new()?;
    let attributes = security.attributes();
    let wide = wide(path);
    // SAFETY: `wide` ends with a zero; it, `attributes` and the descriptor in them outlive the call.
    if unsafe { CreateDirectoryW(wide.as_ptr(), &raw const attributes) } == 0 {
        let error = io::Error::last_os_error();
        // Somebody else made it meanwhile.
        return if path.is_dir() { Ok(()) } else { Err(error) };
    }
    Ok(())
}

/// Keeps others out of a directory that is there already.
pub(super) fn protect(path: &Path) -> io::Result<()> {
    Private::new()?.protect(path)
}

/// Opens a file at whose end a command's output goes.
pub(crate) fn open_output(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Puts a file in another's place, whole or not at all; who holds the other open keeps that.
///
/// Windows does not put a file over one that is open, but lets that be renamed: so it is moved aside first. An agent
/// that is killed in between leaves the name empty, and [`finish_put`] fills it again.
pub(crate) fn put_in_place(new: &Path, path: &Path) -> io::Result<()> {
    let Err(error) = fs::rename(new, path) else { return Ok(()) };
    if !path.exists() {
        return Err(error);
    }
    let aside = aside(path);
    // From the time before; it goes when its last reader closes it.
    let _ = fs::remove_file(&aside);
    fs::rename(path, &aside)?;
    if let Err(error) = fs::rename(new, path) {
        fs::rename(&aside, path)?;
        return Err(error);
    }
    let _ = fs::remove_file(&aside);
    Ok(())
}

/// Finishes what [`put_in_place`] began when the agent was killed in it.
pub(crate) fn finish_put(path: &Path) -> io::Result<()> {
    let aside = aside(path);
    if path.exists() || !aside.exists() {
        return Ok(());
    }
    fs::rename(aside, path)
}

fn aside(path: &Path) -> PathBuf {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".aside");
    aside.into()
}

/// Makes the names in a directory durable.
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    // NTFS keeps a journal of names; there is no call for it.
    Ok(())
}

/// Makes a link lead somewhere else. There is a moment without it, in which nothing is started.
pub(crate) fn switch_link(target: &Path, link: &Path) -> io::Result<()> {
    let new = link.with_extension("new");
    let _ = std::fs::remove_dir(&new);
    std::os::windows::fs::symlink_dir(target, &new)?;
    if std::fs::symlink_metadata(link).is_ok() {
        std::fs::remove_dir(link)?;
    }
    std::fs::rename(&new, link)
}

/// Bytes that may still be written where a directory is; `None`, for nobody asks here.
pub(crate) fn room(_: &Path) -> Option<u64> {
    None
}

/// Who has a file, and its permissions: on Windows those of the folder that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Owner;

impl Owner {
    /// Of a file that is there.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|_| Self)
    }

    /// Of a new file.
    pub(crate) const fn new(_: Option<&super::account::Account>, _: u32) -> Self {
        Self
    }

    /// The same with other permissions.
    pub(crate) const fn with_mode(self, _: u32) -> Self {
        self
    }

    /// Gives a file this owner.
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "on Unix it does something, and can fail"
    )]
    pub(crate) fn set(self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// Gives a folder to an account.
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn give(_: &Path, _: Option<&super::account::Account>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn file_is_put_over_one_that_is_open() {
        let directory = tempfile::tempdir().unwrap();
        let (path, new) = (directory.path().join("ledger"), directory.path().join("ledger.new"));
        for round in 0..3_u8 {
            fs::write(&path, "old").unwrap();
            fs::write(&new, [round]).unwrap();
            let open = OpenOptions::new().read(true).write(true).open(&path).unwrap();
            put_in_place(&new, &path).unwrap();
            assert_eq!(fs::read(&path).unwrap(), [round]);
            let mut old = [0; 3];
            open.read_exact_at(&mut old, 0).unwrap();
            assert_eq!(&old, b"old", "who has it open keeps it");
        }
        assert!(put_in_place(&directory.path().join("none"), &path).is_err());
        assert_eq!(fs::read(&path).unwrap(), [2], "and nothing has changed then");
    }

    #[test]
    fn file_that_was_moved_aside_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger");
        finish_put(&path).unwrap();
        assert!(!path.exists());
        fs::write(aside(&path), "kept").unwrap();
        finish_put(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"kept");
        fs::write(aside(&path), "older").unwrap();
        finish_put(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"kept");
    }

    #[test]
    fn file_is_itself_under_another_name_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        let mut file = create_private(&one).unwrap();
        file.write_all(b"12345").unwrap();
        assert!(create_private(&one).is_err(), "it is there already");
        let status = FileStatus::of(&file).unwrap();
        assert_eq!((status.length, status.regular), (5, true));
        fs::rename(&one, &two).unwrap();
        assert_eq!(FileStatus::at(&two).unwrap().id, status.id);
        fs::write(&one, "x").unwrap();
        assert_ne!(FileStatus::at(&one).unwrap().id, status.id);
        assert!(!FileStatus::at(directory.path()).unwrap().regular);
    }

    #[test]
    fn directories_are_made_with_those_above() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a").join("b").join("c");
        create_directories(&path).unwrap();
        create_directories(&path).unwrap();
        fs::write(path.join("x"), "").unwrap();
    }
}
