//! `/api/v1/actions`: acting on applications, and what became of it.

use crate::bus::CommandBus;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting, stream};
use crate::view::{Applications, FilterableAction, QueryError, matching};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures_util::stream as streams;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{self, error::RecvError};
use topmast_api::action::{
    ACTIONS_DEFAULT, ACTIONS_MAX, Action, ActionCounts, ActionPlan, ActionProgress, ActionQuery,
    ActionRequest, ActionTarget, PlannedTarget, TIMEOUT_MS_DEFAULT,
};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::row::Row as _;
use topmast_api::time::Timestamp;
use topmast_api::watch::HEARTBEAT;
use topmast_engine::Submission;
use topmast_model::application::Operation;
use topmast_model::command::Command;
use topmast_model::event::Event as Fact;
use topmast_model::filter::Filter;
use topmast_model::filter::fields::{ACTIONS, APPLICATIONS};
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};
use topmast_model::status::ApplicationStatus;
use uuid::Uuid;

/// Shortest time between two looks at an action: one on thousands of targets is large, and as fast as people read.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

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
    };
    let submission = Submission { principal, command };
    if request.dry_run {
        context.bus.rehearse(&submission)?;
        let targets = context.see(|sight| {
            let planned = targets.iter().filter_map(|path| {
                let status = sight.state.effective_application(path)?.status;
                let effect = effect(request.operation, status).to_owned();
                Some(PlannedTarget { path: path.clone(), status, effect })
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
    let limit = query.limit.unwrap_or(ACTIONS_DEFAULT);
    if !(1..=ACTIONS_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("limit is 1 to {ACTIONS_MAX}")));
    }
    let filter =
        Filter::parse(query.filter.as_deref().unwrap_or_default(), ACTIONS).map_err(QueryError::from)?;
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let state = context.bus.state();
    let wanted: Vec<&topmast_engine::Action> = state
        .actions()
        .rev()
        .filter(|action| query.status.is_none_or(|status| action.status() == status))
        .filter(|action| {
            let within =
                |target: &ObjectPath| query.object.as_ref().is_none_or(|object| target.is_within(object));
            action
                .steps
                .iter()
                .any(|step| within(&step.target) && visible(&authenticated.principal, &step.target))
        })
        .filter(|action| {
            let visible = || to_api(action, Some(&authenticated.principal));
            filter.is_empty() || filter.matches(&FilterableAction(&visible()))
        })
        .collect();
    let items = wanted
        .iter()
        .skip(offset)
        .take(limit as usize)
        .map(|action| to_api(action, Some(&authenticated.principal)))
        .collect();
    Ok(Json(Page { items, total: wanted.len() as u64, revision: state.last_seq().0 }))
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
    action.counts = ActionCounts::of(&action.targets);
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
    let id = ActionId(id);
    let place = context.streams.enter()?;
    let events = context.bus.events();
    let first = found(&context.bus, id, Some(&authenticated.principal))?;
    let reader = Reader { id, events, shown: None, next: Some(first), looked: Instant::now(), _place: place };
    let stopped = context.stop.given();
    Ok(stream::answer(
        stopped,
        streams::unfold(reader, move |mut reader| {
            let (context, authenticated) = (Arc::clone(&context), authenticated.clone());
            async move {
                let event = reader.next(&context, &authenticated).await?;
                authenticated.holds(&context).then_some((event, reader))
            }
        }),
    ))
}

/// Somebody who follows an action.
struct Reader {
    id: ActionId,
    events: broadcast::Receiver<Arc<Fact>>,
    /// The action as it was last told.
    shown: Option<Action>,
    /// What is told first.
    next: Option<Action>,
    looked: Instant,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// The next message; `None` after the one with the final status.
    async fn next(&mut self, context: &Context, authenticated: &Authenticated) -> Option<Event> {
        if let Some(first) = self.next.take() {
            let event = stream::json_event("snapshot", &first);
            self.shown = Some(first);
            return Some(event);
        }
        let shown = self.shown.as_ref().filter(|shown| !shown.status.is_final())?;
        // Other actions' events keep nobody from hearing a heartbeat.
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            match tokio::time::timeout_at(heartbeat.into(), self.events.recv()).await {
                Err(_) => return Some(stream::heartbeat()),
                Ok(Err(RecvError::Closed)) => return None,
                Ok(Ok(event)) if event.action != Some(self.id) => {}
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => break,
            }
        }
        tokio::time::sleep_until((self.looked + PROGRESS_INTERVAL).into()).await;
        self.looked = Instant::now();
        // What comes from here on is looked at again; this look has all before.
        self.events = self.events.resubscribe();
        let now = found(&context.bus, self.id, Some(&authenticated.principal)).ok()?;
        let event = stream::json_event("progress", &progress(shown, &now));
        self.shown = Some(now);
        Some(event)
    }
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
            let rows = context.see(|sight| matching::<Applications>(sight, principal, &filter));
            let targets: Vec<ObjectPath> = rows.iter().map(|row| row.path().clone()).collect();
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
    let action = state.action(id).map(|action| to_api(action, principal));
    action.filter(|action| !action.targets.is_empty()).ok_or_else(|| Refusal::not_found("action", id))
}

fn to_api(action: &topmast_engine::Action, principal: Option<&Principal>) -> Action {
    let targets: Vec<ActionTarget> = action
        .steps
        .iter()
        .filter(|step| principal.is_none_or(|principal| visible(principal, &step.target)))
        .map(|step| ActionTarget {
            path: step.target.clone(),
            status: step.status,
            message: (!step.message.is_empty()).then(|| step.message.clone()),
            started_at: Timestamp::maybe(step.started_at),
            finished_at: Timestamp::maybe(step.finished_at),
        })
        .collect();
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
        counts: ActionCounts::of(&targets),
        targets,
    }
}

fn progress(before: &Action, now: &Action) -> ActionProgress {
    let changed = before.targets.iter().zip(&now.targets).filter(|(before, now)| before != now);
    ActionProgress {
        status: now.status,
        completed_at: now.completed_at,
        counts: now.counts,
        targets: changed.map(|(_, now)| now.clone()).collect(),
    }
}
