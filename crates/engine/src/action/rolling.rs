//! Batches: which steps of an action may begin, and when the next ones may.
//!
//! ```text
//! released ──all final──► wait ──► BatchReleased: the next `batch` steps ─┐
//!     ▲                    └─ a step FAILED or UNKNOWN, on_error stop ──► the rest FAILED, not begun
//!     └──────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Invariants
//! - B-1: of a rolling action never more than `batch` steps are released and open.
//! - B-2: with `stop`, nothing is released after a step FAILED or became UNKNOWN.
//! - B-3: a step is sent to its agent only after the journal says that it is released.

use super::{Action, Ledger};
use crate::State;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use topmast_model::event::EventBody;
use topmast_model::id::StepId;
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Most steps given up by one decision: each is a fact, and the facts of a decision are one append to the journal,
/// beside one batch of each open action.
pub(super) const ABANDONED_STEPS_MAX: usize = 1_000;

/// The steps that may begin: the first so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Released {
    up_to: u32,
    /// How many of them have no outcome yet.
    open: usize,
    /// When the last of them got its outcome.
    ended_at: Option<UnixMillis>,
}

impl Released {
    /// All steps of an action.
    pub(super) fn all(count: usize) -> Self {
        Self { up_to: u32::try_from(count).unwrap_or(u32::MAX), open: count, ended_at: None }
    }
}

/// What comes next in an action with steps that are not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A batch, not before a time.
    Release(UnixMillis),
    /// Nothing more.
    Abandon,
}

impl Action {
    /// Lets only the first batch begin.
    #[must_use]
    pub(crate) fn in_batches(mut self, rolling: Option<Rolling>) -> Self {
        self.rolling = rolling;
        if let Some(rolling) = rolling {
            let up_to = self.released.up_to.min(rolling.batch);
            self.released = Released { up_to, open: up_to as usize, ended_at: None };
        }
        self
    }

    /// Whether a step may begin.
    pub const fn is_released(&self, target: u32) -> bool {
        target < self.released.up_to
    }

    /// When the steps become UNKNOWN that are under way; none while none is.
    pub fn expiry(&self) -> Option<UnixMillis> {
        (self.released.open > 0).then_some(self.expires_at)
    }

    /// When there is something to decide about the steps not released; none while a batch is under way.
    pub fn next_batch_at(&self) -> Option<UnixMillis> {
        self.next().map(|next| match next {
            Next::Release(at) => at,
            Next::Abandon => self.accepted_at,
        })
    }

    fn next(&self) -> Option<Next> {
        let Rolling { wait_ms, on_error, .. } = self.rolling?;
        if self.tally.pending + self.tally.running <= self.released.open {
            return None;
        }
        if on_error == OnError::Stop && self.tally.failed + self.tally.unknown > 0 {
            return Some(Next::Abandon);
        }
        let ended_at = self.released.ended_at.unwrap_or(self.accepted_at);
        (self.released.open == 0).then(|| Next::Release(ended_at.plus(Duration::from_millis(wait_ms))))
    }

    /// The steps that wait for their release, with their numbers.
    pub(super) fn waiting(&self) -> impl Iterator<Item = u32> {
        let unreleased = (0..).zip(&self.steps).skip(self.released.up_to as usize);
        unreleased.filter(|(_, step)| !step.status.is_final()).map(|(target, _)| target)
    }

    /// A batch may begin.
    pub(super) fn release(&mut self, up_to: u32, expires_at: UnixMillis) {
        let up_to = up_to.min(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        self.released.open += self.waiting().take_while(|target| *target < up_to).count();
        self.released.up_to = self.released.up_to.max(up_to);
        self.expires_at = expires_at;
    }

    /// A step got its outcome.
    pub(super) fn ended(&mut self, target: u32, time: UnixMillis) {
        if self.is_released(target) {
            self.released.open = self.released.open.saturating_sub(1);
            self.released.ended_at = Some(time);
        }
    }
}

/// Decides `AdvanceActions`: the next batch of every action whose time for it has come, and the end of those that
/// an error stopped, [`ABANDONED_STEPS_MAX`] steps at a time.
pub(crate) fn advance(state: &State, now: UnixMillis) -> Vec<EventBody> {
    let mut facts = Vec::new();
    let mut ledger = Ledger::new(&state.actions);
    let mut left = ABANDONED_STEPS_MAX;
    for action in state.open_actions() {
        match (action.next(), action.rolling) {
            (Some(Next::Release(at)), Some(rolling)) if at <= now => {
                let last = action.waiting().take(rolling.batch as usize).last();
                let timeout = Duration::from_millis(action.timeout_ms);
                let up_to = last.map_or(action.released.up_to, |last| last + 1);
                facts.push(EventBody::BatchReleased { id: action.id, up_to, expires_at: now.plus(timeout) });
            }
            (Some(Next::Abandon), _) => {
                let message = format!("not begun: {}", error(action));
                for target in action.waiting().take(left) {
                    left -= 1;
                    ledger.abandon(StepId { action: action.id, target }, &message, &mut facts);
                }
            }
            _ => {}
        }
    }
    facts
}

/// What stopped an action, in words.
fn error(action: &Action) -> String {
    let is_error = |status| matches!(status, ActionStatus::Failed | ActionStatus::Unknown);
    let first = action.steps.iter().find(|step| is_error(step.status));
    first.map_or_else(|| "an error came before".to_owned(), |step| format!("{} {}", step.target, step.status))
}

#[cfg(test)]
mod tests;
