//! Text as tools print it: lines, words, tables under a header, and numbers in many a notation.

use crate::error::{Fault, ParseError};
use std::borrow::Cow;

/// Bytes as text: UTF-8, even where some of it is damaged; UTF-16 with its mark, as PowerShell writes files, or
/// without it; anything else byte by byte.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(wide(rest, u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        // Two letters of ASCII, whose upper bytes are zero.
        [1..=255, 0, 1..=255, 0, ..] => Cow::Owned(wide(bytes, u16::from_le_bytes)),
        [0, 1..=255, 0, 1..=255, ..] => Cow::Owned(wide(bytes, u16::from_be_bytes)),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if is_damaged_utf8(bytes) => String::from_utf8_lossy(bytes),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
        },
    }
}

/// Whether bytes that are not UTF-8 were it once: characters of several bytes do not come about by chance, and are
/// at least as many as what is none.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|char| !char.is_ascii()).count() as u64;
        broken += u64::from(!chunk.invalid().is_empty());
    }
    whole > 0 && whole >= broken
}

/// A text without colours, which PowerShell and sysstat add, and with line feeds where it has carriage returns alone.
/// One in which the cursor is moved is left as it is.
pub(crate) fn tidied(text: &str) -> Cow<'_, str> {
    if text.contains('\u{1b}') {
        return without_colours(text).map_or(Cow::Borrowed(text), Cow::Owned);
    }
    if text.contains('\r') && !text.contains('\n') {
        return Cow::Owned(text.replace('\r', "\n"));
    }
    Cow::Borrowed(text)
}

/// `None` when there are other escapes than those of colours.
fn without_colours(text: &str) -> Option<String> {
    let mut parts = text.split('\u{1b}');
    let mut plain = String::with_capacity(text.len());
    plain.push_str(parts.next()?);
    for part in parts {
        let rest = match part.strip_prefix('[') {
            Some(part) => {
                let numbers = part.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';');
                numbers.strip_prefix('m')?
            }
            None => part.strip_prefix("(B")?,
        };
        plain.push_str(rest);
    }
    Some(plain)
}

/// A text of a tool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    origin: &'static str,
    text: &'a str,
}

impl<'a> Text<'a> {
    pub(crate) const fn of(origin: &'static str, text: &'a str) -> Self {
        Self { origin, text }
    }

    /// All of it, for forms that are not lines (JSON).
    pub(crate) const fn all(&self) -> &'a str {
        self.text
    }

    /// Its lines without their ends (`\n`, `\r\n`), blank ones among them.
    pub(crate) fn lines(&self) -> Lines<'a> {
        let ends = self.text.bytes().filter(|&byte| byte == b'\n').count();
        let lines = ends + usize::from(!self.text.is_empty() && !self.text.ends_with('\n'));
        let last = u32::try_from(lines).unwrap_or(u32::MAX);
        Lines { origin: self.origin, rest: self.text.lines(), first: 1, last }
    }

    /// An error about the text as a whole.
    pub(crate) const fn error(&self, fault: Fault) -> ParseError {
        ParseError { origin: self.origin, line: 1, fault }
    }
}

/// The lines of a text from either end. Millions of them are not kept.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    origin: &'static str,
    rest: std::str::Lines<'a>,
    /// Numbers of what is still to come.
    first: u32,
    last: u32,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.next()?;
        let number = self.first;
        self.first = number.saturating_add(1);
        Some(Line { origin: self.origin, number, text })
    }
}

impl DoubleEndedIterator for Lines<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let text = self.rest.next_back()?;
        let number = self.last;
        self.last = number.saturating_sub(1);
        Some(Line { origin: self.origin, number, text })
    }
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    origin: &'static str,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) text: &'a str,
}

impl<'a> Line<'a> {
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Its words; hard spaces part them too.
    pub(crate) fn words(&self) -> std::str::SplitWhitespace<'a> {
        self.text.split_whitespace()
    }

    pub(crate) const fn error(&self, fault: Fault) -> ParseError {
        ParseError { origin: self.origin, line: self.number, fault }
    }
}

/// A number with a point or a comma before its decimals; no sign but a minus, no thousands, no unit.
pub(crate) fn number(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let mut marks = 0;
    let plain = digits.bytes().all(|byte| {
        marks += u32::from(matches!(byte, b'.' | b','));
        byte.is_ascii_digit() || matches!(byte, b'.' | b',')
    });
    // Longer ones are no measurement.
    let between = digits.as_bytes().first()?.is_ascii_digit() && digits.as_bytes().last()?.is_ascii_digit();
    if !plain || marks > 1 || digits.len() > 30 || !between {
        return None;
    }
    word.replace(',', ".").parse().ok()
}

/// A percentage, with or without its sign.
pub(crate) fn percent(word: &str) -> Option<f64> {
    number(word.strip_suffix('%').unwrap_or(word)).filter(|value| *value >= 0.0)
}

/// A count: digits only.
pub(crate) fn count(word: &str) -> Option<u64> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

/// A count, whole or rounded with a suffix of powers of 1000: `12345`, `12.3k`, `4.56M`.
pub(crate) fn rounded(word: &str) -> Option<u64> {
    let split = word.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(word.len());
    let (digits, suffix) = word.split_at(split);
    let unit = match suffix {
        "" => return count(word).filter(|_| !word.is_empty()),
        "k" | "K" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        _ => return None,
    };
    bytes(number(digits).filter(|value| *value >= 0.0)? * unit)
}

/// A size: a number and a suffix of 1024 powers (`K`, `M`, `G`, `T`, `P`, also `KB`, `KiB`), or no suffix and then in
/// units of `unit` bytes.
pub(crate) fn size(word: &str, unit: u64) -> Option<u64> {
    let split = word.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(word.len());
    let (digits, suffix) = word.split_at(split);
    let value = number(digits).filter(|value| *value >= 0.0)?;
    let unit = match suffix.to_ascii_lowercase().as_str() {
        "" => unit,
        "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        "p" | "pb" | "pib" => 1 << 50,
        "e" | "eb" | "eib" => 1 << 60,
        _ => return None,
    };
    bytes(value * unit as f64)
}

/// A size as a whole number of bytes, when it is one that a host can have.
pub(crate) fn bytes(value: f64) -> Option<u64> {
    // 2^63: far more than any memory, and still a number that every reader can hold.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds of a u64")]
    (value.is_finite() && (0.0..9_223_372_036_854_775_808.0).contains(&value)).then(|| value.round() as u64)
}

impl Text<'_> {
    /// Another text of the same tool, e.g. what its escapes have left on a screen.
    pub(crate) const fn instead<'b>(&self, text: &'b str) -> Text<'b> {
        Text { origin: self.origin, text }
    }
}

impl<'a> Line<'a> {
    /// A part of this line.
    pub(crate) const fn part(self, text: &'a str) -> Self {
        Self { text, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_whatever_its_code() {
        assert_eq!(decode(b"\xff\xfea\0\xe9\0"), "aé");
        assert_eq!(decode(b"\xfe\xff\0a\0\xe9"), "aé");
        assert_eq!(decode(b"\xef\xbb\xbfa\xc3\xa9"), "aé");
        assert_eq!(decode(b"a\xe9"), "aé");
    }

    #[test]
    fn numbers_have_a_point_or_a_comma() {
        assert_eq!((number("0,18"), number("-1.5"), number("7")), (Some(0.18), Some(-1.5), Some(7.0)));
        for bad in ["", "-", "1.2.3", "1,024,000", "+1", "1e3", "nan", ".5", "5.", "13174792+", "12%"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(size("1.112g", 1024), Some(1_194_000_908));
        assert_eq!((size("435564", 1024), size("0B", 1)), (Some(446_017_536), Some(0)));
        for bad in ["", "g", "12x", "-5", "9999999E", "1k2"] {
            assert_eq!(size(bad, 1), None, "{bad}");
        }
    }

    #[test]
    fn counts_may_be_rounded() {
        assert_eq!(
            (rounded("12345"), rounded("4.5k"), rounded("1.25M")),
            (Some(12_345), Some(4500), Some(1_250_000))
        );
        assert_eq!((rounded(""), rounded("k"), rounded("4.5"), rounded("4Ki")), (None, None, None, None));
    }

    #[test]
    fn lines_are_numbered_from_either_end() {
        let numbered = |line: Line<'static>| (line.number, line.text);
        for text in ["a\n\nb\r\nc", "a\n\nb\r\nc\n"] {
            let lines = Text::of("test", text).lines();
            let forth: Vec<_> = lines.clone().map(numbered).collect();
            assert_eq!(forth, [(1, "a"), (2, ""), (3, "b"), (4, "c")]);
            assert_eq!(
                lines.rev().map(numbered).collect::<Vec<_>>(),
                [(4, "c"), (3, "b"), (2, ""), (1, "a")]
            );
        }
        assert_eq!(Text::of("test", "").lines().count(), 0);
    }

    #[test]
    fn damaged_texts_are_decoded_as_what_they_were() {
        assert_eq!(decode(b"Gr\xc3\xb6\xc3\x9fe \xc3"), "Gr\u{f6}\u{df}e \u{fffd}");
        assert_eq!(decode(b"Gr\xf6\xdfe"), "Gr\u{f6}\u{df}e");
        let wide: Vec<u8> = "Gr\u{f6}\u{df}e".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide), "Gr\u{f6}\u{df}e");
    }

    #[test]
    fn colours_and_lone_carriage_returns_are_no_text() {
        assert_eq!(tidied("\u{1b}[32;1mName\u{1b}[0m\u{1b}(B a\n"), "Name a\n");
        assert_eq!(tidied("\u{1b}[2J\u{1b}[1mName"), "\u{1b}[2J\u{1b}[1mName");
        assert_eq!(tidied("a\rb\r"), "a\nb\n");
        assert_eq!(tidied("a\r\nb"), "a\r\nb");
    }
}
