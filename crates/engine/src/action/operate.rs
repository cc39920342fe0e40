//! Accepting an action on applications: all of its targets or none.

use crate::rejection::Listed;
use crate::{OPEN_ACTIONS_MAX, Rejection, State, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN};
use std::collections::BTreeSet;
use std::time::Duration;
use topmast_model::application::Operation;
use topmast_model::command::{REASON_MAX, TARGETS_MAX};
use topmast_model::event::EventBody;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::rolling::{Rolling, WAIT_MS_MAX};
use topmast_model::time::UnixMillis;

/// Most bytes of all targets: an accepted action is one event, of which the journal takes 1 MiB.
const TARGETS_BYTES_MAX: usize = 1_000_000;
/// What a target takes beside its path in the event: two quotes and a comma.
const QUOTES: usize = 3;

/// The fields of `OperateApplications`.
pub(crate) struct Request<'a> {
    pub(crate) id: ActionId,
    pub(crate) operation: Operation,
    pub(crate) targets: &'a [ObjectPath],
    pub(crate) reason: &'a Option<String>,
    pub(crate) timeout_ms: u64,
    pub(crate) rolling: Option<Rolling>,
}

/// Decides `OperateApplications`.
pub(crate) fn operate(
    state: &State,
    who: &Principal,
    request: &Request<'_>,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    if is_repeat(state, who, request)? {
        return Ok(Vec::new());
    }
    check_form(request)?;
    check_targets(state, request.targets)?;
    if state.actions.open().len() >= OPEN_ACTIONS_MAX {
        return Err(Rejection::limit(format!(
            "{OPEN_ACTIONS_MAX} actions are open already; wait until some have completed (`topmast actions`)"
        )));
    }
    Ok(vec![EventBody::ActionAccepted {
        id: request.id,
        operation: request.operation,
        targets: request.targets.to_vec(),
        reason: request.reason.clone(),
        expires_at: now.plus(Duration::from_millis(request.timeout_ms)),
        rolling: request.rolling,
    }])
}

/// True for the same request by the same actor under an id already accepted (E-4).
fn is_repeat(state: &State, who: &Principal, request: &Request<'_>) -> Result<bool, Rejection> {
    let id = request.id;
    if state.actions.remembered(id).is_some() {
        return Err(Rejection::conflict(format!(
            "action {id} has completed and its results are in the journal only; \
             read them with `topmast events`, or send a new action under a new id"
        )));
    }
    let Some(kept) = state.action(id) else { return Ok(false) };
    let same = kept.actor.kind == who.actor.kind
        && kept.actor.name == who.actor.name
        && kept.operation == request.operation
        && kept.reason == *request.reason
        && kept.timeout_ms == request.timeout_ms
        && kept.rolling == request.rolling
        && kept.steps.iter().map(|step| &step.target).eq(request.targets);
    if same {
        return Ok(true);
    }
    Err(Rejection::conflict(format!(
        "action {id} of {} was accepted with other content; send this one under a new id",
        kept.actor
    )))
}

fn check_form(request: &Request<'_>) -> Result<(), Rejection> {
    let count = request.targets.len();
    if count == 0 {
        return Err(Rejection::invalid("targets", "there is none; name at least one application"));
    }
    if count > TARGETS_MAX {
        return Err(Rejection::invalid(
            "targets",
            format!("{count} are too many; send at most {TARGETS_MAX} in one action"),
        ));
    }
    if request.reason.as_ref().is_some_and(|reason| reason.len() > REASON_MAX) {
        return Err(Rejection::invalid("reason", format!("is too long; write at most {REASON_MAX} bytes")));
    }
    if !(TIMEOUT_MS_MIN..=TIMEOUT_MS_MAX).contains(&request.timeout_ms) {
        return Err(Rejection::invalid(
            "timeout_ms",
            format!("{} is out of range; give {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX}", request.timeout_ms),
        ));
    }
    check_rolling(request.rolling)?;
    let bytes = request.targets.iter().map(|target| target.as_str().len() + QUOTES).sum::<usize>();
    if bytes > TARGETS_BYTES_MAX {
        return Err(Rejection::invalid(
            "targets",
            format!(
                "their paths have {bytes} bytes; at most {TARGETS_BYTES_MAX} fit in one action, send several"
            ),
        ));
    }
    let wrong: Listed = request.targets.iter().filter(|path| path.level() != Level::Application).collect();
    if !wrong.is_empty() {
        return Err(Rejection::invalid(
            "targets",
            format!("not an application: {wrong}; write tenant/cluster/server/application"),
        ));
    }
    let mut seen = BTreeSet::new();
    let twice: Listed = request.targets.iter().filter(|path| !seen.insert(*path)).collect();
    if !twice.is_empty() {
        return Err(Rejection::invalid("targets", format!("named twice: {twice}; name each once")));
    }
    let tenants: BTreeSet<_> =
        request.targets.iter().filter_map(|path| path.name_at(Level::Tenant)).collect();
    if tenants.len() > 1 {
        let tenants: Listed = tenants.into_iter().collect();
        return Err(Rejection::invalid(
            "targets",
            format!("belong to several tenants ({tenants}); send one action for each"),
        ));
    }
    Ok(())
}

fn check_rolling(rolling: Option<Rolling>) -> Result<(), Rejection> {
    let Some(Rolling { batch, wait_ms, .. }) = rolling else { return Ok(()) };
    if batch == 0 || batch as usize > TARGETS_MAX {
        return Err(Rejection::invalid(
            "rolling.batch",
            format!("{batch} is out of range; give 1 to {TARGETS_MAX} targets at a time"),
        ));
    }
    if wait_ms > WAIT_MS_MAX {
        return Err(Rejection::invalid(
            "rolling.wait_ms",
            format!("{wait_ms} is too long; wait at most {WAIT_MS_MAX} between two batches"),
        ));
    }
    Ok(())
}

fn check_targets(state: &State, targets: &[ObjectPath]) -> Result<(), Rejection> {
    let missing: Listed = targets.iter().filter(|path| state.applications.get(path).is_none()).collect();
    if !missing.is_empty() {
        return Err(Rejection::NotFound {
            what: "application",
            names: missing,
            hint: "`topmast apps` shows which exist",
        });
    }
    let servers: BTreeSet<_> = targets.iter().filter_map(|path| path.ancestor(Level::Server)).collect();
    let revoked: Listed = servers
        .iter()
        // The master itself acts where it reads over ssh.
        .filter(|server| state.agentless.get(server).is_none())
        .filter(|server| state.agents.get(server).is_none_or(|agent| agent.revoked_at.is_some()))
        .collect();
    if !revoked.is_empty() {
        return Err(Rejection::conflict(format!(
            "no agent may act on {revoked}: it was revoked; enrol it again, or leave its applications out"
        )));
    }
    let busy: Listed = targets
        .iter()
        .filter_map(|target| {
            let action = state.actions.busy_with(target)?;
            Some(format!("{target} ({} by {}, action {})", action.operation, action.actor, action.id))
        })
        .collect();
    if !busy.is_empty() {
        return Err(Rejection::conflict(format!(
            "another action is still under way on {busy}; wait for its outcome, then ask again"
        )));
    }
    Ok(())
}
