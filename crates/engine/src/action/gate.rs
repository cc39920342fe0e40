//! What is in the way of the next batch of an action.

use super::guard::{outages, runs};
use super::{Action, approval, guard};
use crate::State;
use std::collections::BTreeSet;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::OnError;
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Whether a batch may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gate {
    /// It may.
    Open,
    /// Not yet, and why: it may be better before long.
    Closed(String),
    /// Never, and why.
    Shut(String),
}

/// What the state has against the next batch, whatever the time.
///
/// - `begun`: targets of other actions that begin at this moment.
pub(super) fn gate(state: &State, action: &Action, begun: &BTreeSet<&ObjectPath>) -> Gate {
    if action.is_held() {
        for step in &action.steps {
            let target = &step.target;
            if let Some(other) = state.actions.busy_with(target) {
                return Gate::Closed(format!(
                    "another action is under way on {target}: {} by {}",
                    other.what(),
                    other.actor
                ));
            }
            if begun.contains(target) {
                return Gate::Closed(format!("another action has just begun on {target}"));
            }
        }
    }
    let continues = action.rolling.is_some_and(|rolling| rolling.on_error == OnError::Continue);
    if action.leaves_running() && !continues {
        let done = action.released_steps().iter().filter(|step| step.status == ActionStatus::Succeeded);
        if let Some(step) = done.into_iter().find(|step| !runs(state, &step.target)) {
            let status =
                state.effective_application(&step.target).map_or("gone", |found| found.status.as_str());
            return Gate::Closed(format!("{} is {status}, not STARTED", step.target));
        }
    }
    if action.terms.conduct.override_guards {
        return Gate::Open;
    }
    let batch: Vec<ObjectPath> = action.next_batch().map(|(_, target)| target.clone()).collect();
    match outages(state, action.outage(), &[&batch], begun).first() {
        Some(objection) => Gate::Closed(objection.to_string()),
        None => Gate::Open,
    }
}

/// What ends an action at the release of its next batch: a freeze, or rights that were taken away while it waited.
pub(super) fn shut(state: &State, action: &Action, now: UnixMillis) -> Option<String> {
    if action.is_held()
        && let Some(lost) = approval::lost_rights(state, action, now)
    {
        return Some(lost);
    }
    if action.terms.conduct.override_guards {
        return None;
    }
    let batch: Vec<&ObjectPath> = action.next_batch().map(|(_, target)| target).collect();
    guard::frozen(state, &batch, now).first().map(ToString::to_string)
}
