//! Log files of a host that is read over ssh: what is asked of them, and what the answers mean.
//!
//! ```text
//! list DIRECTORY ─ ls -aLin ─► Listing: names, ids, lengths, times to the minute
//! read FILE      ─ dd       ─► bytes of it, and whether it was the same file before and after
//! ```
//!
//! Nothing but tools that POSIX names, for the host may be anything. `dd` seeks in a file; `tail -c +N` and `head -c` read
//! what they skip, or are missing.
//!
//! Invariants
//! - PO-1: what a file holds can end no answer: the marker has a number that nobody on the host knows before.
//! - PO-2: bytes count only when the file had its id before and after they were read.

use super::{Answer, head};
use std::fmt::Write as _;
use topmast_model::time::UnixMillis;

/// Milliseconds.
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question<'a> {
    /// What is in a directory.
    List(&'a str),
    /// Bytes of a file.
    Read {
        /// Its path.
        path: &'a str,
        /// Bytes of a block.
        block: u64,
        /// The first block.
        first: u64,
        /// How many.
        count: u64,
    },
}

/// The marker of one script.
///
/// - `number`: random, and used once (PO-1).
pub fn marker(number: u128) -> String {
    format!("@@topmast-{number:032x}: ")
}

/// The script that asks.
pub fn script(marker: &str, questions: &[Question<'_>]) -> String {
    let mut text = head();
    text.push_str("{\n");
    let mut part = |name: &str, command: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "printf '\\n{marker}begin {name}\\n'; {command}");
        let _ = writeln!(text, "printf '\\n{marker}end {name} %s\\n' \"$?\"");
    };
    part("clock", "date '+%Y %m %d %H %M %S'; date -u '+%Y %m %d %H %M %S'");
    for (place, question) in questions.iter().enumerate() {
        match question {
            Question::List(directory) => {
                // With a slash behind it a link is followed.
                let command = format!("TZ=UTC0 ls -aLin {}/ 2>/dev/null", quoted(directory));
                part(&format!("list-{place}"), &command);
            }
            Question::Read { path, block, first, count } => {
                let path = quoted(path);
                let id = format!("ls -diL {path} 2>/dev/null");
                part(&format!("before-{place}"), &id);
                let read = format!("dd if={path} bs={block} skip={first} count={count} 2>/dev/null");
                part(&format!("read-{place}"), &read);
                part(&format!("after-{place}"), &format!("{id}; [ -r {path} ] || echo unreadable"));
            }
        }
    }
    let _ = writeln!(text, "printf '\\n{marker}done\\n'\n}} </dev/null");
    text
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What is known of an entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its number in the filesystem.
    pub id: u64,
    /// True for a file that is no directory, pipe or device.
    pub is_regular: bool,
    /// Its length.
    pub length: u64,
    /// The end of the minute, or day, in which it was last written.
    pub written_at: UnixMillis,
}

/// The host's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostClock {
    /// Now.
    pub now: UnixMillis,
    /// Minutes by which its zone is ahead of UTC, as of now.
    pub ahead_min: i32,
}

/// The host's time as an answer tells it.
pub fn clock(answer: &Answer<'_>) -> Option<HostClock> {
    let text = std::str::from_utf8(answer.part("clock")?.text).ok()?;
    let mut times = text.lines().filter_map(moment);
    let (local, now) = (times.next()?, times.next()?);
    // A second may have passed between the two.
    let ahead = (local - now + MINUTE / 2).div_euclid(MINUTE);
    Some(HostClock { now: UnixMillis(now), ahead_min: i32::try_from(ahead).ok()? })
}

fn moment(line: &str) -> Option<i64> {
    let numbers: Vec<i64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [year, month, day, hour, minute, second] = numbers[..] else { return None };
    Some(date(year, month, day)? + (hour * 60 + minute) * MINUTE + second * 1_000)
}

/// Milliseconds from 1970 to the beginning of a day, after Howard Hinnant's `days_from_civil`.
fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some((year.div_euclid(400) * 146_097 + days - 719_468) * DAY)
}

/// What is in a directory; none when it cannot be looked into.
///
/// - `now`: the host's, for the year that `ls` leaves out.
pub fn listing(answer: &Answer<'_>, place: usize, now: UnixMillis) -> Option<Vec<Entry>> {
    let text = String::from_utf8_lossy(answer.part(&format!("list-{place}"))?.text);
    let entries: Vec<Entry> = text.lines().filter_map(|line| entry(line, now)).collect();
    // Every directory holds itself.
    entries.iter().any(|entry| entry.name == ".").then_some(entries)
}

/// `131074 -rw-r----- 1 0 4 5120 Nov 29 13:20 app.log`, and a year in place of the time of what is older.
fn entry(line: &str, now: UnixMillis) -> Option<Entry> {
    let mut rest = line;
    let mut word = || {
        let begin = rest.trim_start();
        let end = begin.find(' ')?;
        let word = &begin[..end];
        rest = &begin[end..];
        Some(word)
    };
    let id = word()?.parse().ok()?;
    let is_regular = word()?.starts_with('-');
    let (_links, _owner, _group) = (word()?, word()?, word()?);
    let mut length = word()?;
    if length.ends_with(',') {
        // A device has two numbers there.
        length = word()?;
    }
    let length = length.parse().ok()?;
    let month = word()?;
    let month = i64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1;
    let day = word()?.parse().ok()?;
    let written_at = written_at(month, day, word()?, now)?;
    let name = rest.strip_prefix(' ')?;
    Some(Entry { name: name.to_owned(), id, is_regular, length, written_at })
}

fn written_at(month: i64, day: i64, time: &str, now: UnixMillis) -> Option<UnixMillis> {
    let Some((hour, minute)) = time.split_once(':') else {
        return Some(UnixMillis(date(time.parse().ok()?, month, day)? + DAY - 1));
    };
    let of_day = (hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()? + 1) * MINUTE - 1;
    // 1970 + n years, near enough to try this one and the one before.
    let year = 1970 + now.0 / (DAY * 1461 / 4);
    let tried = [year + 1, year, year - 1].into_iter().filter_map(|year| date(year, month, day));
    let times = tried.map(|date| date + of_day);
    times.filter(|time| *time <= now.0 + DAY).max().map(UnixMillis)
}

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bytes<'a> {
    /// These, of the file that was meant.
    Read(&'a [u8]),
    /// The path names another file, or none any more (PO-2).
    Moved,
    /// The account may not read it.
    Denied,
}

/// What a question for bytes was answered; none when the answer has nothing of it.
///
/// - `id`: of the file that is meant.
pub fn bytes<'a>(answer: &Answer<'a>, place: usize, id: u64) -> Option<Bytes<'a>> {
    let has_id = |name: &str| {
        let text = answer.part(&format!("{name}-{place}"))?.text;
        let text = String::from_utf8_lossy(text);
        let first = text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        Some((first == Some(id), text.trim_end().ends_with("unreadable")))
    };
    let (before, after) = (has_id("before")?, has_id("after")?);
    let read = answer.part(&format!("read-{place}"))?;
    Some(match (before.0 && after.0, after.1) {
        (false, _) => Bytes::Moved,
        (true, true) => Bytes::Denied,
        (true, false) => Bytes::Read(read.text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 13:20:30 UTC.
    const NOW: UnixMillis = UnixMillis(1_795_958_430_000);

    #[test]
    fn rows_of_ls_are_understood_as_systems_print_them() {
        let day = |time: i64| (time - NOW.0).div_euclid(DAY);
        for (line, name, id, regular, length, days) in [
            ("131074 -rw-r----- 1 0 4 5120 Nov 29 13:20 app.log", "app.log", 131_074, true, 5120, 0),
            ("  42 -rw-r--r--+  1 100  1     7 Dec  1  2025 a  b.log", "a  b.log", 42, true, 7, -363),
            ("7 -rw-r--r--. 1 0 0 0 Dec  5 09:00 old", "old", 7, true, 0, -360),
            ("9 drwxr-xr-x 2 0 0 4096 Nov 28 00:00 .", ".", 9, false, 4096, -2),
            ("5 crw-rw-rw- 1 0 0 1, 3 Nov 29 13:00 null", "null", 5, false, 3, -1),
        ] {
            let entry = entry(line, NOW).unwrap_or_else(|| panic!("{line}"));
            let is = (entry.name.as_str(), entry.id, entry.is_regular, entry.length);
            assert_eq!(is, (name, id, regular, length));
            assert_eq!(day(entry.written_at.0), days, "{line}");
        }
        for line in ["total 12", "? l????????? ? ? ? ? ? gone", ""] {
            assert_eq!(entry(line, NOW), None, "{line}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a real shell answers a test")]
    fn shell_answers_with_bytes_that_no_content_can_end() {
        let directory = std::env::temp_dir().join(format!("topmast 'log {}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let marker = marker(7);
        let content = format!("one\n\n{marker}done\ntwo");
        let path = directory.join("it's a.log");
        std::fs::write(&path, &content).unwrap();
        let (directory_name, path_name) = (directory.to_str().unwrap(), path.to_str().unwrap());
        let questions = [
            Question::List(directory_name),
            Question::Read { path: path_name, block: 4, first: 1, count: 100 },
            Question::Read { path: path_name, block: 4096, first: 9, count: 1 },
            Question::List("/nowhere/at/all"),
        ];
        let own = super::marker(0x1234_5678_9abc_def0);
        let output =
            std::process::Command::new("/bin/sh").arg("-c").arg(script(&own, &questions)).output().unwrap();
        let answer = Answer::marked(&output.stdout, &own);
        std::fs::remove_dir_all(&directory).unwrap();
        let clock = clock(&answer).unwrap();
        let entries = listing(&answer, 0, clock.now).unwrap();
        let file = entries.iter().find(|entry| entry.name == "it's a.log").unwrap();
        assert_eq!((file.length, file.is_regular), (content.len() as u64, true));
        assert!((-2_000..=MINUTE).contains(&(file.written_at.0 + 1 - clock.now.0)), "{file:?}");
        assert_eq!(bytes(&answer, 1, file.id), Some(Bytes::Read(&content.as_bytes()[4..])));
        assert_eq!(bytes(&answer, 2, file.id), Some(Bytes::Read(b"")), "behind the end there is nothing");
        assert_eq!(bytes(&answer, 1, file.id + 1), Some(Bytes::Moved));
        assert_eq!(listing(&answer, 3, clock.now), None);
        assert!(answer.complete && super::super::is_complete_by(&output.stdout, &own));
    }

    #[test]
    fn zone_of_the_host_is_told_by_its_two_clocks() {
        let marker = marker(1);
        let text = format!(
            "\n{marker}begin clock\n2026 11 29 14 20 30\n2026 11 29 13 20 31\n\n{marker}end clock 0\n\n{marker}done\n"
        );
        let clock = clock(&Answer::marked(text.as_bytes(), &marker)).unwrap();
        assert_eq!((clock.now.0, clock.ahead_min), (NOW.0 + 1_000, 60));
    }
}
