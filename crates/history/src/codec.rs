//! The values and the times of one chunk as bytes: for each chunk the smallest of a few codings.
//!
//! ```text
//! f64 values ─► decimal? ─► i64 mantissas ─► sparse · dense · pco
//!                  └ no ──► bits ──────────► sparse · pco
//! i64 times  ───────────────────────────────► sparse · dense · pco
//! ```
//!
//! Most values are exact decimals (counts, bytes, hundredths of a second), and most series hardly change:
//! *sparse* writes only where a difference is not zero, so a constant or a straight line costs a few bytes,
//! whatever its length. *Dense* writes every difference, for chunks too short for `pco`'s tables.
//!
//! Invariants
//! - D-1: what was encoded comes back bit for bit: -0, infinities, NaN with its payload.
//! - D-2: decoding foreign bytes ends with an error or some values, and takes no more memory than `count` asks for.
//!
//! Bytes: docs/formats/history.md.

pub(crate) mod decimal;
mod integer;

use crate::bytes::{Malformed, Reader, put_varint};
use pco::ChunkConfig;
use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// Values of a chunk, at most: what a decoder allocates is bounded by it.
pub(crate) const VALUES_MAX: usize = 1 << 16;

/// What ends a series at once: Prometheus' staleness marker, one of the many not-a-numbers.
pub(crate) const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// First byte of a chunk: the coding in the lower three bits, then [`ENDS_STALE`], above it the scale of
/// decimals.
mod coding {
    /// Runs of equal bits.
    pub(super) const BITS: u8 = 0;
    /// First differences that are not zero.
    pub(super) const SPARSE_1: u8 = 1;
    /// Second differences that are not zero.
    pub(super) const SPARSE_2: u8 = 2;
    /// All first differences.
    pub(super) const DENSE_1: u8 = 3;
    /// All second differences.
    pub(super) const DENSE_2: u8 = 4;
    /// `pco` over the mantissas.
    pub(super) const PCO_DECIMAL: u8 = 5;
    /// `pco` over the values.
    pub(super) const PCO_BINARY: u8 = 6;
    /// All first differences, compressed.
    pub(super) const DENSE_1_ZSTD: u8 = 7;
}
/// After the values comes a staleness marker, which would else make decimals impossible.
const ENDS_STALE: u8 = 1 << 3;

/// A sparse chunk of so few bytes is taken without trying the others: their tables alone are as long.
const SMALL: usize = 48;
/// `pco`'s effort: 8 is its own default; higher ones cost more than they save.
const PCO_LEVEL: usize = 8;
/// The effort of zstd: 3 is its own default.
const ZSTD_LEVEL: i32 = 3;

/// Encodes chunks; keeps its buffers from one to the next.
#[derive(Default)]
pub(crate) struct Encoder {
    mantissas: Vec<i64>,
    best: Vec<u8>,
    trial: Vec<u8>,
    /// Made when it is first needed: making one costs more than a chunk.
    zstd: Option<Compressor<'static>>,
}

thread_local! {
    /// As the encoder's: one a thread that reads.
    static ZSTD: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

impl Encoder {
    /// Appends the values of a chunk to `out`.
    pub(crate) fn values(&mut self, values: &[f64], out: &mut Vec<u8>) {
        let start = out.len();
        match values {
            [before @ .., last] if last.to_bits() == STALE.to_bits() && !before.is_empty() => {
                self.unmarked(before, out);
                out[start] |= ENDS_STALE;
            }
            _ => self.unmarked(values, out),
        }
    }

    fn unmarked(&mut self, values: &[f64], out: &mut Vec<u8>) {
        let Some(scale) = decimal::split(values, &mut self.mantissas) else {
            self.bits(values, out);
            return;
        };
        let mantissas = std::mem::take(&mut self.mantissas);
        self.integers(&mantissas, scale, out);
        self.mantissas = mantissas;
    }

    /// Appends the times of a chunk to `out`.
    pub(crate) fn times(&mut self, times: &[i64], out: &mut Vec<u8>) {
        self.integers(times, 0, out);
    }

    fn integers(&mut self, values: &[i64], scale: u8, out: &mut Vec<u8>) {
        self.best.clear();
        integer::put_sparse(values, 1, &mut self.best);
        let mut coding = coding::SPARSE_1;
        let mut take = |found: u8, trial: &mut Vec<u8>, best: &mut Vec<u8>| {
            if trial.len() < best.len() {
                std::mem::swap(trial, best);
                coding = found;
            }
            trial.clear();
        };
        self.trial.clear();
        if self.best.len() > 2 + 8 {
            integer::put_sparse(values, 2, &mut self.trial);
            take(coding::SPARSE_2, &mut self.trial, &mut self.best);
        }
        if self.best.len() > SMALL {
            integer::put_dense(values, 1, &mut self.trial);
            let dense = std::mem::take(&mut self.trial);
            if self.zstd.is_none() {
                self.zstd = Compressor::new(ZSTD_LEVEL).ok();
            }
            if let Some(Ok(packed)) = self.zstd.as_mut().map(|zstd| zstd.compress(&dense)) {
                self.trial = packed;
                take(coding::DENSE_1_ZSTD, &mut self.trial, &mut self.best);
            }
            self.trial = dense;
            take(coding::DENSE_1, &mut self.trial, &mut self.best);
            integer::put_dense(values, 2, &mut self.trial);
            take(coding::DENSE_2, &mut self.trial, &mut self.best);
            if put_pco(values, &mut self.trial) {
                take(coding::PCO_DECIMAL, &mut self.trial, &mut self.best);
            }
        }
        out.push(coding | scale << 4);
        out.extend_from_slice(&self.best);
    }

    fn bits(&mut self, values: &[f64], out: &mut Vec<u8>) {
        self.best.clear();
        put_runs(values, &mut self.best);
        self.trial.clear();
        if self.best.len() > SMALL && put_pco(values, &mut self.trial) && self.trial.len() < self.best.len() {
            out.push(coding::PCO_BINARY);
            out.extend_from_slice(&self.trial);
        } else {
            out.push(coding::BITS);
            out.extend_from_slice(&self.best);
        }
    }
}

/// Appends the `count` values that `bytes` hold.
///
/// # Errors
/// [`Malformed`] when they do not hold exactly that.
pub(crate) fn decode_values(bytes: &[u8], count: usize, out: &mut Vec<f64>) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    check_count(count)?;
    let head = reader.byte()?;
    let marker = head & ENDS_STALE != 0;
    let count = if marker { count - 1 } else { count };
    check_count(count)?;
    match head & 0x07 {
        coding::BITS => read_runs(&mut reader, count, out)?,
        coding::PCO_BINARY => read_pco(reader.rest(), count, out)?,
        coding => {
            let mut mantissas = Vec::with_capacity(count);
            read_integers(&mut reader, coding, count, &mut mantissas)?;
            decimal::join(&mantissas, head >> 4, out).ok_or(Malformed { at: 0, what: "no such scale" })?;
        }
    }
    if marker {
        out.push(STALE);
    }
    Ok(())
}

/// Appends the `count` times that `bytes` hold.
///
/// # Errors
/// As [`decode_values`].
pub(crate) fn decode_times(bytes: &[u8], count: usize, out: &mut Vec<i64>) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    check_count(count)?;
    let coding = reader.byte()?;
    read_integers(&mut reader, coding, count, out)
}

fn check_count(count: usize) -> Result<(), Malformed> {
    if count == 0 || count > VALUES_MAX {
        return Err(Malformed { at: 0, what: "a chunk has an impossible number of values" });
    }
    Ok(())
}

fn read_integers(
    reader: &mut Reader<'_>,
    coding: u8,
    count: usize,
    out: &mut Vec<i64>,
) -> Result<(), Malformed> {
    match coding {
        coding::SPARSE_1 => integer::read_sparse(reader, 1, count, out),
        coding::SPARSE_2 => integer::read_sparse(reader, 2, count, out),
        coding::DENSE_1 => integer::read_dense(reader, 1, count, out),
        coding::DENSE_2 => integer::read_dense(reader, 2, count, out),
        coding::PCO_DECIMAL => read_pco(reader.rest(), count, out),
        coding::DENSE_1_ZSTD => {
            // Ten bytes are the longest varint.
            let plain = unpack(reader.rest(), count * 10)
                .map_err(|_| reader.malformed("compressed values cannot be read"))?;
            integer::read_dense(&mut Reader::new(&plain), 1, count, out)
        }
        _ => Err(Malformed { at: 0, what: "no such coding" }),
    }
}

/// What zstd packed, `most` bytes at most.
pub(crate) fn unpack(packed: &[u8], most: usize) -> std::io::Result<Vec<u8>> {
    // Memory is taken beforehand, so for what there is where that is told.
    let told = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let most = told.and_then(|told| usize::try_from(told).ok()).map_or(most, |told| told.min(most));
    ZSTD.with_borrow_mut(|zstd| {
        let mut own = zstd.take().map_or_else(Decompressor::new, Ok)?;
        let plain = own.decompress(packed, most);
        *zstd = Some(own);
        plain
    })
}

/// Writes each value that differs from the one before: how many it is after that, and its bits.
fn put_runs(values: &[f64], out: &mut Vec<u8>) {
    let mut last = None;
    for (position, value) in values.iter().enumerate() {
        let (at, bits) = last.unwrap_or((position, !value.to_bits()));
        if value.to_bits() != bits {
            put_varint(out, (position - at) as u64);
            out.extend_from_slice(&value.to_bits().to_le_bytes());
            last = Some((position, value.to_bits()));
        }
    }
}

fn read_runs(reader: &mut Reader<'_>, count: usize, out: &mut Vec<f64>) -> Result<(), Malformed> {
    let end = out.len() + count;
    let mut last = None;
    while !reader.is_empty() {
        let gap = reader.length(end - out.len(), "a run leaves the chunk")?;
        match last {
            Some(value) => out.resize(out.len() + gap.saturating_sub(1), value),
            None if gap == 0 => {}
            None => return Err(reader.malformed("the first value is missing")),
        }
        if out.len() == end {
            return Err(reader.malformed("a run leaves the chunk"));
        }
        let value = f64::from_bits(reader.u64()?);
        out.push(value);
        last = Some(value);
    }
    let last = last.ok_or(reader.malformed("the first value is missing"))?;
    out.resize(end, last);
    Ok(())
}

/// False when `pco` refuses, which it has no reason to.
fn put_pco<T: Number>(values: &[T], out: &mut Vec<u8>) -> bool {
    let compressor = FileCompressor::default();
    let config = ChunkConfig::default().with_compression_level(PCO_LEVEL);
    let mut write = || {
        let mut chunk = compressor.chunk_compressor(values, &config)?;
        compressor.write_header(&mut *out)?;
        chunk.write_meta(&mut *out)?;
        chunk.write_page(0, &mut *out)?;
        Ok::<(), pco::errors::PcoError>(())
    };
    write().is_ok()
}

fn read_pco<T: Number + Default>(bytes: &[u8], count: usize, out: &mut Vec<T>) -> Result<(), Malformed> {
    let start = out.len();
    out.resize(start + count, T::default());
    let mut read = || {
        let (file, rest) = FileDecompressor::new(bytes)?;
        let (mut chunk, rest) = file.chunk_decompressor::<T, _>(rest)?;
        let mut page = chunk.page_decompressor(rest, count)?;
        page.read(&mut out[start..])
    };
    let malformed = Malformed { at: 0, what: "packed values cannot be read" };
    let progress = read().map_err(|_| malformed)?;
    if progress.n_processed == count { Ok(()) } else { Err(malformed) }
}

#[cfg(test)]
mod tests;
