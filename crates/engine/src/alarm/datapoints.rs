//! Alarms on a window of datapoints, as CloudWatch evaluates them.

use topmast_model::rule::{Comparison, Condition, MissingData};
use topmast_model::status::AlarmState;

/// A condition on datapoints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatapointsAlarm {
    /// How a value is compared with the bound.
    pub compare: Comparison,
    /// The bound.
    pub bound: f64,
    /// How many datapoints must be beyond it.
    pub datapoints: u32,
    /// Of how many.
    pub of: u32,
    /// What a missing one means.
    pub missing: MissingData,
}

/// What a window came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// The state.
    pub state: AlarmState,
    /// Datapoints looked at that were there.
    pub present: u32,
    /// How many of these were beyond the bound.
    pub breaching: u32,
    /// Missing ones that counted as beyond, or within, the bound.
    pub filled: u32,
    /// The state is the earlier one because there was too little to tell.
    pub kept: bool,
}

/// Periods that an alarm of `of` datapoints looks at: more than it needs, so that late data counts.
///
/// `CloudWatch` says of 3 that it looks at 5; the formula is `LocalStack`'s.
pub const fn evaluation_range(of: u32) -> u32 {
    let third = of / 3;
    of.saturating_add(if third > 2 { third } else { 2 })
}

/// Samples that a percentile needs to mean something: below, an alarm that ignores low counts keeps its state.
///
/// - `percentile`: 0 to 1, exclusive.
pub fn samples_needed(percentile: f64) -> f64 {
    10.0 / if percentile >= 0.5 { 1.0 - percentile } else { percentile }
}

impl DatapointsAlarm {
    /// The alarm of a condition, if it is one on datapoints.
    pub fn of(condition: &Condition) -> Option<Self> {
        let Condition::Datapoints { compare, value, datapoints, of, missing, .. } = condition else {
            return None;
        };
        let (compare, bound, missing) = (*compare, value.get(), *missing);
        Some(Self { compare, bound, datapoints: *datapoints, of: *of, missing })
    }

    /// Periods to look at.
    pub const fn range(&self) -> u32 {
        evaluation_range(self.of)
    }

    /// The part of a window that is looked at.
    pub(super) fn cut<'a>(&self, window: &'a [Option<f64>]) -> &'a [Option<f64>] {
        let range = usize::try_from(self.range()).unwrap_or(usize::MAX);
        &window[window.len().saturating_sub(range)..]
    }

    /// Whether a datapoint is beyond the bound; `None` when it is missing, which NaN is as well.
    pub(super) fn breaches(&self, datapoint: Option<f64>) -> Option<bool> {
        let value = datapoint.filter(|value| !value.is_nan())?;
        Some(self.compare.holds(value, self.bound))
    }

    /// Evaluates a window.
    ///
    /// - `window`: one datapoint a period, the newest last; those before the [`range`](Self::range) are not
    ///   looked at, and where the window is shorter the rest counts as missing.
    /// - `current`: the state before, which stays when too little is known.
    ///
    /// Cost: O(range), no allocation. Source: both tables of "how alarms treat missing data" in `CloudWatch`'s guide.
    pub fn evaluate(&self, window: &[Option<f64>], current: AlarmState) -> Evaluation {
        let window = self.cut(window);
        let (mut present, mut breaching, mut oldest) = (0, 0, 0);
        // Newest first: with enough datapoints the older ones do not count.
        for (age, datapoint) in (1_u32..).zip(window.iter().rev()) {
            if present == self.of {
                break;
            }
            if let Some(breaches) = self.breaches(*datapoint) {
                present += 1;
                breaching += u32::from(breaches);
                oldest = age;
            }
        }
        let missing = self.of - present;
        let (state, filled, kept) = self.decide(present, breaching, oldest, missing, current);
        Evaluation { state, present, breaching, filled, kept }
    }

    /// The state, how many missing datapoints counted, and whether the state is the earlier one.
    fn decide(
        &self,
        present: u32,
        breaching: u32,
        oldest: u32,
        missing: u32,
        current: AlarmState,
    ) -> (AlarmState, u32, bool) {
        let told = |alarm| if alarm { AlarmState::Alarm } else { AlarmState::Ok };
        if missing == 0 {
            return (told(breaching >= self.datapoints), 0, false);
        }
        match self.missing {
            // Without any datapoint, what is missing is all there is to go by.
            MissingData::Breaching if present == 0 => (AlarmState::Alarm, missing, false),
            MissingData::Breaching => (told(breaching + missing >= self.datapoints), missing, false),
            MissingData::NotBreaching => (told(breaching >= self.datapoints), missing, false),
            MissingData::Missing if present == 0 => (AlarmState::InsufficientData, 0, false),
            MissingData::Ignore if present == 0 => (current, 0, true),
            _ if breaching >= self.datapoints => (AlarmState::Alarm, 0, false),
            _ if breaching < present => (AlarmState::Ok, 0, false),
            // Only breaching ones so far. Too early to tell, unless the oldest one is old enough that the
            // missing ones after it are really missing and not only late.
            MissingData::Missing if oldest >= self.datapoints => (AlarmState::Alarm, 0, false),
            _ => (current, 0, true),
        }
    }
}
