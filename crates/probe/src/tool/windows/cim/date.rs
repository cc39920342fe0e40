//! Dates as CIM and PowerShell write them, in seconds of one scale: only differences mean something.

use crate::tool::text::{count, number};

/// `/Date(1700000000000)/`, `20250102100000.000000+060` or `2025-01-02T10:00:00.0+01:00`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    if let Some(rest) = text.trim_start_matches('\\').strip_prefix("/Date(") {
        let digits = rest.split([')', '+']).next()?;
        return number(digits).map(|ms| ms / 1000.0);
    }
    let digits: String = text.chars().take(19).filter(char::is_ascii_digit).collect();
    let (digits, rest) = if text.as_bytes().get(10) == Some(&b'T') {
        (digits, text.get(19..)?)
    } else {
        (text.get(..14).filter(|digits| count(digits).is_some())?.to_owned(), text.get(14..)?)
    };
    let field = |from: usize, to: usize| digits.get(from..to).and_then(count);
    let days = days(field(0, 4)?, field(4, 6)?, field(6, 8)?)?;
    let clock = field(8, 10)? * 3600 + field(10, 12)? * 60 + field(12, 14)?;
    let zone = rest.find(['+', '-', 'Z']).map(|at| &rest[at..]).unwrap_or_default();
    let sign = if zone.starts_with('-') { -1.0 } else { 1.0 };
    let zone = zone.trim_start_matches(['+', '-', 'Z']);
    let minutes = match zone.split_once(':') {
        Some((hours, minutes)) => number(hours)? * 60.0 + number(minutes)?,
        None if zone.is_empty() => 0.0,
        None => number(zone)?,
    };
    Some(days as f64 * 86_400.0 + clock as f64 - sign * minutes * 60.0)
}

/// Days since the first of March of year 0.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    ((1..=12).contains(&month) && (1..=31).contains(&day) && year > 0).then_some(())?;
    // Years start in March, so that the day that is not always there is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_differ_and_times_do_not() {
        let iso = seconds("2025-03-01T11:00:00.5000000+01:00").unwrap();
        assert_eq!(Some(iso), seconds("20250301100000.000000+000"));
        assert_eq!(Some(iso), seconds("20250301040000.000000-360"));
        let before = seconds("2025-02-28T10:00:00Z").unwrap();
        assert_eq!((iso - before).to_string(), "86400");
        assert_eq!(seconds("/Date(1500)/"), Some(1.5));
        for bad in ["", "3/30/2021 6:13:59 AM", "2025-13-01T00:00:00", "/Date(x)/"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
