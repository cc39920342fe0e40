//! One series' last value, and how the next one is written beside it.
//!
//! Most values are decimals with few digits: counts, bytes, hundredths of a
//! second. Such a series is sent as whole numbers at a *scale* (digits after the
//! point): the difference to the last one, mostly one or two bytes. A value that
//! no scale hits exactly is sent as the bits that differ from the last value's.
//!
//! ```text
//! decimal coding:  zigzag difference ≠ 0
//!                │ 0 · scale · zigzag mantissa        (another scale, or no difference)
//!                │ 0 · 0xFF · 8 bytes                 (to binary coding)
//! binary coding:   (zero bytes above « 4 | zero bytes below) · the bytes between
//!                │ 0xF0 | scale · zigzag mantissa     (to decimal coding)
//! ```
//!
//! Decimals are exact because `mantissa / 10^scale` is one IEEE 754 division of two
//! exact numbers, hence rounded the same way everywhere; the encoder tries it.

use super::FrameError;
use super::bytes::{Reader, put_varint, unzigzag, varint_length, zigzag};

/// Most digits after the point: nanoseconds. With more, the bits are as short.
const SCALE_MAX: u8 = 9;
const POWERS: [f64; SCALE_MAX as usize + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/// Mantissas from here on are not exact as an f64.
const MANTISSA_END: i64 = 1 << 53;
/// In place of a scale: binary coding follows.
const TO_BINARY: u8 = 0xff;
/// Upper half of the first byte in binary coding: decimal coding follows, the scale is the lower half.
const TO_DECIMAL: u8 = 0xf0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Decimal { scale: u8, mantissa: i64 },
    Binary,
}

/// The last value of one series and how it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastValue {
    bits: u64,
    coding: Coding,
}

impl LastValue {
    /// Before the first value: as if it had been zero.
    pub(super) const START: Self = Self { bits: 0, coding: Coding::Decimal { scale: 0, mantissa: 0 } };

    pub(super) const fn is(&self, value: f64) -> bool {
        self.bits == value.to_bits()
    }

    /// Appends `value` and becomes it.
    pub(super) fn write(&mut self, value: f64, out: &mut Vec<u8>) {
        let bits = value.to_bits();
        self.coding = match self.coding {
            Coding::Decimal { scale, mantissa } => match decimal(value, scale) {
                Some((same, next)) if same == scale && next != mantissa => {
                    put_varint(out, zigzag(next - mantissa));
                    Coding::Decimal { scale, mantissa: next }
                }
                Some((scale, mantissa)) => {
                    out.extend_from_slice(&[0, scale]);
                    put_varint(out, zigzag(mantissa));
                    Coding::Decimal { scale, mantissa }
                }
                None => {
                    out.extend_from_slice(&[0, TO_BINARY]);
                    out.extend_from_slice(&bits.to_le_bytes());
                    Coding::Binary
                }
            },
            Coding::Binary => {
                let (above, below, between) = difference(self.bits, bits);
                match decimal(value, 0) {
                    Some((scale, mantissa)) if varint_length(zigzag(mantissa)) < between => {
                        out.push(TO_DECIMAL | scale);
                        put_varint(out, zigzag(mantissa));
                        Coding::Decimal { scale, mantissa }
                    }
                    _ => {
                        out.push(above << 4 | below);
                        out.extend_from_slice(
                            &(self.bits ^ bits).to_le_bytes()[usize::from(below)..][..between],
                        );
                        Coding::Binary
                    }
                }
            }
        };
        self.bits = bits;
    }

    /// Reads the next value and becomes it.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) -> Result<f64, FrameError> {
        match self.coding {
            Coding::Decimal { scale, mantissa } => match reader.varint()? {
                0 => match reader.byte()? {
                    TO_BINARY => {
                        self.bits = little_endian(reader.take(8)?);
                        self.coding = Coding::Binary;
                    }
                    scale => {
                        let mantissa = unzigzag(reader.varint()?);
                        self.set_decimal(scale, mantissa, reader)?;
                    }
                },
                token => self.set_decimal(scale, mantissa.wrapping_add(unzigzag(token)), reader)?,
            },
            Coding::Binary => {
                let first = reader.byte()?;
                if first >= TO_DECIMAL {
                    let mantissa = unzigzag(reader.varint()?);
                    self.set_decimal(first & 0x0f, mantissa, reader)?;
                } else {
                    let (above, below) = (usize::from(first >> 4), usize::from(first & 0x0f));
                    if above + below >= 8 {
                        return Err(reader.malformed("a value has no bytes"));
                    }
                    let between = little_endian(reader.take(8 - above - below)?);
                    self.bits ^= between << (8 * below);
                }
            }
        }
        Ok(f64::from_bits(self.bits))
    }

    fn set_decimal(&mut self, scale: u8, mantissa: i64, reader: &Reader<'_>) -> Result<(), FrameError> {
        let power = POWERS.get(usize::from(scale)).ok_or_else(|| reader.malformed("a scale is above 9"))?;
        if mantissa.unsigned_abs() >= MANTISSA_END.unsigned_abs() {
            return Err(reader.malformed("a decimal has more than 53 bits"));
        }
        self.bits = (mantissa as f64 / power).to_bits();
        self.coding = Coding::Decimal { scale, mantissa };
        Ok(())
    }
}

/// The scale and mantissa that give exactly `value`: at the scale it had if possible, else the smallest.
fn decimal(value: f64, scale: u8) -> Option<(u8, i64)> {
    let at = |scale: u8| {
        let power = POWERS[usize::from(scale)];
        let product = (value * power).round();
        if product.is_nan() || product.abs() >= MANTISSA_END as f64 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        let mantissa = product as i64;
        // Also keeps out -0.0, whose mantissa would be that of 0.0.
        ((mantissa as f64 / power).to_bits() == value.to_bits()).then_some((scale, mantissa))
    };
    at(scale).or_else(|| (0..=SCALE_MAX).find_map(at))
}

/// Whole zero bytes above and below the bits that differ, and the bytes between them: one at least.
fn difference(last: u64, next: u64) -> (u8, u8, usize) {
    let bytes = (last ^ next).to_le_bytes();
    let zeros =
        |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| **byte == 0).fold(0, |n, _| n + 1);
    let above: u8 = zeros(&mut bytes[1..].iter().rev());
    let below: u8 = zeros(&mut bytes[..7 - usize::from(above)].iter());
    (above, below, 8 - usize::from(above + below))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[f64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = LastValue::START;
        for value in values {
            writer.write(*value, &mut bytes);
        }
        let mut reader = Reader::new(&bytes);
        let mut last = LastValue::START;
        for value in values {
            let read = last.read(&mut reader).unwrap();
            assert_eq!(read.to_bits(), value.to_bits(), "{value} of {values:?}");
        }
        assert!(reader.is_at_end());
        assert_eq!(last, writer); // F-2
        bytes
    }

    #[test]
    fn special_values_keep_their_bits() {
        let payload = f64::from_bits(0x7ff8_0000_dead_beef);
        let specials = [
            0.0,
            -0.0,
            0.0,
            f64::NAN,
            payload,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN,
            f64::MAX,
            5e-324,
            f64::MIN_POSITIVE,
            -5e-324,
            9_007_199_254_740_991.0,
            9_007_199_254_740_992.0,
            0.1 + 0.2,
            1e-9,
            1e-10,
        ]; // W-3
        for first in specials {
            for second in specials {
                check(&[first, second, first, 1.5, second]);
            }
        }
    }

    #[test]
    fn small_steps_of_decimals_take_one_byte() {
        assert_eq!(check(&[0.25, 0.26, 0.3, 0.29]).len(), 3 + 3); // 0 · 2 · 25, then steps
        assert_eq!(check(&[1e9, 1e9 + 1.0, 1e9 + 3.0, 1e9]).len(), 5 + 3);
    }

    #[test]
    fn values_without_a_short_decimal_cost_nine_bytes_at_most() {
        let thirds: Vec<f64> = (1..100).map(|n| f64::from(n) / 3.0).collect();
        assert!(check(&thirds).len() <= thirds.len() * 9 + 1);
    }

    proptest! {
        #[test]
        fn values_of_any_bits_are_the_same_after(bits: Vec<u64>) {
            check(&bits.into_iter().map(f64::from_bits).collect::<Vec<_>>());
        }

        #[test]
        fn decimals_are_the_same_after(pairs: Vec<(i32, u8)>) {
            let value = |(mantissa, scale): (i32, u8)| f64::from(mantissa) / 10_f64.powi(i32::from(scale % 12));
            check(&pairs.into_iter().map(value).collect::<Vec<_>>());
        }
    }
}
