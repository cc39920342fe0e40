//! Times as people say them: `thursday 18:00`, `yesterday`, `friday morning`, `2h ago`, RFC 3339.
//!
//! ```text
//! moment = RFC 3339 | [day] [clock | part of the day] [zone] | span ["ago"] | "now"
//! day    = today | yesterday | monday … sunday | mon … sun | 2026-03-01
//! clock  = 18:00 | 18:00:30
//! part   = morning 6-12 | afternoon 12-18 | evening 18-24 | noon | midnight
//! zone   = Europe/Berlin | UTC            (this machine's when none is said)
//! ```
//!
//! Invariants
//! - M-1: a weekday is the latest one that does not put the moment into the future.
//! - M-2: what lasts begins a search at its start and ends it at its end: `--since thursday
//!   --until friday` are two whole days.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// Parts of the day, as hours.
const PARTS: [(&str, i8, i8); 5] =
    [("morning", 6, 12), ("noon", 12, 12), ("afternoon", 12, 18), ("evening", 18, 24), ("midnight", 0, 0)];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Which end of what lasts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// Where a search begins.
///
/// # Errors
/// When the text is no time.
pub(crate) fn since(text: &str) -> Result<Timestamp, String> {
    read(text, &Zoned::now(), Edge::Start)
}

/// Where a search ends.
///
/// # Errors
/// When the text is no time.
pub(crate) fn until(text: &str) -> Result<Timestamp, String> {
    read(text, &Zoned::now(), Edge::End)
}

fn read(text: &str, now: &Zoned, edge: Edge) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let unknown = || {
        format!(
            "{text:?} is not a time; say it like 2026-03-01T12:00:00Z, \"thursday 18:00\", \"friday morning\", \
             yesterday, \"2h ago\" or \"2026-03-01 12:00 Europe/Berlin\""
        )
    };
    let lower = text.trim().to_lowercase();
    if lower == "now" {
        return Ok(stamp(now));
    }
    if let Ok(span) = lower.trim_end_matches("ago").trim().parse::<Span>()
        && lower.starts_with(|first: char| first.is_ascii_digit())
    {
        return now.checked_sub(span.abs()).map(|time| stamp(&time)).map_err(|_| unknown());
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut now = now.clone();
    // A zone is said with capitals, as its name is written; days are not.
    if let Some(zone) = words.last().filter(|word| word.contains('/') || **word == "UTC" || **word == "Z") {
        let zone = if *zone == "Z" { "UTC" } else { zone };
        now = now.with_time_zone(TimeZone::get(zone).map_err(|_| format!("there is no time zone {zone:?}"))?);
        words.pop();
    }
    let (day, clock) = match words.as_slice() {
        [one] => match one.split_once('T') {
            Some((day, clock)) => (Some(day), Some(clock)),
            None if is_clock(one) => (None, Some(*one)),
            None => (Some(*one), None),
        },
        [day, clock] => (Some(*day), Some(*clock)),
        _ => return Err(unknown()),
    };
    let [start, end] = hours(clock).ok_or_else(unknown)?;
    let hour = if edge == Edge::Start { start } else { end };
    let date = match day {
        None => now.date(),
        Some(day) => date(day, &now, start).ok_or_else(unknown)?,
    };
    at(date, hour, &now.time_zone().clone()).map(|time| stamp(&time)).ok_or_else(unknown)
}

/// A moment of a day, as its hour; midnight of the next day when it has none.
#[derive(Debug, Clone, Copy)]
enum Hour {
    Of(Time),
    NextDay,
}

fn is_clock(word: &str) -> bool {
    word.contains(':') || PARTS.iter().any(|(name, ..)| name.eq_ignore_ascii_case(word))
}

/// Start and end of a part of a day; of the whole one when none is said.
fn hours(clock: Option<&str>) -> Option<[Hour; 2]> {
    let hour = |hour: i8| {
        if hour == 24 { Some(Hour::NextDay) } else { Time::new(hour, 0, 0, 0).ok().map(Hour::Of) }
    };
    let Some(clock) = clock else { return Some([hour(0)?, Hour::NextDay]) };
    if let Some((_, from, to)) = PARTS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(clock)) {
        return Some([hour(*from)?, hour(*to)?]);
    }
    let time: Time = clock.parse().ok()?;
    Some([Hour::Of(time); 2])
}

fn date(day: &str, now: &Zoned, start: Hour) -> Option<Date> {
    let lower = day.to_lowercase();
    match lower.as_str() {
        "today" => return Some(now.date()),
        "yesterday" => return now.date().yesterday().ok(),
        _ => {}
    }
    let is_named = |name: &str| name == lower || (lower.len() == 3 && name.starts_with(&lower));
    let Some((_, weekday)) = WEEKDAYS.iter().find(|(name, _)| is_named(name)) else {
        return day.parse().ok();
    };
    let mut date = now.date();
    while date.weekday() != *weekday {
        date = date.yesterday().ok()?;
    }
    if at(date, start, &now.time_zone().clone())? > *now {
        date = date.checked_sub(Span::new().days(7)).ok()?;
    }
    Some(date)
}

fn at(date: Date, hour: Hour, zone: &TimeZone) -> Option<Zoned> {
    let time = match hour {
        Hour::Of(time) => date.to_datetime(time),
        Hour::NextDay => date.tomorrow().ok()?.to_datetime(Time::midnight()),
    };
    time.to_zoned(zone.clone()).ok()
}

fn stamp(time: &Zoned) -> Timestamp {
    Timestamp(UnixMillis(time.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Friday noon in Berlin, in winter.
    const NOW: &str = "2026-11-27T12:00[Europe/Berlin]";

    fn check(text: &str, edge: Edge, expect: &str) {
        let found = read(text, &NOW.parse().unwrap(), edge).unwrap();
        assert_eq!(found, expect.parse().unwrap(), "{text} is {found}");
    }

    #[test]
    fn times_are_read_as_people_say_them() {
        for (text, since, until) in [
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
            ("thursday 18:00", "2026-11-26T17:00:00Z", "2026-11-26T17:00:00Z"),
            ("Thursday evening", "2026-11-26T17:00:00Z", "2026-11-26T23:00:00Z"),
            ("friday morning", "2026-11-27T05:00:00Z", "2026-11-27T11:00:00Z"),
            ("thu", "2026-11-25T23:00:00Z", "2026-11-26T23:00:00Z"),
            ("friday 13:00", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
            ("friday evening", "2026-11-20T17:00:00Z", "2026-11-20T23:00:00Z"),
            ("friday", "2026-11-26T23:00:00Z", "2026-11-27T23:00:00Z"),
            ("yesterday", "2026-11-25T23:00:00Z", "2026-11-26T23:00:00Z"),
            ("today noon", "2026-11-27T11:00:00Z", "2026-11-27T11:00:00Z"),
            ("08:30", "2026-11-27T07:30:00Z", "2026-11-27T07:30:00Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z"),
            ("2026-07-01 08:00 UTC", "2026-07-01T08:00:00Z", "2026-07-01T08:00:00Z"),
            ("2026-07-01T08:00", "2026-07-01T06:00:00Z", "2026-07-01T06:00:00Z"),
            ("thursday 18:00 America/New_York", "2026-11-26T23:00:00Z", "2026-11-26T23:00:00Z"),
            ("2h ago", "2026-11-27T09:00:00Z", "2026-11-27T09:00:00Z"),
            ("2h", "2026-11-27T09:00:00Z", "2026-11-27T09:00:00Z"),
            ("3 days ago", "2026-11-24T11:00:00Z", "2026-11-24T11:00:00Z"),
            ("now", "2026-11-27T11:00:00Z", "2026-11-27T11:00:00Z"),
        ] {
            check(text, Edge::Start, since);
            check(text, Edge::End, until);
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_examples() {
        for text in ["", "someday", "thursday 25:00", "thursday at noon", "2026-13-01", "8", "-", "ago"] {
            let told = read(text, &NOW.parse().unwrap(), Edge::Start).unwrap_err();
            assert!(told.contains("thursday 18:00"), "{text}: {told}");
        }
        let told = read("thursday 18:00 Mars/Base", &NOW.parse().unwrap(), Edge::Start).unwrap_err();
        assert!(told.contains("Mars/Base"), "{told}");
    }
}
