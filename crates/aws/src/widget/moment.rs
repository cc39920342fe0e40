//! When a widget begins and ends: a date, or so long before now.

use crate::timestamp;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Longest texts that are looked at.
const TEXT_MAX: usize = 40;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moment {
    /// Milliseconds since the epoch.
    At(i64),
    /// So many milliseconds before now.
    Before(i64),
    /// A period of the calendar before now.
    Calendar(Period),
}

/// A period of the calendar: months and the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Period {
    months: i64,
    millis: i64,
}

impl Moment {
    /// Three hours ago, where a widget begins that does not tell.
    pub(super) const AGO: Self = Self::Before(3 * 3_600_000);
    pub(super) const NOW: Self = Self::Before(0);

    /// `2018-04-25T12:00:00.000Z`, `-PT3H`, `-P1D`; a period is of the past with and without its sign.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let period = text.strip_prefix('-').unwrap_or(text);
        if !period.starts_with('P') {
            return timestamp::parse(text).map(Self::At);
        }
        let span: Span = period.parse().ok()?;
        let months =
            i64::from(span.get_years()).checked_mul(12)?.checked_add(i64::from(span.get_months()))?;
        let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        let hours = days.checked_mul(24)?.checked_add(i64::from(span.get_hours()))?;
        let minutes = hours.checked_mul(60)?.checked_add(span.get_minutes())?;
        let millis = minutes.checked_mul(60_000)?.checked_add(span.get_seconds().checked_mul(1_000)?)?;
        let millis = millis.checked_add(span.get_milliseconds())?;
        if months == 0 { Some(Self::Before(millis)) } else { Some(Self::Calendar(Period { months, millis })) }
    }

    pub(super) fn at(self, now: i64) -> Option<i64> {
        match self {
            Self::At(at) => Some(at),
            Self::Before(millis) => now.checked_sub(millis),
            Self::Calendar(Period { months, millis }) => {
                let now = Timestamp::from_millisecond(now).ok()?.to_zoned(TimeZone::UTC);
                let before = now.checked_sub(Span::new().try_months(months).ok()?).ok()?;
                before.timestamp().as_millisecond().checked_sub(millis)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_or_before_now() {
        // 2026-11-30 12:00 UTC
        let now = 1_796_040_000_000;
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(Moment::parse(text).and_then(|moment| moment.at(now)), expected, "{text}");
        };
        check("-PT3H", Some(now - 3 * 3_600_000));
        check("PT0H", Some(now));
        check("-P7D", Some(now - 7 * 86_400_000));
        check("-P1DT30M", Some(now - 88_200_000));
        check("-P1W", Some(now - 7 * 86_400_000));
        // A month before the 30th of November is the 30th of October.
        check("-P1M", Some(now - 31 * 86_400_000));
        check("2026-11-30T11:00:00.000Z", Some(now - 3_600_000));
        for text in ["", "P", "-", "3 hours", "-PID", "now", "-PT999999999999999999999H", "-P99999999Y"] {
            check(text, None);
        }
    }
}
