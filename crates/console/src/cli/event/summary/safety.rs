//! What was said of actions, permits, freezes and policies, each in a line.

use topmast_model::action::{ActionChange, Terms};
use topmast_model::permit::PermitChange;
use topmast_model::safety::SafetyChange;

/// What is special about an action's terms; nothing of plain ones.
pub(super) fn terms(terms: &Terms) -> String {
    let conduct = &terms.conduct;
    let waves = (!terms.waves.is_empty()).then(|| format!(", in {} waves", terms.waves.len()));
    let at = conduct.not_before.map(|at| format!(", not before {}", topmast_api::time::Timestamp(at)));
    let overrides = conduct.override_guards.then(|| ", guards overridden".to_owned());
    let approval = terms.approval.as_ref();
    let approval =
        approval.map(|needed| format!(", waits for approval by policy {}", needed.policies.join(", ")));
    [waves, at, overrides, approval].into_iter().flatten().collect()
}

pub(super) fn governed(change: &ActionChange) -> String {
    match change {
        ActionChange::Approved { comment } => said("approved", comment.as_ref()),
        ActionChange::Rejected { comment } => said("rejected", comment.as_ref()),
        ActionChange::Continued => "the next batch may begin".to_owned(),
    }
}

pub(super) fn permitted(change: &PermitChange) -> String {
    match change {
        PermitChange::Approved { comment } => said("approved", comment.as_ref()),
        PermitChange::Rejected { comment } => said("rejected", comment.as_ref()),
        PermitChange::Used => "used".to_owned(),
    }
}

fn said(word: &str, comment: Option<&String>) -> String {
    comment.map_or_else(|| word.to_owned(), |comment| format!("{word}: {comment}"))
}

pub(super) fn changed(change: &SafetyChange) -> String {
    match change {
        SafetyChange::FreezeSet { freeze, .. } => format!("freeze announced: {}", freeze.what.name),
        SafetyChange::FreezePlanned { periods, .. } => format!("freeze planned: {} times", periods.len()),
        SafetyChange::FreezeLifted { name, .. } => format!("freeze lifted: {name}"),
        SafetyChange::PolicySet { policy } => format!("policy {} set", policy.name),
        SafetyChange::PolicyDeleted { name } => format!("policy {name} deleted"),
    }
}
