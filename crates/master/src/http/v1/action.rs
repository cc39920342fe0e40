//! `/api/v1/actions`: acting on applications, and what became of it.

mod custom;
mod follow;
mod order;
mod time;

pub(super) use follow::{follow, follow_page};

use crate::bus::CommandBus;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting, stream};
use crate::view::{Applications, FilterableAction, QueryError, matching};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use std::sync::Arc;
use topmast_api::action::{
    ACTIONS_DEFAULT, ACTIONS_MAX, Action, ActionApproval, ActionCounts, ActionPlan, ActionQuery,
    ActionRequest, ActionTarget, ActionVerdict, ActionWait, PlannedGuard, PlannedTarget, WaitKind,
};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_engine::action::{ApprovalVerdict, Waits};
use topmast_model::action::{ApprovalNeeded, Conduct};
use topmast_model::application::{ApplicationState, Operation};
use topmast_model::command::Command;
use topmast_model::filter::Filter;
use topmast_model::filter::fields::{ACTIONS, APPLICATIONS};
use topmast_model::id::ActionId;
use topmast_model::package::PackageVersion;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::ACTION_CREATE, action_create)
        .route(&route::ACTION_LIST, action_list)
        .route(&route::ACTION_GET, action_get)
        .route(&route::ACTION_ORDER, order::action_order)
        .route(&route::ACTION_WATCH, action_watch)
}

async fn action_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<ActionRequest>,
) -> Result<Response, Refusal> {
    let principal = authenticated.principal;
    let targets = targets(&context, &principal, &request)?;
    let id = request.id.unwrap_or_else(|| ActionId(Uuid::now_v7()));
    let not_before = request.at.as_deref().map(time::moment).transpose()?;
    let (override_guards, waves, ask) = (request.override_guards, request.waves, request.ask);
    let timeout_ms = request
        .timeout_ms
        .unwrap_or_else(|| custom::timeout_ms(&context.bus.state(), request.custom.as_ref(), &targets));
    let command = Command::OperateApplications {
        id,
        operation: request.operation,
        reason: request.reason,
        timeout_ms,
        rolling: request.rolling.map(|rolling| rolling.of(targets.len())),
        package: request.package.clone(),
        conduct: Conduct { override_guards, waves, ask, not_before },
        targets,
        custom: request.custom,
    };
    let submission = Submission { principal, command };
    if request.dry_run {
        let plan = context.bus.plan(&submission)?;
        return Ok(Json(planned(&context, request.operation, request.package.as_ref(), &plan, not_before))
            .into_response());
    }
    context.bus.submit(submission).await?;
    let action = found(&context.bus, id, None)?;
    Ok((StatusCode::ACCEPTED, Json(action)).into_response())
}

/// A plan as it is told.
fn planned(
    context: &Context,
    operation: Operation,
    package: Option<&PackageVersion>,
    plan: &topmast_engine::action::ActionPlan,
    at: Option<UnixMillis>,
) -> ActionPlan {
    /// The number, from 1, of the part that a target is in, of parts with these ends.
    fn number(ends: &[u32], target: u32) -> u32 {
        u32::try_from(ends.partition_point(|end| *end <= target)).unwrap_or(u32::MAX).saturating_add(1)
    }
    let targets = context.see(|sight| {
        let planned = (0..).zip(&plan.targets).map(|(target, path)| {
            let application = path.ancestor(Level::Application);
            let known = application.and_then(|application| sight.state.effective_application(&application));
            let status = known.map_or(ApplicationStatus::Unknown, |effective| effective.status);
            let reported = sight.state.applications().get(path);
            let custom = plan.custom.as_ref().and_then(|custom| custom::effect(sight.state, path, custom));
            let effect = custom
                .or_else(|| deployed(operation, reported, package))
                .unwrap_or_else(|| effect(operation, status).to_owned());
            let (batch, wave) = (number(&plan.batches, target), number(&plan.waves, target));
            PlannedTarget { path: path.clone(), status, effect, batch, wave }
        });
        planned.collect()
    });
    let confirm = plan
        .custom
        .as_ref()
        .is_some_and(|custom| custom::is_asked_about(&context.bus.state(), &plan.targets, custom));
    let guards = plan.objections.iter().map(|objection| PlannedGuard {
        guard: objection.guard.as_str().to_owned(),
        path: objection.object.clone(),
        message: objection.message.clone(),
    });
    ActionPlan {
        operation,
        targets,
        guards: guards.collect(),
        approval: plan.approval.as_ref().map(|needed| needed.policies.clone()).unwrap_or_default(),
        at: Timestamp::maybe(at),
        custom: plan.custom.as_ref().map(custom::told),
        confirm,
    }
}

async fn action_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ActionQuery>,
) -> Result<Json<Page<Action>>, Refusal> {
    let list = List::parse(query)?;
    Ok(Json(list.page(&context.bus, &authenticated.principal)))
}

/// Which actions to list, checked.
struct List {
    query: ActionQuery,
    filter: Filter,
    limit: usize,
    offset: usize,
    /// Most targets of each action.
    targets: usize,
}

impl List {
    fn parse(query: ActionQuery) -> Result<Self, Refusal> {
        let limit = query.limit.unwrap_or(ACTIONS_DEFAULT);
        if !(1..=ACTIONS_MAX).contains(&limit) {
            return Err(Refusal::invalid("limit", format!("limit is 1 to {ACTIONS_MAX}")));
        }
        Ok(Self {
            filter: Filter::parse(query.filter.as_deref().unwrap_or_default(), ACTIONS)
                .map_err(QueryError::from)?,
            limit: limit as usize,
            offset: usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX),
            targets: query.targets.map_or(usize::MAX, |targets| targets as usize),
            query,
        })
    }

    /// The page of what a principal may see, the newest first.
    fn page(&self, bus: &CommandBus, principal: &Principal) -> Page<Action> {
        let Self { query, filter, limit, offset, targets } = self;
        let within =
            |target: &ObjectPath| query.object.as_ref().is_none_or(|object| target.is_within(object));
        let state = bus.state();
        let mut wanted: Vec<&topmast_engine::Action> = state
            .actions()
            .rev()
            .filter(|action| query.status.is_none_or(|status| action.status() == status))
            .filter(|action| {
                action.steps.iter().any(|step| within(&step.target) && visible(principal, &step.target))
            })
            .filter(|action| {
                let visible = || to_api(action, Some(principal), usize::MAX);
                filter.is_empty() || filter.matches(&FilterableAction(&visible()))
            })
            .collect();
        // What waits for a person is on top.
        wanted.sort_by_key(|action| !matches!(action.waits(), Some(Waits::Approval(_) | Waits::Person(_))));
        let window = wanted.iter().skip(*offset).take(*limit);
        let items = window.map(|action| to_api(action, Some(principal), *targets)).collect();
        Page {
            items,
            total: wanted.len() as u64,
            revision: state.last_seq().0,
            facets: Vec::new(),
            missing: Vec::new(),
        }
    }
}

async fn action_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<Json<Action>, Refusal> {
    let id = ActionId(id);
    let recent = found(&context.bus, id, Some(&authenticated.principal));
    if let Ok(action) = recent {
        return Ok(Json(action));
    }
    // The state keeps the latest; the journal has them all.
    let mut action = context.journal.action(id).await?.ok_or_else(|| Refusal::not_found("action", id))?;
    action.targets.retain(|target| visible(&authenticated.principal, &target.path));
    action.counts = ActionCounts::of(action.targets.iter().map(|target| target.status));
    if action.targets.is_empty() {
        return Err(Refusal::not_found("action", id));
    }
    Ok(Json(action))
}

async fn action_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<impl IntoResponse, Refusal> {
    let place = context.streams.enter()?;
    let messages = follow(&context, authenticated.principal.clone(), ActionId(id))?;
    Ok(stream::answer(&context, authenticated, place, None, messages))
}

/// The paths to act on: those given, or those that a filter lets through.
fn targets(
    context: &Context,
    principal: &Principal,
    request: &ActionRequest,
) -> Result<Vec<ObjectPath>, Refusal> {
    if request.recover {
        return to_recover(context, principal, request);
    }
    match (&request.filter, request.targets.is_empty()) {
        (Some(text), true) => {
            let filter = Filter::parse(text, APPLICATIONS).map_err(QueryError::from)?;
            let targets = matching::<Applications>(&|look| context.see(look), principal, &filter);
            if targets.is_empty() {
                return Err(Refusal::invalid(
                    "filter",
                    "no application matches the filter; nothing was done",
                ));
            }
            Ok(targets)
        }
        (None, false) => Ok(request.targets.clone()),
        _ => Err(Refusal::invalid("targets", "give either targets or a filter, not both and not neither")),
    }
}

/// What a recovery starts: of what the filter lets through, or of all, what ran before its server or agent went away.
fn to_recover(
    context: &Context,
    principal: &Principal,
    request: &ActionRequest,
) -> Result<Vec<ObjectPath>, Refusal> {
    if request.operation != Operation::Start || !request.targets.is_empty() {
        return Err(Refusal::invalid("recover", "goes with the operation start, and with a filter or alone"));
    }
    let filter = Filter::parse(request.filter.as_deref().unwrap_or_default(), APPLICATIONS);
    let filter = filter.map_err(QueryError::from)?;
    let meant: BTreeSet<ObjectPath> =
        matching::<Applications>(&|look| context.see(look), principal, &filter).into_iter().collect();
    let state = context.bus.state();
    let targets: Vec<ObjectPath> =
        state.to_recover().map(|(path, _)| path).filter(|path| meant.contains(*path)).cloned().collect();
    if targets.is_empty() {
        return Err(Refusal::invalid(
            "recover",
            "nothing is to be started again: no application that ran before its server or agent went away is \
             down on a server that is seen; nothing was done",
        ));
    }
    Ok(targets)
}

/// What an operation would do, in words.
const fn effect(operation: Operation, status: ApplicationStatus) -> &'static str {
    use ApplicationStatus::{Failed, Quarantined, Started, Starting, Stopped, Stopping};
    match (operation, status) {
        (Operation::Start, Started) => "is STARTED already, nothing happens",
        (Operation::Start, Starting) => "is STARTING already, waits until it is STARTED",
        (Operation::Stop, Stopped) => "is STOPPED already, nothing happens",
        (Operation::Stop, Quarantined | Failed) => "stays down and is no longer restarted",
        (Operation::Stop, Started | Starting | Stopping) => "is stopped",
        (Operation::Configure, _) => "gets its files",
        (Operation::Act, _) => "declares no such action any more",
        (Operation::Restart, Started | Starting) => "is stopped, then started",
        (Operation::Start | Operation::Restart, Quarantined) => "is started, which lifts its quarantine",
        (Operation::Start | Operation::Restart, Stopped | Failed | Stopping) => "is started",
        _ => "is UNKNOWN now; its agent decides when it gets the order",
    }
}

/// What a deployment would do, in words; `None` for what only starts and stops.
fn deployed(
    operation: Operation,
    reported: Option<&ApplicationState>,
    package: Option<&PackageVersion>,
) -> Option<String> {
    let present = reported.and_then(|state| state.package.as_ref());
    Some(match (operation, package) {
        (Operation::Install | Operation::Upgrade, Some(wanted)) => match present {
            Some(present) if present == wanted => format!("has {wanted} already and is started anew"),
            Some(present) => {
                format!("goes from {present} to {wanted}, and back if that does not become healthy")
            }
            None if reported.is_some() => format!("gets {wanted}, its first package"),
            None => format!("is new and gets {wanted}"),
        },
        (Operation::Rollback, Some(wanted)) => match present {
            Some(present) => format!("goes from {present} back to {wanted}"),
            None => "was not installed from a package, nothing to go back from".to_owned(),
        },
        (Operation::Rollback, None) => match present {
            Some(present) => format!("goes from {present} back to the version before"),
            None => "was not installed from a package, nothing to go back to".to_owned(),
        },
        (Operation::Uninstall, _) => "is stopped, and its versions are removed".to_owned(),
        _ => return None,
    })
}

fn visible(principal: &Principal, target: &ObjectPath) -> bool {
    principal.may(Right::Read, Some(target))
}

/// An action, of which a principal sees the targets that it may read; none is all.
pub(super) fn found(
    bus: &CommandBus,
    id: ActionId,
    principal: Option<&Principal>,
) -> Result<Action, Refusal> {
    let state = bus.state();
    let action = state.action(id).map(|action| to_api(action, principal, usize::MAX));
    action.filter(|action| !action.targets.is_empty()).ok_or_else(|| Refusal::not_found("action", id))
}

/// - `targets`: how many of them to show; all count.
fn to_api(action: &topmast_engine::Action, principal: Option<&Principal>, targets: usize) -> Action {
    let steps = || {
        let seen = |target| principal.is_none_or(|principal| visible(principal, target));
        action.steps.iter().filter(move |step| seen(&step.target))
    };
    let shown = steps().take(targets).map(|step| ActionTarget {
        path: step.target.clone(),
        status: step.status,
        message: (!step.message.is_empty()).then(|| step.message.clone()),
        started_at: Timestamp::maybe(step.started_at),
        finished_at: Timestamp::maybe(step.finished_at),
    });
    Action {
        id: action.id,
        operation: action.operation,
        status: action.status(),
        principal: action.actor.to_string(),
        auth: action.actor.auth,
        reason: action.reason.clone(),
        created_at: Timestamp(action.accepted_at),
        completed_at: Timestamp::maybe(action.completed_at),
        expires_at: Timestamp(action.expires_at),
        rolling: action.rolling.map(Into::into),
        waits: action.waits().map(wait),
        approval: action.terms.approval.as_ref().map(|needed| approval(needed, action.verdict.as_ref())),
        override_guards: action.terms.conduct.override_guards,
        package: action.package.as_ref().map(|package| package.id.clone()),
        custom: action.custom.as_deref().map(custom::told),
        counts: ActionCounts::of(steps().map(|step| step.status)),
        targets: shown.collect(),
    }
}

fn wait(waits: Waits) -> ActionWait {
    let (kind, until) = match waits {
        Waits::Approval(until) => (WaitKind::Approval, Some(until)),
        Waits::Time(at) => (WaitKind::Time, Some(at)),
        Waits::Person(until) => (WaitKind::Person, Some(until)),
    };
    ActionWait { kind, until: Timestamp::maybe(until) }
}

/// An approval as it is told.
pub(crate) fn approval(needed: &ApprovalNeeded, verdict: Option<&ApprovalVerdict>) -> ActionApproval {
    let said = |verdict: &ApprovalVerdict| ActionVerdict {
        approved: verdict.approved,
        by: verdict.by.to_string(),
        at: Timestamp(verdict.at),
        comment: verdict.comment.clone(),
    };
    ActionApproval {
        policies: needed.policies.clone(),
        expires_at: Timestamp(needed.expires_at),
        verdict: verdict.map(said),
    }
}
