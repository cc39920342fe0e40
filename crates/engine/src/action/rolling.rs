//! Batches and waves: which steps of an action may begin, and when the next ones may.
//!
//! ```text
//! held ──approved, its time─┐
//! released ──all final──► wait ──► a person, health, guards ──► BatchReleased: the next steps ─┐
//!     ▲                    └─ a step FAILED or UNKNOWN, on_error stop ──► the rest FAILED, not begun
//!     └────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Invariants
//! - B-1: of a rolling action never more than `batch` steps are released and open, and never of two waves.
//! - B-2: with `stop`, nothing is released after a step FAILED or became UNKNOWN.
//! - B-3: a step is sent to its agent only after the journal says that it is released.
//! - B-4: nothing of an action that needs approval is released before another person has given it.
//!
//! Elsewhere: what is in the way of a release (`action/gate.rs`).

use super::gate::{Gate, gate};
use super::{Action, Ledger};
use crate::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use topmast_model::action::Terms;
use topmast_model::event::EventBody;
use topmast_model::id::StepId;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Most steps given up by one decision: each is a fact, and the facts of a decision are one append to the journal,
/// beside one batch of each open action.
pub(super) const ABANDONED_STEPS_MAX: usize = 1_000;
/// How long somebody is asked whether it may go on: as long as the longest wait, for it keeps its targets meanwhile.
const ASKS_FOR: Duration = Duration::from_hours(1);
/// What the outcome of a step begins with that was given up.
const NOT_BEGUN: &str = "not begun: ";

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
    /// Nothing, unless somebody approves it, or lets it go on, before.
    Lapse(UnixMillis),
}

/// What an action waits for before more of it begins, beside outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// For another person's approval, until a time.
    Approval(UnixMillis),
    /// For its time.
    Time(UnixMillis),
    /// For a person who says that it may go on, until a time.
    Person(UnixMillis),
}

/// Where each batch ends, of so many targets.
pub(super) fn ends(rolling: Option<Rolling>, waves: &[u32], count: usize) -> Vec<u32> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let batch = rolling.map_or(u32::MAX, |rolling| rolling.batch.max(1));
    let mut ends = Vec::new();
    let mut start = 0;
    while start < count {
        let wave = waves.iter().copied().find(|end| *end > start).unwrap_or(count);
        start = start.saturating_add(batch).min(wave).min(count);
        ends.push(start);
    }
    ends
}

impl Action {
    /// Lets only the first batch begin; nothing while it waits for its approval or its time.
    #[must_use]
    pub(crate) fn on_terms(mut self, rolling: Option<Rolling>, terms: Terms) -> Self {
        let first = ends(rolling, &terms.waves, self.steps.len()).first().copied().unwrap_or_default();
        let is_held = terms.approval.is_some() || terms.conduct.not_before.is_some();
        let up_to = if is_held { 0 } else { first };
        self.released = Released { up_to, open: up_to as usize, ended_at: None };
        (self.rolling, self.terms) = (rolling, terms);
        self
    }

    /// Whether a step may begin.
    pub const fn is_released(&self, target: u32) -> bool {
        target < self.released.up_to
    }

    /// True while nothing of it was released: it keeps its targets from nobody.
    pub const fn is_held(&self) -> bool {
        self.released.up_to == 0
    }

    /// When the steps become UNKNOWN that are under way; none while none is.
    pub fn expiry(&self) -> Option<UnixMillis> {
        (self.released.open > 0).then_some(self.expires_at)
    }

    /// What it waits for now, beside outcomes and health.
    pub fn waits(&self) -> Option<Waits> {
        match self.next()? {
            Next::Lapse(at) if self.is_held() => Some(Waits::Approval(at)),
            Next::Lapse(at) => Some(Waits::Person(at)),
            Next::Release(at) if self.is_held() => Some(Waits::Time(at)),
            _ => None,
        }
    }

    /// True when a person has to say that it goes on.
    pub(super) fn asks_now(&self) -> bool {
        self.terms.conduct.ask
            && !self.is_held()
            && !self.continued
            && self.released.open == 0
            && self.has_waiting()
            && !self.is_stopped()
    }

    fn has_waiting(&self) -> bool {
        self.tally.pending + self.tally.running > self.released.open
    }

    /// True when an error, or a person, ends it.
    fn is_stopped(&self) -> bool {
        let has_error = self.tally.failed + self.tally.unknown > 0;
        let stops = self.rolling.is_none_or(|rolling| rolling.on_error == OnError::Stop);
        stops && has_error || self.verdict.as_ref().is_some_and(|verdict| !verdict.approved)
    }

    /// When there is something to decide about the steps not released; none while a batch is under way.
    pub(crate) fn next_batch_at(&self, state: &State, now: UnixMillis) -> Option<UnixMillis> {
        match self.next()? {
            Next::Abandon => Some(self.accepted_at),
            Next::Lapse(at) => Some(at),
            // What is in its way is looked up only once its time has come.
            Next::Release(at) if at > now => Some(at),
            Next::Release(at) => match gate(state, self, &BTreeSet::new()) {
                Gate::Open | Gate::Shut(_) => Some(at),
                Gate::Closed(_) => Some(at.plus(self.patience())),
            },
        }
    }

    /// How long a batch may wait for health.
    fn patience(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    fn next(&self) -> Option<Next> {
        if !self.has_waiting() {
            return None;
        }
        if self.is_stopped() {
            return Some(Next::Abandon);
        }
        let wait_ms = self.rolling.map_or(0, |rolling| rolling.wait_ms);
        if self.is_held() {
            let approved_at = match (&self.terms.approval, &self.verdict) {
                (Some(needed), None) => return Some(Next::Lapse(needed.expires_at)),
                (_, verdict) => verdict.as_ref().map_or(self.accepted_at, |verdict| verdict.at),
            };
            let not_before = self.terms.conduct.not_before.unwrap_or(approved_at);
            return Some(Next::Release(approved_at.max(not_before)));
        }
        if self.released.open > 0 {
            return None;
        }
        let ended_at = self.released.ended_at.unwrap_or(self.accepted_at);
        if self.asks_now() {
            return Some(Next::Lapse(ended_at.plus(ASKS_FOR)));
        }
        Some(Next::Release(ended_at.plus(Duration::from_millis(wait_ms))))
    }

    /// The steps that wait for their release, with their numbers.
    pub(super) fn waiting(&self) -> impl Iterator<Item = u32> {
        let unreleased = (0..).zip(&self.steps).skip(self.released.up_to as usize);
        unreleased.filter(|(_, step)| !step.status.is_final()).map(|(target, _)| target)
    }

    /// The steps of the next batch, with their numbers.
    pub(super) fn next_batch(&self) -> impl Iterator<Item = (u32, &ObjectPath)> {
        let start = self.waiting().next().unwrap_or(u32::MAX);
        let wave = self.terms.waves.iter().copied().find(|end| *end > start).unwrap_or(u32::MAX);
        let batch = self.rolling.map_or(usize::MAX, |rolling| rolling.batch as usize);
        let batch = self.waiting().take_while(move |target| *target < wave).take(batch);
        batch.filter_map(|target| Some((target, &self.steps.get(target as usize)?.target)))
    }

    /// The steps that were released, whatever became of them.
    pub(crate) fn released_steps(&self) -> &[super::Step] {
        &self.steps[..self.steps.len().min(self.released.up_to as usize)]
    }

    /// A batch may begin.
    pub(super) fn release(&mut self, up_to: u32, expires_at: UnixMillis) {
        let up_to = up_to.min(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        self.released.open += self.waiting().take_while(|target| *target < up_to).count();
        self.released.up_to = self.released.up_to.max(up_to);
        self.expires_at = expires_at;
        self.continued = false;
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
/// an error, a guard or the want of an approval stopped, [`ABANDONED_STEPS_MAX`] steps at a time.
pub(crate) fn advance(state: &State, now: UnixMillis) -> Vec<EventBody> {
    let mut facts = Vec::new();
    let mut ledger = Ledger::new(&state.actions);
    let mut left = ABANDONED_STEPS_MAX;
    // Targets that begin with this decision.
    let mut begun = BTreeSet::new();
    for action in state.open_actions() {
        let why = match action.next() {
            Some(Next::Release(at)) if at <= now => {
                let shut = super::gate::shut(state, action, now);
                match shut.map_or_else(|| gate(state, action, &begun), Gate::Shut) {
                    Gate::Open => {
                        if action.is_held() {
                            begun.extend(action.steps.iter().map(|step| &step.target));
                        }
                        begun.extend(action.next_batch().map(|(_, target)| target));
                        let up_to =
                            action.next_batch().last().map_or(action.released.up_to, |(last, _)| last + 1);
                        let expires_at = now.plus(Duration::from_millis(action.timeout_ms));
                        facts.push(EventBody::BatchReleased { id: action.id, up_to, expires_at });
                        continue;
                    }
                    Gate::Closed(_) if at.plus(action.patience()) > now => continue,
                    Gate::Closed(why) | Gate::Shut(why) => why,
                }
            }
            Some(Next::Lapse(at)) if at <= now && action.is_held() => "nobody approved it in time".to_owned(),
            Some(Next::Lapse(at)) if at <= now => "nobody let it go on in time".to_owned(),
            Some(Next::Abandon) => error(action),
            _ => continue,
        };
        let message = format!("{NOT_BEGUN}{why}");
        for target in action.waiting().take(left) {
            left -= 1;
            ledger.abandon(StepId { action: action.id, target }, &message, &mut facts);
        }
    }
    facts
}

/// What stopped an action, in words.
fn error(action: &Action) -> String {
    if let Some(verdict) = action.verdict.as_ref().filter(|verdict| !verdict.approved) {
        return verdict.words();
    }
    let is_error = |status| matches!(status, ActionStatus::Failed | ActionStatus::Unknown);
    let first = action.steps.iter().find(|step| is_error(step.status));
    let words = |step: &super::Step| {
        // Of those that were given up for one reason, all tell it.
        let given_up = step.message.strip_prefix(NOT_BEGUN).map(str::to_owned);
        given_up.unwrap_or_else(|| format!("{} {}", step.target, step.status))
    };
    first.map_or_else(|| "an error came before".to_owned(), words)
}

#[cfg(test)]
mod tests;
