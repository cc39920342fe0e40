//! Permits: terminals and removals of servers that a policy wants another person to approve.
//!
//! ```text
//! the request ─ no policy ──────────────────────► done
//!      └─ policy ─ no permit ─► PermitAsked ─► approved ─► the same request again ─► PermitGoverned(used) and done
//! ```
//!
//! Invariants
//! - PE-1: nobody approves what they asked for, by whatever session, token or access key of theirs.
//! - PE-2: an approved permit is good once, for exactly its request, by who asked; at the approval and when it is used both
//!   must still have their rights.
//!
//! Elsewhere: orders on applications (`action/approval.rs`); which policies there are (`safety.rs`).

use crate::action::{ApprovalVerdict, Held, check_comment, lost_right, person};
use crate::rejection::Listed;
use crate::safety::{approval_of, policies_for};
use crate::{Rejection, State, terminal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::action::ApprovalNeeded;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::permit::{PermitChange, PermitId, PermitKind, PermitRequest, PermitVerdict};
use topmast_model::principal::{Actor, Principal, Right};
use topmast_model::time::UnixMillis;

/// Most permits at a time: as many as there can be open terminals, each with its command line.
pub const PERMITS_MAX: usize = 200;
/// Most that wait for one person's requests, so that nobody keeps others from asking.
pub const PERMITS_OF_ONE_MAX: usize = 20;

/// One permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// What is to be done.
    pub request: PermitRequest,
    /// Why.
    pub reason: Option<String>,
    /// Who asked.
    pub actor: Actor,
    /// When.
    pub asked_at: UnixMillis,
    /// Which policies want it, and until when somebody may say something of it.
    pub approval: ApprovalNeeded,
    /// What another person said.
    pub verdict: Option<ApprovalVerdict>,
}

impl Permit {
    pub(crate) fn new(
        request: &PermitRequest,
        reason: Option<&String>,
        actor: &Actor,
        asked_at: UnixMillis,
        approval: &ApprovalNeeded,
    ) -> Self {
        let (request, approval) = (request.clone(), approval.clone());
        Self { request, reason: reason.cloned(), actor: actor.clone(), asked_at, approval, verdict: None }
    }

    /// True when it was approved.
    pub fn is_approved(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.approved)
    }

    /// When it is good for nothing any more: an approval counts from when it was given.
    pub fn ends_at(&self) -> UnixMillis {
        let asked = self.approval.expires_at;
        match &self.verdict {
            Some(verdict) if verdict.approved => verdict.at.plus(self.asked_at.until(asked)),
            _ => asked,
        }
    }

    /// True when nothing can come of it any more.
    pub fn is_over(&self, now: UnixMillis) -> bool {
        self.ends_at() <= now
    }

    fn is_open(&self, now: UnixMillis) -> bool {
        !self.is_over(now) && self.verdict.as_ref().is_none_or(|verdict| verdict.approved)
    }
}

/// Permits that are not used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Permits(BTreeMap<PermitId, Permit>);

impl Permits {
    /// One of them.
    pub fn get(&self, id: PermitId) -> Option<&Permit> {
        self.0.get(&id)
    }

    /// All of them, the oldest first; some may be over.
    pub fn iter(&self) -> impl Iterator<Item = (PermitId, &Permit)> {
        self.0.iter().map(|(id, permit)| (*id, permit))
    }

    /// Takes the place of those of the same person for the same, and of those that are over.
    pub(crate) fn ask(&mut self, id: PermitId, asked: Permit, now: UnixMillis) {
        let is_same = |permit: &Permit| {
            permit.request == asked.request && person(&permit.actor) == person(&asked.actor)
        };
        self.0.retain(|_, permit| !permit.is_over(now) && !is_same(permit));
        self.0.insert(id, asked);
    }

    /// A server is gone: nothing is done on it any more.
    pub(crate) fn forget(&mut self, server: &ObjectPath) {
        self.0.retain(|_, permit| !permit.request.targets.contains(server));
    }

    pub(crate) fn govern(&mut self, id: PermitId, change: &PermitChange, by: &Actor, at: UnixMillis) {
        let (approved, comment) = match change {
            PermitChange::Used => {
                self.0.remove(&id);
                return;
            }
            PermitChange::Approved { comment } => (true, comment.clone()),
            PermitChange::Rejected { comment } => (false, comment.clone()),
        };
        if let Some(permit) = self.0.get_mut(&id) {
            permit.verdict = Some(ApprovalVerdict { approved, by: by.clone(), at, comment });
        }
    }
}

impl State {
    /// What waits for another person beside actions.
    pub const fn permits(&self) -> &Permits {
        &self.permits
    }
}

/// What somebody wants to do, and why.
pub(crate) struct Wanted<'a> {
    request: PermitRequest,
    reason: Option<&'a String>,
}

impl<'a> Wanted<'a> {
    pub(crate) fn removal(server: &ObjectPath) -> Self {
        let targets = vec![server.clone()];
        let request = PermitRequest { kind: PermitKind::RemoveServer, targets, command: None, account: None };
        Self { request, reason: None }
    }

    pub(crate) fn terminal(wanted: &terminal::Request<'a>) -> Self {
        let request = PermitRequest {
            kind: PermitKind::OpenTerminal,
            targets: wanted.targets.to_vec(),
            command: wanted.command.clone(),
            account: wanted.account.clone(),
        };
        Self { request, reason: wanted.reason.as_ref() }
    }
}

/// What comes of a request that would make some facts: these, where no policy is about it or a permit is used, else a permit
/// that is asked for. Masters and agents ask nobody.
pub(crate) fn hold(
    state: &State,
    who: &Principal,
    wanted: Wanted<'_>,
    facts: Vec<EventBody>,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let Some(asks) = person(&who.actor) else { return Ok(facts) };
    let Wanted { request, reason } = wanted;
    let policies = policies_for(state, request.kind, &request.targets);
    let Some(approval) = approval_of(&policies, now) else { return Ok(facts) };
    let own = || state.permits.iter().filter(move |(_, permit)| person(&permit.actor) == Some(asks));
    if let Some((id, permit)) = own().find(|(_, permit)| permit.request == request && permit.is_open(now)) {
        return used(state, id, permit, facts, now);
    }
    let open = |(_, permit): &(PermitId, &Permit)| !permit.is_over(now);
    if state.permits.iter().filter(open).count() >= PERMITS_MAX
        || own().filter(open).count() >= PERMITS_OF_ONE_MAX
    {
        let message =
            "too many requests wait for approval; wait until some were approved, or their time is over";
        return Err(Rejection::limit(message));
    }
    Ok(vec![EventBody::PermitAsked {
        // The event's own number, as `record` gives it.
        id: PermitId(state.last_seq().0 + 1),
        request: Box::new(request),
        reason: reason.cloned(),
        approval,
    }])
}

fn used(
    state: &State,
    id: PermitId,
    permit: &Permit,
    facts: Vec<EventBody>,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let Some(verdict) = permit.verdict.as_ref() else { return Err(awaits(id, permit)) };
    let targets = &permit.request.targets;
    if let Some(lost) = lost_right(state, targets, &verdict.by, Right::ApproveActions, now) {
        return Err(Rejection::conflict(format!("permit {id} is good for nothing: {lost}; ask again later"))); // PE-2
    }
    let request = Box::new(permit.request.clone());
    let used = EventBody::PermitGoverned { id, request, change: PermitChange::Used };
    Ok([vec![used], facts].concat())
}

/// What is told who asked while it waits.
pub fn awaits(id: PermitId, permit: &Permit) -> Rejection {
    let policies = permit.approval.policies.join(", ");
    Rejection::AwaitsApproval {
        permit: id,
        message: format!(
            "policy {policies} wants another person to approve this: it waits as permit {id} (`topmast permits`); \
             give the same order again once it was approved"
        ),
    }
}

/// Decides `GovernPermit`.
pub(crate) fn govern(
    state: &State,
    who: &Principal,
    id: PermitId,
    verdict: &PermitVerdict,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let PermitVerdict { approved, comment } = verdict;
    let permit = state.permits.get(id).ok_or_else(|| Rejection::NotFound {
        what: "permit",
        names: Listed::one(id),
        hint: "`topmast permits` shows what waits",
    })?;
    check_comment(comment.as_ref())?;
    let held = Held {
        what: format!("permit {id}"),
        asked_by: &permit.actor,
        expires_at: permit.approval.expires_at,
    };
    if let Some(verdict) = &permit.verdict {
        return held.said_before(verdict, &who.actor, *approved, comment.as_ref());
    }
    held.check(&who.actor, now)?; // PE-1
    let right = match permit.request.kind {
        PermitKind::OpenTerminal => Right::RunCommands,
        PermitKind::RemoveServer => Right::ManageServers,
    };
    if *approved && let Some(lost) = lost_right(state, &permit.request.targets, &permit.actor, right, now) {
        return Err(held.cannot_be_approved(&lost)); // PE-2
    }
    let comment = comment.clone();
    let change =
        if *approved { PermitChange::Approved { comment } } else { PermitChange::Rejected { comment } };
    Ok(vec![EventBody::PermitGoverned { id, request: Box::new(permit.request.clone()), change }])
}

#[cfg(test)]
mod tests;
