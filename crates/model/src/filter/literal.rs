//! Numbers with their units, as people write them.

use super::FieldKind;

/// Reads a number in the field's unit.
///
/// - `by_alias`: the field was written by a short name, which does not say its unit.
///
/// # Errors
/// What to write instead.
pub(super) fn parse(text: &str, kind: FieldKind, by_alias: bool) -> Result<f64, String> {
    let number = match kind {
        FieldKind::Text | FieldKind::Status(_) | FieldKind::Choice(_) => None,
        FieldKind::Number => plain(text.strip_suffix('%').unwrap_or(text)),
        FieldKind::Bytes => parse_bytes(text),
        FieldKind::Seconds => parse_span(text, 1.0).or_else(|| plain(text)),
        FieldKind::Millis if by_alias && plain(text).is_some() => {
            return Err(format!("say in which unit: {text}ms, {text}s, {text}m"));
        }
        FieldKind::Millis => parse_span(text, 1e3).or_else(|| plain(text)),
        FieldKind::Time => parse_time(text).or_else(|| plain(text)),
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| {
        let like = match kind {
            FieldKind::Bytes => "an amount of memory like 2GiB",
            FieldKind::Seconds | FieldKind::Millis => "a span of time like 90s, 1h30m or 3d",
            FieldKind::Time => "a time like 2026-11-23 or 2026-11-23T10:00",
            _ => "a number like 80 or 80%",
        };
        format!("{text:?} is not {like}")
    })
}

fn plain(text: &str) -> Option<f64> {
    // Keeps out what Rust also reads as a number: "inf", "nan", "+1".
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | '-');
    if text.chars().all(is_number) { text.parse().ok() } else { None }
}

/// The number before a unit, and the unit.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c != '.' && c != '-' && !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn parse_bytes(text: &str) -> Option<f64> {
    let (number, unit) = split_unit(text);
    let unit = unit.to_ascii_uppercase();
    if unit == "B" {
        return plain(number);
    }
    let power = unit.bytes().next().and_then(|prefix| b"KMGTP".iter().position(|known| *known == prefix));
    let Some(power) = power else { return plain(text) };
    let base: f64 = match &unit[1..] {
        "" | "IB" => 1024.0,
        "B" => 1000.0,
        _ => return None,
    };
    Some(plain(number)? * (0..=power).map(|_| base).product::<f64>())
}

/// A span like `1h30m`, in units of which a second has `per_second`.
fn parse_span(text: &str, per_second: f64) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let (number, after) = split_unit(rest);
        let unit_end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let milliseconds = match unit {
            "ms" => 1.0,
            "s" => 1e3,
            "m" | "min" => 60e3,
            "h" => 3_600e3,
            "d" => 86_400e3,
            "w" => 604_800e3,
            _ => return None,
        };
        sum += plain(number)? * milliseconds;
        rest = after;
    }
    (!text.is_empty()).then_some(sum * per_second / 1e3)
}

/// `2026-11-23`, `2026-11-23T10:00`, `2026-11-23T10:00:30`, with or without a `Z`; UTC.
fn parse_time(text: &str) -> Option<f64> {
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (date, time) = text.split_once(['T', 't']).unwrap_or((text, "00:00"));
    let [year, month, day] = whole_numbers(date, '-')?;
    if !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=month_days(year, month)).contains(&day)
    {
        return None;
    }
    let [hour, minute, second] = match time.matches(':').count() {
        1 => whole_numbers(time, ':').map(|[hour, minute]| [hour, minute, 0])?,
        _ => whole_numbers(time, ':')?,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days: u32 = (1970..year).map(year_days).sum::<u32>()
        + (1..month).map(|month| month_days(year, month)).sum::<u32>()
        + (day - 1);
    Some((f64::from(days) * 86_400.0 + f64::from(hour * 3_600 + minute * 60 + second)) * 1e3)
}

/// Exactly `N` whole numbers with `between` between them.
fn whole_numbers<const N: usize>(text: &str, between: char) -> Option<[u32; N]> {
    let is_short =
        |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Option<Vec<u32>> =
        text.split(between).map(|part| is_short(part).then(|| part.parse().ok()).flatten()).collect();
    parts?.try_into().ok()
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn year_days(year: u32) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

const fn month_days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_mean_what_operators_expect() {
        let check = |text, kind, expected: f64| {
            assert_eq!(parse(text, kind, false).map(f64::to_bits), Ok(expected.to_bits()), "{text}");
        };
        for (text, expected) in [("80", 80.0), ("80%", 80.0), ("-2", -2.0), ("1e3", 1_000.0)] {
            check(text, FieldKind::Number, expected);
        }
        for (text, expected) in [
            ("2GiB", 2_147_483_648.0),
            ("2g", 2_147_483_648.0),
            ("2GB", 2e9),
            ("10B", 10.0),
            ("10", 10.0),
            ("1e3", 1e3),
        ] {
            check(text, FieldKind::Bytes, expected);
        }
        for (text, expected) in [("3d", 259_200.0), ("1h30m", 5_400.0), ("250ms", 0.25), ("7", 7.0)] {
            check(text, FieldKind::Seconds, expected);
        }
        check("5s", FieldKind::Millis, 5_000.0);
        check("5", FieldKind::Millis, 5.0);
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("2024-02-29T12:34", 1_709_210_040_000.0),
            ("2026-11-23T10:00:30Z", 1_795_428_030_000.0),
            ("1795428030000", 1_795_428_030_000.0),
        ] {
            check(text, FieldKind::Time, expected);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "x", "80x", "inf", "nan", "1e999", "--1", "10Bx", "1.2.3", "%", "é"] {
            for kind in
                [FieldKind::Number, FieldKind::Bytes, FieldKind::Seconds, FieldKind::Millis, FieldKind::Time]
            {
                assert!(parse(text, kind, false).is_err(), "{text:?} {kind:?}");
            }
        }
        for text in ["2023-02-29", "2026-13-01", "2026-11-23T24:00", "2026-11-23T", "2026-11", "1969-12-31"] {
            assert!(parse(text, FieldKind::Time, false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn bare_number_for_a_short_name_of_milliseconds_asks_for_the_unit() {
        assert_eq!(parse("5", FieldKind::Millis, true).unwrap_err(), "say in which unit: 5ms, 5s, 5m");
    }
}
