//! When a rule's condition on numbers holds: pure, without allocation, for a million series a second.
//!
//! Two forms of the same question:
//! - [`DatapointsAlarm`] looks at a window of datapoints, as CloudWatch does: M of N, missing data, and no
//!   alarm before there was enough data for one.
//! - [`ThresholdAlarm`] is told value after value and remembers sixteen bytes a series: a bound with
//!   hysteresis, `for` and `keep_firing_for`; absence is a bound that only a missing value is beyond.
//!
//! Elsewhere: conditions as people write them (`topmast-model`, `rule`), conditions on states (`problem/watch.rs`),
//! what an alarm leads to (`problem.rs`).

mod composite;
mod datapoints;
mod reason;
mod threshold;
mod trial;

pub use composite::{CompositeError, CompositeRule, find_circle};
pub use datapoints::{DatapointsAlarm, Evaluation, evaluation_range, samples_needed};
pub use threshold::{SeriesAlarm, ThresholdAlarm};
pub use trial::{
    Episode, StateTrial, Transition, Tried, episodes, series_ends_after, trial, verdict_of, worst,
};

#[cfg(test)]
mod tests;
