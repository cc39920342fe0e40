//! Alarms that are told value after value.
//!
//! ```text
//!          beyond               for is over
//!    OK ───────────► PENDING ───────────────► FIRING ◄──────────┐ beyond
//!     ▲ ◄───────────────┘ within                │ within         │
//!     └──────────────────────────────────── KEEPING ────────────┘
//!              keep_firing_for is over
//! ```
//!
//! A missing value, unless it is to count as beyond or within, moves nothing: the
//! verdict is UNKNOWN, or with `ignore` what it was.

use topmast_model::problem::Verdict;
use topmast_model::rule::{Comparison, Condition, MissingData, Rule};
use topmast_model::time::UnixMillis;

/// A bound with its times: what all series of a rule share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdAlarm {
    compare: Comparison,
    bound: f64,
    /// The bound once it fires.
    clear: f64,
    hold_ms: i64,
    keep_ms: i64,
    missing: MissingData,
}

/// What is remembered of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesAlarm {
    /// When the phase began; of FIRING, when the condition began.
    since: i64,
    phase: Phase,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ok,
    Pending,
    Firing,
    Keeping,
}

impl ThresholdAlarm {
    /// The alarm of a rule, if its condition is a threshold or absence.
    pub fn of(rule: &Rule) -> Option<Self> {
        let millis = |span: topmast_model::rule::Span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let (hold_ms, keep_ms) = (millis(rule.hold), millis(rule.keep_firing_for));
        match &rule.when {
            Condition::Threshold { compare, value, clear, missing, .. } => {
                let (compare, bound, missing) = (*compare, value.get(), *missing);
                let clear = clear.map_or(bound, topmast_model::rule::Number::get);
                Some(Self { compare, bound, clear, hold_ms, keep_ms, missing })
            }
            // No value is beyond it, so only a missing one can be.
            Condition::Absent { .. } => Some(Self {
                compare: Comparison::Greater,
                bound: f64::INFINITY,
                clear: f64::INFINITY,
                hold_ms,
                keep_ms,
                missing: MissingData::Breaching,
            }),
            _ => None,
        }
    }

    fn is_beyond(&self, phase: Phase, value: f64) -> bool {
        let bound = if matches!(phase, Phase::Firing | Phase::Keeping) { self.clear } else { self.bound };
        self.compare.holds(value, bound)
    }
}

impl Default for SeriesAlarm {
    fn default() -> Self {
        Self::new()
    }
}

impl SeriesAlarm {
    /// Of a series that is seen for the first time.
    pub const fn new() -> Self {
        Self { since: i64::MIN, phase: Phase::Ok, verdict: Verdict::Ok }
    }

    /// Of a series with an open problem, as after a restart: it fires until its values say otherwise, so
    /// that a `for` which has to pass again does not end the problem.
    pub const fn firing(since: UnixMillis) -> Self {
        Self { since: since.0, phase: Phase::Firing, verdict: Verdict::Firing }
    }

    /// What it comes to now.
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// When what it comes to now began: of a problem, when its condition did.
    pub const fn since(&self) -> UnixMillis {
        UnixMillis(self.since)
    }

    /// Takes the value at a time, NaN when it is missing; the verdict, when it is another one now.
    pub fn observe(&mut self, alarm: &ThresholdAlarm, at: UnixMillis, value: f64) -> Option<Verdict> {
        let before = self.verdict;
        let beyond = if value.is_nan() {
            match alarm.missing {
                MissingData::Breaching => Some(true),
                MissingData::NotBreaching => Some(false),
                MissingData::Ignore => return None,
                MissingData::Missing => None,
            }
        } else {
            Some(alarm.is_beyond(self.phase, value))
        };
        self.verdict = match beyond {
            None => Verdict::Unknown,
            Some(beyond) => {
                self.step(alarm, at.0, beyond);
                if matches!(self.phase, Phase::Firing | Phase::Keeping) {
                    Verdict::Firing
                } else {
                    Verdict::Ok
                }
            }
        };
        (self.verdict != before).then_some(self.verdict)
    }

    fn step(&mut self, alarm: &ThresholdAlarm, at: i64, beyond: bool) {
        // A clock that was set back must not leave a time in the future to wait for.
        self.since = self.since.min(at);
        let lasted = at.saturating_sub(self.since);
        match (self.phase, beyond) {
            (Phase::Ok, true) if alarm.hold_ms == 0 => self.enter(Phase::Firing, at),
            (Phase::Ok, true) => self.enter(Phase::Pending, at),
            // It is a problem since the condition began, not since `for` was over.
            (Phase::Pending, true) if lasted >= alarm.hold_ms => self.phase = Phase::Firing,
            (Phase::Firing, false) if alarm.keep_ms > 0 => self.enter(Phase::Keeping, at),
            (Phase::Keeping, true) => self.enter(Phase::Firing, at),
            (Phase::Keeping, false) if lasted < alarm.keep_ms => {}
            (Phase::Pending | Phase::Firing | Phase::Keeping, false) => self.enter(Phase::Ok, at),
            (Phase::Ok, false) | (Phase::Pending | Phase::Firing, true) => {}
        }
    }

    const fn enter(&mut self, phase: Phase, at: i64) {
        self.phase = phase;
        self.since = at;
    }
}
