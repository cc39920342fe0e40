//! From decided facts to events: who, when, which tenant, which action.

use crate::{State, Submission};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::path::Level;
use topmast_model::time::UnixMillis;

/// The tenant of events that concern none, such as a user's. Not a valid name, so no tenant is called so.
pub const NO_TENANT: &str = "-";

/// Gives the facts of one decision their circumstances.
///
/// Numbers them from the state's last event on, so each decision is applied
/// before the next is recorded.
pub fn record(state: &State, submission: &Submission, facts: Vec<EventBody>, now: UnixMillis) -> Vec<Event> {
    facts
        .into_iter()
        .zip(state.last_seq().0 + 1..)
        .map(|(body, seq)| Event {
            seq: Seq(seq),
            time: now,
            tenant: tenant_of(state, &body),
            actor: submission.principal.actor.clone(),
            action: body.action(),
            body,
        })
        .collect()
}

/// The tenant that a fact concerns, or [`NO_TENANT`].
pub fn tenant_of(state: &State, body: &EventBody) -> String {
    let object = match body {
        EventBody::ActionAccepted { targets, .. } => targets.first(),
        EventBody::ActionCompleted { id, .. } => {
            state.action(*id).and_then(|action| action.steps.first()).map(|step| &step.target)
        }
        EventBody::JoinTokenRevoked { id } => state.join_tokens().get(id).map(|token| &token.cluster),
        other => other.object(),
    };
    object.and_then(|path| path.name_at(Level::Tenant)).unwrap_or(NO_TENANT).to_owned()
}
