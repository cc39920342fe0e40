//! Figures over time on one line.

/// From nothing to all; each has its likeness in ASCII, see [`super::draw`].
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character a value, blank where nothing was heard.
///
/// - `full`: what fills a character; the largest value when missing.
pub(super) fn sparkline(values: &[Option<f64>], full: Option<f64>) -> String {
    let largest = || values.iter().flatten().copied().fold(0.0, f64::max);
    let full = full.unwrap_or_else(largest);
    let step = |value: f64| {
        let share = if full > 0.0 { (value / full).clamp(0.0, 1.0) } else { 0.0 };
        // At most 7, and never negative or without a number: `clamp` keeps NaN, which becomes 0.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the line above")]
        STEPS[((share * 7.0).round() as usize).min(STEPS.len() - 1)]
    };
    values.iter().map(|value| value.map_or(' ', step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_drawn_by_their_share_and_gaps_stay_gaps() {
        let values = [Some(0.0), None, Some(50.0), Some(100.0), Some(250.0), Some(f64::NAN)];
        assert_eq!(sparkline(&values, Some(100.0)), "▁ ▅██▁");
        assert_eq!(sparkline(&[Some(1.0), Some(2.0)], None), "▅█");
        assert_eq!(sparkline(&[Some(0.0), Some(0.0)], None), "▁▁");
        assert_eq!(sparkline(&[], None), "");
    }
}
