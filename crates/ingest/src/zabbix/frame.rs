//! The frame: a header that says how long its payload is, and whether it is packed.
//!
//! ```text
//! "ZBXD" · flags ─┬─ 1: protocol      · u32 length · u32 reserved · payload       little endian
//!                 ├─ 2: packed (zlib)   reserved is the length of what is unpacked
//!                 └─ 4: large         · u64 length · u64 reserved
//! ```
//!
//! Invariant
//! - Z-1: no memory is taken for what a header only says: lengths are compared with the bound first, and what is
//!   unpacked is read up to the length that was said.

use std::borrow::Cow;
use std::io::Read as _;

/// Bytes of a sender's payload, packed or not: 250 values, which is what `zabbix_sender` sends at once, of 16 KiB each.
pub const TRAP_MAX: usize = 4 << 20;

const MAGIC: &[u8] = b"ZBXD";
const PROTOCOL: u8 = 1;
const PACKED: u8 = 2;
const LARGE: u8 = 4;

/// Why a frame cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Something else speaks there.
    #[error(
        "it does not begin with ZBXD, so it is not Zabbix that speaks here; look at the address and the port"
    )]
    NotZabbix,
    /// Flags of a later protocol, or of TLS within.
    #[error("its header has the flags {0:#04x}, which are not known here")]
    Flags(u8),
    /// Longer than the reader allows.
    #[error("its header says {length} bytes, more than the {most} that are read here; send less at once")]
    TooLong {
        /// What the header says.
        length: u64,
        /// What is allowed.
        most: usize,
    },
    /// Packed, and not what zlib makes.
    #[error("its payload cannot be unpacked: {0}")]
    Malformed(String),
    /// Packed, and not as long as its header says.
    #[error("its payload does not unpack to the {0} bytes that its header says")]
    Length(u64),
}

/// A payload in its frame, not packed.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(payload.len() + 13);
    bytes.extend_from_slice(MAGIC);
    bytes.push(PROTOCOL);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

/// The payload of the frame that begins here, unpacked; `None` when there is more of it to come.
///
/// - `most`: bytes that a payload may have, packed and unpacked.
///
/// # Errors
/// [`FrameError`], as soon as the bytes say it.
pub fn unframe(bytes: &[u8], most: usize) -> Result<Option<Cow<'_, [u8]>>, FrameError> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if !MAGIC.starts_with(magic) {
        return Err(FrameError::NotZabbix);
    }
    let Some(flags) = bytes.get(MAGIC.len()) else { return Ok(None) };
    if flags & PROTOCOL == 0 || flags & !(PROTOCOL | PACKED | LARGE) != 0 {
        return Err(FrameError::Flags(*flags));
    }
    let width = if flags & LARGE == 0 { 4 } else { 8 };
    let number = |at: usize| {
        let mut number = [0; 8];
        number[..width].copy_from_slice(bytes.get(at..at + width)?);
        Some(u64::from_le_bytes(number))
    };
    let at = MAGIC.len() + 1;
    let (Some(length), reserved) = (number(at), number(at + width)) else { return Ok(None) };
    let within = |length: u64| {
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= most)
            .ok_or(FrameError::TooLong { length, most })
    };
    let size = within(length)?;
    let Some(reserved) = reserved else { return Ok(None) };
    let unpacked = if flags & PACKED == 0 { 0 } else { within(reserved)? };
    let from = at + 2 * width;
    let Some(payload) = bytes.get(from..from + size) else { return Ok(None) };
    if flags & PACKED == 0 {
        return Ok(Some(payload.into()));
    }
    let mut text = Vec::new();
    flate2::read::ZlibDecoder::new(payload)
        .take(unpacked as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|error| FrameError::Malformed(error.to_string()))?;
    if text.len() == unpacked { Ok(Some(text.into())) } else { Err(FrameError::Length(reserved)) }
}
