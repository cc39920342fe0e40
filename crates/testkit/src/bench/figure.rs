//! One figure: what was measured, what it should be, and whether it is.

use serde_json::{Value, json};

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

/// One measured figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The result, in `unit`.
    pub value: f64,
    /// Unit of the value and the target.
    pub unit: &'static str,
    /// What it should be; `None` for information.
    pub target: Option<Bound>,
    /// What a reader must know to judge it.
    pub note: String,
}

impl Figure {
    /// A figure for information.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, target: None, note: String::new() }
    }

    /// With a target.
    #[must_use]
    pub fn target(self, target: Bound) -> Self {
        Self { target: Some(target), ..self }
    }

    /// With a note.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// Whether the target is met; `None` without one.
    pub fn is_met(&self) -> Option<bool> {
        self.target.map(|target| match target {
            Bound::AtMost(limit) => self.value <= limit,
            Bound::AtLeast(limit) => self.value >= limit,
        })
    }

    /// `met`, or by how much it falls short.
    pub fn verdict(&self) -> String {
        match self.target {
            None => "information".into(),
            Some(_) if self.is_met() == Some(true) => "met".into(),
            Some(Bound::AtMost(limit)) => {
                format!("short: {} times the target", significant(self.value / limit))
            }
            Some(Bound::AtLeast(limit)) => {
                format!("short: {} of the target", significant(self.value / limit))
            }
        }
    }

    /// The row of the table; its columns fit under [`Figure::header`].
    pub fn row(&self) -> String {
        let target = match self.target {
            None => "-".into(),
            Some(Bound::AtMost(limit)) => format!("≤ {} {}", significant(limit), self.unit),
            Some(Bound::AtLeast(limit)) => format!("≥ {} {}", significant(limit), self.unit),
        };
        let measured = format!("{} {}", significant(self.value), self.unit);
        let row =
            format!("{:<52} {measured:>20} {target:>20}  {:<28} {}", self.name, self.verdict(), self.note);
        row.trim_end().to_owned()
    }

    /// The names of the columns.
    pub fn header() -> String {
        format!("{:<52} {:>20} {:>20}  {:<28} {}", "FIGURE", "MEASURED", "TARGET", "RESULT", "NOTE")
    }

    /// The figure for programs.
    pub fn to_json(&self) -> Value {
        let (at_most, at_least) = match self.target {
            None => (None, None),
            Some(Bound::AtMost(limit)) => (Some(limit), None),
            Some(Bound::AtLeast(limit)) => (None, Some(limit)),
        };
        json!({
            "figure": self.name, "value": self.value, "unit": self.unit,
            "at_most": at_most, "at_least": at_least, "met": self.is_met(), "note": self.note,
        })
    }
}

/// Three significant digits: no figure here is known better.
fn significant(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return format!("{value}");
    }
    let digits = value.abs().log10().floor();
    if digits >= 2.0 {
        return format!("{value:.0}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 12 after the clamp")]
    let decimals = (2.0 - digits).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}")
}

/// The value that so many of a hundred do not exceed (nearest rank). `None` without values.
pub(super) fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// Median, 99th percentile and longest of many times, ascending. Without a single one the worst is shown, not the best.
pub(super) fn spread(name: &str, sorted: &[f64], bound: f64, note: &str, show: &mut dyn FnMut(Figure)) {
    for (label, percent) in [("p50", 50), ("p99", 99), ("max", 100)] {
        let value = percentile(sorted, percent).unwrap_or(f64::INFINITY);
        let figure = Figure::new(format!("{name}, {label}"), value, "ms").note(note);
        show(if percent == 99 { figure.target(Bound::AtMost(bound)) } else { figure });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_says_by_how_much_a_target_is_missed() {
        let at_most = |value| Figure::new("x", value, "ms").target(Bound::AtMost(250.0)).verdict();
        assert_eq!(at_most(250.0), "met");
        assert_eq!(at_most(500.0), "short: 2.00 times the target");
        let at_least = |value| Figure::new("x", value, "M/s").target(Bound::AtLeast(5.0)).verdict();
        assert_eq!(at_least(1.0), "short: 0.200 of the target");
        assert_eq!(Figure::new("x", 1.0, "ms").verdict(), "information");
    }

    #[test]
    fn figures_have_three_significant_digits() {
        for (value, text) in
            [(0.0, "0"), (0.012_34, "0.0123"), (1.0, "1.00"), (12.345, "12.3"), (12_345.6, "12346")]
        {
            assert_eq!(significant(value), text);
        }
    }

    #[test]
    fn percentile_is_a_measured_value() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&values, 50), Some(100.0));
        assert_eq!(percentile(&values, 99), Some(198.0));
        assert_eq!(percentile(&values, 100), Some(200.0));
        assert_eq!(percentile(&[], 50), None);
    }
}
