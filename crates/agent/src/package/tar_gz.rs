//! Tar archives, compressed by gzip.
//!
//! Entries are read as they are: names that are too long for a header come as entries of their own, in GNU's way or
//! POSIX', and are bounded before they are held in memory.

use super::unpack::{Target, UnpackError};
use super::unsafe_path::UnsafeEntry;
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, Read};
use tar::{Archive, EntryType};
use topmast_model::package::PackageFormat;

/// Most bytes of a long name or of an extended header.
const EXTENSION_MAX: u64 = 64 << 10;
/// Bytes of headers beside the content: half a KiB an entry and as much padding.
const HEADERS: u64 = 1 << 30;

/// What the entries before said of the next one.
#[derive(Default)]
struct Next {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

pub(super) fn unpack(archive: impl BufRead, target: &mut Target) -> Result<(), UnpackError> {
    let unpacked =
        Bounded { inner: MultiGzDecoder::new(archive), left: target.left().saturating_add(HEADERS) };
    let mut archive = Archive::new(unpacked);
    let mut next = Next::default();
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => next.name = Some(text(&mut entry)?),
            EntryType::GNULongLink => next.link = Some(text(&mut entry)?),
            EntryType::XHeader => extended(&whole(&mut entry)?, &mut next)?,
            EntryType::XGlobalHeader => {
                whole(&mut entry)?;
            }
            _ => {
                let Next { name, link } = std::mem::take(&mut next);
                let name = name.unwrap_or_else(|| entry.header().path_bytes().into_owned());
                let link = link
                    .or_else(|| entry.header().link_name_bytes().map(std::borrow::Cow::into_owned))
                    .unwrap_or_default();
                let mode = entry.header().mode().map_err(damaged)?;
                match kind {
                    // Of the oldest kind of archive.
                    EntryType::Regular if name.ends_with(b"/") => target.directory(&name)?,
                    EntryType::Regular | EntryType::Continuous => {
                        target.expect(entry.size())?;
                        target.file(&name, mode, &mut entry)?;
                    }
                    EntryType::Directory => target.directory(&name)?,
                    EntryType::Symlink => target.link(&name, &link)?,
                    EntryType::Link => target.hard_link(&name, &link)?,
                    _ => {
                        return Err(
                            UnsafeEntry::new(&name, "that is neither file, directory nor link").into()
                        );
                    }
                }
            }
        }
    }
    // The archive ends before its compression does, which has a checksum at its end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(())
}

/// The records of an extended header that matter here: `LENGTH KEY=VALUE`, each with a line feed.
fn extended(mut records: &[u8], next: &mut Next) -> Result<(), UnpackError> {
    let wrong = || damaged(io::Error::other("an extended header cannot be read"));
    while !records.is_empty() {
        let space = records.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
        let length =
            std::str::from_utf8(&records[..space]).ok().and_then(|digits| digits.parse::<usize>().ok());
        let length =
            length.filter(|length| *length > space + 1 && *length <= records.len()).ok_or_else(wrong)?;
        let record = records[space + 1..length].strip_suffix(b"\n").ok_or_else(wrong)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" => next.name = Some(value.to_vec()),
            b"linkpath" => next.link = Some(value.to_vec()),
            b"size" => return Err(damaged(io::Error::other("a file has 8 GiB or more"))),
            _ => {}
        }
        records = &records[length..];
    }
    Ok(())
}

fn whole(entry: &mut impl Read) -> Result<Vec<u8>, UnpackError> {
    let mut bytes = Vec::new();
    entry.take(EXTENSION_MAX + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 > EXTENSION_MAX {
        return Err(damaged(io::Error::other("a name or header is too long")));
    }
    Ok(bytes)
}

/// A long name, which ends at its zero.
fn text(entry: &mut impl Read) -> Result<Vec<u8>, UnpackError> {
    let mut bytes = whole(entry)?;
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

fn damaged(error: io::Error) -> UnpackError {
    UnpackError::Damaged(PackageFormat::TarGz, error)
}

/// Ends with an error after so many bytes, whatever they are: headers count as well.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(count)
    }
}
