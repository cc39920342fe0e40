//! Moves of steps within one decision, and the completions that follow from them.
//!
//! A batch of reports moves many steps before any is applied, so the ledger holds
//! the moves made so far on top of the state.

use super::{Actions, Tally, may_move, outcome_status};
use crate::State;
use crate::text;
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::report::StepOutcome;
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Steps as they will be once the facts decided so far are applied.
pub(crate) struct Ledger<'a> {
    actions: &'a Actions,
    moved: BTreeMap<StepId, ActionStatus>,
    tallies: BTreeMap<ActionId, Tally>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(actions: &'a Actions) -> Self {
        Self { actions, moved: BTreeMap::new(), tallies: BTreeMap::new() }
    }

    /// A server's agent began a step. Steps of other servers are not its to move, nor any that was not released.
    pub(crate) fn start(&mut self, step: StepId, server: &ObjectPath, facts: &mut Vec<EventBody>) {
        if let Some(target) = self.sent(step, server) {
            let begun = EventBody::StepStarted { step, target: target.clone() };
            self.advance(step, ActionStatus::Running, begun, facts);
        }
    }

    /// A server's agent ended a step.
    pub(crate) fn finish(
        &mut self,
        step: StepId,
        server: &ObjectPath,
        outcome: &StepOutcome,
        facts: &mut Vec<EventBody>,
    ) {
        if let Some(target) = self.sent(step, server) {
            let status = outcome_status(outcome);
            let outcome = StepOutcome { succeeded: outcome.succeeded, message: text::clip(&outcome.message) };
            let ended = EventBody::StepFinished { step, target: target.clone(), outcome };
            self.advance(step, status, ended, facts);
        }
    }

    /// Whoever began a step on a server cannot tell how it ended.
    pub(crate) fn lose(
        &mut self,
        step: StepId,
        server: &ObjectPath,
        message: &str,
        facts: &mut Vec<EventBody>,
    ) {
        if self.sent(step, server).is_some() {
            self.expire(step, text::clip(message), facts);
        }
    }

    /// No outcome of a step is expected any more.
    pub(crate) fn expire(&mut self, step: StepId, message: String, facts: &mut Vec<EventBody>) {
        if let Some(target) = self.target(step) {
            let expired = EventBody::StepExpired { step, target: target.clone(), message };
            self.advance(step, ActionStatus::Unknown, expired, facts);
        }
    }

    /// A step will not begin any more.
    pub(super) fn abandon(&mut self, step: StepId, message: &str, facts: &mut Vec<EventBody>) {
        if let Some(target) = self.target(step) {
            let outcome = StepOutcome { succeeded: false, message: message.to_owned() };
            let ended = EventBody::StepFinished { step, target: target.clone(), outcome };
            self.advance(step, ActionStatus::Failed, ended, facts);
        }
    }

    /// The target of a step that a server's agent was given.
    fn sent(&self, step: StepId, server: &ObjectPath) -> Option<&'a ObjectPath> {
        let is_released = self.actions.get(step.action)?.is_released(step.target);
        self.target(step).filter(|target| is_released && target.is_within(server))
    }

    fn target(&self, step: StepId) -> Option<&'a ObjectPath> {
        self.actions.step(step).map(|kept| &kept.target)
    }

    /// Adds the fact if the step's move counts, and the action's completion if its final status is new.
    fn advance(&mut self, step: StepId, to: ActionStatus, fact: EventBody, facts: &mut Vec<EventBody>) {
        let (Some(action), Some(kept)) = (self.actions.get(step.action), self.actions.step(step)) else {
            return;
        };
        let status = self.moved.entry(step).or_insert(kept.status);
        if !may_move(*status, to) {
            return;
        }
        facts.push(fact);
        let tally = self.tallies.entry(step.action).or_insert(action.tally);
        let before = tally.status();
        tally.shift(*status, to);
        *status = to;
        let after = tally.status();
        if after.is_final() && after != before {
            facts.push(EventBody::ActionCompleted { id: step.action, status: after });
        }
    }
}

/// Most steps that one decision expires: each is a fact, and may be followed by its action's completion,
/// and the facts of a decision are one append to the journal.
pub(super) const EXPIRED_STEPS_MAX: usize = 1_000;

/// Decides `ExpireActions`: the steps under way whose time is over become UNKNOWN,
/// the first [`EXPIRED_STEPS_MAX`] of them; the others with the next `ExpireActions`.
pub(crate) fn expire(state: &State, now: UnixMillis) -> Vec<EventBody> {
    let mut facts = Vec::new();
    let mut ledger = Ledger::new(&state.actions);
    let due = state.open_actions().filter(|action| action.expiry().is_some_and(|expiry| expiry <= now));
    let open = due.flat_map(|action| {
        let steps = (0..).zip(&action.steps).take_while(|(target, _)| action.is_released(*target));
        steps.filter(|(_, step)| !step.status.is_final()).map(move |(target, step)| (action, target, step))
    });
    for (action, target, step) in open.take(EXPIRED_STEPS_MAX) {
        let waited = action.timeout_ms / 1_000;
        let begun = begun(state, &step.target, step.started_at.map(|time| time.until(now).as_secs()));
        let whereabouts = whereabouts(state, &step.target);
        let message = format!("no outcome in {waited} s: {begun}; {whereabouts}; it may have been done");
        ledger.expire(StepId { action: action.id, target }, message, &mut facts);
    }
    facts
}

/// Whether a step was begun, in words; `seconds` since it was.
fn begun(state: &State, target: &ObjectPath, seconds: Option<u64>) -> String {
    let who = if is_over_ssh(state, target) { "the master" } else { "the agent" };
    match seconds {
        Some(seconds) => format!("{who} began {seconds} s ago"),
        None => format!("{who} never said that it began"),
    }
}

fn is_over_ssh(state: &State, target: &ObjectPath) -> bool {
    target.ancestor(Level::Server).is_some_and(|server| state.agentless.get(&server).is_some())
}

/// What is known of a target's server, in words.
fn whereabouts(state: &State, target: &ObjectPath) -> String {
    let path = target.ancestor(Level::Server);
    let revoked = !is_over_ssh(state, target)
        && path
            .as_ref()
            .and_then(|path| state.agents.get(path))
            .is_none_or(|agent| agent.revoked_at.is_some());
    match path.as_ref().and_then(|path| state.servers.get(path)) {
        None => "its server was removed".into(),
        Some(_) if revoked => "its agent was revoked".into(),
        Some(server) => format!("its server is {} ({})", server.status, server.cause),
    }
}
