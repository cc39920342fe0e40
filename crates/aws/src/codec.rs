//! The protocols: bytes to a [`Value`](crate::value::Value) of a shape and back.
//!
//! ```text
//! JSON ─┐                                  ┌─► JSON
//! CBOR ─┴─► value as it stands ─► fit ─► Value ─┼─► CBOR
//! form ────► tree by dots ──────► by shape ─┘    └─► XML
//! ```
//!
//! Invariants
//! - C-1: no input makes a reader panic, recurse deeper than [`DEPTH_MAX`] or take more memory than a bound times its size.
//! - C-2: members that the model does not know are left out, those that are null are not there.
//! - C-3: what is encoded by a shape and read by it again is the same value.

pub mod cbor;
mod fit;
pub mod form;
pub mod json;
pub mod xml;

#[cfg(test)]
mod property;

pub use fit::{Source, fit};

/// How deep values may be within each other. The deepest input of the tables is 10 deep (a document apart).
pub const DEPTH_MAX: usize = 64;

/// How many bytes a request's body may have, as sent and after it was inflated. CloudWatch's own bound.
pub const BODY_MAX: usize = 1 << 20;

/// How many bytes the body of this target may have: a mebibyte of log events takes more as JSON.
pub fn body_max(target: Option<&str>) -> usize {
    if target == Some("Logs_20140328.PutLogEvents") { 4 * BODY_MAX } else { BODY_MAX }
}

use std::io::Read;

/// Why a body could not be inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateError {
    /// It is not gzip, or it is cut off.
    Malformed,
    /// It holds more than the bound.
    TooLarge,
}

/// Inflates a gzip body, all of its members, to at most `limit` bytes.
///
/// # Errors
/// [`InflateError`] says what is wrong with it.
pub fn inflate(body: &[u8], limit: usize) -> Result<Vec<u8>, InflateError> {
    let mut plain = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut plain)
        .map_err(|_| InflateError::Malformed)?;
    if plain.len() > limit { Err(InflateError::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_gzip_body_is_inflated_up_to_the_bound() {
        let packed = gzip(&[b'a'; 1000]);
        assert_eq!(inflate(&packed, 1000), Ok(vec![b'a'; 1000]));
        assert_eq!(inflate(&packed, 999), Err(InflateError::TooLarge));
        assert_eq!(inflate(&gzip(&vec![0; 4 << 20]), BODY_MAX), Err(InflateError::TooLarge));
        assert_eq!(inflate(&packed[..packed.len() - 1], 1000), Err(InflateError::Malformed));
        assert_eq!(inflate(b"Action=X", 1000), Err(InflateError::Malformed));
    }
}
