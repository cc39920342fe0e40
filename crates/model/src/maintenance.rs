//! Maintenance: times announced beforehand in which nobody is told of problems.
//!
//! | window | in force |
//! |---|---|
//! | once | from one moment to another |
//! | flexible | from the first problem in its span on, for so long |
//! | recurring | at a time of day on some days, as clocks in its time zone show it |
//!
//! Elsewhere: which times a recurring one comes to (`topmast-engine`, `maintenance`).

use crate::path::ObjectPath;
use crate::rule::Span;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// Most objects of one maintenance.
pub const OBJECTS_MAX: usize = 1_000;
/// Longest name, in bytes: what is done, and the ticket.
pub const NAME_MAX: usize = 200;
/// Longest time for which one maintenance is in force at once: what lasts longer is no maintenance.
pub const LASTS_MAX: Span = Span::from_hours(24 * 400);

/// A time announced beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// What is done.
    pub name: String,
    /// On what, and everything inside it; of one tenant.
    pub objects: Vec<ObjectPath>,
    /// When.
    pub window: Window,
}

/// When it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Window {
    /// From one moment to another.
    Once {
        /// From here …
        starts_at: UnixMillis,
        /// … to here, this moment not included.
        ends_at: UnixMillis,
    },
    /// For so long from the first problem on its objects on.
    Flexible {
        /// A problem from here …
        starts_at: UnixMillis,
        /// … to here begins it.
        ends_at: UnixMillis,
        /// For how long it is in force then.
        lasts: Span,
    },
    /// Again and again.
    Recurring {
        /// On these days.
        on: Days,
        /// At this time of day.
        at: TimeOfDay,
        /// As clocks show it there: a name of the time zone database, as `Europe/Zurich`.
        zone: String,
        /// For how long each time.
        lasts: Span,
        /// Not from here on; for ever, and always shown, when none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<UnixMillis>,
    },
}

/// Days on which something recurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Days {
    /// Every day.
    Daily,
    /// On these days of the week.
    Weekly(Vec<Weekday>),
    /// On these days of the month; -1 is the last one. Months without the day are left out.
    Monthly(Vec<i8>),
    /// On the n-th of a day of the week in the month; -1 is the last one.
    MonthlyOn {
        /// 1 to 5, or -1.
        nth: i8,
        /// The day of the week.
        day: Weekday,
    },
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days have the names they have")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A time of day, written `02:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// The hour, 0 to 23.
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    pub const fn minute(self) -> u8 {
        self.minute
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a time of day; write for example \"02:30\"");
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str, end: u8| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| digits && *number < end).ok_or_else(wrong)
        };
        Ok(Self { hour: number(hour, 24)?, minute: number(minute, 60)? })
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.hour, time.minute)
    }
}

/// A time in which a maintenance is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// From here …
    pub from: UnixMillis,
    /// … to here, this moment not included.
    pub to: UnixMillis,
}

impl Period {
    /// True when the moment is inside.
    pub fn contains(self, moment: UnixMillis) -> bool {
        self.from <= moment && moment < self.to
    }
}

impl Maintenance {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// The field, with what to write instead.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.name.trim().is_empty() || self.name.len() > NAME_MAX {
            return Err(("name", format!("say in 1 to {NAME_MAX} bytes what is done")));
        }
        if self.objects.is_empty() || self.objects.len() > OBJECTS_MAX {
            return Err(("objects", format!("give 1 to {OBJECTS_MAX} objects")));
        }
        let span = |from: UnixMillis, to: UnixMillis| {
            let lasts = Span::from_millis(u64::try_from(from.until(to).as_millis()).unwrap_or(u64::MAX));
            if from >= to {
                return Err(("window", "ends before it starts; exchange starts_at and ends_at".to_owned()));
            }
            check_length(lasts)
        };
        match &self.window {
            Window::Once { starts_at, ends_at } => span(*starts_at, *ends_at),
            Window::Flexible { starts_at, ends_at, lasts } => {
                span(*starts_at, *ends_at)?;
                check_length(*lasts)
            }
            Window::Recurring { on, lasts, .. } => {
                let day = |day: &i8| (1..=31).contains(day) || *day == -1;
                let good = match on {
                    Days::Daily => true,
                    Days::Weekly(days) => (1..=7).contains(&days.len()),
                    Days::Monthly(days) => (1..=32).contains(&days.len()) && days.iter().all(day),
                    Days::MonthlyOn { nth, .. } => (1..=5).contains(nth) || *nth == -1,
                };
                if !good {
                    let message = "give days of the week, or 1 to 31 or -1 for the last of the month";
                    return Err(("on", message.to_owned()));
                }
                check_length(*lasts)
            }
        }
    }
}

fn check_length(lasts: Span) -> Result<(), (&'static str, String)> {
    if lasts.is_zero() || lasts > LASTS_MAX {
        return Err(("lasts", format!("{lasts} is out of range; give up to {LASTS_MAX}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_is_written_as_people_say_it() {
        let json = serde_json::json!({
            "name": "CHG-1042: kernel", "objects": ["acme/main/db"],
            "window": { "recurring": {
                "on": { "monthly-on": { "nth": 2, "day": "tuesday" } },
                "at": "02:30", "zone": "Europe/Zurich", "lasts": "2h"
            } },
        });
        let maintenance: Maintenance = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(maintenance.check(), Ok(()));
        assert_eq!(serde_json::to_value(&maintenance).unwrap(), json);
        for wrong in ["2:30", "24:00", "12:60", "+1:30", "noon", ""] {
            assert!(TimeOfDay::try_from(wrong.to_owned()).unwrap_err().contains("02:30"), "{wrong}");
        }
    }

    #[test]
    fn wrong_windows_say_what_to_give() {
        let objects = vec!["a".parse().unwrap()];
        let check = |window: Window, field: &str, part: &str| {
            let maintenance = Maintenance { name: "x".into(), objects: objects.clone(), window };
            let (found, message) = maintenance.check().unwrap_err();
            assert!(found == field && message.contains(part), "{found}: {message}");
        };
        let (early, late) = (UnixMillis(1_000), UnixMillis(2_000));
        check(Window::Once { starts_at: late, ends_at: early }, "window", "ends before it starts");
        check(Window::Once { starts_at: early, ends_at: UnixMillis(i64::MAX) }, "lasts", "give up to 400d");
        let lasts = Span::ZERO;
        check(Window::Flexible { starts_at: early, ends_at: late, lasts }, "lasts", "out of range");
        for on in [
            Days::Weekly(Vec::new()),
            Days::Monthly(vec![0]),
            Days::MonthlyOn { nth: 6, day: Weekday::Monday },
        ] {
            let at = TimeOfDay::try_from("02:30".to_owned()).unwrap();
            let window =
                Window::Recurring { on, at, zone: "UTC".into(), lasts: Span::from_hours(1), until: None };
            check(window, "on", "days of the week");
        }
    }
}
