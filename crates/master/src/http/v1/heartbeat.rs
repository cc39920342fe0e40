//! `/api/v1/heartbeats` and `/api/v1/ping`: tasks that others run and give signs of.
//!
//! An address with a secret is enough to give a sign, and good for nothing else.

use super::object::readable;
use crate::access::secret;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::heartbeat::{HeartbeatCreated, HeartbeatRequest, HeartbeatRow, PingRequest};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_engine::task_order::Heartbeat;
use topmast_model::command::Command;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal, Right, Role};
use topmast_model::task::TaskProgress;
use topmast_model::task_order::{HeartbeatSpec, Ping, Sign, TaskOrder};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::HEARTBEAT_LIST, heartbeat_list)
        .route(&route::HEARTBEAT_CREATE, heartbeat_create)
        .route(&route::HEARTBEAT_DELETE, heartbeat_delete)
        .route(&route::HEARTBEAT_PING, heartbeat_ping)
        .route(&route::PING_GET, ping_get)
        .route(&route::PING_POST, ping_post)
}

async fn heartbeat_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<HeartbeatRow>> {
    let state = context.bus.state();
    let readable = |path: &ObjectPath| authenticated.principal.may(Right::Read, Some(path));
    let seen = state.heartbeats().iter().filter(|(path, _)| readable(path));
    let items: Vec<HeartbeatRow> = seen.map(|(path, heartbeat)| row(path, heartbeat)).collect();
    Json(Page::whole(items, state.last_seq().0))
}

async fn heartbeat_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<HeartbeatRequest>,
) -> Result<(StatusCode, Json<HeartbeatCreated>), Refusal> {
    let secret = secret::generate(secret::HEARTBEAT)
        .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let spec = HeartbeatSpec {
        every_ms: request.every_s.saturating_mul(1_000),
        grace_ms: request.grace_s.saturating_mul(1_000),
    };
    let order = TaskOrder::Expect { spec, secret_hash: secret::fingerprint(&secret) };
    submit(&context, authenticated.principal, &request.path, order).await?;
    let state = context.bus.state();
    let heartbeat = state
        .heartbeats()
        .get(&request.path)
        .ok_or_else(|| Refusal::not_found("heartbeat", &request.path))?;
    let row = row(&request.path, heartbeat);
    let address = format!("/api/v1/ping/{secret}");
    Ok((StatusCode::CREATED, Json(HeartbeatCreated { secret, address, row })))
}

async fn heartbeat_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<StatusCode, Refusal> {
    let path = readable(&authenticated.principal, &path, Level::Service, "heartbeat")?;
    submit(&context, authenticated.principal, &path, TaskOrder::Forget).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn heartbeat_ping(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Body(request): Body<PingRequest>,
) -> Result<StatusCode, Refusal> {
    let path = readable(&authenticated.principal, &path, Level::Service, "heartbeat")?;
    submit(&context, authenticated.principal, &path, TaskOrder::Ping(sign(request)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ping_get(
    State(context): State<Arc<Context>>,
    Named(secret): Named<String>,
    Asked(request): Asked<PingRequest>,
) -> Result<StatusCode, Refusal> {
    by_secret(&context, &secret, request).await
}

async fn ping_post(
    State(context): State<Arc<Context>>,
    Named(secret): Named<String>,
    Asked(request): Asked<PingRequest>,
) -> Result<StatusCode, Refusal> {
    by_secret(&context, &secret, request).await
}

/// The secret is 256 random bits: there is nothing to guess, so its hash is looked for among all of them.
async fn by_secret(context: &Context, given: &str, request: PingRequest) -> Result<StatusCode, Refusal> {
    let hash = secret::fingerprint(given);
    let found = {
        let state = context.bus.state();
        let mut all = state.heartbeats().iter();
        all.find(|(_, heartbeat)| heartbeat.secret_hash == hash).map(|(path, _)| path.clone())
    };
    let path = found.ok_or_else(|| Refusal::new(ProblemCode::NotFound, "no task has this address"))?;
    let actor = Actor {
        kind: ActorKind::Token,
        name: format!("heartbeat {path}"),
        auth: AuthMethod::Token,
        address: None,
        through: None,
    };
    let principal =
        Principal { actor, grants: vec![Grant { role: Role::Operator, path: Some(path.clone()) }] };
    submit(context, principal, &path, TaskOrder::Ping(sign(request)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn sign(request: PingRequest) -> Result<Ping, Refusal> {
    let progress = match (request.done, request.total) {
        (None, None) => None,
        (Some(done), Some(total)) if done <= total => Some(TaskProgress { done, total }),
        _ => return Err(Refusal::invalid("done", "give done and total together, and done at most total")),
    };
    let usual = if progress.is_some() { Sign::Started } else { Sign::Ok };
    Ok(Ping { sign: request.sign.unwrap_or(usual), message: request.message, progress })
}

async fn submit(
    context: &Context,
    principal: Principal,
    task: &ObjectPath,
    order: TaskOrder,
) -> Result<(), Refusal> {
    let command = Command::OrderTask { task: task.clone(), order };
    context.bus.submit(Submission { principal, command }).await?;
    Ok(())
}

fn row(path: &ObjectPath, heartbeat: &Heartbeat) -> HeartbeatRow {
    HeartbeatRow {
        path: path.clone(),
        every_s: heartbeat.spec.every_ms / 1_000,
        grace_s: heartbeat.spec.grace_ms / 1_000,
        seen_at: Timestamp(heartbeat.seen_at),
        overdue_at: Timestamp(heartbeat.overdue_at()),
    }
}
