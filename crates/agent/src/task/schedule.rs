//! When a task is due: a cron expression in a time zone, or every so often.
//!
//! At a change of the clocks a time of day that does not exist is due once, right after the gap, and one that comes
//! twice is due at its first occurrence only. What is due all the time (`*` or a step in minutes or hours) goes by the
//! clock on the wall: nothing in the gap, and in the repeated hour as usual.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::time::Duration;
use topmast_model::time::UnixMillis;

/// A schedule, checked.
#[derive(Debug, Clone)]
pub struct Schedule {
    when: When,
    words: String,
}

#[derive(Debug, Clone)]
enum When {
    Cron { cron: Box<Cron>, zone: TimeZone },
    Every(Duration),
}

impl PartialEq for Schedule {
    /// Equal words are due at equal times.
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

impl Schedule {
    /// By a cron expression: minute, hour, day of the month, month, day of the week.
    ///
    /// - `zone`: name of a time zone; this machine's when none.
    ///
    /// # Errors
    /// What is wrong with the expression or the zone, and what to write instead.
    pub fn cron(expression: &str, zone: Option<&str>) -> Result<Self, String> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| {
            format!(
                "{expression:?} is no cron expression: {error}; write minute, hour, day of the month, month and day \
                 of the week, as in \"30 2 * * mon-fri\""
            )
        })?;
        let (zone, named) = match zone {
            None => (TimeZone::system(), String::new()),
            Some(name) => {
                let zone = TimeZone::get(name).map_err(|_| {
                    format!("this machine knows no time zone {name:?}; write one such as \"Europe/Berlin\" or \"UTC\"")
                })?;
                (zone, format!(" {name}"))
            }
        };
        let schedule =
            Self { words: format!("{expression}{named}"), when: When::Cron { cron: Box::new(cron), zone } };
        // From a fixed time, so that what is good today is good tomorrow.
        match schedule.next(UnixMillis(0)) {
            Some(_) => Ok(schedule),
            None => Err(format!("{expression:?} is never due; there is no such day")),
        }
    }

    /// Every so often, at multiples of the span since 1970 in UTC, so that a restart shifts nothing.
    pub fn every(span: Duration, text: &str) -> Self {
        Self { when: When::Every(span), words: format!("every {text}") }
    }

    /// The first due time after a moment; none when there is none any more.
    pub fn next(&self, after: UnixMillis) -> Option<UnixMillis> {
        match &self.when {
            When::Every(span) => {
                let span = i64::try_from(span.as_millis()).ok().filter(|span| *span > 0)?;
                Some(UnixMillis((after.0.div_euclid(span) + 1) * span))
            }
            When::Cron { cron, zone } => {
                let after = Zoned::new(Timestamp::from_millisecond(after.0).ok()?, zone.clone());
                let next = cron.find_next_occurrence(&after, false).ok()?;
                Some(UnixMillis(next.timestamp().as_millisecond()))
            }
        }
    }

    /// As people read it.
    pub fn words(&self) -> &str {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> UnixMillis {
        UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    /// The due times from a moment on, in UTC.
    fn due(expression: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::cron(expression, Some(zone)).unwrap();
        let mut at = millis(from);
        (0..count)
            .map(|_| {
                at = schedule.next(at).unwrap();
                Timestamp::from_millisecond(at.0).unwrap().to_string()
            })
            .collect()
    }

    #[test]
    fn time_of_day_in_the_gap_of_spring_is_due_once_right_after_it() {
        // In Berlin 2026-03-29 has no 02:00 to 03:00.
        assert_eq!(
            due("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        // What was due before the gap is not due again after it.
        assert_eq!(
            due("30 1 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 2),
            ["2026-03-29T00:30:00Z", "2026-03-29T23:30:00Z"]
        );
    }

    #[test]
    fn time_of_day_that_comes_twice_in_autumn_is_due_at_the_first_only() {
        // In Berlin 2026-10-25 has 02:00 to 03:00 twice.
        assert_eq!(
            due("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        // New York and Lord Howe Island, whose clocks change by half an hour.
        assert_eq!(
            due("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
            ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
        );
        assert_eq!(
            due("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 2),
            ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]
        );
    }

    #[test]
    fn what_is_due_all_the_time_goes_by_the_clock_on_the_wall() {
        assert_eq!(
            due("0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]
        );
        assert_eq!(
            due("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 3),
            ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]
        );
    }

    #[test]
    fn days_and_words_are_those_of_cron() {
        assert_eq!(
            due("0 6 * * mon-fri", "UTC", "2026-11-27T07:00:00Z", 1),
            ["2026-11-30T06:00:00Z"],
            "after a Friday comes Monday"
        );
        assert_eq!(due("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
        assert_eq!(due("0 0 L * *", "UTC", "2026-02-01T00:00:00Z", 1), ["2026-02-28T00:00:00Z"]);
        assert_eq!(due("@daily", "UTC", "2026-02-01T12:00:00Z", 1), ["2026-02-02T00:00:00Z"]);
    }

    #[test]
    fn every_so_often_is_due_at_multiples_whenever_it_is_asked() {
        let schedule = Schedule::every(Duration::from_mins(5), "5m");
        for from in ["2026-11-27T07:00:00.001Z", "2026-11-27T07:04:59.999Z"] {
            assert_eq!(schedule.next(millis(from)), Some(millis("2026-11-27T07:05:00Z")), "{from}");
        }
        assert_eq!(schedule.next(millis("2026-11-27T07:05:00Z")), Some(millis("2026-11-27T07:10:00Z")));
        assert_eq!(schedule.words(), "every 5m");
    }

    #[test]
    fn example_of_the_guide_is_a_good_unit() {
        let guide = include_str!("../../../../docs/guide/tasks.md");
        let example = guide.split("```toml\n").nth(1).and_then(|part| part.split("```").next()).unwrap();
        let unit = crate::unit::parse("nightly.toml", example).unwrap_or_else(|error| panic!("{error}"));
        let words: Vec<_> = unit.tasks.iter().map(|task| task.run.as_ref()?.schedule.as_ref()).collect();
        let words: Vec<_> = words.into_iter().flatten().map(Schedule::words).collect();
        assert_eq!(words, ["30 2 * * mon-fri Europe/Berlin", "every 15m"]);
    }

    #[test]
    fn wrong_schedules_are_refused_with_what_to_write() {
        for (expression, zone, told) in [
            ("", None, "is no cron expression"),
            ("61 * * * *", None, "is no cron expression"),
            ("* * * *", None, "as in \"30 2 * * mon-fri\""),
            ("0 0 0 * * *", None, "is no cron expression"),
            ("0 0 30 2 *", None, "never due"),
            ("0 0 * * *", Some("Europe/Nowhere"), "knows no time zone \"Europe/Nowhere\""),
        ] {
            let error = Schedule::cron(expression, zone).unwrap_err();
            assert!(error.contains(told), "{expression}: {error}");
        }
    }
}
