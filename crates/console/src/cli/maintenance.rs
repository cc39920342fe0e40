//! `topmast maintenance`: times announced beforehand in which nobody is told of problems.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone, human};
use clap::{Args, Subcommand};
use std::time::SystemTime;
use topmast_api::client::Client;
use topmast_api::maintenance::{MaintenanceRequest, MaintenanceRow, MaintenanceWindow};
use topmast_api::time::Timestamp;
use topmast_model::maintenance::{Days, TimeOfDay, Weekday};
use topmast_model::path::ObjectPath;
use topmast_model::rule::Span;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Arguments of `maintenance`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Announce a maintenance: once from now or --start on, or again and again with --at
    Set(SetArguments),
    /// End a maintenance, or take it back
    Cancel {
        /// Its id
        id: Uuid,
    },
}

#[derive(Debug, Args)]
struct SetArguments {
    /// What is done
    name: String,
    /// On what, and everything inside it
    #[arg(long = "on", value_name = "PATH", required = true)]
    objects: Vec<ObjectPath>,
    #[command(flatten)]
    times: Times,
    /// It begins with the first problem after --start and before this, and is over by itself when there is none
    #[arg(long, value_name = "TIME", conflicts_with = "at")]
    flexible_until: Option<Timestamp>,
    /// The one to change; a new one when missing
    #[arg(long)]
    id: Option<Uuid>,
}

/// When something is in force: once, or again and again.
#[derive(Debug, Args)]
pub(super) struct Times {
    /// For how long, e.g. 2h
    #[arg(long = "for", value_name = "SPAN")]
    lasts: Span,
    /// When it begins, e.g. 2026-03-01T22:00:00Z; now when missing
    #[arg(long, value_name = "TIME", conflicts_with = "at")]
    start: Option<Timestamp>,
    /// Again and again at this time of day, e.g. 02:30
    #[arg(long, value_name = "HH:MM", requires = "zone", value_parser = time_of_day)]
    at: Option<TimeOfDay>,
    /// The time zone of --at, e.g. Europe/Zurich
    #[arg(long, requires = "at")]
    zone: Option<String>,
    /// Only on these days: of the week (monday), of the month (1, 15, -1 for the last) or the n-th of a day of the
    /// week in it (2nd-tuesday, last-friday); every day when missing
    #[arg(long, value_delimiter = ',', requires = "at", value_parser = day, allow_hyphen_values = true)]
    days: Vec<Day>,
    /// Not from here on
    #[arg(long, value_name = "TIME", requires = "at")]
    until: Option<Timestamp>,
}

fn time_of_day(text: &str) -> Result<TimeOfDay, String> {
    TimeOfDay::try_from(text.to_owned())
}

/// A day as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    OfWeek(Weekday),
    OfMonth(i8),
    Nth(i8, Weekday),
}

fn weekday(text: &str) -> Option<Weekday> {
    serde_json::from_value(text.to_lowercase().into()).ok()
}

fn day(text: &str) -> Result<Day, String> {
    let nth = |word: &str| match word.to_lowercase().as_str() {
        "1st" => Some(1),
        "2nd" => Some(2),
        "3rd" => Some(3),
        "4th" => Some(4),
        "5th" => Some(5),
        "last" => Some(-1),
        _ => None,
    };
    let of_month = text.parse().ok().filter(|day| (1..=31).contains(day) || *day == -1).map(Day::OfMonth);
    let of_both = || text.split_once('-').and_then(|(word, day)| Some(Day::Nth(nth(word)?, weekday(day)?)));
    let found = of_month.or_else(|| weekday(text).map(Day::OfWeek)).or_else(of_both);
    found.ok_or_else(|| {
        format!(
            "{text:?} is no day; write for example monday, 15, -1 for the last of the month, or 2nd-tuesday"
        )
    })
}

/// The days of one maintenance, which are all of one sort.
fn days(all: &[Day]) -> Result<Days, Failure> {
    let of_week: Vec<Weekday> =
        all.iter().filter_map(|day| if let Day::OfWeek(day) = day { Some(*day) } else { None }).collect();
    let of_month: Vec<i8> =
        all.iter().filter_map(|day| if let Day::OfMonth(day) = day { Some(*day) } else { None }).collect();
    match all {
        [] => Ok(Days::Daily),
        [Day::Nth(nth, day)] => Ok(Days::MonthlyOn { nth: *nth, day: *day }),
        _ if of_week.len() == all.len() => Ok(Days::Weekly(of_week)),
        _ if of_month.len() == all.len() => Ok(Days::Monthly(of_month)),
        _ => Err(Failure::Usage(
            "--days are to be of one sort: days of the week, days of the month, or one like 2nd-tuesday; \
             announce the others as a second maintenance"
                .into(),
        )),
    }
}

/// Lists, announces or cancels maintenances.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.maintenance_list().await?.items, MAINTENANCES),
        Some(Command::Set(arguments)) => {
            let set = client.maintenance_set(&arguments.request(now())?).await?;
            Ok(terminal::print(&format!("maintenance {} is announced: {}\n", set.id, when(&set.window)))?)
        }
        Some(Command::Cancel { id }) => {
            client.maintenance_cancel(id).await?;
            Ok(terminal::print(&format!("cancelled maintenance {id}\n"))?)
        }
    }
}

impl SetArguments {
    fn request(self, now: Timestamp) -> Result<MaintenanceRequest, Failure> {
        let Self { name, objects, times, flexible_until, id } = self;
        let window = match flexible_until {
            Some(ends_at) => MaintenanceWindow::Flexible {
                starts_at: times.start.unwrap_or(now),
                ends_at,
                lasts: times.lasts,
            },
            None => times.window(now)?,
        };
        Ok(MaintenanceRequest { id, name, objects, window })
    }
}

impl Times {
    /// The window that they mean.
    pub(super) fn window(self, now: Timestamp) -> Result<MaintenanceWindow, Failure> {
        let Self { lasts, start, at, zone, days: on, until } = self;
        if let (Some(at), Some(zone)) = (at, zone) {
            return Ok(MaintenanceWindow::Recurring { on: days(&on)?, at, zone, lasts, until });
        }
        let starts_at = start.unwrap_or(now);
        Ok(MaintenanceWindow::Once { starts_at, ends_at: Timestamp(starts_at.0.plus(lasts.duration())) })
    }
}

pub(super) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(UnixMillis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)))
}

/// A window in words.
pub(super) fn when(window: &MaintenanceWindow) -> String {
    match window {
        MaintenanceWindow::Once { starts_at, ends_at } => format!("{starts_at} to {ends_at}"),
        MaintenanceWindow::Flexible { starts_at, ends_at, lasts } => {
            format!("{lasts} from the first problem between {starts_at} and {ends_at} on")
        }
        MaintenanceWindow::Recurring { on, at, zone, lasts, until } => {
            let days = match on {
                Days::Daily => "daily".to_owned(),
                Days::Weekly(days) => days.iter().map(word).collect::<Vec<_>>().join(", "),
                Days::Monthly(days) => days_of_month(days),
                Days::MonthlyOn { nth, day } => format!("the {} {} of the month", ordinal(*nth), word(day)),
            };
            let end = until.map(|until| format!(", until {until}")).unwrap_or_default();
            format!("{days} at {} {zone} for {lasts}{end}", String::from(*at))
        }
    }
}

/// `the 1st, 15th and last of the month`.
fn days_of_month(days: &[i8]) -> String {
    let words: Vec<String> = days.iter().map(|day| ordinal(*day)).collect();
    format!("the {} of the month", words.join(", "))
}

fn ordinal(number: i8) -> String {
    let ending = match number {
        -1 => return "last".to_owned(),
        11..=13 => "th",
        _ => match number % 10 {
            1 => "st",
            2 => "nd",
            3 => "rd",
            _ => "th",
        },
    };
    format!("{number}{ending}")
}

/// As JSON has it, without the quotation marks of a text.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

const MAINTENANCES: &[Column<MaintenanceRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("NOW", "in_force", |row, _| {
        if row.in_force { Cell::new("in force", Tone::Warn) } else { Cell::plain("-") }
    }),
    Column::text("OBJECTS", "objects", |row, _| {
        Cell::plain(row.objects.iter().map(ObjectPath::as_str).collect::<Vec<_>>().join(" "))
    }),
    Column::text("WHEN", "window", |row, _| Cell::plain(when(&row.window))),
    Column::text("NEXT", "periods", |row, style| {
        let next = row.periods.iter().map(|period| period.from).find(|from| *from > style.now);
        Cell::plain(human::until(style.now, next))
    }),
    Column::wide_text("BY", "by", |row, _| Cell::plain(&row.by.name)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        set: SetArguments,
    }

    const NOW: &str = "2026-03-01T12:00:00Z";

    /// The window of a line, in words; or what is said of it.
    fn check(line: &str, expect: &str) {
        let words = ["set", "cables", "--on", "acme/main", "--for", "2h"].into_iter().chain(line.split(' '));
        let parsed = Line::try_parse_from(words.filter(|word| !word.is_empty()));
        let now = NOW.parse().unwrap();
        let found = match parsed.map(|line| line.set.request(now)) {
            Ok(Ok(request)) => when(&request.window),
            Ok(Err(error)) => error.text().unwrap(),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expect), "{line}: {found}");
    }

    #[test]
    fn windows_are_told_in_the_words_in_which_they_are_given() {
        check("", "2026-03-01T12:00:00.000Z to 2026-03-01T14:00:00.000Z");
        check("--start 2026-03-02T00:00:00Z", "2026-03-02T00:00:00.000Z to 2026-03-02T02:00:00.000Z");
        check(
            "--flexible-until 2026-03-02T06:00:00Z",
            "2h from the first problem between 2026-03-01T12:00:00.000Z and 2026-03-02T06:00:00.000Z on",
        );
        let at = "--at 02:30 --zone UTC";
        check(at, "daily at 02:30 UTC for 2h");
        check(&format!("{at} --days monday,SUNDAY"), "monday, sunday at 02:30");
        check(&format!("{at} --days 1,15,-1"), "the 1st, 15th, last of the month at 02:30");
        check(&format!("{at} --days -1"), "the last of the month");
        check(&format!("{at} --days 2nd-tuesday"), "the 2nd tuesday of the month");
        check(&format!("{at} --days last-friday"), "the last friday of the month");
        check(&format!("{at} --days 22,23,11,12"), "the 22nd, 23rd, 11th, 12th of the month");
    }

    #[test]
    fn days_that_are_none_or_not_of_one_sort_are_refused() {
        let at = "--at 02:30 --zone UTC";
        for wrong in ["32", "0", "-2", "moonday", "6th-monday", "2nd-", "monday-2nd"] {
            check(&format!("{at} --days {wrong}"), "is no day; write for example monday, 15");
        }
        for mixed in ["monday,15", "2nd-tuesday,monday", "2nd-tuesday,3rd-tuesday"] {
            check(&format!("{at} --days {mixed}"), "are to be of one sort");
        }
        check("--days monday", "--at");
        check(&format!("{at} --flexible-until 2026-03-02T06:00:00Z"), "cannot be used with");
    }
}
