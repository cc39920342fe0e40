//! Whole numbers with a unit, and marks of thousands as many countries write them: `1,234 K`, `1.234 MB`, `1 234 Ko`.

use crate::tool::text::count;

/// The number without its marks, and its unit in lower case.
pub(super) fn parse(value: &str) -> Option<(u64, String)> {
    let value = value.trim();
    // A blank that does not break is a letter in the wrong code page: only the end of the text is its unit.
    let digits_end = value.rfind(|char: char| char.is_ascii_digit())? + 1;
    let (number, unit) = value.split_at(digits_end);
    let mut digits = String::new();
    for (at, group) in
        number.split(|char: char| !char.is_ascii_digit()).filter(|group| !group.is_empty()).enumerate()
    {
        // What is cut is no number, and neither is one with decimals.
        (at == 0 && !number.starts_with(|char: char| !char.is_ascii_digit()) || at > 0 && group.len() == 3)
            .then_some(())?;
        digits.push_str(group);
    }
    let marks = number.chars().all(|char| char.is_ascii_digit() || !char.is_ascii_alphanumeric());
    (marks && digits.len() < 16).then(|| count(&digits))?.map(|number| (number, unit.trim().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_of_many_countries() {
        for text in [
            "2,048 K",
            "2.048 K",
            "2 048 k",
            "2\u{a0}048 K",
            "2\u{202f}048 K",
            "2’048 K",
            "2048K",
            "2\u{ff}048 K",
        ] {
            assert_eq!(parse(text), Some((2048, "k".to_owned())), "{text}");
        }
        for bad in ["1.5 K", "~2592 Mhz", "N/A", "K", "", "10.0.17134 Build 17134", "1,70"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
