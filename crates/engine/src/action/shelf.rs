//! The actions that are kept, and what finds them quickly.
//!
//! Open actions are all kept. Of completed ones the newest are kept whole, up to a
//! number of actions and of steps. Of older ones the id is kept for a day after
//! completion, so that a late repeat is recognised and not accepted anew (E-4).
//! Whatever the age, the journal has them, and agents refuse to run a step twice.

use super::{Action, Step, may_move};
use crate::path_map::PathMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Completed actions kept whole: some weeks of people's work, a few MiB.
pub(super) const COMPLETED_MAX: usize = 10_000;
/// Steps of completed actions kept: twenty of the largest actions, some 40 MiB.
const COMPLETED_STEPS_MAX: usize = 200_000;
/// How long the id of a completed action is remembered: longer than any client repeats.
const IDS_KEPT: Duration = Duration::from_hours(24);
/// Most ids remembered beside the whole actions, some 10 MiB: more than one action a second for a day.
pub(super) const IDS_MAX: usize = 100_000;

/// Open, recent and remembered actions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Actions {
    by_id: BTreeMap<ActionId, Action>,
    open: BTreeSet<ActionId>,
    /// Which open step each target waits for.
    busy: PathMap<StepId>,
    /// Completed actions kept whole, the oldest first.
    completed: BTreeSet<(UnixMillis, ActionId)>,
    completed_steps: usize,
    /// When actions completed that are no longer kept whole.
    remembered: BTreeMap<ActionId, UnixMillis>,
    /// The same, the oldest first.
    remembered_order: BTreeSet<(UnixMillis, ActionId)>,
}

impl Actions {
    pub(crate) fn get(&self, id: ActionId) -> Option<&Action> {
        self.by_id.get(&id)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Action> {
        self.by_id.values()
    }

    pub(crate) fn open(&self) -> impl ExactSizeIterator<Item = &ActionId> {
        self.open.iter()
    }

    pub(crate) fn open_steps(&self, within: Option<&ObjectPath>) -> impl Iterator<Item = (StepId, &Action)> {
        self.busy.within(within).filter_map(|(_, step)| Some((*step, self.by_id.get(&step.action)?)))
    }

    /// The action that a target waits for.
    pub(super) fn busy_with(&self, target: &ObjectPath) -> Option<&Action> {
        self.by_id.get(&self.busy.get(target)?.action)
    }

    /// The action that a target waits for, and the number of the target there.
    pub(super) fn open_step_on(&self, target: &ObjectPath) -> Option<(&Action, u32)> {
        let step = self.busy.get(target)?;
        Some((self.by_id.get(&step.action)?, step.target))
    }

    /// When an action completed that is no longer kept whole.
    pub(super) fn remembered(&self, id: ActionId) -> Option<UnixMillis> {
        self.remembered.get(&id).copied()
    }

    #[cfg(test)]
    pub(super) fn remembered_count(&self) -> usize {
        self.remembered.len()
    }

    pub(super) fn step(&self, id: StepId) -> Option<&Step> {
        self.by_id.get(&id.action)?.steps.get(usize::try_from(id.target).ok()?)
    }

    pub(crate) fn accept(&mut self, action: Action) {
        if self.by_id.contains_key(&action.id) {
            return;
        }
        if !action.is_held() {
            self.occupy(&action);
        }
        self.open.insert(action.id);
        self.by_id.insert(action.id, action);
    }

    /// Keeps the targets of an action that begins from other actions.
    fn occupy(&mut self, action: &Action) {
        for (target, step) in (0..).zip(&action.steps).filter(|(_, step)| !step.status.is_final()) {
            self.busy.insert(step.target.clone(), StepId { action: action.id, target });
        }
    }

    /// Changes an open action in what is no matter of its steps.
    pub(super) fn alter(&mut self, id: ActionId, change: impl FnOnce(&mut Action)) {
        if let Some(action) = self.by_id.get_mut(&id) {
            change(action);
        }
    }

    /// Completed actions, the last ones first.
    pub(super) fn completed_since(&self, since: UnixMillis) -> impl Iterator<Item = &Action> {
        let recent = self.completed.iter().rev().take_while(move |(at, _)| *at >= since);
        recent.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Moves a step on, if that move counts.
    pub(crate) fn advance(&mut self, id: StepId, to: ActionStatus, message: &str, time: UnixMillis) {
        let Some(action) = self.by_id.get_mut(&id.action) else { return };
        let step = usize::try_from(id.target).ok().and_then(|index| action.steps.get_mut(index));
        let Some(step) = step.filter(|step| may_move(step.status, to)) else { return };
        action.tally.shift(step.status, to);
        let has_ended = to.is_final() && !step.status.is_final();
        step.status = to;
        if to == ActionStatus::Running {
            step.started_at = Some(time);
        } else {
            step.finished_at = Some(time);
            message.clone_into(&mut step.message);
            if self.busy.get(&step.target) == Some(&id) {
                self.busy.remove(&step.target);
            }
        }
        if has_ended {
            action.ended(id.target, time);
        }
    }

    /// Lets a batch of an action begin.
    pub(crate) fn release(&mut self, id: ActionId, up_to: u32, expires_at: UnixMillis) {
        let Some(mut action) = self.by_id.remove(&id) else { return };
        let was_held = action.is_held();
        action.release(up_to, expires_at);
        if was_held && self.open.contains(&id) {
            self.occupy(&action);
        }
        self.by_id.insert(id, action);
    }

    pub(crate) fn complete(&mut self, id: ActionId, time: UnixMillis) {
        let Some(action) = self.by_id.get_mut(&id).filter(|action| action.status().is_final()) else {
            return;
        };
        if let Some(earlier) = action.completed_at.replace(time) {
            self.completed.remove(&(earlier, id));
        } else {
            self.open.remove(&id);
            self.completed_steps += action.steps.len();
        }
        self.completed.insert((time, id));
        self.trim(time);
    }

    fn trim(&mut self, now: UnixMillis) {
        while self.completed.len() > COMPLETED_MAX || self.completed_steps > COMPLETED_STEPS_MAX {
            let Some((completed_at, id)) = self.completed.pop_first() else { break };
            if let Some(action) = self.by_id.remove(&id) {
                self.completed_steps -= action.steps.len();
            }
            self.remembered.insert(id, completed_at);
            self.remembered_order.insert((completed_at, id));
        }
        while let Some((completed_at, id)) = self.remembered_order.first().copied() {
            if self.remembered_order.len() <= IDS_MAX && completed_at.until(now) <= IDS_KEPT {
                break;
            }
            self.remembered_order.remove(&(completed_at, id));
            self.remembered.remove(&id);
        }
    }
}
