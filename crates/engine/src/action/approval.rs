//! Two persons: who asked for an action under a policy does not approve it.
//!
//! Invariants
//! - AP-1: nobody approves what they asked for, by whatever session, token or access key of theirs.
//! - AP-2: at the moment of approval, and again when it begins, who asked may still act on every target, and who
//!   approved may still approve on every one.

use super::rolling::ABANDONED_STEPS_MAX;
use super::{Action, Ledger, named};
use crate::rejection::Listed;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use topmast_model::action::{ActionChange, ActionOrder};
use topmast_model::command::REASON_MAX;
use topmast_model::event::EventBody;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, ActorKind, Principal, Right};
use topmast_model::time::UnixMillis;

/// What another person said of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalVerdict {
    /// Whether it may be done.
    pub approved: bool,
    /// Who said so.
    pub by: Actor,
    /// When.
    pub at: UnixMillis,
    /// Why.
    pub comment: Option<String>,
}

impl ApprovalVerdict {
    /// `rejected by user bob: not before noon`.
    pub(crate) fn words(&self) -> String {
        let what = if self.approved { "approved" } else { "rejected" };
        let comment = self.comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
        format!("{what} by {}{comment}", self.by)
    }
}

/// The user behind an actor: a token and an access key are their owner's.
pub fn person(actor: &Actor) -> Option<&str> {
    match actor.kind {
        ActorKind::User => Some(&actor.name),
        ActorKind::Token | ActorKind::AccessKey => actor.name.split_once('/').map(|(owner, _)| owner),
        ActorKind::Agent | ActorKind::Master => None,
    }
}

/// What an actor may do now; `None` when there is no such user, or no such token or key any more.
fn standing(state: &State, actor: &Actor, now: UnixMillis) -> Option<Principal> {
    match actor.kind {
        ActorKind::Master => Some(Principal::master()),
        ActorKind::Agent => None,
        ActorKind::User => Some(state.users.get(&actor.name)?.principal(&actor.name, None)),
        ActorKind::Token => {
            let (owner, name) = actor.name.split_once('/')?;
            let mut tokens = state.tokens.all().values();
            let token =
                tokens.find(|token| token.owner == owner && token.name == name && token.is_valid(now))?;
            Some(token.principal(state.users.get(owner)?, None))
        }
        ActorKind::AccessKey => {
            let (owner, name) = actor.name.split_once('/')?;
            let mut keys = state.access_keys.values();
            let key = keys.find(|key| key.owner == owner && key.name == name && key.is_valid(now))?;
            Some(key.principal(state.users.get(owner)?, None))
        }
    }
}

/// Why an actor may not have its way on all of some targets now, in words.
pub(crate) fn lost_right<'a>(
    state: &State,
    targets: impl IntoIterator<Item = &'a ObjectPath>,
    actor: &Actor,
    right: Right,
    now: UnixMillis,
) -> Option<String> {
    let principal = standing(state, actor, now);
    let may =
        |target: &ObjectPath| principal.as_ref().is_some_and(|principal| principal.may(right, Some(target)));
    let refused: Listed = targets.into_iter().filter(|target| !may(target)).collect();
    (!refused.is_empty()).then(|| format!("{actor} is no longer allowed to {right} on {refused}"))
}

fn lost(state: &State, action: &Action, actor: &Actor, right: Right, now: UnixMillis) -> Option<String> {
    lost_right(state, action.steps.iter().map(|step| &step.target), actor, right, now)
}

/// The rights that were taken away from who asked for a held action or approved it, in words.
pub(super) fn lost_rights(state: &State, action: &Action, now: UnixMillis) -> Option<String> {
    let overrides = action.terms.conduct.override_guards;
    let custom = action.custom.as_ref().map(|custom| custom.right.right());
    lost(state, action, &action.actor, custom.unwrap_or(Right::Operate), now)
        .or_else(|| {
            overrides.then(|| lost(state, action, &action.actor, Right::OverrideGuards, now)).flatten()
        })
        .or_else(|| {
            let verdict = action.verdict.as_ref()?;
            lost(state, action, &verdict.by, Right::ApproveActions, now)
        })
}

/// Checks the length of what is said with a verdict.
pub(crate) fn check_comment(comment: Option<&String>) -> Result<(), Rejection> {
    if comment.is_some_and(|comment| comment.len() > REASON_MAX) {
        return Err(Rejection::invalid("comment", format!("is too long; write at most {REASON_MAX} bytes")));
    }
    Ok(())
}

/// Something that waits for another person.
pub(crate) struct Held<'a> {
    /// What it is called.
    pub(crate) what: String,
    pub(crate) asked_by: &'a Actor,
    pub(crate) expires_at: UnixMillis,
}

impl Held<'_> {
    /// What comes of saying something again: nothing when the same person says the same.
    pub(crate) fn said_before(
        &self,
        verdict: &ApprovalVerdict,
        who: &Actor,
        approved: bool,
        comment: Option<&String>,
    ) -> Result<Vec<EventBody>, Rejection> {
        let ApprovalVerdict { by, approved: was_approved, comment: was_said, .. } = verdict;
        if by.name == who.name && *was_approved == approved && was_said.as_ref() == comment {
            return Ok(Vec::new());
        }
        Err(Rejection::conflict(format!("{} was {} already", self.what, verdict.words())))
    }

    /// Refuses who asked, and everybody once its time is over.
    pub(crate) fn check(&self, who: &Actor, now: UnixMillis) -> Result<(), Rejection> {
        let Self { what, asked_by, expires_at } = self;
        if *expires_at <= now {
            return Err(Rejection::expired(format!("the time to approve {what} is over; ask for it anew")));
        }
        if person(who) == person(asked_by) {
            return Err(Rejection::OwnAction { actor: who.to_string(), asked: asked_by.to_string() });
        }
        Ok(())
    }

    /// - `lost`: which right was taken away, in words.
    pub(crate) fn cannot_be_approved(&self, lost: &str) -> Rejection {
        let what = &self.what;
        Rejection::conflict(format!("{what} cannot be approved: {lost}; reject it, or let it expire"))
    }
}

/// Decides `GovernAction`.
pub(crate) fn govern(
    state: &State,
    who: &Principal,
    id: ActionId,
    order: &ActionOrder,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let action = named(state, id)?;
    let (approved, comment) = match order {
        ActionOrder::Continue => {
            let change = ActionChange::Continued;
            let asked = action.asks_now().then_some(EventBody::ActionGoverned { id, change });
            return Ok(asked.into_iter().collect());
        }
        ActionOrder::Approve { comment } => (true, comment),
        ActionOrder::Reject { comment } => (false, comment),
    };
    check_comment(comment.as_ref())?;
    let Some(needed) = &action.terms.approval else {
        return Err(Rejection::conflict(format!(
            "action {id} needs no approval; nothing is to be said of it"
        )));
    };
    let held = Held { what: format!("action {id}"), asked_by: &action.actor, expires_at: needed.expires_at };
    if let Some(verdict) = &action.verdict {
        return held.said_before(verdict, &who.actor, approved, comment.as_ref());
    }
    if action.status().is_final() {
        return Err(Rejection::conflict(format!("action {id} is over; nothing of it begins any more")));
    }
    held.check(&who.actor, now)?; // AP-1
    if approved && let Some(lost) = lost_rights(state, action, now) {
        return Err(held.cannot_be_approved(&lost)); // AP-2
    }
    let comment = comment.clone();
    if approved {
        return Ok(vec![EventBody::ActionGoverned { id, change: ActionChange::Approved { comment } }]);
    }
    let verdict = ApprovalVerdict { approved, by: who.actor.clone(), at: now, comment: comment.clone() };
    let mut facts = vec![EventBody::ActionGoverned { id, change: ActionChange::Rejected { comment } }];
    let mut ledger = Ledger::new(&state.actions);
    let message = format!("not begun: {}", verdict.words());
    for target in action.waiting().take(ABANDONED_STEPS_MAX) {
        ledger.abandon(StepId { action: id, target }, &message, &mut facts);
    }
    Ok(facts)
}

/// Applies `ActionGoverned`.
pub(crate) fn governed(state: &mut State, id: ActionId, change: &ActionChange, by: &Actor, at: UnixMillis) {
    let (approved, comment) = match change {
        ActionChange::Continued => return state.actions.alter(id, |action| action.continued = true),
        ActionChange::Approved { comment } => (true, comment.clone()),
        ActionChange::Rejected { comment } => (false, comment.clone()),
    };
    let by = by.clone();
    state.actions.alter(id, |action| action.verdict = Some(ApprovalVerdict { approved, by, at, comment }));
}

#[cfg(test)]
mod tests;
