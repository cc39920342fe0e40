//! `/api/v1/actions`: acting on applications, and what became of it.

mod follow;

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
use std::sync::Arc;
use topmast_api::action::{
    ACTIONS_DEFAULT, ACTIONS_MAX, Action, ActionCounts, ActionPlan, ActionQuery, ActionRequest, ActionTarget,
    PlannedTarget, TIMEOUT_MS_DEFAULT,
};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_model::application::Operation;
use topmast_model::command::{Command, TARGETS_MAX};
use topmast_model::filter::Filter;
use topmast_model::filter::fields::{ACTIONS, APPLICATIONS};
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};
use topmast_model::status::ApplicationStatus;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::ACTION_CREATE, action_create)
        .route(&route::ACTION_LIST, action_list)
        .route(&route::ACTION_GET, action_get)
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
    let command = Command::OperateApplications {
        id,
        operation: request.operation,
        targets: targets.clone(),
        reason: request.reason,
        timeout_ms: request.timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT),
        rolling: request.rolling.map(Into::into),
    };
    let submission = Submission { principal, command };
    if request.dry_run {
        context.bus.rehearse(&submission)?;
        let targets = context.see(|sight| {
            // The rehearsal has seen to it that a batch is not empty.
            let batch = request.rolling.map_or(TARGETS_MAX, |rolling| rolling.batch.max(1) as usize);
            let batches = (1..).zip(targets.chunks(batch));
            let in_batches = batches.flat_map(|(number, batch)| batch.iter().map(move |path| (number, path)));
            let planned = in_batches.filter_map(|(batch, path)| {
                let status = sight.state.effective_application(path)?.status;
                let effect = effect(request.operation, status).to_owned();
                Some(PlannedTarget { path: path.clone(), status, effect, batch })
            });
            planned.collect()
        });
        return Ok(Json(ActionPlan { operation: request.operation, targets }).into_response());
    }
    context.bus.submit(submission).await?;
    let action = found(&context.bus, id, None)?;
    Ok((StatusCode::ACCEPTED, Json(action)).into_response())
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
        let wanted: Vec<&topmast_engine::Action> = state
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
        let window = wanted.iter().skip(*offset).take(*limit);
        let items = window.map(|action| to_api(action, Some(principal), *targets)).collect();
        Page { items, total: wanted.len() as u64, revision: state.last_seq().0, facets: Vec::new() }
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

/// What an operation would do, in words.
const fn effect(operation: Operation, status: ApplicationStatus) -> &'static str {
    use ApplicationStatus::{Failed, Quarantined, Started, Starting, Stopped, Stopping, Unknown};
    match (operation, status) {
        (Operation::Start, Started) => "is STARTED already, nothing happens",
        (Operation::Start, Starting) => "is STARTING already, waits until it is STARTED",
        (Operation::Stop, Stopped) => "is STOPPED already, nothing happens",
        (Operation::Stop, Quarantined | Failed) => "stays down and is no longer restarted",
        (Operation::Stop, Started | Starting | Stopping) => "is stopped",
        (Operation::Restart, Started | Starting) => "is stopped, then started",
        (Operation::Start | Operation::Restart, Quarantined) => "is started, which lifts its quarantine",
        (Operation::Start | Operation::Restart, Stopped | Failed | Stopping) => "is started",
        (_, Unknown) => "is UNKNOWN now; its agent decides when it gets the order",
    }
}

fn visible(principal: &Principal, target: &ObjectPath) -> bool {
    principal.may(Right::Read, Some(target))
}

/// An action, of which a principal sees the targets that it may read; none is all.
fn found(bus: &CommandBus, id: ActionId, principal: Option<&Principal>) -> Result<Action, Refusal> {
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
        counts: ActionCounts::of(steps().map(|step| step.status)),
        targets: shown.collect(),
    }
}
