//! What stands on an axis: round values, times on the clock, and how they are written.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Steps of time between two marks, in seconds.
const STEPS_S: [i64; 21] = [
    1,
    5,
    10,
    30,
    60,
    300,
    600,
    900,
    1_800,
    3_600,
    2 * 3_600,
    3 * 3_600,
    6 * 3_600,
    12 * 3_600,
    DAY_S,
    2 * DAY_S,
    7 * DAY_S,
    14 * DAY_S,
    28 * DAY_S,
    91 * DAY_S,
    364 * DAY_S,
];
const DAY_S: i64 = 86_400;
/// Most marks of an axis, whatever the picture's size.
const MARKS_MAX: usize = 100;

/// Values from the least to the greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) step: f64,
}

impl Range {
    /// A range of round values around what is to be seen, with about `marks` steps. What is told of its ends holds.
    pub(crate) fn around(seen: Option<(f64, f64)>, min: Option<f64>, max: Option<f64>, marks: f32) -> Self {
        let (least, greatest) = seen.unwrap_or((0.0, 1.0));
        // Figures of operation are read against zero, unless they stay far from it.
        let is_near = least >= 0.0 && least <= 0.7 * greatest;
        let mut low = min.unwrap_or(if is_near { 0.0 } else { least });
        let mut high = max.unwrap_or(greatest.max(low));
        if low > high {
            std::mem::swap(&mut low, &mut high);
        }
        if high - low <= f64::EPSILON * high.abs().max(1e-300) {
            let around = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
            if min.is_none() && low != 0.0 {
                low -= around;
            }
            high += around;
        }
        let step = round_step((high / 2.0 - low / 2.0) * 2.0, f64::from(marks));
        if min.is_none() {
            low = (low / step).floor() * step;
        }
        if max.is_none() {
            high = (high / step).ceil() * step;
        }
        let is_good = low.is_finite() && high.is_finite() && step.is_finite() && step > 0.0 && low < high;
        if is_good { Self { min: low, max: high, step } } else { Self { min: 0.0, max: 1.0, step: 0.5 } }
    }

    /// The round values in it.
    pub(crate) fn marks(&self) -> Vec<f64> {
        let first = (self.min / self.step - 1e-9).ceil();
        let values = (0..MARKS_MAX).map(|n| (first + n as f64) * self.step);
        let last = self.max + self.step * 1e-9;
        // Minus zero is written as zero.
        values.take_while(|value| *value <= last).map(|value| value + 0.0).collect()
    }

    /// Where a value is, 0 at the least and 1 at the greatest.
    pub(crate) fn place(&self, value: f64) -> f32 {
        ((value - self.min) / (self.max - self.min)) as f32
    }
}

/// 1, 2 or 5 times a power of ten.
fn round_step(length: f64, marks: f64) -> f64 {
    let raw = length.min(f64::MAX) / marks.max(1.0);
    let power = 10_f64.powf(raw.log10().floor());
    let factor = match raw / power {
        factor if factor <= 1.0 => 1.0,
        factor if factor <= 2.0 => 2.0,
        factor if factor <= 5.0 => 5.0,
        _ => 10.0,
    };
    factor * power
}

/// Writes a value in at most seven letters: `1,240`, `0.025`, `12.5k`, `3G`.
pub fn number(value: f64) -> String {
    /// From which value on, by what it is divided, and the letter.
    const UNITS: [(f64, f64, &str); 5] =
        [(1e15, 1e15, "P"), (1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")];
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size >= 1e18 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.1e}");
    }
    for (least, divisor, name) in UNITS {
        if size >= least {
            return format!("{}{name}", short(value / divisor, 1));
        }
    }
    let digits = match size {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 3,
        _ => 5,
    };
    let text = short(value, digits);
    match text.strip_prefix('-').unwrap_or(&text).len() {
        4 if size >= 1_000.0 => {
            let (head, tail) = text.split_at(text.len() - 3);
            format!("{head},{tail}")
        }
        _ => text,
    }
}

fn short(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A mark on the axis of time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: i64,
    /// The time of day, or the day.
    pub(crate) text: String,
    /// The day, where it is another than before.
    pub(crate) day: String,
}

/// Marks on a span of time that is so many pixels long, `room` pixels for each.
pub(crate) fn ticks((from, until): (i64, i64), offset_s: i32, length: f32, room: f32) -> Vec<Tick> {
    let zone = Offset::from_seconds(offset_s).unwrap_or(Offset::UTC);
    let span_s = until.saturating_sub(from) / 1_000;
    let most = (f64::from(length) / f64::from(room)).clamp(1.0, MARKS_MAX as f64);
    let fits = |step: &i64| span_s as f64 / *step as f64 <= most;
    let Some(step) = STEPS_S.into_iter().find(fits) else { return Vec::new() };
    // Marks are on the clock of the zone.
    let shift = i64::from(zone.seconds());
    let first = (from.div_euclid(1_000) + shift + step - 1).div_euclid(step) * step - shift;
    let (mut ticks, mut day) = (Vec::new(), String::new());
    for n in 0..=MARKS_MAX {
        let at = first.saturating_add(step.saturating_mul(i64::try_from(n).unwrap_or_default()));
        let Ok(time) = Timestamp::from_second(at) else { break };
        if at.saturating_mul(1_000) > until {
            break;
        }
        if at.saturating_mul(1_000) < from {
            continue;
        }
        let time = time.to_zoned(TimeZone::fixed(zone));
        let its = time.strftime(if span_s > 300 * DAY_S { "%-d %b %Y" } else { "%-d %b" }).to_string();
        let text = match step {
            step if step >= DAY_S => its.clone(),
            step if step < 60 => time.strftime("%H:%M:%S").to_string(),
            _ => time.strftime("%H:%M").to_string(),
        };
        let is_new = step < DAY_S && its != day;
        ticks.push(Tick { at: at * 1_000, text, day: if is_new { its.clone() } else { String::new() } });
        day = its;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_short() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.5, "0.5"),
            (0.025, "0.025"),
            (0.000_5, "0.0005"),
            (1e-7, "1.0e-7"),
            (12.34, "12.3"),
            (99.99, "100"),
            (250.0, "250"),
            (1_240.0, "1,240"),
            (-1_240.0, "-1,240"),
            (12_500.0, "12.5k"),
            (3e9, "3G"),
            (1e30, "1.0e30"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(number(value), expected, "{value}");
        }
    }

    #[test]
    fn ranges_begin_and_end_at_round_values() {
        let check = |seen: (f64, f64), min, max, expected: &[f64]| {
            let marks = Range::around(Some(seen), min, max, 4.0).marks();
            let close = marks.iter().zip(expected).all(|(mark, wanted)| (mark - wanted).abs() < 1e-9);
            assert!(marks.len() == expected.len() && close, "{marks:?} {expected:?}");
        };
        check((3.0, 17.0), None, None, &[0.0, 5.0, 10.0, 15.0, 20.0]);
        check((95.0, 99.0), None, None, &[95.0, 96.0, 97.0, 98.0, 99.0]);
        check((3.0, 17.0), Some(0.0), Some(100.0), &[0.0, 50.0, 100.0]);
        check((0.0, 0.0), None, None, &[0.0, 0.5, 1.0]);
        check((-2.0, 2.0), None, None, &[-2.0, -1.0, 0.0, 1.0, 2.0]);
        for seen in [(5.0, 5.0), (f64::MIN, f64::MAX), (1e-320, 1e-319), (-7.0, -7.0)] {
            let range = Range::around(Some(seen), None, None, 4.0);
            assert!(
                range.min < range.max && range.step > 0.0 && range.marks().len() <= MARKS_MAX,
                "{range:?}"
            );
        }
    }

    #[test]
    fn times_stand_on_the_clock_of_their_zone_with_the_day_where_it_changes() {
        let hour = 3_600_000;
        // 2026-11-29 22:10 UTC
        let from = 1_795_990_200_000;
        let told = |span, offset| {
            let ticks = ticks(span, offset, 600.0, 75.0);
            ticks.into_iter().map(|tick| format!("{} {}", tick.text, tick.day)).collect::<Vec<_>>()
        };
        assert_eq!(
            told((from, from + 3 * hour), 0),
            ["22:30 29 Nov", "23:00 ", "23:30 ", "00:00 30 Nov", "00:30 ", "01:00 "]
        );
        assert_eq!(told((from, from + hour), 3_600)[0], "23:10 29 Nov");
        assert_eq!(told((from, from + 7 * 24 * hour), 0)[..2], ["30 Nov ", "1 Dec "]);
        assert!(told((i64::MIN, i64::MAX), 0).is_empty());
        assert!(told((5, 5), 0).len() <= 1);
    }
}
