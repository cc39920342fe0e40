//! Trying a rule on the past: which problems it would have made, and how often people would have been told.
//!
//! ```text
//! values of a series ─► transitions ─┐
//!                                    ├─► episodes: flapping taken into account, as `problem` does
//! events of an object ─► transitions ┘
//! ```
//!
//! What is in nobody's past stays out: maintenance, mutes and outages of what an object is in.

mod episode;
mod states;

pub use episode::{Episode, episodes, worst};
pub use states::{StateTrial, Tried};

use super::{DatapointsAlarm, SeriesAlarm, ThresholdAlarm};
use std::time::Duration;
use topmast_model::problem::Verdict;
use topmast_model::rule::{Condition, Rule};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// How long a series may have no value until it is over.
const ENDS_AFTER: Duration = Duration::from_hours(1);
/// The same of a rule on absence, which is about series without values.
const ABSENT_ENDS_AFTER: Duration = Duration::from_hours(7 * 24);

/// A change of what a rule comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// When it would have been seen.
    pub at: UnixMillis,
    /// Since when it was so: of firing, when the condition began.
    pub since: UnixMillis,
    /// What the rule came to from then on.
    pub verdict: Verdict,
    /// The value then; `None` when there was none.
    pub value: Option<f64>,
}

/// How long a series of a rule may have no value until it is over, and its problem with it.
pub const fn series_ends_after(rule: &Rule) -> Duration {
    match rule.when {
        Condition::Absent { .. } => ABSENT_ENDS_AFTER,
        _ => ENDS_AFTER,
    }
}

/// What a rule on numbers would have come to; nothing for one on states.
///
/// - `values`: one for each step, the oldest first, `None` where there was none; what a query over a range gives.
/// - `first`: time of the first one.
/// - `step`: time between two; of a rule on datapoints its period.
///
/// A series begins as ok with its first value, so the first transition is the first that differs. It is over when it
/// had no value for [`series_ends_after`], and begins anew with the next.
pub fn trial(rule: &Rule, values: &[Option<f64>], first: UnixMillis, step: Duration) -> Vec<Transition> {
    let Some(mut series) = Series::of(rule) else { return Vec::new() };
    // A window of datapoints still has values when the newest is missing.
    let ends_after = series_ends_after(rule).saturating_add(step.saturating_mul(series.range() - 1));
    let (mut transitions, mut begun, mut seen) = (Vec::new(), 0, None);
    for (index, value) in values.iter().enumerate() {
        let at = first.plus(step.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX)));
        if value.is_some() {
            begun = if seen.is_none() { index } else { begun };
            seen = Some(at);
        }
        let Some(last) = seen else { continue };
        let before = series.verdict();
        let verdict = if last.plus(ends_after) <= at {
            seen = None;
            series = series.anew();
            if before == Verdict::Ok { Verdict::Ok } else { Verdict::Gone }
        } else {
            series.observe(at, &values[begun..=index])
        };
        if verdict != before {
            let since =
                series.since().filter(|_| verdict == Verdict::Firing).map_or(at, |since| since.min(at));
            transitions.push(Transition { at, since, verdict, value: *value });
        }
    }
    transitions
}

/// What is remembered of a series, with the alarm that looks at it.
enum Series {
    Threshold(ThresholdAlarm, SeriesAlarm),
    Datapoints(DatapointsAlarm, AlarmState),
}

impl Series {
    fn of(rule: &Rule) -> Option<Self> {
        let threshold = ThresholdAlarm::of(rule).map(|alarm| Self::Threshold(alarm, SeriesAlarm::new()));
        threshold
            .or_else(|| DatapointsAlarm::of(&rule.when).map(|alarm| Self::Datapoints(alarm, AlarmState::Ok)))
    }

    const fn anew(self) -> Self {
        match self {
            Self::Threshold(alarm, _) => Self::Threshold(alarm, SeriesAlarm::new()),
            Self::Datapoints(alarm, _) => Self::Datapoints(alarm, AlarmState::Ok),
        }
    }

    /// Values that are looked at, the newest included.
    const fn range(&self) -> u32 {
        match self {
            Self::Threshold(..) => 1,
            Self::Datapoints(alarm, _) => alarm.range(),
        }
    }

    const fn verdict(&self) -> Verdict {
        match self {
            Self::Threshold(_, series) => series.verdict(),
            Self::Datapoints(_, state) => verdict_of(*state),
        }
    }

    const fn since(&self) -> Option<UnixMillis> {
        match self {
            Self::Threshold(_, series) => Some(series.since()),
            Self::Datapoints(..) => None,
        }
    }

    fn observe(&mut self, at: UnixMillis, values: &[Option<f64>]) -> Verdict {
        match self {
            Self::Threshold(alarm, series) => {
                series.observe(alarm, at, values.last().copied().flatten().unwrap_or(f64::NAN));
            }
            Self::Datapoints(alarm, state) => *state = alarm.evaluate(values, *state).state,
        }
        self.verdict()
    }
}

/// The verdict that an alarm's state is.
pub const fn verdict_of(state: AlarmState) -> Verdict {
    match state {
        AlarmState::Ok => Verdict::Ok,
        AlarmState::Alarm => Verdict::Firing,
        AlarmState::InsufficientData => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests;
