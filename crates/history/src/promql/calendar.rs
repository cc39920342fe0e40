//! Numbers of a date in UTC.

use super::function::Calendar;

const DAY_SECONDS: i64 = 86_400;

impl Calendar {
    /// The number at a time in seconds since the Unix epoch.
    pub(super) fn of(self, seconds: f64) -> f64 {
        if !seconds.is_finite() {
            return f64::NAN;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time beyond some billion years is the last there is"
        )]
        let seconds = (seconds as i64).clamp(-(1 << 50), 1 << 50);
        let days = seconds.div_euclid(DAY_SECONDS);
        let (year, month, day) = civil(days);
        let number = match self {
            Self::Minute => seconds.rem_euclid(3_600) / 60,
            Self::Hour => seconds.rem_euclid(DAY_SECONDS) / 3_600,
            // The epoch was a Thursday; 0 is Sunday.
            Self::DayOfWeek => (days + 4).rem_euclid(7),
            Self::DayOfMonth => day,
            Self::DayOfYear => {
                let before: i64 = (1..month).map(|month| month_days(year, month)).sum();
                before + day
            }
            Self::DaysInMonth => month_days(year, month),
            Self::Month => month,
            Self::Year => year,
        };
        number as f64
    }
}

/// Year, month and day of a day counted from the Unix epoch.
///
/// Counts in years that begin in March, so that the leap day is the last of its year, and in eras of 400
/// years, which all have the same length.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn civil_walks_through_every_day() {
        let (mut year, mut month, mut day) = (1600, 1, 1);
        for days in -135_140..200_000 {
            assert_eq!(civil(days), (year, month, day), "day {days}");
            day += 1;
            if day > month_days(year, month) {
                day = 1;
                month += 1;
            }
            if month > 12 {
                month = 1;
                year += 1;
            }
        }
    }

    #[test]
    fn calendar_knows_a_leap_day() {
        // 2024-02-29 13:05 UTC, a Thursday.
        let time = 1_709_211_900.0;
        let numbers = [
            (Calendar::Minute, 5.0),
            (Calendar::Hour, 13.0),
            (Calendar::DayOfWeek, 4.0),
            (Calendar::DayOfMonth, 29.0),
            (Calendar::DayOfYear, 60.0),
            (Calendar::DaysInMonth, 29.0),
            (Calendar::Month, 2.0),
            (Calendar::Year, 2024.0),
        ];
        for (calendar, expected) in numbers {
            assert_eq!(calendar.of(time), expected, "{calendar:?}");
        }
    }
}
