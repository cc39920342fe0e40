//! A backup sealed with a passphrase.
//!
//! ```text
//! "topmast sealed backup 1\n" · salt 16 · memory KiB u32 · passes u32 · lanes u32     (big-endian)
//! piece*: up to 64 KiB, AES-256-GCM; nonce: number u64 · 0 0 0 · 1 for the last, else 0
//! ```
//!
//! The key is Argon2id of the passphrase; the heading is bound to every piece. A piece that is missing, moved or last
//! too early does not open.

use crate::access::secret::{RandomError, random_bytes};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::io::{self, BufRead, Read, Write};

/// What a sealed file begins with.
pub(super) const MAGIC: &[u8] = b"topmast sealed backup 1\n";
const SALT: usize = 16;
const HEADING: usize = MAGIC.len() + SALT + 12;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;
/// Argon2's cost, the second choice of RFC 9106: 64 MiB.
const COST: [u32; 3] = [64 << 10, 3, 4];
/// The most that a file from outside may ask of this machine.
const COST_MAX: [u32; 3] = [1 << 20, 16, 16];
/// Letters of a passphrase, at least.
const PASSPHRASE_MIN: usize = 12;

/// Why nothing can be sealed with a passphrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It is too short.
    #[error(
        "a passphrase has at least {PASSPHRASE_MIN} characters; take some words that nobody puts together"
    )]
    Short,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The file asks for what no backup asks for.
    #[error("the heading of the sealed backup is damaged")]
    Heading,
    /// It cannot be written or read.
    #[error("the sealed backup")]
    Io(#[from] io::Error),
}

fn key_of(passphrase: &str, heading: &[u8], cost: [u32; 3]) -> Result<LessSafeKey, SealError> {
    let salt = &heading[MAGIC.len()..MAGIC.len() + SALT];
    let [memory, passes, lanes] = cost;
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| SealError::Heading)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| SealError::Heading)?;
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| SealError::Heading)?))
}

/// Each key seals one file and each number one piece, so no nonce comes twice.
fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[NONCE_LEN - 1] = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written; the last piece goes out when it is flushed, which ends the file.
pub(super) struct SealingWriter<W: Write> {
    to: W,
    key: LessSafeKey,
    heading: Vec<u8>,
    number: u64,
    plain: Vec<u8>,
    is_ended: bool,
}

impl<W: Write> SealingWriter<W> {
    pub(super) fn new(mut to: W, passphrase: &str) -> Result<Self, SealError> {
        if passphrase.chars().count() < PASSPHRASE_MIN {
            return Err(SealError::Short);
        }
        let mut heading = MAGIC.to_vec();
        heading.extend(&random_bytes()?[..SALT]);
        heading.extend(COST.iter().flat_map(|number| number.to_be_bytes()));
        let key = key_of(passphrase, &heading, COST)?;
        to.write_all(&heading)?;
        Ok(Self { to, key, heading, number: 0, plain: Vec::with_capacity(PIECE + TAG), is_ended: false })
    }

    fn piece(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = nonce(self.number, is_last);
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(&self.heading), &mut self.plain)
            .map_err(|_| io::Error::other("a piece cannot be sealed"))?;
        self.to.write_all(&self.plain)?;
        self.plain.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_ended {
            return Err(io::Error::other("it has ended"));
        }
        if self.plain.len() == PIECE {
            self.piece(false)?;
        }
        let count = bytes.len().min(PIECE - self.plain.len());
        self.plain.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.is_ended, true) {
            self.piece(true)?;
        }
        self.to.flush()
    }
}

/// Opens what was sealed.
pub(super) struct OpeningReader<R: BufRead> {
    from: R,
    key: LessSafeKey,
    heading: Vec<u8>,
    number: u64,
    plain: Vec<u8>,
    read: usize,
    is_ended: bool,
}

impl<R: BufRead> OpeningReader<R> {
    pub(super) fn new(mut from: R, passphrase: &str) -> Result<Self, SealError> {
        let mut heading = vec![0; HEADING];
        from.read_exact(&mut heading)?;
        let number = |index: usize| {
            let at = MAGIC.len() + SALT + 4 * index;
            heading[at..at + 4].iter().fold(0, |number: u32, byte| number << 8 | u32::from(*byte))
        };
        let cost = [number(0), number(1), number(2)];
        if !heading.starts_with(MAGIC) || cost.iter().zip(COST_MAX).any(|(found, most)| *found > most) {
            return Err(SealError::Heading);
        }
        let key = key_of(passphrase, &heading, cost)?;
        Ok(Self { from, key, heading, number: 0, plain: Vec::new(), read: 0, is_ended: false })
    }

    fn next(&mut self) -> io::Result<()> {
        self.plain.clear();
        self.read = 0;
        (&mut self.from).take((PIECE + TAG) as u64).read_to_end(&mut self.plain)?;
        self.is_ended = self.from.fill_buf()?.is_empty();
        let wrong = || {
            io::Error::other(match self.number {
                0 => "the passphrase is not the one that it was sealed with, or the file is damaged",
                _ => "the sealed file is damaged or was cut",
            })
        };
        let opened = self.key.open_in_place(
            nonce(self.number, self.is_ended),
            Aad::from(&self.heading),
            &mut self.plain,
        );
        let length = opened.map_err(|_| wrong())?.len();
        self.plain.truncate(length);
        self.number += 1;
        Ok(())
    }
}

impl<R: BufRead> Read for OpeningReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.plain.len() && !self.is_ended {
            self.next()?;
        }
        let count = buffer.len().min(self.plain.len() - self.read);
        buffer[..count].copy_from_slice(&self.plain[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "three words more";

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = SealingWriter::new(&mut bytes, PASSPHRASE).unwrap();
        writer.write_all(plain).unwrap();
        writer.flush().unwrap();
        drop(writer);
        bytes
    }

    fn opened(bytes: &[u8], passphrase: &str) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        let mut reader = OpeningReader::new(bytes, passphrase).map_err(io::Error::other)?;
        reader.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn what_was_sealed_opens_with_its_passphrase_alone() {
        for size in [0, 1, PIECE, 2 * PIECE + 7] {
            let plain = vec![9; size];
            let bytes = sealed(&plain);
            assert_eq!(opened(&bytes, PASSPHRASE).unwrap(), plain);
        }
        let error = opened(&sealed(b"x"), "three words less").unwrap_err().to_string();
        assert!(error.contains("passphrase"), "{error}");
        assert!(matches!(SealingWriter::new(Vec::new(), "short").err().unwrap(), SealError::Short));
    }

    #[test]
    fn pieces_that_were_cut_changed_or_moved_do_not_open() {
        let bytes = sealed(&vec![9; 2 * PIECE]);
        for length in [HEADING - 1, HEADING, HEADING + PIECE + TAG, bytes.len() - 1] {
            assert!(opened(&bytes[..length], PASSPHRASE).is_err(), "{length}");
        }
        for at in [MAGIC.len() + 1, HEADING, HEADING + PIECE + TAG + 5, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(opened(&flipped, PASSPHRASE).is_err(), "{at}");
        }
        let mut greedy = bytes;
        greedy[MAGIC.len() + SALT] = 0xff;
        assert!(opened(&greedy, PASSPHRASE).is_err());
    }
}
