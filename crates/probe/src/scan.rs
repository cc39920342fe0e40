//! Walking through a text of lines and words without copying it.
//!
//! Kernel texts are ASCII apart from names; everything works on bytes, and
//! numbers are read by hand because this runs some hundred times a second.

use crate::error::{Fault, ParseError};

/// The lines of a text; an unterminated last one is an error, for it may be cut inside a number (P-2).
pub(crate) struct Lines<'a> {
    origin: &'static str,
    rest: &'a [u8],
    number: u32,
}

impl<'a> Lines<'a> {
    /// Starts at the first line; `origin` names the text in errors.
    pub(crate) const fn of(origin: &'static str, text: &'a [u8]) -> Self {
        Self { origin, rest: text, number: 0 }
    }

    /// An error about the line last returned, or about the first when there was none.
    pub(crate) fn error(&self, fault: Fault) -> ParseError {
        ParseError { origin: self.origin, line: self.number.max(1), fault }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            let first = self.number == 0;
            self.number = self.number.max(1);
            return first.then(|| Err(self.error(Fault::Empty)));
        }
        self.number = self.number.saturating_add(1);
        let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') else {
            self.rest = &[];
            return Some(Err(self.error(Fault::Cut)));
        };
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        Some(Ok(Line { origin: self.origin, number: self.number, rest: line }))
    }
}

/// One line, taken apart word by word. Words are separated by spaces and tabs.
#[derive(Clone)]
pub(crate) struct Line<'a> {
    origin: &'static str,
    number: u32,
    rest: &'a [u8],
}

impl<'a> Line<'a> {
    /// A text that is one line, its end already taken off.
    pub(crate) const fn of(origin: &'static str, text: &'a [u8]) -> Self {
        Self { origin, number: 1, rest: text }
    }

    /// An error about this line.
    pub(crate) fn error(&self, fault: Fault) -> ParseError {
        ParseError { origin: self.origin, line: self.number, fault }
    }

    /// Its position in the text, from 1.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// What has not been taken yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Splits the rest at the last `separator`: returns what is before it and goes on behind it.
    pub(crate) fn split_last(&mut self, separator: u8) -> Option<&'a [u8]> {
        let at = self.rest.iter().rposition(|&byte| byte == separator)?;
        let (before, after) = self.rest.split_at(at);
        self.rest = after.get(1..).unwrap_or_default();
        Some(before)
    }

    /// The next word, if there is one.
    pub(crate) fn optional_word(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|&byte| !is_blank(byte))?;
        let text = self.rest.get(start..)?;
        let end = text.iter().position(|&byte| is_blank(byte)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        Some(word)
    }

    /// The next word, called `what` in errors.
    pub(crate) fn word(&mut self, what: &'static str) -> Result<&'a [u8], ParseError> {
        self.optional_word().ok_or(self.error(Fault::Missing(what)))
    }

    /// Passes over `count` words that nobody needs; fewer is an error only when a later one is asked for.
    pub(crate) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.optional_word();
        }
    }

    /// The next word as a whole number.
    pub(crate) fn number_of(&mut self, what: &'static str) -> Result<u64, ParseError> {
        let word = self.word(what)?;
        decimal(word).ok_or(self.error(Fault::NotANumber(what)))
    }

    /// The next word as a whole number, or nothing at the end of the line: a column that older kernels lack.
    pub(crate) fn optional_number(&mut self, what: &'static str) -> Result<Option<u64>, ParseError> {
        match self.optional_word() {
            None => Ok(None),
            Some(word) => decimal(word).map(Some).ok_or(self.error(Fault::NotANumber(what))),
        }
    }

    /// The next word as a number with a decimal fraction, e.g. `0.88`.
    pub(crate) fn fraction(&mut self, what: &'static str) -> Result<f64, ParseError> {
        let word = self.word(what)?;
        decimal_fraction(word).ok_or(self.error(Fault::NotANumber(what)))
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Reads a whole number of digits only. No sign, no blank; nothing when it exceeds 64 bits.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Reads `digits` or `digits.digits`.
fn decimal_fraction(text: &[u8]) -> Option<f64> {
    // 10^9: the kernel writes at most six digits, and both parts of the division stay exact in an f64.
    const MAX_FRACTION_DIGITS: usize = 9;
    let Some(point) = text.iter().position(|&byte| byte == b'.') else {
        return decimal(text).map(|whole| whole as f64);
    };
    let (whole, fraction) = (text.get(..point)?, text.get(point + 1..)?);
    if fraction.len() > MAX_FRACTION_DIGITS {
        return None;
    }
    let scale = fraction.iter().fold(1_u64, |scale, _| scale * 10);
    let value = decimal(whole)?.checked_mul(scale)?.checked_add(decimal(fraction)?)?;
    // One division of two whole numbers rounds once, so `0.88` gives the same f64 as the literal.
    Some(value as f64 / scale as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<Result<&[u8], Fault>> {
        Lines::of("x", text).map(|line| line.map(|line| line.rest()).map_err(|error| error.fault)).collect()
    }

    #[test]
    fn last_line_without_an_end_is_cut() {
        assert_eq!(lines(b"a 1\n\nb 2\n"), [Ok(&b"a 1"[..]), Ok(b""), Ok(b"b 2")]);
        assert_eq!(lines(b"a 1\nb 2"), [Ok(&b"a 1"[..]), Err(Fault::Cut)]);
        assert_eq!(lines(b""), [Err(Fault::Empty)]);
    }

    #[test]
    fn numbers_are_digits_and_fit() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for bad in [&b""[..], b"18446744073709551616", b"-1", b"+1", b"1.", b"1\r", b"0x1", b"1\0"] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn fractions_equal_the_literal() {
        for (text, value) in [("0.88", 0.88), ("1493.44", 1493.44), ("17", 17.0), ("0.000001", 0.000_001)] {
            assert_eq!(decimal_fraction(text.as_bytes()), Some(value), "{text}");
        }
        for bad in [".5", "5.", "1.2.3", "nan", "1.0000000001", "1e3", "18446744073709551615.5"] {
            assert_eq!(decimal_fraction(bad.as_bytes()), None, "{bad}");
        }
    }
}
