//! The series of one rule on numbers: what is remembered of each, and what they come to.
//!
//! Invariants
//! - N-1: what a series comes to is compared with the open problem of the state, not with what was submitted, so that
//!   nothing is lost when the bus takes nothing.
//! - N-2: a series with an open problem begins as firing, so that a restart neither ends a problem nor opens it twice.

use std::collections::HashMap;
use std::sync::Arc;
use topmast_engine::alarm::{DatapointsAlarm, SeriesAlarm, ThresholdAlarm, series_ends_after, verdict_of};
use topmast_engine::{ObjectRow, State};
use topmast_history::Labels;
use topmast_model::path::ObjectPath;
use topmast_model::problem::{Observation, ProblemKey, Verdict, locate};
use topmast_model::rule::{Condition, Number, Rule};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Places remembered beyond those of series, so that few are not thrown away again and again.
const PLACES_SPARE: usize = 1_000;

/// A rule on numbers with its series.
#[derive(Debug)]
pub(super) struct RuleSeries {
    rule: Rule,
    alarm: Alarm,
    series: HashMap<Arc<ProblemKey>, Kept>,
    /// What labels are of: most series come again at each look, and finding it out costs more than all else.
    places: HashMap<Labels, Arc<ProblemKey>>,
}

/// How the rule's condition looks at a series.
#[derive(Debug, Clone, Copy)]
enum Alarm {
    Threshold(ThresholdAlarm),
    Datapoints { alarm: DatapointsAlarm, period_ms: i64 },
}

/// What is remembered of one series.
#[derive(Debug)]
struct Kept {
    phase: Phase,
    labels: Labels,
    value: Option<f64>,
    /// When it last had a value.
    seen: UnixMillis,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Threshold(SeriesAlarm),
    Datapoints(AlarmState, UnixMillis),
}

/// The values of a series: the present one, or those of a window, the newest last.
pub(super) struct Found {
    pub(super) labels: Labels,
    pub(super) values: Vec<Option<f64>>,
}

/// The times for which a rule's query is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    At(i64),
    /// From, until, step.
    Window(i64, i64, i64),
}

impl RuleSeries {
    /// The series of a rule, if it is one on numbers; those with open problems are known already (N-2).
    pub(super) fn new(state: &State, rule: &Rule, now: UnixMillis) -> Option<Self> {
        let alarm = match &rule.when {
            Condition::Datapoints { period, .. } => Alarm::Datapoints {
                alarm: DatapointsAlarm::of(&rule.when)?,
                period_ms: i64::try_from(period.as_millis()).ok()?.max(1),
            },
            _ => Alarm::Threshold(ThresholdAlarm::of(rule)?),
        };
        let mut made = Self { rule: rule.clone(), alarm, series: HashMap::new(), places: HashMap::new() };
        for problem in state.open_problems().filter(|problem| problem.what.key.rule == rule.name) {
            let key = &problem.what.key;
            let kept = Kept {
                phase: made.phase(state, key, now),
                labels: Labels::packed("", []),
                value: None,
                seen: now,
            };
            made.series.insert(Arc::new(key.clone()), kept);
        }
        Some(made)
    }

    pub(super) const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// For which times its query is asked now.
    pub(super) fn times(&self, now: UnixMillis) -> Times {
        match self.alarm {
            Alarm::Threshold(_) => Times::At(now.0),
            Alarm::Datapoints { alarm, period_ms } => {
                // The end of the last period that is over.
                let end = now.0 - now.0.rem_euclid(period_ms);
                Times::Window(end - (i64::from(alarm.range()) - 1) * period_ms, end, period_ms)
            }
        }
    }

    fn phase(&self, state: &State, key: &ProblemKey, now: UnixMillis) -> Phase {
        let open = state.open_problem(key);
        match self.alarm {
            Alarm::Threshold(_) => Phase::Threshold(
                open.map_or_else(SeriesAlarm::new, |problem| SeriesAlarm::firing(problem.what.since)),
            ),
            Alarm::Datapoints { .. } => match open {
                Some(problem) => Phase::Datapoints(AlarmState::Alarm, problem.what.since),
                None => Phase::Datapoints(AlarmState::Ok, now),
            },
        }
    }

    /// Takes what its query found; what is not as the open problems have it (N-1).
    pub(super) fn take(&mut self, state: &State, found: Vec<Found>, now: UnixMillis) -> Vec<Observation> {
        for Found { labels, values } in found {
            let Some(key) = self.key(&labels) else { continue };
            if !self.looks_at(state, &key.object) {
                continue;
            }
            if !self.series.contains_key(&key) {
                let phase = self.phase(state, &key, now);
                let kept = Kept { phase, labels: labels.clone(), value: None, seen: now };
                self.series.insert(Arc::clone(&key), kept);
            }
            let Some(kept) = self.series.get_mut(&key) else { continue };
            kept.labels = labels;
            kept.value = values.last().copied().flatten();
            kept.seen = now;
            kept.phase = self.alarm.advance(kept.phase, &values, now);
        }
        let mut observations = Vec::new();
        let Self { rule, alarm, series, places } = self;
        let ends_after = series_ends_after(rule);
        series.retain(|key, kept| {
            if kept.seen != now {
                kept.value = None;
                kept.phase = alarm.advance(kept.phase, &[None], now);
            }
            let ended = kept.seen.plus(ends_after) <= now || !looks_at(rule, state, &key.object);
            let verdict = if ended { Verdict::Gone } else { kept.phase.verdict() };
            let open = state.open_problem(key).map(|problem| problem.verdict);
            let differs = match open {
                None => verdict == Verdict::Firing,
                Some(open) => verdict != open,
            };
            if differs {
                observations.push(kept.observation(rule, key, verdict, now));
            }
            !ended
        });
        // Labels that do not come any more; those that the rule does not look at are found out anew.
        if places.len() > 2 * series.len() + PLACES_SPARE {
            places.retain(|_, key| series.contains_key(key));
        }
        observations
    }

    /// What a series is of, found out when its labels are seen for the first time.
    fn key(&mut self, labels: &Labels) -> Option<Arc<ProblemKey>> {
        if let Some(key) = self.places.get(labels) {
            return Some(Arc::clone(key));
        }
        let (object, detail) = locate(labels.pairs())?;
        let key = Arc::new(ProblemKey { object, rule: self.rule.name.clone(), detail });
        self.places.insert(labels.clone(), Arc::clone(&key));
        Some(key)
    }

    fn looks_at(&self, state: &State, object: &ObjectPath) -> bool {
        looks_at(&self.rule, state, object)
    }
}

fn looks_at(rule: &Rule, state: &State, object: &ObjectPath) -> bool {
    state.is_there(object) && rule.reaches(object) && rule.scope.matches(&ObjectRow { state, path: object })
}

impl Alarm {
    fn advance(&self, phase: Phase, values: &[Option<f64>], now: UnixMillis) -> Phase {
        match (self, phase) {
            (Self::Threshold(alarm), Phase::Threshold(mut series)) => {
                series.observe(alarm, now, values.last().copied().flatten().unwrap_or(f64::NAN));
                Phase::Threshold(series)
            }
            (Self::Datapoints { alarm, .. }, Phase::Datapoints(state, since)) => {
                let next = alarm.evaluate(values, state).state;
                Phase::Datapoints(next, if next == state { since } else { now })
            }
            (_, phase) => phase,
        }
    }
}

impl Phase {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Threshold(series) => series.verdict(),
            Self::Datapoints(state, _) => verdict_of(state),
        }
    }

    const fn since(self) -> UnixMillis {
        match self {
            Self::Threshold(series) => series.since(),
            Self::Datapoints(_, since) => since,
        }
    }
}

impl Kept {
    fn observation(&self, rule: &Rule, key: &ProblemKey, verdict: Verdict, now: UnixMillis) -> Observation {
        let number = self.value.and_then(Number::new);
        let message = message_of(rule, &key.object, &self.labels, number);
        let since = if verdict == Verdict::Firing { self.phase.since().min(now) } else { now };
        Observation { key: key.clone(), verdict, since, value: number, message }
    }
}

/// The message of a rule on an object, with a series' labels and value.
pub(crate) fn message_of(rule: &Rule, object: &ObjectPath, labels: &Labels, value: Option<Number>) -> String {
    rule.render(object, |word| match word.strip_prefix("label.") {
        Some(label) => Some(labels.get(label).to_owned()).filter(|value| !value.is_empty()),
        None if word == "value" => value.map(|value| value.to_string()),
        None => None,
    })
}
