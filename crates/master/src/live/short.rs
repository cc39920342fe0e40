//! A figure in two bytes: what a chart of five minutes shows of it, for half the memory.
//!
//! ```text
//! 6 bits of exponent · 10 bits of fraction       from 2^-16 to 2^48, one part in 2,000 at most beside it
//! ```
//!
//! Whole numbers up to 2,048 are exact. Figures are never negative.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short(u16);

/// Bits of an `f32`'s fraction that are left out.
const DROPPED: u32 = 13;
/// The exponent and fraction that zero stands for: 2^-16.
const LEAST: u32 = (127 - 16) << 10;

impl Short {
    /// Nothing is known.
    pub(super) const UNKNOWN: Self = Self(u16::MAX);
    const LARGEST: u16 = u16::MAX - 1;

    /// The nearest one; unknown for what is not a number.
    pub(super) fn of(value: f64) -> Self {
        if value.is_nan() {
            return Self::UNKNOWN;
        }
        #[expect(clippy::cast_possible_truncation, reason = "eleven bits are kept")]
        let bits = (value.max(0.0) as f32).to_bits();
        let rounded = (bits + (1 << (DROPPED - 1))) >> DROPPED;
        Self(
            u16::try_from(rounded.saturating_sub(LEAST))
                .map_or(Self::LARGEST, |short| short.min(Self::LARGEST)),
        )
    }

    /// Its value, when one is known.
    pub(super) fn get(self) -> Option<f32> {
        match self {
            Self::UNKNOWN => None,
            Self(0) => Some(0.0),
            Self(short) => Some(f32::from_bits((u32::from(short) + LEAST) << DROPPED)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(value: f64) -> Option<f32> {
        Short::of(value).get()
    }

    #[test]
    fn whole_numbers_and_the_edges_are_exact() {
        for whole in 0..=2_048_u16 {
            assert_eq!(back(f64::from(whole)), Some(f32::from(whole)));
        }
        assert_eq!((back(f64::NAN), back(-3.0), back(1e-9)), (None, Some(0.0), Some(0.0)));
        assert!(back(f64::INFINITY).unwrap() > 2.8e14);
    }

    #[test]
    fn others_are_off_by_a_part_in_two_thousand_at_most() {
        for step in 1..20_000 {
            let value = 0.000_02 * 1.002_f64.powi(step);
            let off = (f64::from(back(value).unwrap()) - value).abs() / value;
            assert!(value > 2.8e14 || off <= 1.0 / 2_048.0, "{value}: {off}");
        }
    }
}
