//! Which times a recurring maintenance comes to, with a time zone as an input.

use super::PERIODS_MAX;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::time::Duration;
use topmast_model::maintenance::{Days, Maintenance, Period, TimeOfDay, Weekday, Window};
use topmast_model::time::UnixMillis;

/// Days looked through for the next time: a leap day can be eight years away.
const DAYS_MAX: u32 = 8 * 366 + 1;

/// The next times at which a recurring maintenance is in force, one that is under way included; at most
/// [`PERIODS_MAX`], none for another one.
///
/// A time that a change of clocks leaves out comes as much later as clocks are put forward; one that comes
/// twice is taken the first time. It lasts as long as it is said to, whatever clocks show at its end.
///
/// - `zone`: the time zone that the maintenance names.
pub fn next_periods(maintenance: &Maintenance, zone: &TimeZone, now: UnixMillis) -> Vec<Period> {
    let Window::Recurring { on, at, lasts, until, .. } = &maintenance.window else { return Vec::new() };
    next_times(on, *at, lasts.duration(), *until, zone, now)
}

/// As [`next_periods`], of days, a time of day and a length.
pub fn next_times(
    on: &Days,
    at: TimeOfDay,
    lasts: Duration,
    until: Option<UnixMillis>,
    zone: &TimeZone,
    now: UnixMillis,
) -> Vec<Period> {
    let Ok(moment) = Timestamp::from_millisecond(now.0) else { return Vec::new() };
    // One that is under way began as many days ago as it lasts, and a day more where clocks differ.
    let back = i64::try_from(lasts.as_millis() / 86_400_000).unwrap_or(0) + 1;
    let Ok(first) = moment.to_zoned(zone.clone()).date().checked_sub(back.days()) else { return Vec::new() };
    let at = |date: Date| {
        let hour = i8::try_from(at.hour()).ok()?;
        let minute = i8::try_from(at.minute()).ok()?;
        let start = zone.to_ambiguous_zoned(date.at(hour, minute, 0, 0)).compatible().ok()?;
        let from = UnixMillis(start.timestamp().as_millisecond());
        Some(Period { from, to: from.plus(lasts) })
    };
    let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(DAYS_MAX as usize);
    dates
        .filter(|date| is_on(on, *date))
        .filter_map(at)
        .filter(|period| period.to > now)
        .take_while(|period| until.is_none_or(|until| period.from < until))
        .take(PERIODS_MAX)
        .collect()
}

fn is_on(on: &Days, date: Date) -> bool {
    let weekday = weekday(date);
    match on {
        Days::Daily => true,
        Days::Weekly(days) => days.contains(&weekday),
        Days::Monthly(days) => {
            days.contains(&date.day()) || (days.contains(&-1) && date == date.last_of_month())
        }
        Days::MonthlyOn { nth: -1, day } => weekday == *day && date.day() + 7 > date.days_in_month(),
        Days::MonthlyOn { nth, day } => weekday == *day && (date.day() - 1) / 7 + 1 == *nth,
    }
}

fn weekday(date: Date) -> Weekday {
    match date.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}
