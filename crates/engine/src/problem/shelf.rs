//! The problems that are kept: every open one, and the last that are over.

use super::burden::Burdens;
use super::flapping::Changes;
use super::{Acknowledged, Closed, Problem, Told};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use topmast_model::event::Event;
use topmast_model::path::ObjectPath;
use topmast_model::problem::{
    Acknowledgement, AcknowledgementEnd, CloseReason, Comment, Mute, NewProblem, Notice, ProblemId,
    ProblemKey, Verdict,
};
use topmast_model::status::Severity;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most open problems: more than anybody can look at, and few enough to look through at once.
pub const OPEN_PROBLEMS_MAX: usize = 20_000;
/// Problems that are over and still kept; the journal has them all.
pub const CLOSED_PROBLEMS_MAX: usize = 1_000;
/// Comments kept of a problem; the journal has them all.
pub const COMMENTS_MAX: usize = 50;
/// Most rules on objects whose changes are remembered.
const CHANGES_MAX: usize = 2 * OPEN_PROBLEMS_MAX;

/// Problems, mutes, and what flapping is found by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub(crate) struct Problems {
    last: ProblemId,
    all: BTreeMap<ProblemId, Problem>,
    /// B-1
    open: BTreeMap<ProblemKey, ProblemId>,
    /// In the order of closing.
    closed: VecDeque<ProblemId>,
    changes: BTreeMap<ProblemKey, Changes>,
    burdens: Burdens,
    pub(crate) mutes: BTreeMap<Uuid, Mute>,
}

/// The form of a snapshot, in which keys are no structures and nothing is said twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    last: ProblemId,
    open: Vec<Problem>,
    closed: Vec<Problem>,
    changes: Vec<(ProblemKey, Changes)>,
    mutes: BTreeMap<Uuid, Mute>,
}

impl From<Problems> for Kept {
    fn from(mut problems: Problems) -> Self {
        let closed = problems.closed.iter().filter_map(|id| problems.all.remove(id)).collect();
        Self {
            last: problems.last,
            closed,
            open: problems.all.into_values().collect(),
            changes: problems.changes.into_iter().collect(),
            mutes: problems.mutes,
        }
    }
}

impl From<Kept> for Problems {
    fn from(kept: Kept) -> Self {
        Self {
            last: kept.last,
            burdens: Burdens::of(kept.open.iter()),
            open: kept.open.iter().map(|problem| (problem.what.key.clone(), problem.id)).collect(),
            closed: kept.closed.iter().map(|problem| problem.id).collect(),
            all: kept.open.into_iter().chain(kept.closed).map(|problem| (problem.id, problem)).collect(),
            changes: kept.changes.into_iter().collect(),
            mutes: kept.mutes,
        }
    }
}

impl Problems {
    pub(crate) fn get(&self, id: ProblemId) -> Option<&Problem> {
        self.all.get(&id)
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Problem> {
        self.all.values()
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = &Problem> {
        self.open.values().filter_map(|id| self.all.get(id))
    }

    /// True when there is room for `more` open problems, those that are over and not yet told included.
    pub(crate) fn has_room(&self, more: usize) -> bool {
        self.open.len() + more <= OPEN_PROBLEMS_MAX
            && self.all.len() + more <= OPEN_PROBLEMS_MAX + CLOSED_PROBLEMS_MAX
    }

    /// The worst severity of the open problems on an object and inside it of which people are told.
    pub(crate) fn worst(&self, path: &ObjectPath) -> Option<Severity> {
        self.burdens.worst(path)
    }

    /// What `worst` answers from is what the open problems come to (U-1).
    #[cfg(test)]
    pub(crate) fn burdens_are_true(&self) -> bool {
        self.burdens == Burdens::of(self.open())
    }

    pub(crate) fn open_at(&self, key: &ProblemKey) -> Option<&Problem> {
        self.all.get(self.open.get(key)?)
    }

    /// Problems that are over, of which people may still have to be told; in the order of closing.
    pub(crate) fn over(&self) -> impl Iterator<Item = &Problem> {
        self.closed.iter().filter_map(|id| self.all.get(id))
    }

    pub(crate) fn changes(&self, key: &ProblemKey) -> Option<&Changes> {
        self.changes.get(key)
    }

    /// The number of the next problem.
    pub(crate) fn next(&self) -> ProblemId {
        ProblemId(self.last.0 + 1)
    }

    pub(crate) fn opened(&mut self, id: ProblemId, what: &NewProblem, time: UnixMillis) {
        if self.open.contains_key(&what.key) || self.all.contains_key(&id) {
            return;
        }
        self.last = self.last.max(id);
        self.changed(&what.key, time);
        self.open.insert(what.key.clone(), id);
        let problem = Problem::new(id, what.clone(), time);
        self.burdens.add(&problem);
        self.all.insert(id, problem);
    }

    pub(crate) fn closed(&mut self, id: ProblemId, reason: CloseReason, time: UnixMillis) {
        let Some(problem) = self.all.get_mut(&id).filter(|problem| problem.closed.is_none()) else { return };
        self.burdens.remove(problem);
        problem.closed = Some(Closed { at: time, reason });
        problem.flapping = false;
        problem.suppression = None;
        let key = problem.what.key.clone();
        let was_firing = problem.verdict == Verdict::Firing;
        if reason == CloseReason::Recovered && was_firing {
            self.changed(&key, time);
        }
        self.open.remove(&key);
        self.closed.push_back(id);
        self.make_room();
    }

    /// The oldest that are over go, but not before people were told (B-2).
    fn make_room(&mut self) {
        let Self { all, closed, .. } = self;
        let mut excess = closed.len().saturating_sub(CLOSED_PROBLEMS_MAX);
        closed.retain(|id| {
            let is_told = all.get(id).is_none_or(|problem| problem.told.is_none());
            let goes = excess > 0 && is_told;
            if goes {
                excess -= 1;
                all.remove(id);
            }
            !goes
        });
    }

    fn changed(&mut self, key: &ProblemKey, time: UnixMillis) {
        if !self.changes.contains_key(key) && self.changes.len() >= CHANGES_MAX {
            self.changes.retain(|_, changes| !changes.is_over(time));
            if self.changes.len() >= CHANGES_MAX {
                return;
            }
        }
        self.changes.entry(key.clone()).or_default().add(time);
    }

    pub(crate) fn condition_changed(&mut self, id: ProblemId, verdict: Verdict, time: UnixMillis) {
        let Some(problem) = self.all.get_mut(&id) else { return };
        let came_or_went = matches!(
            (problem.verdict, verdict),
            (Verdict::Firing, Verdict::Ok) | (Verdict::Ok, Verdict::Firing)
        );
        problem.verdict = verdict;
        problem.verdict_since = time;
        if came_or_went {
            let key = problem.what.key.clone();
            self.changed(&key, time);
        }
    }

    pub(crate) fn decided(&mut self, id: ProblemId, notice: Notice, severity: Severity, time: UnixMillis) {
        self.change(id, |problem| {
            problem.notices = problem.notices.saturating_add(1);
            let told = Told { at: time, severity, again: false };
            problem.told = (notice != Notice::Recovered).then_some(told);
        });
        if notice == Notice::Recovered {
            self.make_room();
        }
    }

    pub(crate) fn acknowledged(&mut self, id: ProblemId, terms: &Acknowledgement, event: &Event) {
        let acknowledged = Acknowledged { owner: event.actor.clone(), at: event.time, terms: terms.clone() };
        self.change(id, |problem| {
            if let Some(told) = &mut problem.told {
                told.again = false;
            }
            problem.acknowledged = Some(acknowledged);
        });
    }

    pub(crate) fn unacknowledged(&mut self, id: ProblemId, end: AcknowledgementEnd) {
        self.change(id, |problem| {
            problem.acknowledged = None;
            // Who gives a problem out of hand knows of it; when time does, somebody else must.
            if let Some(told) = problem.told.as_mut().filter(|_| end == AcknowledgementEnd::Expired) {
                told.again = true;
            }
        });
    }

    pub(crate) fn commented(&mut self, id: ProblemId, text: &str, event: &Event) {
        let comment = Comment { time: event.time, actor: event.actor.clone(), text: text.to_owned() };
        self.change(id, |problem| {
            if problem.comments.len() >= COMMENTS_MAX {
                problem.comments.remove(0);
            }
            problem.comments.push(comment);
        });
    }

    pub(crate) fn change(&mut self, id: ProblemId, change: impl FnOnce(&mut Problem)) {
        if let Some(problem) = self.all.get_mut(&id) {
            self.burdens.remove(problem);
            change(problem);
            self.burdens.add(problem);
        }
    }
}
