//! What an action is expected to disturb: nobody is told of problems there while it is under way.
//!
//! Nothing is announced and nothing has to be ended: it follows from the action and the time. A target is covered from
//! the release of its step until it has its outcome, and for a while after it SUCCEEDED; so is what comes after it in
//! its cluster. What is not well by then, or FAILED, is told as ever.

use super::custom::Outage;
use super::{Action, Step, wave};
use crate::State;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// How long what is not well after a step that SUCCEEDED is taken for its after-effect: services connect again, and
/// rules have looked twice.
pub(super) const SETTLES: Duration = Duration::from_mins(2);

/// The applications on which problems are expected at `now`, with the action that is why.
///
/// Cost: O(steps under way and just ended), the names in their clusters, and what comes after them.
pub(crate) fn covered(state: &State, now: UnixMillis) -> BTreeMap<&str, ActionId> {
    let mut covered = BTreeMap::new();
    let mut causes: BTreeMap<&str, BTreeMap<&str, ActionId>> = BTreeMap::new();
    for action in recent(state, now) {
        for (target, _) in ends(action).filter(|(_, end)| end.is_none_or(|end| end > now)) {
            let id = *covered.entry(target.as_str()).or_insert(action.id);
            if let Some(cluster) =
                target.up_to(Level::Cluster).filter(|_| target.level() == Level::Application)
            {
                causes.entry(cluster).or_default().insert(target.name(), id);
            }
        }
    }
    for (cluster, causes) in &causes {
        let edges = wave::edges(state, cluster);
        if edges.is_empty() {
            continue;
        }
        for (name, namesakes) in state.applications.names(cluster) {
            if let Some(id) = first_below(&edges, name, causes) {
                for path in namesakes.paths() {
                    covered.entry(path.as_str()).or_insert(id);
                }
            }
        }
    }
    covered
}

/// The moments after `now` at which something is no longer covered.
pub(crate) fn cover_ends(state: &State, now: UnixMillis) -> impl Iterator<Item = UnixMillis> {
    recent(state, now).flat_map(ends).filter_map(|(_, end)| end).filter(move |end| *end > now)
}

fn recent(state: &State, now: UnixMillis) -> impl Iterator<Item = &Action> {
    let since = UnixMillis(now.0.saturating_sub(i64::try_from(SETTLES.as_millis()).unwrap_or(i64::MAX)));
    state.open_actions().chain(state.actions.completed_since(since))
}

/// Until when each target is covered: without an end while it is under way.
fn ends(action: &Action) -> impl Iterator<Item = (&ObjectPath, Option<UnixMillis>)> {
    // A custom action on an application that does not take it down disturbs nothing; a service is told to change.
    let disturbs = |step: &&Step| {
        action.custom.is_none() || action.outage() != Outage::None || step.target.level() == Level::Service
    };
    action.released_steps().iter().filter(disturbs).filter_map(|step| match step.status {
        ActionStatus::Pending | ActionStatus::Running => Some((&step.target, None)),
        // What was stopped stays down, and that is no problem.
        ActionStatus::Succeeded if action.operation != Operation::Stop => {
            Some((&step.target, Some(step.finished_at?.plus(SETTLES))))
        }
        _ => None,
    })
}

/// The action on the first of what a name comes after, directly or not.
fn first_below<'a>(
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    name: &'a str,
    causes: &BTreeMap<&str, ActionId>,
) -> Option<ActionId> {
    let mut seen = BTreeSet::from([name]);
    let mut left = vec![name];
    while let Some(here) = left.pop() {
        for next in edges.get(here).into_iter().flatten() {
            if let Some(id) = causes.get(next) {
                return Some(*id);
            }
            if seen.insert(next) {
                left.push(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
