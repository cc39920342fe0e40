//! Lines of figures with a label behind each: `5.9 us,  1.0 sy`, `2040116 total`, `177M Active`.

use super::cut::MARK;
use super::text::{bytes, number, size};

/// A figure and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figure<'a> {
    /// Digits with their decimal mark and a suffix of size; a `+` where the tool cut the number.
    pub(super) value: &'a str,
    /// Its label, empty where the line ends first.
    pub(super) label: &'a str,
}

impl Figure<'_> {
    /// Whether the label is this one, whatever its case.
    pub(super) fn is(&self, label: &str) -> bool {
        self.label.eq_ignore_ascii_case(label)
    }
}

/// Parts a line. A comma is a decimal mark only between two digits.
pub(super) fn figures(text: &str) -> Vec<Figure<'_>> {
    let mut figures = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
        rest = rest.get(start..).unwrap_or_default();
        let value_end = end_of_number(rest);
        let (value, after) = rest.split_at(value_end);
        let after = after.strip_prefix('%').unwrap_or(after);
        let label_end = after
            .find(|char: char| char.is_ascii_digit() || matches!(char, ',' | ';'))
            .unwrap_or(after.len());
        let (label, after) = after.split_at(label_end);
        let blank = |char: char| char.is_whitespace() || matches!(char, '.' | ':' | '(' | ')' | '|' | MARK);
        figures.push(Figure { value, label: label.trim_matches(blank) });
        rest = after;
    }
    figures
}

/// Where a number at the start of a text ends, its suffix of size or mark of a cut included.
fn end_of_number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) || (matches!(bytes.get(end), Some(b'.' | b',')) && digit(end + 1)) {
        end += 1;
    }
    if matches!(bytes.get(end), Some(b'+')) {
        return end + 1;
    }
    let rest = text.get(end..).unwrap_or_default();
    if rest.starts_with(MARK) {
        return end + MARK.len_utf8();
    }
    let letters = rest.find(|char: char| !char.is_alphabetic()).unwrap_or(rest.len());
    let suffix = rest.get(..letters).unwrap_or_default();
    if is_suffix(suffix) { end + letters } else { end }
}

fn is_suffix(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    matches!(
        lower.strip_suffix('b').unwrap_or(&lower).strip_suffix('i').unwrap_or(&lower),
        "k" | "m" | "g" | "t" | "p" | "e"
    ) || matches!(lower.as_str(), "b" | "kb" | "mb" | "gb" | "tb" | "pb")
}

/// A size in 1024 powers: as [`size`], and `Ki`, `Mi`, `Bi` as people are shown them.
pub(super) fn amount(word: &str, unit: u64) -> Option<u64> {
    size(word.strip_suffix('i').unwrap_or(word), unit)
}

/// A size in which `kB`, `MB`, `GB` are powers of 1000 and only `KiB`, `MiB`, `GiB` of 1024, as Docker prints them.
pub(super) fn decimal_amount(word: &str) -> Option<u64> {
    let split = word.find(|char: char| char.is_ascii_alphabetic())?;
    let (digits, suffix) = word.split_at(split);
    let power: i32 = match suffix.to_ascii_lowercase().as_str() {
        "b" => 0,
        "k" | "kb" => 1,
        "m" | "mb" => 2,
        "g" | "gb" => 3,
        "t" | "tb" => 4,
        "p" | "pb" => 5,
        "e" | "eb" => 6,
        binary if binary.ends_with("ib") || binary.ends_with('i') => return amount(word, 1),
        _ => return None,
    };
    bytes(number(digits).filter(|value| *value >= 0.0)? * 1000_f64.powi(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let found: Vec<_> = figures(text).iter().map(|figure| (figure.value, figure.label)).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn figures_are_parted_whatever_stands_between() {
        check(
            "  0,9 ut,  0,1 sy,  0,0 ni,100,0 id",
            &[("0,9", "ut"), ("0,1", "sy"), ("0,0", "ni"), ("100,0", "id")],
        );
        check(" 50.5%us,  1.0%sy", &[("50.5", "us"), ("1.0", "sy")]);
        check("2045580total, 67452 free", &[("2045580", "total"), ("67452", "free")]);
        check(
            "4054712k total,        0 used.  22255.7 avail Mem ",
            &[("4054712k", "total"), ("0", "used"), ("22255.7", "avail Mem")],
        );
        check("13174792+total,", &[("13174792+", "total")]);
        check("177M Active, 32% Inuse", &[("177M", "Active"), ("32", "Inuse")]);
        check("0.0 wa,  0", &[("0.0", "wa"), ("0", "")]);
        check(
            "4077M used (932M wired), 17M unused.",
            &[("4077M", "used"), ("932M", "wired"), ("17M", "unused")],
        );
    }

    #[test]
    fn decimal_suffixes_are_powers_of_1000() {
        assert_eq!(decimal_amount("2.48kB"), Some(2480));
        assert_eq!(decimal_amount("1.5KiB"), Some(1536));
        assert_eq!((decimal_amount("0B"), decimal_amount("12"), decimal_amount("--")), (Some(0), None, None));
        assert_eq!((amount("1.5Gi", 1), amount("0Bi", 1)), (Some(1_610_612_736), Some(0)));
    }
}
