//! One file of a source as it is read: plain or compressed, forwards or backwards, in pieces on the borders of lines.
//!
//! ```text
//! plain, newest first:   … [lead|own|trail] ◄ [lead|own|trail]      pieces from the end, read where they are
//! plain or compressed:   [lead|own|trail] ► …                       pieces from the beginning, as they are unpacked
//! ```
//!
//! Only lines of `own` are looked at; those of *lead* and *trail* stand around them.
//!
//! Invariants
//! - CO-1: every line is in the `own` of exactly one piece, whatever its length, and no more than some megabytes of a file are in memory.

use crate::files::{Files, LogFile, Reader};
use crate::journal::{self, JournalEntries};
use crate::shape::{SAMPLE, is_binary};
use flate2::read::MultiGzDecoder;
use memchr::{memchr, memchr_iter, memrchr, memrchr_iter};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// Bytes of a piece: much for a read, little for a look at the bounds of a search in between.
const PIECE: usize = 1 << 20;
/// A line that is longer than this is taken for several.
const LINE_END_WITHIN: usize = 16 << 20;
/// Bytes that are read around a piece for lines of context, and for the time of a line that has none.
const LEAD: usize = 4 << 10;
const AROUND: usize = 256 << 10;

/// What a file is.
pub(crate) enum Content {
    /// A text, as it stands.
    Plain { file: Box<dyn LogFile>, begin: u64, end: u64 },
    /// A text that `gzip` packed.
    Gzip(Box<dyn LogFile>),
    /// Entries of systemd's journal, in the order of the search.
    Journal(JournalEntries),
    /// Something else, in words.
    Unreadable(String),
}

/// Lines of a file with what stands around them.
pub(crate) struct Piece<'a> {
    pub(crate) bytes: &'a [u8],
    /// The lines that are looked at.
    pub(crate) own: Range<usize>,
    /// Bytes of the file that came with this piece.
    pub(crate) read: u64,
}

impl Content {
    /// Opens a file and sees what it is.
    pub(crate) fn open(files: &dyn Files, path: &Path) -> io::Result<Self> {
        let file = files.open(path)?;
        let status = file.status()?;
        if !status.is_regular {
            return Ok(Self::Unreadable("it is no file".to_owned()));
        }
        let end = status.length;
        let mut sample = vec![0; SAMPLE];
        let begin = text_begin(&*file, end, &mut sample)?;
        let length = file.read_at(&mut sample, begin)?;
        let sample = &sample[..length];
        let packed = |name: &str| {
            Self::Unreadable(format!("it is packed by {name}, which is not read here; only gzip is"))
        };
        Ok(match sample {
            [0x1f, 0x8b, ..] => Self::Gzip(file),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => packed("zstd"),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => packed("xz"),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => packed("bzip2"),
            _ if is_binary(sample) => Self::Unreadable("it is binary and no text".to_owned()),
            _ => Self::Plain { file, begin, end },
        })
    }

    /// Hands over the pieces of the file, from its end when `newest_first` and it is not packed.
    ///
    /// - `context`: lines that are to be around those of a piece, as far as they fit.
    /// - `take`: says whether to go on.
    ///
    /// Returns false when it was told to stop.
    pub(crate) fn pieces(
        self,
        newest_first: bool,
        context: u16,
        take: impl FnMut(&Piece<'_>) -> bool,
    ) -> io::Result<bool> {
        match self {
            Self::Plain { file, begin, end } if newest_first => backwards(&*file, begin..end, context, take),
            Self::Plain { file, begin, end } => {
                forwards(&mut Reader { file: &*file, next: begin, end }, context, take)
            }
            Self::Gzip(file) => {
                let counted = Reader { end: file.status()?.length, file: &*file, next: 0 };
                forwards(&mut MultiGzDecoder::new(counted), context, take)
            }
            Self::Journal(entries) => journal::pieces(entries, newest_first, context, take),
            Self::Unreadable(_) => Ok(true),
        }
    }
}

/// Where a file's text begins: behind what was given back to the disk.
pub(crate) fn text_begin(file: &dyn LogFile, end: u64, buffer: &mut [u8]) -> io::Result<u64> {
    let mut begin = file.data_from()?.min(end);
    if begin == 0 && end > 0 {
        // Most files: a look at the first byte is enough.
        let mut first = [0];
        if file.read_at(&mut first, 0)? == 1 && first[0] != 0 {
            return Ok(0);
        }
    }
    // What was given back in part reads as zeros to the end of its block. A file of zeros is no text anyway.
    let last = begin.saturating_add(1 << 20).min(end);
    while begin < last {
        let length = file.read_at(buffer, begin)?;
        match buffer[..length].iter().position(|byte| *byte != 0) {
            Some(place) => {
                let found = begin + place as u64;
                // Zeros at the beginning of a file that has no hole are content.
                return Ok(found);
            }
            None if length == 0 => break,
            None => begin += length as u64,
        }
    }
    Ok(begin)
}

fn backwards(
    file: &dyn LogFile,
    whole: Range<u64>,
    context: u16,
    mut take: impl FnMut(&Piece<'_>) -> bool,
) -> io::Result<bool> {
    let around = if context > 0 { AROUND } else { LEAD };
    let mut buffer = Vec::new();
    let mut end = whole.end;
    let mut size = PIECE;
    while end > whole.start {
        let begin = end.saturating_sub(size as u64).max(whole.start);
        let lead = begin.saturating_sub(around as u64).max(whole.start);
        let trail = end.saturating_add(if context > 0 { around as u64 } else { 0 }).min(whole.end);
        let length = usize::try_from(trail - lead).unwrap_or(usize::MAX);
        buffer.resize(length, 0);
        let read = file.read_full(&mut buffer, lead)?;
        let bytes = &buffer[..read];
        let place = |offset: u64| usize::try_from(offset - lead).unwrap_or(usize::MAX).min(read);
        let own_end = place(end);
        let mut own_begin = place(begin);
        if begin > whole.start && own_begin > 0 && bytes[own_begin - 1] != b'\n' {
            // The first line began before.
            match memchr(b'\n', &bytes[own_begin..own_end]) {
                Some(newline) if own_begin + newline + 1 < own_end => own_begin += newline + 1,
                _ if size < LINE_END_WITHIN => {
                    size *= 2;
                    continue;
                }
                _ => {}
            }
        }
        // It was cut while it was read: nothing of it can be found again.
        if own_end <= own_begin {
            return Ok(true);
        }
        // What was read may begin within a line.
        let first = match memchr(b'\n', &bytes[..own_begin]) {
            _ if lead == whole.start => 0,
            Some(newline) => newline + 1,
            None => own_begin,
        };
        let lead_begin = lead_before(bytes, own_begin, context).max(first);
        let trail_end = lines_on(bytes, own_end, context);
        let piece = Piece {
            bytes: &bytes[lead_begin..trail_end],
            own: own_begin - lead_begin..own_end - lead_begin,
            read: (own_end - own_begin) as u64,
        };
        if !take(&piece) {
            return Ok(false);
        }
        end = lead + own_begin as u64;
        size = PIECE;
    }
    Ok(true)
}

fn forwards(
    source: &mut impl Read,
    context: u16,
    mut take: impl FnMut(&Piece<'_>) -> bool,
) -> io::Result<bool> {
    let mut buffer: Vec<u8> = Vec::with_capacity(2 * PIECE);
    // Lines before this were handed over, and stay for those that follow.
    let mut done = 0;
    let mut wanted = PIECE;
    loop {
        let missing = wanted.saturating_sub(buffer.len() - done);
        let read = source.by_ref().take(missing as u64).read_to_end(&mut buffer)?;
        let is_over = read < missing;
        // The last line may not be whole yet, and lines that may stand after a match wait with it.
        let mut whole = match memrchr(b'\n', &buffer[done..]) {
            _ if is_over => buffer.len(),
            Some(newline) => done + newline + 1,
            None => done,
        };
        let mut own_end = if is_over || context == 0 {
            whole
        } else {
            lines_back(&buffer[..whole], whole, context).max(done)
        };
        if own_end <= done {
            if is_over {
                return Ok(true);
            }
            if wanted < LINE_END_WITHIN {
                wanted *= 2;
                continue;
            }
            (whole, own_end) = (buffer.len(), buffer.len());
        }
        let piece = Piece { bytes: &buffer[..whole], own: done..own_end, read: read as u64 };
        if !take(&piece) {
            return Ok(false);
        }
        if is_over {
            return Ok(true);
        }
        let kept = lead_before(&buffer, own_end, context);
        buffer.drain(..kept);
        done = own_end - kept;
        wanted = PIECE;
    }
}

/// Where the lines begin that stand before a place: so many, as far as they fit, or some for their times.
fn lead_before(bytes: &[u8], at: usize, context: u16) -> usize {
    let (around, wanted) = if context > 0 { (AROUND, lines_back(bytes, at, context)) } else { (LEAD, 0) };
    let far = at.saturating_sub(around);
    if wanted >= far {
        return wanted;
    }
    memchr(b'\n', &bytes[far..at]).map_or(at, |newline| far + newline + 1)
}

/// Where so many lines before a place begin.
fn lines_back(bytes: &[u8], at: usize, lines: u16) -> usize {
    let body = &bytes[..at.saturating_sub(1)];
    memrchr_iter(b'\n', body).nth(usize::from(lines) - 1).map_or(0, |newline| newline + 1)
}

/// Where so many lines after a place end.
fn lines_on(bytes: &[u8], at: usize, lines: u16) -> usize {
    if lines == 0 {
        return at;
    }
    memchr_iter(b'\n', &bytes[at..])
        .nth(usize::from(lines) - 1)
        .map_or(bytes.len(), |newline| at + newline + 1)
}

#[cfg(test)]
mod tests;
