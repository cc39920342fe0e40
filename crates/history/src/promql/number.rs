//! Numbers and lengths of time as `PromQL` writes them.

/// Longest length of time that a query may name, in ms: a hundred years. Sums of a few stay far from overflow.
pub(super) const DURATION_MAX_MS: i64 = 100 * 365 * 24 * 3_600_000;

/// Units in the order in which they must stand, with their lengths in ms.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Bytes of the number or length of time at the start of a text.
pub(super) fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        let signed_exponent = matches!(byte, b'+' | b'-')
            && !hexadecimal
            && end > 0
            && matches!(bytes.get(end - 1), Some(b'e' | b'E'));
        if !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_') && !signed_exponent {
            break;
        }
        end += 1;
    }
    end
}

/// A length of time in ms, when a word is one: `1h30m`. The inner error says why it cannot be taken.
pub(super) fn duration(word: &str) -> Option<Result<i64, String>> {
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    if digits == 0 || !UNITS.iter().any(|(unit, _)| word[digits..].starts_with(unit)) {
        return None;
    }
    Some(summed(word))
}

fn summed(word: &str) -> Result<i64, String> {
    let refused = || {
        format!(
            "{word:?} is no duration: write whole numbers with y, w, d, h, m, s and ms, in this order, as in 1h30m"
        )
    };
    let mut rest = word;
    let mut next_unit = 0;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
        let (count, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let found = UNITS.iter().enumerate().skip(next_unit).find(|(_, (name, _))| *name == unit);
        let (position, (_, length)) = found.ok_or_else(refused)?;
        let part = count.parse::<i64>().ok().and_then(|count| count.checked_mul(*length));
        total = part
            .and_then(|part| part.checked_add(total))
            .filter(|total| *total <= DURATION_MAX_MS)
            .ok_or_else(|| format!("{word:?} is longer than a hundred years"))?;
        next_unit = position + 1;
        rest = after;
    }
    Ok(total)
}

/// A number as Go reads it: decimal, `0x` hexadecimal, or octal after a leading zero.
pub(super) fn number(word: &str) -> Option<f64> {
    let integer = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(|value| value as f64);
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return integer(digits, 16);
    }
    if let Some(digits) = word.strip_prefix('0')
        && !digits.is_empty()
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'))
    {
        return integer(digits, 8);
    }
    if word.bytes().any(|byte| byte == b'_') {
        return None;
    }
    word.parse().ok()
}

/// The text of a value as `count_values` labels it: no exponent, shortest that reads back the same.
pub(super) fn text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_sums_units_in_order_only() {
        assert_eq!(duration("1h30m"), Some(Ok(5_400_000)));
        assert_eq!(duration("1d2ms"), Some(Ok(86_400_002)));
        assert_eq!(duration("12"), None);
        assert_eq!(duration("1e5"), None);
        for bad in ["30m1h", "1m1m", "5mx", "1h5", "101y", "99999999999999999999d"] {
            assert!(duration(bad).unwrap().is_err(), "{bad}");
        }
    }

    #[test]
    fn text_has_no_exponent_and_signs_infinity() {
        assert_eq!(text(1e21), "1000000000000000000000");
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(f64::INFINITY), "+Inf");
        assert_eq!(text(f64::NAN), "NaN");
    }
}
