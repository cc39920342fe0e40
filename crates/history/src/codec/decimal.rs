//! Values as whole numbers at one scale: `value = mantissa / 10^scale`, bit for bit.
//!
//! The division is one IEEE 754 operation on two exact numbers, hence rounded the same way everywhere; a
//! value that it does not give back exactly is no decimal here.

/// Most digits after the point: nanoseconds.
pub(crate) const SCALE_MAX: usize = 9;
pub(crate) const POWERS: [f64; SCALE_MAX + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/// Mantissas from here on are not exact as an f64.
const MANTISSA_END: i64 = 1 << 53;

/// Splits values into mantissas at the smallest scale that all of them share; `None` when there is none.
pub(super) fn split(values: &[f64], mantissas: &mut Vec<i64>) -> Option<u8> {
    let mut scale = 0;
    'scales: loop {
        mantissas.clear();
        for value in values {
            if let Some(mantissa) = mantissa(*value, scale) {
                mantissas.push(mantissa);
            } else {
                // The scale that this value needs; those before it are looked at again.
                scale = (scale + 1..=SCALE_MAX).find(|scale| mantissa(*value, *scale).is_some())?;
                continue 'scales;
            }
        }
        return u8::try_from(scale).ok();
    }
}

#[expect(clippy::cast_possible_truncation, reason = "compared with the value afterwards")]
pub(crate) fn mantissa(value: f64, scale: usize) -> Option<i64> {
    let power = POWERS[scale];
    // Saturates, and is 0 for NaN and -0, which the comparison then tells apart.
    let mantissa = (value * power).round_ties_even() as i64;
    let exact = (-MANTISSA_END..MANTISSA_END).contains(&mantissa)
        && (mantissa as f64 / power).to_bits() == value.to_bits();
    exact.then_some(mantissa)
}

/// Appends the values that mantissas at a scale stand for; `None` for a scale that does not exist.
pub(super) fn join(mantissas: &[i64], scale: u8, out: &mut Vec<f64>) -> Option<()> {
    let power = *POWERS.get(usize::from(scale))?;
    if scale == 0 {
        out.extend(mantissas.iter().map(|mantissa| *mantissa as f64));
    } else {
        out.extend(mantissas.iter().map(|mantissa| *mantissa as f64 / power));
    }
    Some(())
}
