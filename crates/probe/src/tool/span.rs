//! Spans of time as tools write them.

use super::text::count;
use super::uptime;
use crate::reading::Reading;

/// `[[dd-]hh:]mm:ss`, as `ps` writes elapsed time, in seconds.
pub(super) fn elapsed(text: &str) -> Option<u64> {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (count(days)?, clock),
        None => (0, text),
    };
    clock
        .contains(':')
        .then(|| clock_seconds(clock))?
        .map(|clock| days.saturating_mul(86_400).saturating_add(clock))
}

/// `[d.]hh:mm:ss[.fff]`, as Windows writes a span, in whole seconds.
pub(super) fn timespan(text: &str) -> Option<u64> {
    let (hours, rest) = text.split_once(':')?;
    let rest = rest.split_once(['.', ',']).map_or(rest, |(whole, _)| whole);
    let (days, hours) = match hours.split_once('.') {
        Some((days, hours)) => (count(days)?, hours),
        None => (0, hours),
    };
    (rest.split(':').count() == 2).then_some(())?;
    Some(days.saturating_mul(86_400).saturating_add(clock_seconds(&format!("{hours}:{rest}"))?))
}

/// `hh:mm:ss` or `mm:ss`; what is not two digits after a colon is cut.
fn clock_seconds(clock: &str) -> Option<u64> {
    let mut parts = clock.split(':');
    let mut seconds = parts.next().and_then(count).filter(|first| *first < 1_000_000)?;
    let mut n = 0;
    for part in parts {
        let value = count(part).filter(|value| *value < 60 && part.len() == 2)?;
        seconds = seconds * 60 + value;
        n += 1;
    }
    (1..=2).contains(&n).then_some(seconds)
}

/// What stands after `up`: `43 day(s),  8:52,  11 users`, `2 hr(s)`, `0+01:58:31`, `35 days  7:49`, `45d 8h 6m`.
pub(super) fn up(text: &str) -> Option<u64> {
    let mut total: Option<u64> = None;
    let mut add = |seconds: u64| total = Some(total.unwrap_or(0).saturating_add(seconds));
    let mut words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        if let Some((days, clock)) = word.split_once('+') {
            // The time of day may follow.
            return Some(count(days)?.saturating_mul(86_400).saturating_add(clock_seconds(clock)?));
        } else if word.contains(':') {
            let seconds = clock_seconds(word)?;
            // Two parts are hours and minutes here.
            add(if word.matches(':').count() == 1 { seconds * 60 } else { seconds });
        } else {
            let split = word.find(|char: char| !char.is_ascii_digit()).unwrap_or(word.len());
            let (digits, letters) = word.split_at(split);
            let Some(value) = count(digits).filter(|_| !digits.is_empty()) else { break };
            let unit = if letters.is_empty() { words.next().unwrap_or_default() } else { letters };
            let Some(seconds) = unit_seconds(unit) else { break };
            add(value.saturating_mul(seconds));
        }
    }
    total
}

fn unit_seconds(unit: &str) -> Option<u64> {
    let unit = unit.trim_end_matches(['.', ';']).to_ascii_lowercase();
    match unit.as_str() {
        "d" | "day" | "days" | "day(s)" => Some(86_400),
        "h" | "hr" | "hrs" | "hr(s)" | "hour" | "hours" => Some(3_600),
        "m" | "min" | "mins" | "min(s)" | "minute" | "minutes" => Some(60),
        "s" | "sec" | "secs" | "sec(s)" | "second" | "seconds" => Some(1),
        _ => None,
    }
}

/// Averages of the run queue after `load average:`, `load averages:` or `load avg:`.
pub(super) fn loads(reading: &mut Reading, line: u32, text: &str) {
    let Some((_, averages)) = uptime::find_averages(text) else { return };
    [reading.load1, reading.load5, reading.load15] = uptime::loads(averages);
    if reading.load15.is_none() {
        reading.remark(line, "load averages are missing or cut");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_seconds() {
        assert_eq!(elapsed("12-03:04:05"), Some(12 * 86_400 + 3 * 3_600 + 4 * 60 + 5));
        assert_eq!((elapsed("04:05"), elapsed("7"), elapsed("1:2")), (Some(245), None, None));
        assert_eq!(timespan("1.02:03:04.5"), Some(86_400 + 7_384));
        assert_eq!((timespan("00:42:38.5840000"), timespan("0:4")), (Some(2_558), None));
    }

    #[test]
    fn up_adds_days_hours_and_minutes() {
        let cases = [
            ("17 day(s),  3:54,  2 users", Some(17 * 86_400 + 3 * 3_600 + 54 * 60)),
            ("3 hr(s),  1 user", Some(10_800)),
            ("8 mins,  1 user", Some(480)),
            ("0+02:03:04        13:58:19", Some(7_384)),
            ("6 days 19:12, 483 worlds", Some(6 * 86_400 + 19 * 3_600 + 12 * 60)),
            ("45d 8h 6m", Some(45 * 86_400 + 8 * 3_600 + 360)),
            ("users", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(up(text), seconds, "{text}");
        }
    }
}
