//! Trying a rule on the past: which problems it would have made of a series.

use super::{DatapointsAlarm, SeriesAlarm, ThresholdAlarm};
use std::time::Duration;
use topmast_model::problem::Verdict;
use topmast_model::rule::Rule;
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// A change of what a rule comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// When it would have been seen.
    pub at: UnixMillis,
    /// What the rule came to from then on.
    pub verdict: Verdict,
    /// The value then; `None` when there was none.
    pub value: Option<f64>,
}

/// What a rule on numbers would have come to; nothing for one on states.
///
/// - `values`: one for each step, the oldest first, `None` where there was none; what a query over a range gives.
/// - `first`: time of the first one.
/// - `step`: time between two; of a rule on datapoints its period.
///
/// A series begins as ok, so the first transition is the first that differs.
pub fn trial(rule: &Rule, values: &[Option<f64>], first: UnixMillis, step: Duration) -> Vec<Transition> {
    let at = |index: usize| first.plus(step.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX)));
    let mut transitions = Vec::new();
    if let Some(alarm) = ThresholdAlarm::of(rule) {
        let mut series = SeriesAlarm::new();
        for (index, value) in values.iter().enumerate() {
            if let Some(verdict) = series.observe(&alarm, at(index), value.unwrap_or(f64::NAN)) {
                transitions.push(Transition { at: at(index), verdict, value: *value });
            }
        }
    }
    if let Some(alarm) = DatapointsAlarm::of(&rule.when) {
        let mut state = AlarmState::Ok;
        for (index, value) in values.iter().enumerate() {
            let next = alarm.evaluate(&values[..=index], state).state;
            if next != state {
                transitions.push(Transition { at: at(index), verdict: verdict_of(next), value: *value });
            }
            state = next;
        }
    }
    transitions
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
mod tests {
    use super::*;
    use topmast_model::rule::text::read;

    /// The transitions on values a minute apart, as minute and verdict.
    fn check(when: &str, values: &str, expect: &[(i64, Verdict)]) {
        let text = format!("[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\nwhen.{when}");
        let rule = read(&text).unwrap().remove(0);
        let values: Vec<Option<f64>> = values.split_whitespace().map(|value| value.parse().ok()).collect();
        let found = trial(&rule, &values, UnixMillis(0), Duration::from_mins(1));
        let found: Vec<_> = found.iter().map(|change| (change.at.0 / 60_000, change.verdict)).collect();
        assert_eq!(found, expect, "{when}");
    }

    #[test]
    fn rule_is_tried_on_values_with_gaps() {
        use Verdict::{Firing, Ok, Unknown};
        let threshold = "threshold = { query = \"q\", compare = \">\", value = 5 }\nfor = \"2m\"";
        check(threshold, "1 9 9 9 - 9 1", &[(3, Firing), (4, Unknown), (5, Firing), (6, Ok)]);
        let datapoints = "datapoints = { query = \"q\", compare = \">\", value = 5, period = \"1m\", datapoints = 2, of = 3 }";
        check(datapoints, "1 9 1 9 1 1 - - - - - -", &[(3, Firing), (4, Ok), (10, Unknown)]);
        check("server = { status = [\"DOWN\"] }", "9 9", &[]);
    }
}
