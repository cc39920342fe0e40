//! `/api/v1/task-runs`: what became of the runs of a task, from the journal.

use super::object::readable;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::task::{TaskRunOrdered, TaskRunRequest, TaskRunRow, TaskRuns, TaskRunsQuery};
use topmast_engine::Submission;
use topmast_journal::RecordQuery;
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::path::Level;
use topmast_model::task_order::TaskOrder;
use topmast_model::time::UnixMillis;
use topmast_wire::{MasterMessage, RunTask};
use uuid::Uuid;

/// Runs of a page when the request does not say, and at most.
const RUNS_DEFAULT: u32 = 50;
const RUNS_MAX: u32 = 500;
/// Events looked through at a time, and how often for one page.
const LOOK: usize = 1_000;
const LOOKS_MAX: usize = 20;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::TASK_RUN_LIST, task_run_list).route(&route::TASK_RUN_CREATE, task_run_create)
}

async fn task_run_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Body(request): Body<TaskRunRequest>,
) -> Result<(StatusCode, Json<TaskRunOrdered>), Refusal> {
    let path = readable(&authenticated.principal, &path, Level::Service, "task")?;
    let (Some(server), Some(application)) = (path.ancestor(Level::Server), path.parent()) else {
        return Err(Refusal::not_found("task", &path));
    };
    if !context.registry.is_connected(&server) {
        let detail = format!("the agent of {server} is not connected; nothing was ordered");
        return Err(Refusal::new(ProblemCode::Conflict, detail));
    }
    let id = Uuid::now_v7();
    let principal = authenticated.principal.actor.to_string();
    let order = TaskOrder::Run { id, reason: request.reason };
    let command = Command::OrderTask { task: path.clone(), order };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let epoch = context.bus.state().epoch();
    let (application, task) = (application.name().to_owned(), path.name().to_owned());
    let run = RunTask { id, epoch, application, task, principal };
    if !context.registry.send(&server, MasterMessage::RunTask(Box::new(run))) {
        let detail = format!("the agent of {server} went away; the run may not have begun");
        return Err(Refusal::new(ProblemCode::Conflict, detail));
    }
    Ok((StatusCode::ACCEPTED, Json(TaskRunOrdered { id })))
}

async fn task_run_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Asked(query): Asked<TaskRunsQuery>,
) -> Result<Json<TaskRuns>, Refusal> {
    let path = readable(&authenticated.principal, &path, Level::Service, "task")?;
    let limit = query.limit.unwrap_or(RUNS_DEFAULT);
    if !(1..=RUNS_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("limit is 1 to {RUNS_MAX}")));
    }
    let mut records = RecordQuery {
        before: query.before,
        object_prefix: Some(path.to_string()),
        kinds: vec!["TaskChanged".to_owned()],
        newest_first: true,
        limit: LOOK,
        ..RecordQuery::default()
    };
    let mut items: Vec<TaskRunRow> = Vec::new();
    // A run is told again when only the status changed after it.
    let mut last: Option<(UnixMillis, u32)> = None;
    for _ in 0..LOOKS_MAX {
        let facts = context.journal.select(records.clone()).await?;
        if facts.is_empty() {
            return Ok(Json(TaskRuns { items, next: None }));
        }
        for fact in &facts {
            records.before = Some(fact.seq);
            let EventBody::TaskChanged { task, state } = &fact.body else { continue };
            let Some(run) = state.run.as_deref().filter(|_| *task == path) else { continue };
            if last.replace((run.started, run.attempt)) == Some((run.started, run.attempt)) {
                continue;
            }
            items.push(TaskRunRow::of(run));
            if items.len() == limit as usize {
                return Ok(Json(TaskRuns { items, next: Some(fact.seq) }));
            }
        }
    }
    Ok(Json(TaskRuns { items, next: records.before }))
}
