//! What bodies are packed with, unpacked up to a bound.

use std::io::Read;

/// Bytes of an unpacked body, at most: thirty times what the usual senders send at once.
pub const UNPACKED_MAX: usize = 32 << 20;
/// A copy of 64 bytes takes three, so a snappy block grows no more than this.
const SNAPPY_GROWTH_MAX: usize = 32;
/// Memory that a sender may ask of a zstd decoder: 8 MiB, as its highest levels do.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// A block of snappy, without its framing.
    Snappy,
    /// Zstandard.
    Zstd,
    /// gzip.
    Gzip,
}

impl Encoding {
    /// The encoding with this name in `Content-Encoding`.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "snappy" => Some(Self::Snappy),
            "zstd" => Some(Self::Zstd),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Why a body was not unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// It is not what its encoding says.
    #[error("the body cannot be unpacked: {0}")]
    Malformed(String),
    /// It holds more bytes than this.
    #[error("the body is larger than {0} bytes when it is unpacked; send less at once")]
    TooLarge(usize),
}

/// Unpacks a body of at most `most` bytes into `out`, whose memory is used again.
///
/// # Errors
/// [`UnpackError`]; what `out` holds then is of no use.
pub fn unpack<'a>(
    encoding: Encoding,
    body: &'a [u8],
    most: usize,
    out: &'a mut Vec<u8>,
) -> Result<&'a [u8], UnpackError> {
    out.clear();
    match encoding {
        Encoding::Identity if body.len() > most => Err(UnpackError::TooLarge(most)),
        Encoding::Identity => Ok(body),
        Encoding::Snappy => snappy(body, most, out),
        Encoding::Gzip => read(flate2::read::MultiGzDecoder::new(body), most, out),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(malformed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(malformed)?;
            read(decoder, most, out)
        }
    }
}

fn snappy<'a>(body: &[u8], most: usize, out: &'a mut Vec<u8>) -> Result<&'a [u8], UnpackError> {
    let length = snap::raw::decompress_len(body).map_err(malformed)?;
    if length > most {
        return Err(UnpackError::TooLarge(most));
    }
    // Before memory is taken for what a few bytes only claim to hold.
    if length > body.len().saturating_mul(SNAPPY_GROWTH_MAX) {
        return Err(UnpackError::Malformed("a snappy block cannot hold as much as this one says".into()));
    }
    out.resize(length, 0);
    let written = snap::raw::Decoder::new().decompress(body, out).map_err(malformed)?;
    Ok(&out[..written])
}

fn read(packed: impl Read, most: usize, out: &mut Vec<u8>) -> Result<&[u8], UnpackError> {
    packed.take(most as u64 + 1).read_to_end(out).map_err(malformed)?;
    if out.len() > most {
        return Err(UnpackError::TooLarge(most));
    }
    Ok(out)
}

fn malformed(error: impl std::fmt::Display) -> UnpackError {
    UnpackError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn packed(encoding: Encoding, body: &[u8]) -> Vec<u8> {
        match encoding {
            Encoding::Identity => body.to_vec(),
            Encoding::Snappy => snap::raw::Encoder::new().compress_vec(body).unwrap(),
            Encoding::Zstd => zstd::bulk::compress(body, 1).unwrap(),
            Encoding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    const ALL: [Encoding; 4] = [Encoding::Identity, Encoding::Snappy, Encoding::Zstd, Encoding::Gzip];

    #[test]
    fn bomb_is_refused_at_the_bound() {
        const MOST: usize = 1 << 16;
        let zeros = vec![0; MOST + 1];
        for encoding in ALL {
            let mut out = Vec::new();
            let bomb = packed(encoding, &zeros);
            assert_eq!(unpack(encoding, &bomb, MOST, &mut out), Err(UnpackError::TooLarge(MOST)));
            let fits = packed(encoding, &zeros[..MOST]);
            assert_eq!(unpack(encoding, &fits, MOST, &mut out).unwrap().len(), MOST, "{encoding:?}");
        }
    }

    #[test]
    fn snappy_that_only_claims_to_be_large_takes_no_memory() {
        let mut out = Vec::new();
        // A length of 16 MiB, and a literal of one byte.
        let claim = [0x80, 0x80, 0x80, 0x08, 0x00, 0x61];
        let refused = unpack(Encoding::Snappy, &claim, UNPACKED_MAX, &mut out);
        assert!(matches!(refused, Err(UnpackError::Malformed(_))));
        assert_eq!(out.capacity(), 0);
    }

    #[test]
    fn names_are_those_of_http() {
        for (name, expect) in [
            ("", Some(Encoding::Identity)),
            (" Snappy ", Some(Encoding::Snappy)),
            ("zstd", Some(Encoding::Zstd)),
            ("x-gzip", Some(Encoding::Gzip)),
            ("br", None),
        ] {
            assert_eq!(Encoding::named(name), expect, "{name}");
        }
    }

    proptest! {
        #[test]
        fn bodies_come_back(body in prop::collection::vec(any::<u8>(), 0..2_000)) {
            for encoding in ALL {
                let (packed, mut out) = (packed(encoding, &body), Vec::new());
                prop_assert_eq!(unpack(encoding, &packed, UNPACKED_MAX, &mut out).unwrap(), &body);
            }
        }

        #[test]
        fn anything_is_unpacked_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            for encoding in ALL {
                let _ = unpack(encoding, &body, UNPACKED_MAX, &mut Vec::new());
            }
        }
    }
}
