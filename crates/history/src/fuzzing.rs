//! What the fuzz targets call: everything that reads bytes from a file, without the checksums in front of it,
//! which random bytes would never pass.

use crate::bytes::Reader;
use crate::codec::{Encoder, decode_times, decode_values};
use crate::head::Head;
use crate::operation::replay;
use crate::segment;

/// A chunk: two bytes of count, then its bytes. What is decoded must survive another round.
pub fn chunk(bytes: &[u8]) {
    let Some((count, bytes)) = bytes.split_at_checked(2) else { return };
    let count = usize::from(u16::from_le_bytes([count[0], count[1]]));
    let (mut values, mut times) = (Vec::new(), Vec::new());
    if decode_values(bytes, count, &mut values).is_ok() {
        let (mut again, mut decoded) = (Vec::new(), Vec::new());
        Encoder::default().values(&values, &mut again);
        assert!(decode_values(&again, count, &mut decoded).is_ok());
        assert!(values.iter().zip(&decoded).all(|(one, other)| one.to_bits() == other.to_bits()));
    }
    if decode_times(bytes, count, &mut times).is_ok() {
        let (mut again, mut decoded) = (Vec::new(), Vec::new());
        Encoder::default().times(&times, &mut again);
        assert!(decode_times(&again, count, &mut decoded).is_ok());
        assert_eq!(times, decoded);
    }
}

/// A part of a segment's index: a byte that says which, then its bytes.
pub fn index(bytes: &[u8]) {
    let Some((part, bytes)) = bytes.split_first() else { return };
    segment::fuzz_part(*part, bytes);
}

/// What a log and a checkpoint hold: operations on a head, separated by two bytes of length, then a saved head.
pub fn head(bytes: &[u8]) {
    let (mut head, mut sealing) = (Head::default(), Vec::new());
    let mut reader = Reader::new(bytes);
    while let Ok(length) = reader.length(reader.remaining(), "") {
        let Ok(record) = reader.take(length.min(reader.remaining())) else { break };
        if record.is_empty() || replay(&mut head, record, &mut sealing).is_err() {
            break;
        }
    }
    let mut saved = Vec::new();
    head.save(&mut saved);
    assert!(Head::load(&mut Reader::new(&saved)).is_ok());
    let _ = Head::load(&mut Reader::new(bytes));
}
