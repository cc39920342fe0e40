//! The time that stands at the beginning of a line.
//!
//! Recognised are ISO 8601 with date and time, also without its zone, what syslog, Apache and nginx write, and seconds or
//! milliseconds since 1970. It may stand behind a bracket, a quote or a few words, as in `INFO 2026-11-29 …` and
//! `{"time":"2026-11-29T…`. A time without a zone is in the zone of this server.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use topmast_model::time::UnixMillis;

/// A time stands within so many bytes, or does not stand there at all.
const REACH: usize = 128;
/// Seconds of years in which logs are written: 2001 to 2100. Other numbers are no times.
const SECONDS: std::ops::Range<i64> = 978_307_200..4_102_444_800;
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Reads times of lines.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: TimeZone,
    /// For the year that syslog leaves out.
    now: UnixMillis,
}

impl Clock {
    /// With the zone of this server.
    pub fn new(now: UnixMillis) -> Self {
        Self { zone: TimeZone::system(), now }
    }

    /// With a zone of its own.
    pub fn in_zone(zone: TimeZone, now: UnixMillis) -> Self {
        Self { zone, now }
    }

    /// The time of a line, if one stands there.
    ///
    /// Cost: some hundred nanoseconds for a line without one, whatever its length.
    pub fn of(&self, line: &[u8]) -> Option<UnixMillis> {
        let head = line.get(..REACH).unwrap_or(line);
        if let Some(time) = epoch(head) {
            return Some(time);
        }
        let mut before = b' ';
        for (at, byte) in head.iter().enumerate() {
            // Only at the beginning of a word: within one, digits are part of something else.
            if !before.is_ascii_alphanumeric() {
                let rest = &line[at..];
                let found = match byte {
                    b'1' | b'2' => self.iso(rest),
                    b'A'..=b'Z' => self.syslog(rest),
                    _ => None,
                };
                let found = found.or_else(|| byte.is_ascii_digit().then(|| self.apache(rest)).flatten());
                if found.is_some() {
                    return found;
                }
            }
            before = *byte;
        }
        None
    }

    /// `2026-11-29T13:20:30.123+01:00`, also with a space, a comma, or without zone and fraction.
    fn iso(&self, text: &[u8]) -> Option<UnixMillis> {
        let mut fields = Fields(text);
        let year = fields.digits(4)?;
        fields.one_of(b"-/")?;
        let month = fields.digits(2)?;
        fields.one_of(b"-/")?;
        let day = fields.digits(2)?;
        fields.one_of(b"T t_")?;
        let (hour, minute, second) = fields.clock()?;
        let millis = fields.fraction();
        let zone = fields.zone();
        self.instant(year, month, day, (hour, minute, second), millis, zone)
    }

    /// `Nov 29 13:20:30`, `Nov  9 …`.
    fn syslog(&self, text: &[u8]) -> Option<UnixMillis> {
        let month = month(text.get(..3)?)?;
        let mut fields = Fields(&text[3..]);
        fields.one_of(b" ")?;
        let day = if fields.one_of(b" ").is_some() { fields.digits(1)? } else { fields.digits(2)? };
        fields.one_of(b" ")?;
        let time = fields.clock()?;
        let millis = fields.fraction();
        let year = self.now_at().year();
        let this = self.instant(year.into(), month, day, time, millis, None)?;
        // A line of tomorrow is one of last year: written in December, read in January.
        if this.0 > self.now.0 + 86_400_000 {
            return self.instant(i32::from(year) - 1, month, day, time, millis, None);
        }
        Some(this)
    }

    /// `29/Nov/2026:13:20:30 +0000`.
    fn apache(&self, text: &[u8]) -> Option<UnixMillis> {
        let mut fields = Fields(text);
        let day = fields.digits(2)?;
        fields.one_of(b"/")?;
        let month = month(fields.0.get(..3)?)?;
        fields.0 = &fields.0[3..];
        fields.one_of(b"/")?;
        let year = fields.digits(4)?;
        fields.one_of(b":")?;
        let time = fields.clock()?;
        let zone = fields.zone();
        self.instant(year, month, day, time, 0, zone)
    }

    fn now_at(&self) -> DateTime {
        let now = jiff::Timestamp::from_millisecond(self.now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(now)
    }

    fn instant(
        &self,
        year: i32,
        month: i32,
        day: i32,
        (hour, minute, second): (i32, i32, i32),
        millis: i32,
        zone: Option<i32>,
    ) -> Option<UnixMillis> {
        let small = |number: i32| i8::try_from(number).ok();
        let civil = DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            // A leap second is in no calendar of computers.
            small(second.min(59))?,
            millis * 1_000_000,
        )
        .ok()?;
        let at = match zone {
            Some(seconds) => jiff::tz::Offset::from_seconds(seconds).ok()?.to_timestamp(civil).ok()?,
            None => self.zone.to_timestamp(civil).ok()?,
        };
        Some(UnixMillis(at.as_millisecond()))
    }
}

fn month(name: &[u8]) -> Option<i32> {
    let place = MONTHS.iter().position(|month| month.as_slice() == name)?;
    i32::try_from(place + 1).ok()
}

/// Ten digits, perhaps with a fraction, or thirteen, at the very beginning of a line.
fn epoch(line: &[u8]) -> Option<UnixMillis> {
    let begin = usize::from(matches!(line.first(), Some(b'[' | b'"' | b'(')));
    let digits = line[begin..].iter().take(14).take_while(|byte| byte.is_ascii_digit()).count();
    let number = |from: usize, to: usize| std::str::from_utf8(line.get(from..to)?).ok()?.parse::<i64>().ok();
    let (seconds, millis) = match digits {
        10 => {
            let mut fields = Fields(&line[begin + 10..]);
            (number(begin, begin + 10)?, i64::from(fields.fraction()))
        }
        13 => {
            let whole = number(begin, begin + 13)?;
            (whole / 1_000, whole % 1_000)
        }
        _ => return None,
    };
    SECONDS.contains(&seconds).then_some(UnixMillis(seconds * 1_000 + millis))
}

/// What is left of a text.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn digits(&mut self, count: usize) -> Option<i32> {
        let digits = self.0.get(..count)?;
        let mut number = 0;
        for digit in digits {
            number = number * 10 + i32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = &self.0[count..];
        Some(number)
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let first = *self.0.first()?;
        bytes.contains(&first).then(|| {
            self.0 = &self.0[1..];
            first
        })
    }

    fn clock(&mut self) -> Option<(i32, i32, i32)> {
        let hour = self.digits(2)?;
        self.one_of(b":")?;
        let minute = self.digits(2)?;
        self.one_of(b":")?;
        let second = self.digits(2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some((hour, minute, second))
    }

    /// Milliseconds; those of a fraction that is not there are none.
    fn fraction(&mut self) -> i32 {
        if !matches!(self.0.first(), Some(b'.' | b',')) || !self.0.get(1).is_some_and(u8::is_ascii_digit) {
            return 0;
        }
        self.0 = &self.0[1..];
        let (mut millis, mut weight) = (0, 100);
        // More digits than nanoseconds have belong to something else.
        for _ in 0..9 {
            let Some(digit) = self.0.first().filter(|byte| byte.is_ascii_digit()) else { break };
            millis += i32::from(digit - b'0') * weight;
            weight /= 10;
            self.0 = &self.0[1..];
        }
        millis
    }

    /// Seconds east of Greenwich, when a zone stands there.
    fn zone(&mut self) -> Option<i32> {
        if self.one_of(b"Zz").is_some() {
            return Some(0);
        }
        if self.0.first() == Some(&b' ') && matches!(self.0.get(1), Some(b'+' | b'-')) {
            self.0 = &self.0[1..];
        }
        let sign = if self.one_of(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.digits(2)?;
        self.one_of(b":");
        let minutes = self.digits(2).unwrap_or(0);
        (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-29 13:20:30 UTC.
    const AT: i64 = 1_795_958_430_000;

    fn clock() -> Clock {
        Clock::in_zone(TimeZone::fixed(jiff::tz::offset(1)), UnixMillis(AT + 5_000))
    }

    #[test]
    fn times_of_the_usual_forms_are_read() {
        for (line, expect) in [
            ("2026-11-29T13:20:30Z up", AT),
            ("2026-11-29T13:20:30.123456Z", AT + 123),
            ("2026-11-29 14:20:30,5 WARN", AT + 500),
            ("[2026-11-29T08:20:30-05:00] x", AT),
            ("2026/11/29 14:20:30 x", AT),
            ("INFO 2026-11-29 13:20:30 +0000 x", AT),
            (r#"{"level":"info","time":"2026-11-29T13:20:30.007Z","m":1}"#, AT + 7),
            ("Nov 29 14:20:30 db1 sshd[1]: x", AT),
            ("<34>Nov  9 14:20:30 db1 x", AT - 20 * 86_400_000),
            ("Dec 31 14:20:30 db1 x", AT - (365 - 32) * 86_400_000),
            (r#"10.0.0.1 - - [29/Nov/2026:13:20:30 +0000] "GET / HTTP/1.1" 200"#, AT),
            ("1795958430 x", AT),
            ("1795958430.250 x", AT + 250),
            ("1795958430123 x", AT + 123),
        ] {
            assert_eq!(clock().of(line.as_bytes()), Some(UnixMillis(expect)), "{line}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in [
            "",
            "at com.example.Switch.run(Switch.java:2026)",
            "2026-13-29T13:20:30Z",
            "2026-11-31T13:20:30Z",
            "2026-11-29T25:20:30Z",
            "x2026-11-29T13:20:30Z",
            "4111111111111111 card",
            "0000000001 x",
            "Nov 31 14:20:30 x",
            "12345678901234567890",
        ] {
            assert_eq!(clock().of(line.as_bytes()), None, "{line}");
        }
        let far = [vec![b' '; REACH], b"2026-11-29T13:20:30Z".to_vec()].concat();
        assert_eq!(clock().of(&far), None, "too far from the beginning");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_fault(line: Vec<u8>) {
            let _ = clock().of(&line);
        }

        #[test]
        fn any_time_comes_back(seconds in SECONDS, millis in 0_i64..1_000, noise in "[ -/:-~]{0,40}") {
            let at = seconds * 1_000 + millis;
            let text = jiff::Timestamp::from_millisecond(at).unwrap().to_string();
            let line = format!("{text} {noise}");
            prop_assert_eq!(clock().of(line.as_bytes()), Some(UnixMillis(at)));
            let line = format!("{at} {noise}");
            let expect = (at >= 1_000_000_000_000).then_some(UnixMillis(at));
            prop_assert!(expect.is_none() || clock().of(line.as_bytes()) == expect);
        }
    }
}
