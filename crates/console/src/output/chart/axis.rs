//! The axes of a chart: round values with their unit, and times.

use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// What values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Unit {
    /// A plain number.
    #[default]
    Number,
    /// A number each second.
    PerSecond,
    /// Bytes.
    Bytes,
    /// Bytes each second.
    BytesPerSecond,
    /// Seconds.
    Seconds,
    /// A share of 1.
    Ratio,
}

impl Unit {
    /// A value with its unit, in three or four digits.
    pub(crate) fn text(self, value: f64) -> String {
        if !value.is_finite() {
            return topmast_api::query::Number(value).to_string();
        }
        match self {
            Self::Number => scaled(value, 1e3, &["", "k", "M", "G", "T"], ""),
            Self::PerSecond => scaled(value, 1e3, &["", "k", "M", "G", "T"], "/s"),
            Self::Bytes => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"], ""),
            Self::BytesPerSecond => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"], "/s"),
            Self::Seconds if value != 0.0 && value.abs() < 1e-3 => format!("{}µs", digits(value * 1e6)),
            Self::Seconds if value != 0.0 && value.abs() < 1.0 => format!("{}ms", digits(value * 1e3)),
            Self::Seconds => scaled(value, 1e3, &["", "k", "M", "G"], "s"),
            Self::Ratio => format!("{}%", digits(value * 100.0)),
        }
    }
}

fn scaled(value: f64, base: f64, prefixes: &[&str], after: &str) -> String {
    let (mut value, mut prefix) = (value, 0);
    while value.abs() >= base && prefix + 1 < prefixes.len() {
        value /= base;
        prefix += 1;
    }
    format!("{}{}{after}", digits(value), prefixes.get(prefix).copied().unwrap_or_default())
}

/// At most four digits, without zeros at the end.
fn digits(value: f64) -> String {
    let size = value.abs();
    if value != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let places = match size {
        100.0.. => 1,
        10.0.. => 2,
        1.0.. => 3,
        _ => 4,
    };
    let text = format!("{value:.places$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Steps between round values: of decimal numbers, and of those that count in powers of two.
const ROUND: [f64; 4] = [1.0, 2.0, 5.0, 10.0];
const ROUND_BYTES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// Values at the axis, about.
const TICKS: f64 = 4.0;
/// Values at the axis at most: one a line at the closest.
const TICKS_MAX: usize = 12;

/// Round values from below the lowest to above the highest, with their texts.
pub(super) fn value_ticks(low: f64, high: f64, unit: Unit) -> Vec<(f64, String)> {
    // A constant gets room above and below; a chart that nearly begins at zero begins there.
    let spare = if high > low { 0.0 } else { low.abs().max(1.0) / 2.0 };
    let (mut low, high) = (low - spare, high + spare);
    if low > 0.0 && low < high / 3.0 {
        low = 0.0;
    }
    let bytes = matches!(unit, Unit::Bytes | Unit::BytesPerSecond);
    let rough = (high - low) / TICKS;
    let (base, round): (f64, &[f64]) = if bytes { (1024.0, &ROUND_BYTES) } else { (10.0, &ROUND) };
    let magnitude = base.powf((rough.ln() / base.ln()).floor());
    let step = round.iter().map(|times| times * magnitude).find(|step| *step >= rough).unwrap_or(rough);
    let first = (low / step).floor();
    let ticks = (0..TICKS_MAX).map(|index| (first + index as f64) * step);
    let mut all = Vec::new();
    for tick in ticks {
        all.push((tick, unit.text(tick)));
        if tick >= high {
            break;
        }
    }
    all
}

/// Times below the chart, and their zone.
pub(super) fn time_line((start, end): (i64, i64), width: usize) -> (String, &'static str) {
    const DAY_MS: i64 = 24 * 3_600_000;
    let long = end - start > DAY_MS;
    let text = |time: i64| {
        let text = Timestamp(UnixMillis(time)).to_string();
        // 2026-03-01T12:00:00.000Z
        let part = if long { text.get(5..16) } else { text.get(11..19) };
        part.unwrap_or_default().replace('T', " ")
    };
    let length = text(start).len();
    let places = (width / (length + 6)).clamp(1, 6);
    let time = |place: usize| {
        start + (end - start) / i64::try_from(places).unwrap_or(1) * i64::try_from(place).unwrap_or(0)
    };
    let mut line = String::new();
    for place in 0..=places {
        let label = text(time(place));
        let at = if place == places { width.saturating_sub(length) } else { width * place / places };
        // The end is always told: who would touch it is left out.
        let free = if place == places { width } else { width.saturating_sub(length + 1) };
        if at >= line.len() + usize::from(place > 0) && (place == 0 || at + length <= free) {
            line.extend(std::iter::repeat_n(' ', at - line.len()));
            line += &label;
        }
    }
    (line, "UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_few_digits_and_their_unit() {
        for (unit, value, expected) in [
            (Unit::Number, 0.0, "0"),
            (Unit::Number, 1.5, "1.5"),
            (Unit::Number, 12_345.0, "12.35k"),
            (Unit::Number, 0.000_012, "1.20e-5"),
            (Unit::PerSecond, 250.0, "250/s"),
            (Unit::Bytes, 1_536.0, "1.5KiB"),
            (Unit::BytesPerSecond, 1_048_576.0, "1MiB/s"),
            (Unit::Seconds, 0.0042, "4.2ms"),
            (Unit::Seconds, 90.0, "90s"),
            (Unit::Ratio, 0.875, "87.5%"),
            (Unit::Ratio, f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(unit.text(value), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        for (low, high, unit, expected) in [
            (0.4, 3.7, Unit::Number, "0 1 2 3 4"),
            (98.0, 101.0, Unit::Number, "98 99 100 101"),
            (5.0, 5.0, Unit::Number, "2 4 6 8"),
            (0.0, 0.0, Unit::Number, "-0.5 0 0.5"),
            (0.0, 3e9, Unit::Bytes, "0B 1GiB 2GiB 3GiB"),
            (-2.0, 2.0, Unit::Number, "-2 -1 0 1 2"),
        ] {
            let ticks = value_ticks(low, high, unit);
            let texts: Vec<&str> = ticks.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts.join(" "), expected, "{low} {high}");
        }
        for size in [1e-300, 1e-9, 1.0, 7e15, 1e300] {
            let ticks = value_ticks(-size, 3.3 * size, Unit::Number);
            assert!((2..=TICKS_MAX).contains(&ticks.len()), "{size}: {ticks:?}");
            assert!(ticks[0].0 <= -size && ticks[ticks.len() - 1].0 >= 3.3 * size, "{size}: {ticks:?}");
        }
    }

    #[test]
    fn times_fit_below_the_chart() {
        for width in 10..200 {
            let (line, _) = time_line((1_795_000_000_000, 1_795_003_600_000), width);
            assert!(line.len() <= width && line.contains("11:06:40"), "{width}: {line}");
            assert!(width < 20 || line.ends_with("12:06:40"), "{width}: {line}");
        }
    }
}
