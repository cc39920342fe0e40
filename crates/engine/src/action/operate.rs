//! Accepting an action on applications: all of its targets or none.

use super::custom::{self, Outage};
use super::guard::{Objection, objections};
use super::{rolling, wave};
use crate::authorise::authorise;
use crate::package::missing;
use crate::rejection::Listed;
use crate::safety::{approval_of, policies_on};
use crate::{OPEN_ACTIONS_MAX, Rejection, State, Submission, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN};
use std::collections::BTreeSet;
use std::time::Duration;
use topmast_model::action::{AHEAD_MS_MAX, ApprovalNeeded, Conduct, Terms};
use topmast_model::application::Operation;
use topmast_model::command::Command;
use topmast_model::command::{REASON_MAX, TARGETS_MAX};
use topmast_model::configuration::ConfigurationUse;
use topmast_model::custom::{Argument, CustomOrder, CustomUse};
use topmast_model::event::EventBody;
use topmast_model::id::ActionId;
use topmast_model::package::key::KEYS_ABILITY;
use topmast_model::package::{ABILITY, Package, PackageVersion, ROLLBACK_ABILITY};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
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
    pub(crate) conduct: &'a Conduct,
    pub(crate) package: Option<&'a PackageVersion>,
    /// What is laid down, of [`Operation::Configure`].
    pub(crate) configuration: Option<&'a ConfigurationUse>,
    /// What is done, of [`Operation::Act`].
    pub(crate) custom: Option<&'a CustomOrder>,
}

impl<'a> Request<'a> {
    /// Of a command; of another one than `OperateApplications` there is none.
    pub(crate) fn of(command: &'a Command) -> Result<Self, Rejection> {
        let Command::OperateApplications {
            id,
            operation,
            targets,
            reason,
            timeout_ms,
            rolling,
            conduct,
            package,
            custom,
        } = command
        else {
            return Err(Rejection::invalid("command", "is no order to operate applications"));
        };
        Ok(Self {
            id: *id,
            operation: *operation,
            targets,
            reason,
            timeout_ms: *timeout_ms,
            rolling: *rolling,
            conduct,
            package: package.as_ref(),
            configuration: None,
            custom: custom.as_ref(),
        })
    }
}

/// What an order would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPlan {
    /// The targets in the order in which they begin.
    pub targets: Vec<ObjectPath>,
    /// Where each batch ends: numbers of targets, ascending.
    pub batches: Vec<u32>,
    /// Where each wave ends; none for a single one.
    pub waves: Vec<u32>,
    /// What guards have against it; it is refused unless it overrides them.
    pub objections: Vec<Objection>,
    /// The approval that it would wait for.
    pub approval: Option<ApprovalNeeded>,
    /// The custom action with all its arguments.
    pub custom: Option<CustomUse>,
}

/// What an `OperateApplications` would come to, with what guards have against it.
///
/// # Errors
/// As the command itself would be refused, but for guards.
pub fn plan_action(state: &State, submission: &Submission, now: UnixMillis) -> Result<ActionPlan, Rejection> {
    authorise(state, submission)?;
    plan(state, &submission.principal, &Request::of(&submission.command)?, now)
}

fn plan(
    state: &State,
    who: &Principal,
    request: &Request<'_>,
    now: UnixMillis,
) -> Result<ActionPlan, Rejection> {
    check_form(request)?;
    check_conduct(who, request, now)?;
    let named = request.custom.map(|order| order.name.as_str());
    let approval = approval_of(&policies_on(state, request.operation, named, request.targets), now);
    let is_held = approval.is_some() || request.conduct.not_before.is_some();
    check_targets(state, request, is_held)?;
    let custom = custom::accepted(state, who, request)?;
    let (targets, waves) = if request.conduct.waves {
        wave::arranged(state, request.operation, request.targets)?
    } else {
        (request.targets.to_vec(), Vec::new())
    };
    let batches = rolling::ends(request.rolling, &waves, targets.len());
    let mut start = 0;
    let groups = batches.iter().map(|end| {
        let group = targets.get(start..*end as usize).unwrap_or_default();
        start = *end as usize;
        group
    });
    let groups: Vec<&[ObjectPath]> = groups.collect();
    let begins_at = request.conduct.not_before.unwrap_or(now).max(now);
    let outage = Outage::of(request.operation, custom.as_ref());
    let objections = objections(state, outage, &groups, begins_at);
    Ok(ActionPlan { targets, batches, waves, objections, approval, custom })
}

fn check_conduct(who: &Principal, request: &Request<'_>, now: UnixMillis) -> Result<(), Rejection> {
    let Conduct { override_guards, not_before, .. } = request.conduct;
    if *override_guards {
        if request.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
            return Err(Rejection::invalid("reason", "is missing; who overrides guards says why"));
        }
        let right = Right::OverrideGuards;
        let refused = request.targets.iter().filter(|target| !who.may(right, Some(target)));
        let mut refused = refused.map(Some).peekable();
        if refused.peek().is_some() {
            return Err(Rejection::forbidden(who, right, refused));
        }
    }
    if let Some(at) = not_before {
        if *at < now {
            return Err(Rejection::invalid(
                "at",
                "is over already; give a time to come, or none to begin at once",
            ));
        }
        if now.until(*at).as_millis() > u128::from(AHEAD_MS_MAX) {
            return Err(Rejection::invalid("at", "is more than 400 days ahead; give an earlier time"));
        }
    }
    Ok(())
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
    let plan = plan(state, who, request, now)?;
    let is_lifted = request.conduct.override_guards && plan.objections.iter().all(|one| !one.is_final);
    if !plan.objections.is_empty() && !is_lifted {
        return Err(Rejection::guarded(&plan.objections));
    }
    let package = package(state, request)?;
    if state.actions.open().len() >= OPEN_ACTIONS_MAX {
        return Err(Rejection::limit(format!(
            "{OPEN_ACTIONS_MAX} actions are open already; wait until some have completed (`topmast actions`)"
        )));
    }
    Ok(vec![EventBody::ActionAccepted {
        id: request.id,
        operation: request.operation,
        targets: plan.targets,
        reason: request.reason.clone(),
        expires_at: now.plus(Duration::from_millis(request.timeout_ms)),
        rolling: request.rolling,
        terms: Box::new(Terms {
            conduct: request.conduct.clone(),
            waves: plan.waves,
            approval: plan.approval,
        }),
        package,
        configuration: request.configuration.cloned(),
        custom: plan.custom.map(Box::new),
    }])
}

/// What is to be installed, as the tenant of the targets has it.
fn package(state: &State, request: &Request<'_>) -> Result<Option<Box<Package>>, Rejection> {
    let tenant = request.targets.first().and_then(|target| target.ancestor(Level::Tenant));
    let (Some(id), Some(tenant)) = (request.package, tenant) else { return Ok(None) };
    let kept = state.packages(&tenant).get(id).ok_or_else(|| missing(id))?;
    Ok(Some(Box::new(kept.package.clone())))
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
        && kept.configuration.as_ref() == request.configuration
        && is_same_custom(kept.custom.as_deref(), request.custom)
        && kept.package.as_ref().map(|package| &package.id) == request.package
        && kept.terms.conduct == *request.conduct
        && has_targets(kept, request);
    if same {
        return Ok(true);
    }
    Err(Rejection::conflict(format!(
        "action {id} of {} was accepted with other content; send this one under a new id",
        kept.actor
    )))
}

/// True when what is kept, with all its arguments, may be what was ordered.
fn is_same_custom(kept: Option<&CustomUse>, order: Option<&CustomOrder>) -> bool {
    let (Some(kept), Some(order)) = (kept, order) else { return kept.is_none() && order.is_none() };
    // A number may have been given as an integer.
    let is_kept = |(name, given): (&String, &Argument)| {
        kept.arguments.get(name).is_some_and(|argument| argument.to_string() == given.to_string())
    };
    kept.name == order.name && order.arguments.iter().all(is_kept)
}

fn has_targets(kept: &super::Action, request: &Request<'_>) -> bool {
    let targets = kept.steps.iter().map(|step| &step.target);
    if request.conduct.waves {
        // They were put in order.
        return targets.collect::<BTreeSet<_>>() == request.targets.iter().collect();
    }
    targets.eq(request.targets)
}

fn check_form(request: &Request<'_>) -> Result<(), Rejection> {
    if (request.operation == Operation::Configure) != request.configuration.is_some() {
        return Err(Rejection::invalid(
            "operation",
            "configure goes with a configuration; apply one (`topmast configurations apply`)",
        ));
    }
    if (request.operation == Operation::Act) != request.custom.is_some() {
        return Err(Rejection::invalid(
            "custom",
            "act goes with a custom action, and no other operation does; name one (`topmast act --list`)",
        ));
    }
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
    match request.package {
        None if request.operation.needs_package() => {
            return Err(Rejection::invalid(
                "package",
                format!("{} is of a package and names none; write NAME@VERSION", request.operation),
            ));
        }
        Some(_) if !request.operation.takes_package() => {
            return Err(Rejection::invalid("package", format!("{} takes none", request.operation)));
        }
        _ => {}
    }
    let bytes = request.targets.iter().map(|target| target.as_str().len() + QUOTES).sum::<usize>();
    if bytes > TARGETS_BYTES_MAX {
        return Err(Rejection::invalid(
            "targets",
            format!(
                "their paths have {bytes} bytes; at most {TARGETS_BYTES_MAX} fit in one action, send several"
            ),
        ));
    }
    let is_service = |path: &ObjectPath| path.level() == Level::Service && request.custom.is_some();
    if request.conduct.waves && request.targets.iter().any(is_service) {
        return Err(Rejection::invalid(
            "waves",
            "are of applications; services are acted on in the order given",
        ));
    }
    let is_fit = |path: &ObjectPath| path.level() == Level::Application || is_service(path);
    let wrong: Listed = request.targets.iter().filter(|path| !is_fit(path)).collect();
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

/// - `is_held`: nothing begins now, so it does not matter what is under way now.
fn check_targets(state: &State, request: &Request<'_>, is_held: bool) -> Result<(), Rejection> {
    let targets = request.targets;
    let servers: BTreeSet<_> = targets.iter().filter_map(|path| path.ancestor(Level::Server)).collect();
    if request.operation == Operation::Install {
        let missing: Listed = servers.iter().filter(|path| state.servers.get(path).is_none()).collect();
        if !missing.is_empty() {
            let hint = "`topmast servers` shows which exist";
            return Err(Rejection::NotFound { what: "server", names: missing, hint });
        }
    } else {
        let (services, applications): (Vec<_>, Vec<_>) =
            targets.iter().partition(|path| path.level() == Level::Service);
        let missing: Listed =
            applications.into_iter().filter(|path| state.applications.get(path).is_none()).collect();
        if !missing.is_empty() {
            let hint = "`topmast apps` shows which exist";
            return Err(Rejection::NotFound { what: "application", names: missing, hint });
        }
        let missing: Listed =
            services.into_iter().filter(|path| state.services.get(path).is_none()).collect();
        if !missing.is_empty() {
            let hint = "`topmast services` shows which exist";
            return Err(Rejection::NotFound { what: "service", names: missing, hint });
        }
    }
    if request.operation.is_deployment() {
        let unable: Listed = servers.iter().filter(|server| !state.has_ability(server, ABILITY)).collect();
        if !unable.is_empty() {
            return Err(Rejection::conflict(format!(
                "packages are not installed on {unable}: that takes an agent of this version there; leave it out"
            )));
        }
    }
    if request.package.is_some() {
        let heeds = |server: &ObjectPath| {
            let tenant = server.ancestor(Level::Tenant);
            tenant.is_none_or(|tenant| state.trust_keys(&tenant).is_empty())
                || state.has_ability(server, KEYS_ABILITY)
        };
        let unable: Listed = servers.iter().filter(|server| !heeds(server)).collect();
        if !unable.is_empty() {
            return Err(Rejection::conflict(format!(
                "the agents on {unable} are older than the list of trust keys and would not heed it; upgrade them, or \
                 leave them out"
            )));
        }
    }
    if request.operation == Operation::Rollback && request.package.is_some() {
        let is_unable = |server: &&ObjectPath| !state.has_ability(server, ROLLBACK_ABILITY);
        let unable: Listed = servers.iter().filter(is_unable).collect();
        if !unable.is_empty() {
            return Err(Rejection::conflict(format!(
                "the agents on {unable} go back to the version before only; upgrade to the version that is wanted"
            )));
        }
    }
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
        .filter(|_| !is_held)
        .filter_map(|target| {
            let action = state.actions.busy_with(target)?;
            Some(format!("{target} ({} by {}, action {})", action.what(), action.actor, action.id))
        })
        .collect();
    if !busy.is_empty() {
        return Err(Rejection::conflict(format!(
            "another action is still under way on {busy}; wait for its outcome, then ask again"
        )));
    }
    Ok(())
}
