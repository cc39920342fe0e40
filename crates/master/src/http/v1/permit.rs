//! `/api/v1/permits`: terminals and removals of servers that wait for another person's approval.
//!
//! Nothing is asked for here: a request under a policy asks by itself, on every surface, and its answer says so.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::page::Page;
use topmast_api::permit::{PermitOrderRequest, PermitRow, PermitStatus};
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_engine::permit::Permit;
use topmast_model::command::Command;
use topmast_model::permit::{PermitId, PermitKind, PermitVerdict};
use topmast_model::principal::{Principal, Right};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::PERMIT_LIST, permit_list).route(&route::PERMIT_ORDER, permit_order)
}

async fn permit_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<PermitRow>> {
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let standing = state.permits().iter().filter(|(_, permit)| !permit.is_over(now));
    let seen = standing.filter(|(_, permit)| may_see(&authenticated.principal, permit));
    let rows = seen.map(|(id, permit)| permit_row(id, permit)).collect();
    Json(Page::whole(rows, state.last_seq().0))
}

/// A command line is for those who may run some, or say something of it.
fn may_see(principal: &Principal, permit: &Permit) -> bool {
    let right = match permit.request.kind {
        PermitKind::OpenTerminal => Right::RunCommands,
        PermitKind::RemoveServer => Right::Read,
    };
    let may = |right| permit.request.targets.iter().any(|target| principal.may(right, Some(target)));
    may(right) || may(Right::ApproveActions)
}

async fn permit_order(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<u64>,
    Body(request): Body<PermitOrderRequest>,
) -> Result<Json<PermitRow>, Refusal> {
    let PermitOrderRequest { approved, comment } = request;
    let (id, principal) = (PermitId(id), authenticated.principal);
    let is_hidden = context.bus.state().permits().get(id).is_none_or(|permit| !may_see(&principal, permit));
    if is_hidden {
        return Err(Refusal::not_found("permit", id));
    }
    let command = Command::GovernPermit { id, verdict: PermitVerdict { approved, comment } };
    context.bus.submit(Submission { principal, command }).await?;
    let state = context.bus.state();
    let permit = state.permits().get(id).ok_or_else(|| Refusal::not_found("permit", id))?;
    Ok(Json(permit_row(id, permit)))
}

pub(super) fn permit_row(id: PermitId, permit: &Permit) -> PermitRow {
    let request = permit.request.clone();
    let status = match &permit.verdict {
        None => PermitStatus::Waiting,
        Some(verdict) if verdict.approved => PermitStatus::Approved,
        Some(_) => PermitStatus::Rejected,
    };
    PermitRow {
        id: id.0,
        status,
        kind: request.kind,
        targets: request.targets,
        command: request.command,
        account: request.account,
        reason: permit.reason.clone(),
        by: permit.actor.clone().into(),
        asked_at: Timestamp(permit.asked_at),
        policies: permit.approval.policies.clone(),
        ends_at: Timestamp(permit.ends_at()),
        said_by: permit.verdict.as_ref().map(|verdict| verdict.by.clone().into()),
        comment: permit.verdict.as_ref().and_then(|verdict| verdict.comment.clone()),
    }
}
