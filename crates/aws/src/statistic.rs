//! Statistics of `CloudWatch`: their names, and what they are of a summary.
//!
//! | name | what |
//! |---|---|
//! | `SampleCount` `Average` `Sum` `Minimum` `Maximum` | as they say |
//! | `p99.9` | the value below which that share of all values lies |
//! | `tm90` `TM(10%:90%)` `TM(5:100)` `IQM` | mean of the values between two shares or two values |
//! | `wm…` | mean, with what lies outside set to the bounds |
//! | `tc…` `ts…` | count and sum of the values between |
//! | `PR(5:100)` | the share of values between, in percent |

use crate::summary::{Spread, Summary};

/// A statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// How many values.
    SampleCount,
    /// Their mean.
    Average,
    /// Their sum.
    Sum,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// The value at a share of all values, 0 to 100.
    Percentile(f64),
    /// Something of the values between two bounds.
    Trimmed(Trimming, Bounds),
}

/// What is told of the values between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trimming {
    /// Their mean.
    Mean,
    /// The mean of all, with what lies outside set to the bounds.
    Winsorized,
    /// How many.
    Count,
    /// Their sum.
    Sum,
    /// Their share of all, in percent.
    Rank,
}

/// Between what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bounds {
    /// Two shares of all values, 0 to 100.
    Shares(f64, f64),
    /// Two values: above the first, up to and with the second. A missing one is no bound.
    Values(Option<f64>, Option<f64>),
}

impl Statistic {
    /// The statistic of this name; `None` when there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let simple = match text {
            "SampleCount" => Some(Self::SampleCount),
            "Average" => Some(Self::Average),
            "Sum" => Some(Self::Sum),
            "Minimum" => Some(Self::Minimum),
            "Maximum" => Some(Self::Maximum),
            "IQM" => Some(Self::Trimmed(Trimming::Mean, Bounds::Shares(25.0, 75.0))),
            _ => None,
        };
        if let Some(simple) = simple {
            return Some(simple);
        }
        if let Some((name, bounds)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            let trimming = trimming(&name.to_ascii_lowercase())?;
            return Some(Self::Trimmed(trimming, between(bounds, trimming)?));
        }
        if let Some(share) = text.strip_prefix('p') {
            return Some(Self::Percentile(self::share(share)?));
        }
        let (name, share) = text.split_at_checked(2)?;
        let trimming = trimming(name).filter(|trimming| *trimming != Trimming::Rank)?;
        Some(Self::Trimmed(trimming, Bounds::Shares(0.0, self::share(share)?)))
    }
}

fn trimming(name: &str) -> Option<Trimming> {
    match name {
        "tm" => Some(Trimming::Mean),
        "wm" => Some(Trimming::Winsorized),
        "tc" => Some(Trimming::Count),
        "ts" => Some(Trimming::Sum),
        "pr" => Some(Trimming::Rank),
        _ => None,
    }
}

/// A share: digits, with a point or without, 0 to 100.
fn share(text: &str) -> Option<f64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let share: f64 = if is_plain { text.parse().ok()? } else { return None };
    if (0.0..=100.0).contains(&share) { Some(share) } else { None }
}

fn between(text: &str, trimming: Trimming) -> Option<Bounds> {
    let (low, high) = text.split_once(':')?;
    let bounds = if low.ends_with('%') || high.ends_with('%') {
        let of = |text: &str, missing: f64| match text.strip_suffix('%') {
            Some(text) => share(text),
            None => text.is_empty().then_some(missing),
        };
        // A rank is what shares are asked of: it has values only.
        if trimming == Trimming::Rank {
            return None;
        }
        Bounds::Shares(of(low, 0.0)?, of(high, 100.0)?)
    } else {
        let of = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Some),
        };
        Bounds::Values(of(low)?, of(high)?)
    };
    let is_range = match bounds {
        Bounds::Shares(low, high) | Bounds::Values(Some(low), Some(high)) => low < high,
        Bounds::Values(low, high) => low.is_some() || high.is_some(),
    };
    if is_range { Some(bounds) } else { None }
}

impl Statistic {
    /// The statistic of these values; `None` when there are none, or when it cannot be told of what is known of them.
    pub fn of(self, summary: &Summary) -> Option<f64> {
        if summary.count <= 0.0 {
            return None;
        }
        match self {
            Self::SampleCount => Some(summary.count),
            Self::Average => Some(summary.sum / summary.count),
            Self::Sum => Some(summary.sum),
            Self::Minimum => Some(summary.minimum),
            Self::Maximum => Some(summary.maximum),
            Self::Percentile(share) => percentile(whole(summary)?, summary.count, share),
            Self::Trimmed(trimming, bounds) => trimmed(trimming, bounds, whole(summary)?, summary.count),
        }
    }

    /// True for the five that need no more than statistics.
    pub fn is_simple(self) -> bool {
        !matches!(self, Self::Percentile(_) | Self::Trimmed(..))
    }
}

/// All values. Of negative ones `CloudWatch` tells no percentiles.
fn whole(summary: &Summary) -> Option<&Spread> {
    summary.spread.as_ref().filter(|_| summary.minimum >= 0.0)
}

/// The value at a share, between neighbours in proportion.
fn percentile(spread: &Spread, count: f64, share: f64) -> Option<f64> {
    let last = spread.last()?.0;
    let at = share / 100.0 * (count - 1.0).max(0.0);
    let mut before = 0.0;
    for (place, (value, times)) in spread.iter().enumerate() {
        // This value has the places from `before` to `before + times - 1`.
        let end = before + times - 1.0;
        if at <= end {
            return Some(*value);
        }
        if let Some((next, _)) = spread.get(place + 1)
            && at < end + 1.0
        {
            return Some(value + (next - value) * (at - end));
        }
        before += times;
    }
    Some(last)
}

fn trimmed(trimming: Trimming, bounds: Bounds, spread: &Spread, count: f64) -> Option<f64> {
    let (mut kept, mut sum, mut outside) = (0.0, 0.0, 0.0);
    let mut before = 0.0;
    let (first, last) = (spread.first()?.0, spread.last()?.0);
    let (low, high) = match bounds {
        Bounds::Shares(low, high) => (percentile(spread, count, low)?, percentile(spread, count, high)?),
        Bounds::Values(low, high) => (low.unwrap_or(first), high.unwrap_or(last)),
    };
    for (value, times) in spread {
        // How many of these are between.
        let inside = match bounds {
            Bounds::Shares(low, high) => {
                let (from, until) = (low / 100.0 * count, high / 100.0 * count);
                ((before + times).min(until) - before.max(from)).max(0.0)
            }
            Bounds::Values(low, high) => {
                let is_in = low.is_none_or(|low| *value > low) && high.is_none_or(|high| *value <= high);
                if is_in { *times } else { 0.0 }
            }
        };
        kept += inside;
        sum += value * inside;
        outside += value.clamp(low, high.max(low)) * (times - inside);
        before += times;
    }
    match trimming {
        Trimming::Mean => (kept > 0.0).then(|| sum / kept),
        Trimming::Winsorized => Some((sum + outside) / count),
        Trimming::Count => Some(kept),
        Trimming::Sum => Some(sum),
        Trimming::Rank => Some(kept / count * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, values: &[f64]) -> Option<f64> {
        let summary = Summary::of_values(values.iter().map(|value| (*value, 1.0)));
        Statistic::parse(text).unwrap().of(&summary)
    }

    #[test]
    fn the_five_are_as_they_say() {
        let values = [4.0, 1.0, 3.0, 2.0];
        for (text, expected) in
            [("SampleCount", 4.0), ("Average", 2.5), ("Sum", 10.0), ("Minimum", 1.0), ("Maximum", 4.0)]
        {
            assert_eq!(of(text, &values), Some(expected), "{text}");
        }
    }

    #[test]
    fn percentiles_lie_between_neighbours() {
        let values: Vec<f64> = (1..=5).map(f64::from).collect();
        for (text, expected) in [("p0", 1.0), ("p50", 3.0), ("p62.5", 3.5), ("p100", 5.0)] {
            assert_eq!(of(text, &values), Some(expected), "{text}");
        }
        let twice = Summary::of_values([(1.0, 3.0), (9.0, 1.0)]);
        assert_eq!(Statistic::parse("p50").unwrap().of(&twice), Some(1.0));
    }

    #[test]
    fn what_lies_between_bounds_is_trimmed() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        for (text, expected) in [
            ("tm90", 5.0),
            ("TM(10%:90%)", 5.5),
            ("TM(2:8)", 5.5),
            ("IQM", 5.5),
            ("tc90", 9.0),
            ("TC(2:8)", 6.0),
            ("ts90", 45.0),
            ("TS(:3)", 6.0),
            ("PR(5:)", 50.0),
            ("PR(:3)", 30.0),
        ] {
            assert_eq!(of(text, &values), Some(expected), "{text}");
        }
        assert_eq!(
            of("WM(2:8)", &values),
            Some((2.0 + 2.0 + 3.0 + 4.0 + 5.0 + 6.0 + 7.0 + 8.0 * 3.0) / 10.0)
        );
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let statistics = Summary::of_statistics(3.0, 6.0, 1.0, 3.0);
        assert_eq!(Statistic::parse("p90").unwrap().of(&statistics), None);
        assert_eq!(Statistic::Average.of(&statistics), Some(2.0));
        assert_eq!(of("p90", &[-1.0, 2.0]), None, "negative values have none");
        assert_eq!(of("Average", &[]), None);
    }

    #[test]
    fn other_names_are_refused() {
        for text in [
            "",
            "p",
            "p101",
            "p-1",
            "90",
            "average",
            "None",
            "tm",
            "PR(1%:2%)",
            "TM(9:1)",
            "TM(:)",
            "pr90",
            "x90",
            "é",
        ] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }
}
