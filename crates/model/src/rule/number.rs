//! A number that can be compared, stored and sent: never NaN or infinite.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A finite number.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Number(f64);

/// Every value equals itself, as it is no NaN.
impl Eq for Number {}

impl Number {
    /// The number, unless it is NaN or infinite.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The value.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Number {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, &'static str> {
        Self::new(value).ok_or("a number must be finite; give one that is not nan or inf")
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        number.0
    }
}

/// As people read it: three digits behind the point at most, without zeros at the end.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.3}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        // What rounds to nothing is not nothing.
        if self.0 != 0.0 && matches!(text, "0" | "-0") {
            write!(f, "{:.2e}", self.0)
        } else {
            f.write_str(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_written_for_people_and_never_nan() {
        let check = |value, text| assert_eq!(Number::new(value).unwrap().to_string(), text);
        check(90.0, "90");
        check(0.98765, "0.988");
        check(-1.5, "-1.5");
        check(0.0, "0");
        check(0.000_012, "1.20e-5");
        check(12_345_678.0, "12345678");
        assert!(Number::new(f64::NAN).is_none() && Number::new(f64::INFINITY).is_none());
        assert!(serde_json::from_str::<Number>("1e999").is_err());
    }
}
