//! How the next value of a series is written beside its last one, in the head and in the log.
//!
//! ```text
//! decimal:  zigzag difference ≠ 0
//!         │ 0 · scale · zigzag mantissa         another scale, or the same value again
//!         │ 0 · 0xFF · 8 bytes                  to binary
//! binary:   (zero bytes above « 4 | below) · the bytes between       of the bits that differ
//!         │ 0xF0 | scale · zigzag mantissa      to decimal
//! ```

use crate::bytes::{Malformed, Reader, put_signed, put_varint, zigzag};
use crate::codec::decimal::{POWERS, SCALE_MAX, mantissa};

/// In place of a scale: binary follows.
const TO_BINARY: u8 = 0xff;
/// Upper half of the first byte in binary: decimal follows, the scale is the lower half.
const TO_DECIMAL: u8 = 0xf0;

/// The last value of one series and how it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Last {
    pub(super) value: f64,
    /// Of decimals; meaningless in binary.
    mantissa: i64,
    /// `None` in binary.
    scale: Option<u8>,
}

impl Last {
    /// Before the first value: as if it had been zero.
    pub(crate) const START: Self = Self { value: 0.0, mantissa: 0, scale: Some(0) };

    pub(crate) const fn is(&self, value: f64) -> bool {
        self.value.to_bits() == value.to_bits()
    }

    /// Appends `value` and becomes it.
    pub(crate) fn write(&mut self, value: f64, out: &mut Vec<u8>) {
        match self.scale {
            Some(scale) => match decimal(value, scale) {
                Some((same, next)) if same == scale && next != self.mantissa => {
                    put_varint(out, zigzag(next - self.mantissa));
                    self.mantissa = next;
                }
                Some((scale, mantissa)) => {
                    out.extend_from_slice(&[0, scale]);
                    put_signed(out, mantissa);
                    (self.scale, self.mantissa) = (Some(scale), mantissa);
                }
                None => {
                    out.extend_from_slice(&[0, TO_BINARY]);
                    out.extend_from_slice(&value.to_bits().to_le_bytes());
                    self.scale = None;
                }
            },
            None => match decimal(value, 0) {
                Some((scale, mantissa)) => {
                    out.push(TO_DECIMAL | scale);
                    put_signed(out, mantissa);
                    (self.scale, self.mantissa) = (Some(scale), mantissa);
                }
                None => put_difference(self.value.to_bits() ^ value.to_bits(), out),
            },
        }
        self.value = value;
    }

    /// Reads the next value and becomes it.
    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Result<f64, Malformed> {
        self.value = match self.scale {
            Some(scale) => match reader.varint()? {
                0 => match reader.byte()? {
                    TO_BINARY => {
                        self.scale = None;
                        f64::from_bits(reader.u64()?)
                    }
                    scale => self.decimal(scale, reader)?,
                },
                difference => {
                    self.mantissa = self.mantissa.wrapping_add(crate::bytes::unzigzag(difference));
                    self.mantissa as f64 / POWERS[usize::from(scale)]
                }
            },
            None => match reader.byte()? {
                head if head & 0xf0 == TO_DECIMAL => self.decimal(head & 0x0f, reader)?,
                head => f64::from_bits(self.value.to_bits() ^ read_difference(head, reader)?),
            },
        };
        Ok(self.value)
    }

    fn decimal(&mut self, scale: u8, reader: &mut Reader<'_>) -> Result<f64, Malformed> {
        let power = POWERS.get(usize::from(scale)).ok_or(reader.malformed("no such scale"))?;
        (self.scale, self.mantissa) = (Some(scale), reader.signed()?);
        Ok(self.mantissa as f64 / power)
    }
}

/// The value as a decimal, at `scale` if that fits, else at the smallest larger one.
#[expect(clippy::cast_possible_truncation, reason = "at most 9")]
fn decimal(value: f64, scale: u8) -> Option<(u8, i64)> {
    (usize::from(scale)..=SCALE_MAX).find_map(|scale| Some((scale as u8, mantissa(value, scale)?)))
}

#[expect(clippy::cast_possible_truncation, reason = "at most 8 bytes")]
fn put_difference(bits: u64, out: &mut Vec<u8>) {
    let above = bits.leading_zeros() as usize / 8;
    let below = if bits == 0 { 0 } else { bits.trailing_zeros() as usize / 8 };
    out.push((above as u8) << 4 | below as u8);
    out.extend_from_slice(&bits.to_le_bytes()[below..8 - above.min(8 - below)]);
}

fn read_difference(head: u8, reader: &mut Reader<'_>) -> Result<u64, Malformed> {
    let (above, below) = (usize::from(head >> 4), usize::from(head & 0x0f));
    if above + below > 8 {
        return Err(reader.malformed("no such difference"));
    }
    let mut bytes = [0; 8];
    bytes[below..8 - above].copy_from_slice(reader.take(8 - above - below)?);
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_back_bit_for_bit(
            values in prop::collection::vec(prop_oneof![
                (-1_000_i32..1_000).prop_map(f64::from),
                (-1_000_i32..1_000).prop_map(|value| f64::from(value) / 100.0),
                any::<f64>(),
                Just(crate::codec::STALE),
            ], 0..60)
        ) {
            let (mut bytes, mut last) = (Vec::new(), Last::START);
            for value in &values {
                last.write(*value, &mut bytes);
            }
            let (mut reader, mut back) = (Reader::new(&bytes), Last::START);
            for value in values {
                prop_assert_eq!(back.read(&mut reader).unwrap().to_bits(), value.to_bits());
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn foreign_bytes_are_values_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let (mut reader, mut last) = (Reader::new(&bytes), Last::START);
            while last.read(&mut reader).is_ok() {}
        }
    }
}
