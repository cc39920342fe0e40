//! Numbers, spans and times as people read them. An unknown one is `-`.

use topmast_api::time::Timestamp;

/// What is shown for an unknown value.
pub(crate) const UNKNOWN: &str = "-";

/// A span in its two largest units: `3s`, `12m5s`, `2d4h`.
pub(crate) fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let two = |large: u64, large_unit, small: u64, small_unit| {
        if small == 0 {
            format!("{large}{large_unit}")
        } else {
            format!("{large}{large_unit}{small}{small_unit}")
        }
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => two(minutes, "m", seconds % 60, "s"),
        3_600..86_400 => two(hours, "h", minutes, "m"),
        _ => two(days, "d", hours, "h"),
    }
}

/// An age given in milliseconds, rounded down: `0s` is what just came.
pub(crate) fn age(age_ms: Option<u64>) -> String {
    age_ms.map_or_else(|| UNKNOWN.to_owned(), |age| span(age / 1_000))
}

/// How long ago a moment was; `0s` for one that a fast clock puts in the future.
pub(crate) fn ago(now: Timestamp, time: Option<Timestamp>) -> String {
    time.map_or_else(|| UNKNOWN.to_owned(), |time| span(time.0.until(now.0).as_secs()))
}

/// How long until a moment, `in 5m`; how long ago it was, once it is over.
pub(crate) fn until(now: Timestamp, time: Option<Timestamp>) -> String {
    match time {
        None => UNKNOWN.to_owned(),
        Some(time) if time > now => format!("in {}", span(now.0.until(time.0).as_secs())),
        Some(time) => format!("{} ago", span(time.0.until(now.0).as_secs())),
    }
}

/// Bytes in powers of 1,024 with three digits: `512B`, `1.5KiB`, `12.3MiB`, `310GiB`.
pub(crate) fn bytes(bytes: Option<u64>) -> String {
    let Some(bytes) = bytes else { return UNKNOWN.to_owned() };
    let mut value = bytes as f64;
    let mut units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].into_iter();
    let mut unit = "B";
    // 1,023.5 would be shown as 1024 of the smaller unit.
    while value >= 1_023.5 {
        let Some(larger) = units.next() else { break };
        (value, unit) = (value / 1_024.0, larger);
    }
    if unit == "B" || value >= 99.95 { format!("{value:.0}{unit}") } else { format!("{value:.1}{unit}") }
}

/// A share of 100.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| UNKNOWN.to_owned(), |share| format!("{share:.1}%"))
}

/// A number with one decimal.
pub(crate) fn rate(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.1}"))
}

/// Milliseconds; above ten seconds in seconds.
pub(crate) fn millis(value: Option<f64>) -> String {
    match value {
        None => UNKNOWN.to_owned(),
        Some(value) if value >= 10_000.0 => format!("{:.1}s", value / 1_000.0),
        Some(value) if value < 10.0 => format!("{value:.1}ms"),
        Some(value) => format!("{value:.0}ms"),
    }
}

/// A count with its thousands set apart: `1,234,567`.
pub(crate) fn count(value: Option<u64>) -> String {
    let Some(value) = value else { return UNKNOWN.to_owned() };
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text that may be missing.
pub(crate) fn text(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or(UNKNOWN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::time::UnixMillis;

    #[test]
    fn spans_have_their_two_largest_units() {
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (725, "12m5s"),
            (3_600, "1h"),
            (90_000, "1d1h"),
            (187_200, "2d4h"),
        ] {
            assert_eq!(span(seconds), expected);
        }
    }

    #[test]
    fn bytes_keep_three_digits() {
        for (value, expected) in [
            (0, "0B"),
            (1_023, "1023B"),
            (1_024, "1.0KiB"),
            (1_536, "1.5KiB"),
            (1_048_575, "1.0MiB"),
            (12_897_484, "12.3MiB"),
            (332_859_965_440, "310GiB"),
            (u64::MAX, "16.0EiB"),
        ] {
            assert_eq!(bytes(Some(value)), expected, "{value}");
        }
        assert_eq!(bytes(None), "-");
    }

    #[test]
    fn counts_and_latencies_read_easily() {
        assert_eq!(count(Some(1_234_567)), "1,234,567");
        assert_eq!(count(Some(12)), "12");
        assert_eq!(millis(Some(3.456)), "3.5ms");
        assert_eq!(millis(Some(212.4)), "212ms");
        assert_eq!(millis(Some(15_500.0)), "15.5s");
    }

    #[test]
    fn moments_are_told_from_now() {
        let at = |millis| Timestamp(UnixMillis(millis));
        assert_eq!(ago(at(10_000), Some(at(7_000))), "3s");
        assert_eq!(ago(at(7_000), Some(at(10_000))), "0s");
        assert_eq!(until(at(0), Some(at(300_000))), "in 5m");
        assert_eq!(until(at(300_000), Some(at(0))), "5m ago");
    }
}
