//! From what a rule would have come to, to the problems that this would have been.

use super::Transition;
use crate::problem::{Changes, FLAPPING_ENDS, FLAPPING_STARTS};
use topmast_model::problem::Verdict;
use topmast_model::rule::{Comparison, Condition, Rule};
use topmast_model::time::UnixMillis;

/// A problem that would have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// When its condition began.
    pub since: UnixMillis,
    /// When it would have been opened.
    pub opened: UnixMillis,
    /// When it would have been closed; `None` when it would still be open.
    pub closed: Option<UnixMillis>,
    /// The value with which it would have been opened.
    pub value: Option<f64>,
    /// How often people would have been told of it, its end included.
    pub notices: u32,
    /// It would have come and gone too often to be told each time.
    pub flapping: bool,
}

/// The problems of one series or object, the oldest first.
///
/// - `end`: until when is looked.
///
/// Nothing is in the way of telling; of flapping it is told as `problem` tells of it (B-5).
pub fn episodes(transitions: &[Transition], end: UnixMillis) -> Vec<Episode> {
    let mut trial = Trial::default();
    for transition in transitions {
        trial.calm(transition.at);
        trial.take(transition);
    }
    trial.calm(end);
    trial.over.extend(trial.open);
    trial.over
}

#[derive(Default)]
struct Trial {
    over: Vec<Episode>,
    open: Option<Episode>,
    changes: Changes,
    /// Of the open one: whether it flaps, and whether its condition is so.
    flaps: bool,
    is_firing: bool,
}

impl Trial {
    fn take(&mut self, transition: &Transition) {
        let at = transition.at;
        match (transition.verdict, self.open.is_some()) {
            (Verdict::Firing, false) => {
                self.changes.add(at);
                self.flaps = self.changes.count(at) >= FLAPPING_STARTS;
                self.is_firing = true;
                let Transition { since, value, .. } = *transition;
                self.open = Some(Episode {
                    since,
                    opened: at,
                    closed: None,
                    value,
                    notices: 1,
                    flapping: self.flaps,
                });
            }
            (Verdict::Firing, true) if !self.is_firing => {
                self.changes.add(at);
                self.is_firing = true;
            }
            (Verdict::Ok, true) => {
                if self.is_firing {
                    self.changes.add(at);
                }
                self.is_firing = false;
                self.flaps |= self.changes.count(at) >= FLAPPING_STARTS;
                match &mut self.open {
                    Some(open) if self.flaps => open.flapping = true,
                    _ => self.close(at),
                }
            }
            (Verdict::Gone, true) => self.close(at),
            // What cannot be told leaves things as they are.
            _ => {}
        }
    }

    /// Ends flapping that has become quiet by a time.
    fn calm(&mut self, now: UnixMillis) {
        let quiet = self.changes.ends_at();
        if self.flaps && quiet <= now && self.changes.count(quiet) <= FLAPPING_ENDS {
            self.flaps = false;
            if !self.is_firing {
                self.close(quiet);
            }
        }
    }

    fn close(&mut self, at: UnixMillis) {
        self.flaps = false;
        self.is_firing = false;
        if let Some(open) = self.open.take() {
            self.over.push(Episode { closed: Some(at), notices: open.notices + 1, ..open });
        }
    }
}

/// The value of some that is furthest beyond a rule's bound; none of a rule that has no bound.
pub fn worst(rule: &Rule, values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (Condition::Threshold { compare, .. } | Condition::Datapoints { compare, .. }) = &rule.when else {
        return None;
    };
    let values = values.into_iter().filter(|value| !value.is_nan());
    match compare {
        Comparison::Greater | Comparison::GreaterOrEqual => values.reduce(f64::max),
        Comparison::Less | Comparison::LessOrEqual => values.reduce(f64::min),
    }
}
