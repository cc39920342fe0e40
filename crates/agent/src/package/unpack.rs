//! Unpacks a package into a directory of its own, within bounds.
//!
//! Entries are written one by one; links are made after everything else, and then each is looked at where it truly
//! leads: none leads out (PI-2), also not through another one.

use super::unsafe_path::{UnsafeEntry, entry_path, link_target};
use super::{tar_gz, zip};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use topmast_model::package::{Package, PackageFormat};

/// Most entries: ten times a large Java application with all its classes apart.
const ENTRIES_MAX: usize = 200_000;
/// A package may grow so many times in unpacking; text grows some ten times, a bomb a thousand times.
const GROWTH_MAX: u64 = 200;
/// Up to so many bytes it may grow by any factor: small archives of long, empty files are harmless.
const GROWTH_FREE: u64 = 64 << 20;
/// Room that is left on disk for everything else.
const ROOM_LEFT: u64 = 4 << 20;

/// How much may be unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes.
    pub bytes: u64,
    /// Files, directories and links.
    pub entries: usize,
    /// The bytes are what the disk has room for, which is less than what would be taken.
    pub by_room: bool,
}

/// Why a package was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// An entry that leads somewhere else, or is something else.
    #[error(transparent)]
    Unsafe(#[from] UnsafeEntry),
    /// Too many bytes.
    #[error("the package unpacks to more than {0} bytes, which is more than is taken; it was not unpacked")]
    TooLarge(u64),
    /// More than there is room for.
    #[error("the package unpacks to more than the {0} bytes that the disk has room for; free some space")]
    NoRoom(u64),
    /// Too many entries.
    #[error("the package has more than {0} entries; it was not unpacked")]
    TooMany(usize),
    /// Not what it is said to be.
    #[error("the package is no good {0} archive: {1}")]
    Damaged(PackageFormat, io::Error),
    /// The disk.
    #[error("unpack the package: {0}; free some space")]
    Io(#[from] io::Error),
}

impl Bounds {
    /// What a package may become on a disk with so much room.
    pub(super) fn of(package: &Package, most: u64, room: Option<u64>) -> Self {
        let grown = package.size.saturating_mul(GROWTH_MAX).max(GROWTH_FREE);
        let room = room.map_or(u64::MAX, |room| room.saturating_sub(ROOM_LEFT));
        let taken = most.min(grown);
        Self { bytes: taken.min(room), entries: ENTRIES_MAX, by_room: room < taken }
    }

    /// What is said of a package that is larger.
    pub(super) const fn exceeded(self) -> UnpackError {
        if self.by_room { UnpackError::NoRoom(self.bytes) } else { UnpackError::TooLarge(self.bytes) }
    }
}

/// Unpacks a file into a directory that is there and empty.
///
/// # Errors
/// `UnpackError`; the directory is to be removed then.
pub fn unpack(
    from: &Path,
    format: PackageFormat,
    file_name: &str,
    into: &Path,
    bounds: Bounds,
) -> Result<(), UnpackError> {
    let file = File::open(from)?;
    let mut target = Target { root: into.to_owned(), bounds, written: 0, entries: 0, links: Vec::new() };
    match format {
        PackageFormat::TarGz => tar_gz::unpack(BufReader::new(file), &mut target)?,
        PackageFormat::Zip => zip::unpack(BufReader::new(file), &mut target)?,
        PackageFormat::File => target.file(file_name.as_bytes(), 0o755, &mut BufReader::new(file))?,
    }
    target.finish()
}

/// The directory that is being filled.
pub(super) struct Target {
    root: PathBuf,
    bounds: Bounds,
    written: u64,
    entries: usize,
    /// Where each lies, and what it holds.
    links: Vec<(PathBuf, String)>,
}

impl Target {
    /// Bytes that may still come.
    pub(super) const fn left(&self) -> u64 {
        self.bounds.bytes.saturating_sub(self.written)
    }

    /// Refuses what says itself that it is too large.
    pub(super) const fn expect(&self, bytes: u64) -> Result<(), UnpackError> {
        if bytes > self.left() { Err(self.bounds.exceeded()) } else { Ok(()) }
    }

    pub(super) fn directory(&mut self, name: &[u8]) -> Result<(), UnpackError> {
        self.count()?;
        fs::create_dir_all(self.root.join(entry_path(name)?))?;
        Ok(())
    }

    /// Writes a file. Nothing that is there is written over, and no link is there yet.
    pub(super) fn file(
        &mut self,
        name: &[u8],
        mode: u32,
        content: &mut impl Read,
    ) -> Result<(), UnpackError> {
        self.count()?;
        let relative = entry_path(name)?;
        if relative.as_os_str().is_empty() {
            return Err(UnsafeEntry::new(name, "that is a file without a name").into());
        }
        let path = self.root.join(relative);
        self.parents(&path)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
            match error.kind() {
                io::ErrorKind::AlreadyExists => UnsafeEntry::new(name, "that is there twice").into(),
                _ => UnpackError::Io(error),
            }
        })?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = content.read(&mut buffer).map_err(|error| self.unreadable(error))?;
            if count == 0 {
                break;
            }
            self.written += count as u64;
            if self.written > self.bounds.bytes {
                return Err(self.bounds.exceeded());
            }
            file.write_all(&buffer[..count])?;
        }
        set_mode(&file, mode)?;
        file.sync_all()?;
        Ok(())
    }

    /// Takes note of a symbolic link.
    pub(super) fn link(&mut self, name: &[u8], target: &[u8]) -> Result<(), UnpackError> {
        self.count()?;
        link_target(name, target)?;
        let text = String::from_utf8_lossy(target).into_owned();
        self.links.push((self.root.join(entry_path(name)?), text));
        Ok(())
    }

    /// Another name of a file that was unpacked before.
    pub(super) fn hard_link(&mut self, name: &[u8], target: &[u8]) -> Result<(), UnpackError> {
        self.count()?;
        let (path, of) = (self.root.join(entry_path(name)?), self.root.join(entry_path(target)?));
        if !fs::symlink_metadata(&of).is_ok_and(|found| found.is_file()) {
            return Err(UnsafeEntry::new(name, "that is another name of nothing in the package").into());
        }
        self.parents(&path)?;
        fs::hard_link(of, path)?;
        Ok(())
    }

    fn parents(&self, path: &Path) -> io::Result<()> {
        path.parent().filter(|parent| *parent != self.root).map_or(Ok(()), fs::create_dir_all)
    }

    fn count(&mut self) -> Result<(), UnpackError> {
        self.entries += 1;
        if self.entries > self.bounds.entries {
            return Err(UnpackError::TooMany(self.bounds.entries));
        }
        Ok(())
    }

    /// A source that ran into its own bound says so by its error.
    fn unreadable(&self, error: io::Error) -> UnpackError {
        if error.kind() == io::ErrorKind::FileTooLarge {
            self.bounds.exceeded()
        } else {
            UnpackError::Io(error)
        }
    }

    /// Makes the links, and sees where each leads.
    fn finish(self) -> Result<(), UnpackError> {
        if self.entries == 0 {
            return Err(UnsafeEntry::new(b"", "and no other").into());
        }
        let root = self.root.canonicalize()?;
        let mut made = BTreeSet::new();
        for (path, target) in &self.links {
            self.parents(path)?;
            let name = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
            // A directory on the way may be a link that was made just now.
            let inside = path.parent().and_then(|parent| parent.canonicalize().ok());
            if !inside.is_some_and(|parent| parent.starts_with(&root)) {
                return Err(UnsafeEntry::new(name.as_bytes(), "behind a link that leads out").into());
            }
            make_link(target, path)?;
            made.insert(path);
        }
        for path in made {
            let name = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
            match path.canonicalize() {
                Ok(leads) if leads.starts_with(&root) => {}
                Ok(_) => {
                    return Err(UnsafeEntry::new(name.as_bytes(), "that leads out of its directory").into());
                }
                Err(_) => return Err(UnsafeEntry::new(name.as_bytes(), "that leads nowhere").into()),
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // Its owner may always read; nobody becomes somebody else by it.
    file.set_permissions(fs::Permissions::from_mode((mode & 0o777) | 0o400))
}

#[cfg(unix)]
fn make_link(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(windows)]
fn make_link(_: &str, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "the package has links, which are not made on Windows"))
}

#[cfg(test)]
mod tests;
