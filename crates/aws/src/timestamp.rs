//! Points in time as the protocols write them: ISO 8601, seconds since the epoch, HTTP dates.
//!
//! Everything is milliseconds since the epoch inside; finer parts are cut off.

use crate::model::TimestampFormat;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Milliseconds of the last instant that is written, in the last days of the year 9999.
const LAST: i64 = 253_402_000_000_999;
/// Milliseconds of the first instant that is written, the begin of the year 1.
const FIRST: i64 = -62_135_596_800_000;

/// Milliseconds of a number of seconds, if it is an instant that can be written.
pub fn of_seconds(seconds: f64) -> Option<i64> {
    // Rounded, for 1795424400.123 has no exact form.
    let millis = (seconds * 1000.0).round();
    if !(millis >= FIRST as f64 && millis <= LAST as f64) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked above")]
    Some(millis as i64)
}

/// Reads any of the three forms; a date alone is its midnight, a time without a zone is UTC.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    // The longest form is an HTTP date with a fraction.
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let millis = if let Ok(instant) = text.parse::<Timestamp>() {
        instant.as_millisecond()
    } else if let Ok(seconds) = text.parse::<f64>() {
        return of_seconds(seconds);
    } else if let Ok(local) = text.parse::<DateTime>() {
        local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()
    } else if let Ok(date) = text.parse::<Date>() {
        date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()
    } else {
        http_date(text)?
    };
    (FIRST..=LAST).contains(&millis).then_some(millis)
}

/// `Sun, 02 Jan 2000 20:34:56.000 GMT`, the fraction and the name of the day being optional.
fn http_date(text: &str) -> Option<i64> {
    let text = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let mut parts = text.split_ascii_whitespace();
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let year = parts.next()?.parse().ok()?;
    let time: Time = parts.next()?.parse().ok()?;
    if !matches!(parts.next(), Some("GMT" | "UTC")) {
        return None;
    }
    let date = Date::new(year, i8::try_from(month).ok()?, day).ok()?;
    Some(date.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes an instant; one that cannot be written becomes the nearest that can.
pub fn format(millis: i64, format: TimestampFormat) -> String {
    let millis = millis.clamp(FIRST, LAST);
    let at = Timestamp::from_millisecond(millis).unwrap_or_default();
    match format {
        TimestampFormat::Iso8601 if millis % 1000 == 0 => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        TimestampFormat::Iso8601 => at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        TimestampFormat::Epoch if millis % 1000 == 0 => (millis / 1000).to_string(),
        TimestampFormat::Epoch => seconds(millis).to_string(),
        TimestampFormat::HttpDate if millis % 1000 == 0 => {
            at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
        }
        TimestampFormat::HttpDate => at.strftime("%a, %d %b %Y %H:%M:%S.%3f GMT").to_string(),
    }
}

/// Seconds since the epoch of milliseconds.
pub fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// `20261123T090000Z`, the form of signatures; None for anything else.
pub fn parse_basic(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let digits = |from: usize, to: usize| {
        let part = &bytes[from..to];
        part.iter()
            .try_fold(0_i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
    };
    let small = |from: usize, to: usize| i8::try_from(digits(from, to)?).ok();
    let date = Date::new(digits(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    let time = Time::new(small(9, 11)?, small(11, 13)?, small(13, 15)?, 0).ok()?;
    Some(date.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// The form of signatures.
pub fn format_basic(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis.clamp(FIRST, LAST)).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_clients_send_is_read() {
        for (text, millis) in [
            ("2026-11-23T09:00:00Z", Some(1_795_424_400_000)),
            ("2026-11-23T09:00:00.123000Z", Some(1_795_424_400_123)),
            ("2026-11-23T10:00:00+01:00", Some(1_795_424_400_000)),
            ("2026-11-23T09:00:00", Some(1_795_424_400_000)),
            ("2026-11-23", Some(1_795_392_000_000)),
            ("1795424400", Some(1_795_424_400_000)),
            ("1795424400.123", Some(1_795_424_400_123)),
            ("Mon, 23 Nov 2026 09:00:00 GMT", Some(1_795_424_400_000)),
            ("Mon, 23 Nov 2026 09:00:00.123 GMT", Some(1_795_424_400_123)),
            ("yesterday", None),
            ("", None),
            ("NaN", None),
            ("1e300", None),
            ("Mon, 99 Nov 2026 09:00:00 GMT", None),
        ] {
            assert_eq!(parse(text), millis, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for millis in [0, 1_795_424_400_000, 1_795_424_400_123, -1, FIRST, LAST] {
            for form in [TimestampFormat::Iso8601, TimestampFormat::Epoch, TimestampFormat::HttpDate] {
                assert_eq!(parse(&format(millis, form)), Some(millis), "{millis} {form:?}");
            }
        }
        assert_eq!(format(1_795_424_400_000, TimestampFormat::Iso8601), "2026-11-23T09:00:00Z");
        assert_eq!(parse_basic("20261123T090000Z"), Some(1_795_424_400_000));
        assert_eq!(format_basic(1_795_424_400_000), "20261123T090000Z");
        for bad in [
            "20261123T090000",
            "20261323T090000Z",
            "20261123T250000Z",
            "2026112éT090000Z",
            "+2261123T090000Z",
        ] {
            assert_eq!(parse_basic(bad), None, "{bad}");
        }
    }
}
