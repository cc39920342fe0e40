//! `uptime`, and the line of it that `top` begins with.
//!
//! ```text
//!  10:25:20 up 16:03,  2 users,  load average: 0.00, 0.01, 0.05
//! 10:09  up 3 days, 2:05, 3 users, load averages: 5.63 7.26 3.53
//! ```

use super::cut::MARK;
use super::text::{Line, Text, count, number};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

/// The last line of the text that says how long the system is up.
pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut found = None;
    for line in text.lines() {
        let mut reading = Reading::default();
        read(line, &mut reading);
        let known = reading.uptime_seconds.is_some() || reading.load1.is_some() || reading.users.is_some();
        // A last line that was cut says less than the one before.
        let whole = reading.remarks.is_empty();
        if (known && (whole || found.is_none())) || (found.is_none() && !whole) {
            found = Some(reading);
        }
    }
    let missing = text.error(Fault::Missing("the time since the system started"));
    let reading = found.ok_or(missing)?;
    let known = reading.uptime_seconds.is_some() || reading.load1.is_some() || reading.users.is_some();
    if known { Ok(reading) } else { Err(missing) }
}

/// Takes time, users and averages of a line, as far as they stand there.
pub(super) fn read(line: Line<'_>, reading: &mut Reading) {
    let text = line.text;
    let (before, averages) = match find_averages(text) {
        Some((before, averages)) => (before, Some(averages)),
        None => (text, None),
    };
    // `top` of FreeBSD has it behind the averages.
    if let Some(up) = after_up(before).or_else(|| after_up(averages?)) {
        let (seconds, users, whole) = span(up);
        reading.users = users;
        if whole {
            reading.uptime_seconds = seconds;
        } else {
            reading.remark(line.number, "the time since the start is cut or garbled");
        }
    }
    if let Some(averages) = averages {
        let [one, five, fifteen] = loads(averages);
        (reading.load1, reading.load5, reading.load15) = (one, five, fifteen);
        if fifteen.is_none() {
            reading.remark(line.number, "load averages are missing or cut");
        }
    }
}

/// What stands before and behind `load average:` in its many forms.
pub(super) fn find_averages(text: &str) -> Option<(&str, &str)> {
    // Most lines of most texts end here.
    if !text.contains(':') || !text.contains(['A', 'a']) {
        return None;
    }
    // Lowering ASCII letters moves no byte.
    let lower = text.to_ascii_lowercase();
    let at = lower.find("load av")?;
    let colon = at + text.get(at..)?.find(':')?;
    Some((text.get(..at)?, text.get(colon + 1..)?))
}

/// Three averages: blanks or commas between them, a point or a comma in them. One with fewer than two decimals is
/// cut.
pub(super) fn loads(text: &str) -> [Option<f64>; 3] {
    let mut loads = [None; 3];
    let words = text.split(|char: char| char.is_whitespace() || char == ';').flat_map(|word| {
        let word = word.trim_matches([',', MARK]);
        // Without blanks between them, commas part the averages and points their decimals.
        let mark = if word.contains('.') { ',' } else { '\0' };
        word.split(mark)
    });
    for (load, word) in loads.iter_mut().zip(words.filter(|word| !word.is_empty())) {
        let Some(value) = number(word).filter(|value| *value >= 0.0) else { break };
        // Every tool prints two decimals.
        if word.find(['.', ',']).is_none_or(|at| word.len() - at < 3) {
            break;
        }
        *load = Some(value);
    }
    loads
}

/// What follows the word `up`.
fn after_up(text: &str) -> Option<&str> {
    let at = text.match_indices("up").map(|(at, _)| at).find(|&at| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 2..).unwrap_or_default();
        before.chars().next_back().is_none_or(char::is_whitespace) && after.starts_with(char::is_whitespace)
    })?;
    text.get(at + 2..)
}

/// Seconds, users, and whether the span of time is whole.
fn span(text: &str) -> (Option<u64>, Option<u64>, bool) {
    let (mut seconds, mut users) = (None, None);
    let mut pending: Option<u64> = None;
    let mut whole = true;
    for word in text.split(|char: char| char.is_whitespace() || char == ',').filter(|word| !word.is_empty()) {
        if let Some(unit) = unit(word) {
            let Some(amount) = pending.take() else { continue };
            seconds = amount.checked_mul(unit).and_then(|more| seconds.unwrap_or(0_u64).checked_add(more));
            whole &= seconds.is_some();
        } else if word.starts_with("user") {
            users = pending.take();
        } else if let Some(clock) = clock(word) {
            // `12 23:03:35`: the time of day at the end of a line of top, not more of the span.
            if seconds.is_none_or(|known| known % 86_400 == 0) && !text.contains('+') || word.contains('+') {
                seconds = Some(seconds.unwrap_or(0).saturating_add(clock));
            }
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
            whole &= pending.is_none();
            pending = count(word);
            whole &= pending.is_some();
        } else if word.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'-') {
            whole = false;
        }
    }
    // A number whose unit does not follow is where the text was cut.
    (seconds, users, whole && pending.is_none())
}

/// Seconds of a unit.
fn unit(word: &str) -> Option<u64> {
    let word = word.trim_end_matches("(s)").trim_end_matches('.').to_ascii_lowercase();
    Some(match word.strip_suffix('s').unwrap_or(&word) {
        "sec" | "second" => 1,
        "min" | "minute" => 60,
        "hr" | "hour" => 3600,
        "day" => 86_400,
        "week" => 604_800,
        // What procps counts as a year and a decade.
        "year" => 31_556_926,
        "decade" => 315_569_260,
        _ => return None,
    })
}

/// `hh:mm`, `hh:mm:ss` or `d+hh:mm:ss`.
fn clock(word: &str) -> Option<u64> {
    let (days, clock) = word.split_once('+').unwrap_or(("0", word));
    let (hours, rest) = clock.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "00"));
    // With days there are always seconds.
    if word.contains('+') && clock.matches(':').count() < 2 {
        return None;
    }
    let two = |part: &str| (part.len() == 2).then(|| count(part)).flatten().filter(|part| *part < 60);
    let hours = count(hours).filter(|_| !hours.is_empty() && hours.len() < 9)?;
    let days = count(days).filter(|_| !days.is_empty() && days.len() < 9)?;
    Some(days * 86_400 + hours * 3600 + two(minutes)? * 60 + two(seconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Reading {
        parse(&Text::of("uptime", text)).unwrap()
    }

    #[test]
    fn every_form_of_the_span_is_understood() {
        for (text, seconds) in [
            (" 19:47:31 up  3:15,  0 user,  load average: 0.05, 0.49, 1.34", 11_700),
            (" 09:00:00 up 7 min,  1 user,  load average: 0.05, 0.49, 1.34", 420),
            (" 09:00:00 up 83 days,  2:53,  1 user,  load average: 0.21, 0.85, 0.72", 7_181_580),
            (" 09:00:00 up 1 day, 5 min,  1 user,  load average: 0.21, 0.85, 0.72", 86_700),
            (" 09:00:00 up 12 days, 3 users, load averages: 0.21 0.85 0.72", 1_036_800),
            ("11:02AM  up 9 days, 2 hrs, 3 users, load averages: 0.21 0.85 0.72", 784_800),
            ("up 2 weeks, 3 days, 1 hour, 5 minutes", 1_472_700),
            ("  8:52am  up 43 day(s),  3:54,  11 users,  load average: 0.21, 0.85, 0.72", 3_729_240),
            ("  8:52am  up 2 hr(s),  1 user,  load average: 0.21, 0.85, 0.72", 7200),
            ("load averages:  0.17,  0.27,  0.28  up 16+09:48:34    01:01:20", 1_417_714),
            ("12:00  up 45 secs, 1 user, load averages: 0,21 0,85 0,72", 45),
        ] {
            assert_eq!(read_text(text).uptime_seconds, Some(seconds), "{text}");
        }
    }

    #[test]
    fn averages_have_points_or_commas() {
        for text in
            ["0.18, 0.25, 0.12", "0,18, 0,25, 0,12", "0.18 0.25 0.12", "0,18 0,25 0,12", "0.18,0.25,0.12"]
        {
            assert_eq!(loads(text), [Some(0.18), Some(0.25), Some(0.12)], "{text}");
        }
        assert_eq!(loads(" 5.46, 5.9"), [Some(5.46), None, None]);
        assert_eq!(loads(" 5.46, 5.98\u{2026}"), [Some(5.46), Some(5.98), None]);
        assert_eq!(loads(" 5.46, x, 1.00"), [Some(5.46), None, None]);
    }

    #[test]
    fn users_and_averages_stand_beside_it() {
        let reading = read_text("10:09  up 3 mins, 3 users, load averages: 5.63 7.26 3.53\n");
        assert_eq!((reading.users, reading.uptime_seconds), (Some(3), Some(180)));
        assert_eq!((reading.load1, reading.load5, reading.load15), (Some(5.63), Some(7.26), Some(3.53)));
        // busybox counts no users
        assert_eq!(read_text(" 12:01:00 up 1 min,  load average: 0.00, 0.10, 0.20\n").users, None);
    }

    #[test]
    fn a_span_that_is_cut_is_left_out() {
        let cut = parse(&Text::of("uptime", " 10:25:20 up 16:0")).unwrap_err();
        assert_eq!(cut.to_string(), "parse uptime, line 1: the time since the system started is missing");
        let reading = read_text(
            " 10:00:00 up 16:03,  2 users,  load average: 0.00, 0.01, 0.05\n 10:00:01 up 16:03,  2 us",
        );
        assert_eq!((reading.load15, reading.users), (Some(0.05), Some(2)));
    }
}
