//! Lines through the samples of a window, and smoothing.

use super::statistic::Sum;

/// Slope and height, at a time, of the line with the least squares; needs a sample at least.
#[expect(clippy::float_cmp, reason = "a line through equal values is level, whatever rounding says")]
fn line(times: &[i64], values: &[f64], at: i64) -> Option<(f64, f64)> {
    let first = *values.first()?;
    if values.iter().all(|value| *value == first) {
        return Some(if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) });
    }
    let [mut sum_x, mut sum_y, mut sum_xy, mut sum_xx] = [Sum::default(); 4];
    for (time, y) in times.iter().zip(values) {
        let x = (time - at) as f64 / 1e3;
        sum_x.add(x);
        sum_y.add(*y);
        sum_xy.add(x * y);
        sum_xx.add(x * x);
    }
    let [x, y, xy, xx] = [sum_x.strict(), sum_y.strict(), sum_xy.strict(), sum_xx.strict()];
    let count = values.len() as f64;
    let slope = (xy - x * y / count) / (xx - x * x / count);
    Some((slope, y / count - slope * x / count))
}

/// Slope of the line, a second.
pub(super) fn slope(times: &[i64], values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    line(times, values, *times.first()?).map(|(slope, _)| slope)
}

/// Height of the line so many seconds after a time in ms since the Unix epoch.
pub(super) fn predicted(times: &[i64], values: &[f64], now: i64, seconds: f64) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    line(times, values, now).map(|(slope, height)| slope * seconds + height)
}

/// Double exponential smoothing of the samples.
///
/// - `smoothing`: weight of a sample against what came before it, above 0 and below 1.
/// - `trend`: weight of the newest slope against those before it, above 0 and below 1.
pub(super) fn smoothed(values: &[f64], smoothing: f64, trend: f64) -> Option<f64> {
    let [first, second, ..] = *values else { return None };
    let mut before = 0.0;
    let mut level = first;
    let mut slope = second - first;
    for (place, value) in values.iter().enumerate().skip(1) {
        if place > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let next = smoothing * value + (1.0 - smoothing) * (level + slope);
        before = level;
        level = next;
    }
    Some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_a_line_is_itself() {
        let times = [1_000, 2_000, 3_000];
        assert_eq!(slope(&times, &[10.0, 12.0, 14.0]), Some(2.0));
        assert_eq!(predicted(&times, &[10.0, 12.0, 14.0], 3_000, 5.0), Some(24.0));
        assert_eq!(slope(&times, &[7.0, 7.0, 7.0]), Some(0.0));
        assert_eq!(slope(&times[..1], &[7.0]), None);
    }

    #[test]
    fn smoothed_line_is_its_end() {
        assert_eq!(smoothed(&[1.0, 2.0, 3.0, 4.0], 0.5, 0.5), Some(4.0));
        assert_eq!(smoothed(&[1.0], 0.5, 0.5), None);
    }
}
