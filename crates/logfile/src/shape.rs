//! From bytes of a file to a line that may be shown: bounded, without what may not leave, as text.

use crate::redact::Redactor;
use topmast_model::log::LOG_LINE_MAX;

/// A card number that is cut in the middle is none that is recognised; so more is looked at than is shown.
const BEYOND: usize = 64;
/// Bytes of a file by which it is told whether it is a text.
pub(crate) const SAMPLE: usize = 8 << 10;

/// A line that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    /// Bytes of the line that are not shown.
    pub(crate) cut: u64,
    /// Something in it was hidden.
    pub(crate) is_redacted: bool,
}

/// Makes a line fit to be shown.
///
/// - `line`: without its end, or as much of it as is known.
/// - `more`: bytes of it that are not in `line`.
pub(crate) fn shape(redactor: &Redactor, line: &[u8], more: u64) -> Shown {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let looked_at = &line[..line.len().min(LOG_LINE_MAX + BEYOND)];
    let redacted = redactor.apply(looked_at);
    let is_redacted = *redacted != *looked_at;
    let kept = &redacted[..redacted.len().min(LOG_LINE_MAX)];
    let cut = (line.len() - line.len().min(LOG_LINE_MAX)) as u64 + more;
    Shown { text: String::from_utf8_lossy(kept).into_owned(), cut, is_redacted }
}

/// True for what is no text: a NUL is in none.
pub(crate) fn is_binary(sample: &[u8]) -> bool {
    memchr::memchr(0, sample).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_broken_lines_are_shown_in_part_and_as_text() {
        let redactor = Redactor { cards: true, rules: Vec::new() };
        let long = vec![b'x'; 10 << 20];
        let shown = shape(&redactor, &long, 0);
        assert_eq!((shown.text.len(), shown.cut), (LOG_LINE_MAX, (10 << 20) - LOG_LINE_MAX as u64));
        assert_eq!(shape(&redactor, b"a\xff\r", 0).text, "a\u{fffd}");
        let mut edge = vec![b'x'; LOG_LINE_MAX - 8];
        edge.extend(b" 4111111111111111");
        let shown = shape(&redactor, &edge, 5);
        assert!(shown.text.ends_with(" 411111*") && shown.is_redacted && shown.cut == 14, "{}", shown.cut);
        assert!(is_binary(b"\x7fELF\0") && !is_binary(b"text"));
    }
}
