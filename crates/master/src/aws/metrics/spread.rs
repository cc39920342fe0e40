//! A spread as bytes: pairs of numbers, little-endian.

use topmast_aws::summary::Spread;

/// Bytes of a number.
const NUMBER: usize = size_of::<f64>();

pub(super) fn pack(spread: &[(f64, f64)]) -> Vec<u8> {
    spread.iter().flat_map(|(value, count)| [value.to_le_bytes(), count.to_le_bytes()]).flatten().collect()
}

pub(super) fn unpack(bytes: &[u8]) -> Spread {
    let (numbers, _) = bytes.as_chunks::<NUMBER>();
    let (pairs, _) = numbers.as_chunks::<2>();
    pairs.iter().map(|[value, count]| (f64::from_le_bytes(*value), f64::from_le_bytes(*count))).collect()
}
