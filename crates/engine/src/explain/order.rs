//! What would be in the way of the next order on an application, and what waves bring before and after it.

use super::{Refused, Related};
use crate::State;
use crate::action::{Action, Objection, Outage, Waits, arranged, objections};
use topmast_model::application::{ApplicationState, Operation};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

/// What people do to an application that is there.
const ORDERS: [Operation; 3] = [Operation::Start, Operation::Stop, Operation::Restart];

/// Orders that wait, guards that would refuse one, and waves that cannot be made.
pub(super) fn in_the_way(state: &State, path: &ObjectPath, now: UnixMillis) -> Vec<Refused> {
    let mut found = waiting(state, path);
    found.extend(guarded(state, path, now));
    if let Err(circle) = arranged(state, Operation::Start, std::slice::from_ref(path)) {
        found.push(Refused { by: "waves", text: circle.to_string() });
    }
    found
}

/// What was ordered and has not begun, or not on this target.
fn waiting(state: &State, path: &ObjectPath) -> Vec<Refused> {
    let open = state.actions.open().filter_map(|id| state.actions.get(*id));
    let said = open.filter_map(|action| {
        let waits = action.waits()?;
        let is_meant = action.steps.iter().any(|step| step.target == *path && !step.status.is_final());
        is_meant.then(|| words(action, waits))
    });
    said.collect()
}

fn words(action: &Action, waits: Waits) -> Refused {
    let Action { id, operation, actor, .. } = action;
    match waits {
        Waits::Approval(_) => {
            let policies = action.terms.approval.as_ref().map(|needed| needed.policies.join(", "));
            let text = format!(
                "{operation} by {actor} waits until another person has approved it, as policy {} wants; \
                 `topmast approve {id}` does",
                policies.unwrap_or_default()
            );
            Refused { by: "approval", text }
        }
        Waits::Person(_) => Refused {
            by: "question",
            text: format!("{operation} by {actor} waits for a person; `topmast continue {id}` lets it go on"),
        },
        Waits::Time(_) => Refused {
            by: "schedule",
            text: format!("{operation} by {actor} waits for its time; `topmast actions {id}` tells it"),
        },
    }
}

/// What guards would have against an order on this application alone, each said once with the orders that it refuses.
fn guarded(state: &State, path: &ObjectPath, now: UnixMillis) -> Vec<Refused> {
    let mut found: Vec<(Objection, Vec<&str>)> = Vec::new();
    for order in ORDERS {
        for objection in objections(state, Outage::of(order, None), &[std::slice::from_ref(path)], now) {
            match found.iter_mut().find(|(known, _)| *known == objection) {
                Some((_, orders)) => orders.push(order.as_str()),
                None => found.push((objection, vec![order.as_str()])),
            }
        }
    }
    let said = found.into_iter().map(|(Objection { guard, message, .. }, orders)| Refused {
        by: "guard",
        text: format!("{} would refuse {}: {message}", guard.as_str(), orders.join(", ")),
    });
    said.collect()
}

/// What has to be started first, in waves: what does not run yet before what does.
pub(super) fn first(state: &State, path: &ObjectPath, reported: &ApplicationState) -> Vec<Related> {
    let names = reported.declared.as_ref().map(|declared| declared.after.as_slice()).unwrap_or_default();
    if names.is_empty() {
        return Vec::new();
    }
    let is_first = |other: &ObjectPath, _: &ApplicationState| names.iter().any(|name| name == other.name());
    related(state, path, "starts after", is_first)
}

/// What is started after it, in waves.
pub(super) fn later(state: &State, path: &ObjectPath) -> Vec<Related> {
    let comes_after = |_: &ObjectPath, reported: &ApplicationState| {
        let declared = reported.declared.as_ref();
        declared.is_some_and(|declared| declared.after.iter().any(|name| name == path.name()))
    };
    related(state, path, "starts after it", comes_after)
}

/// Applications of its cluster in some relation, those that do not run before those that do.
fn related(
    state: &State,
    path: &ObjectPath,
    relation: &'static str,
    is_related: impl Fn(&ObjectPath, &ApplicationState) -> bool,
) -> Vec<Related> {
    let Some(cluster) = path.ancestor(Level::Cluster) else { return Vec::new() };
    let others = state.applications.within(Some(&cluster)).filter(|(other, _)| *other != path);
    let found = others.filter(|(other, reported)| is_related(other, reported)).filter_map(|(other, _)| {
        let status = state.effective_application(other)?.status;
        Some((
            status == ApplicationStatus::Started,
            Related { path: other.clone(), relation, status: status.as_str() },
        ))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(runs, _)| *runs);
    found.into_iter().map(|(_, related)| related).collect()
}
