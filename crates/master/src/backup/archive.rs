//! The file of a backup: tar in zstd, with a checksum of each entry at the end.
//!
//! Names are bounded and checked by us, when they are written and when they are read.

use super::SUMS;
use aws_lc_rs::digest::{Context, SHA256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use tar::{Archive, Builder, EntryType, Header};

/// zstd's own choice between speed and size.
const LEVEL: i32 = 3;
/// Files of a backup: recordings of years.
const FILES_MAX: usize = 1_000_000;
/// Bytes of a name: what a tar's header holds.
const NAME_MAX: usize = 100;
/// Bytes of a manifest and of the checksums.
pub(super) const MANIFEST_MAX: u64 = 64 << 10;
const SUMS_MAX: u64 = 192 << 20;

/// True for a name that a backup may have: below one of its folders, without any way out of it.
pub(super) fn is_ours(name: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    let is_known = match first {
        "manifest.json" | "journal.db" | "seal.key" | "master.toml" => rest.is_empty(),
        "ca" | "packages" | "terminals" | "history" => !rest.is_empty(),
        _ => false,
    };
    is_known && name.len() <= NAME_MAX && name.split('/').all(is_plain)
}

/// Writes a backup.
pub(super) struct Writer<W: Write> {
    tar: Builder<zstd::Encoder<'static, W>>,
    sums: String,
    files: usize,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W) -> io::Result<Self> {
        let mut packed = zstd::Encoder::new(to, LEVEL)?;
        packed.include_checksum(true)?;
        Ok(Self { tar: Builder::new(packed), sums: String::new(), files: 0 })
    }

    pub(super) fn add_bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.add(name, bytes.len() as u64, bytes)
    }

    /// Adds a file as long as it is now; what is written to it meanwhile is left out.
    pub(super) fn add_file(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        self.add(name, size, file.take(size))
    }

    fn add(&mut self, name: &str, size: u64, from: impl Read) -> io::Result<()> {
        if self.files == FILES_MAX {
            return Err(io::Error::other(format!("there are more than {FILES_MAX} files")));
        }
        let mut hashed = Hashed::new(from);
        self.tar.append(&header(name, size)?, &mut hashed)?;
        if hashed.bytes != size {
            return Err(io::Error::other("it became shorter while it was read"));
        }
        let _ = writeln!(self.sums, "{}  {name}", hashed.digest());
        self.files += 1;
        Ok(())
    }

    /// Writes the checksums and ends the file; returns how many files are in it.
    pub(super) fn finish(mut self) -> io::Result<usize> {
        self.tar.append(&header(SUMS, self.sums.len() as u64)?, self.sums.as_bytes())?;
        self.tar.into_inner()?.finish()?.flush()?;
        Ok(self.files)
    }
}

fn header(name: &str, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// What is wrong with a backup's file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ArchiveError(String);

/// Gives each entry to `take` in order, and proves all of them by the checksums at the end.
///
/// What `take` did with the entries holds only once this has returned well.
pub(super) fn read<E: From<ArchiveError>>(
    from: impl Read,
    mut take: impl FnMut(&str, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let damaged = |error: io::Error| ArchiveError(error.to_string());
    let text = |text: &str| ArchiveError(text.to_owned());
    let mut packed = zstd::Decoder::new(from).map_err(damaged)?;
    let mut sums = BTreeMap::new();
    let mut archive = Archive::new(&mut packed);
    let mut listed = None;
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8(entry.path_bytes().into_owned())
            .map_err(|_| text("a name in it is not UTF-8"))?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(text(&format!("{name:?} in it is no file")).into());
        }
        if listed.is_some() {
            return Err(text("it goes on behind its checksums").into());
        }
        if name == SUMS {
            let mut found = String::new();
            (&mut entry).take(SUMS_MAX).read_to_string(&mut found).map_err(damaged)?;
            listed = Some(found);
            continue;
        }
        if !is_ours(&name) {
            return Err(text(&format!("{name:?} is no name of a backup's file")).into());
        }
        let mut hashed = Hashed::new(&mut entry);
        take(&name, &mut hashed)?;
        // What was not asked for counts as well.
        io::copy(&mut hashed, &mut io::sink()).map_err(damaged)?;
        if sums.insert(name.clone(), hashed.digest()).is_some() || sums.len() > FILES_MAX {
            return Err(text(&format!("{name:?} is in it twice, or too many files are")).into());
        }
    }
    // To the very end, where zstd's own checksum is.
    io::copy(&mut packed, &mut io::sink()).map_err(damaged)?;
    let listed = listed.ok_or_else(|| text("it was cut: its checksums are missing"))?;
    let listed: BTreeMap<_, _> = listed
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
        .collect();
    if listed != sums {
        return Err(text("its files do not have their checksums").into());
    }
    Ok(())
}

/// Hashes what is read.
struct Hashed<R> {
    from: R,
    hash: Context,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    fn new(from: R) -> Self {
        Self { from, hash: Context::new(&SHA256), bytes: 0 }
    }

    fn digest(self) -> String {
        self.hash.finish().as_ref().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes).unwrap();
        for (name, content) in files {
            writer.add_bytes(name, content).unwrap();
        }
        writer.finish().unwrap();
        bytes
    }

    fn read_all(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let mut found = Vec::new();
        read(bytes, |name, from| {
            let mut content = Vec::new();
            from.read_to_end(&mut content).map_err(|error| ArchiveError(error.to_string()))?;
            found.push((name.to_owned(), content));
            Ok::<_, ArchiveError>(())
        })?;
        Ok(found)
    }

    #[test]
    fn files_come_out_as_they_went_in() {
        let large = vec![7; 100_000];
        let bytes = written(&[("manifest.json", b"{}"), ("ca/ca.key", &large)]);
        let expected = [("manifest.json".to_owned(), b"{}".to_vec()), ("ca/ca.key".to_owned(), large)];
        assert_eq!(read_all(&bytes).unwrap(), expected);
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_found() {
        let noise: Vec<u8> = (0..3_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let bytes = written(&[("manifest.json", b"{}"), ("journal.db", &noise)]);
        for at in 0..bytes.len() {
            assert!(read_all(&bytes[..at]).is_err(), "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x20;
            // A bit of a frame's header may mean nothing; then all is as it was.
            if let Ok(found) = read_all(&flipped) {
                assert_eq!(found[1].1, noise, "flipped at {at}");
            }
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "../journal.db",
            "/etc/passwd",
            "ca/../../x",
            "ca//x",
            "ca/.x",
            "ca",
            "journal.db/x",
            "other",
            "packages/a b",
            "terminals/\u{e9}",
        ] {
            assert!(!is_ours(name), "{name}");
        }
        let mut tar = Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
        let mut evil = header("xx/journal.db", 1).unwrap();
        evil.as_old_mut().name[..2].copy_from_slice(b"..");
        evil.set_cksum();
        tar.append(&evil, &b"x"[..]).unwrap();
        let bytes = tar.into_inner().unwrap().finish().unwrap();
        let error = read_all(&bytes).unwrap_err().to_string();
        assert!(error.contains("\"../journal.db\" is no name"), "{error}");
    }

    #[test]
    fn links_and_changed_checksums_are_refused() {
        let mut tar = Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
        let mut link = header("seal.key", 0).unwrap();
        link.set_entry_type(EntryType::Symlink);
        link.set_link_name("/etc/passwd").unwrap();
        link.set_cksum();
        tar.append(&link, &b""[..]).unwrap();
        let bytes = tar.into_inner().unwrap().finish().unwrap();
        assert!(read_all(&bytes).unwrap_err().to_string().contains("is no file"));

        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes).unwrap();
        writer.add_bytes("seal.key", b"x").unwrap();
        writer.sums = writer.sums.replace("seal.key", "seal.kex");
        writer.finish().unwrap();
        assert!(read_all(&bytes).unwrap_err().to_string().contains("checksums"));
    }
}
