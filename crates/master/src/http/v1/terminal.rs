//! `/api/v1/terminals`: running commands and shells on servers, and what was run.
//!
//! Who may run commands sees what they ran themselves; who reads the audit sees all of it.

mod connect;

use super::permit::permit_row;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::terminal::{recording_path, way_to};
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::terminal::{
    PlannedApproval, PlannedPane, TERMINALS_DEFAULT, TERMINALS_MAX, TerminalDetails, TerminalPane,
    TerminalPlan, TerminalPlanRequest, TerminalQuery, TerminalRow,
};
use topmast_api::time::Timestamp;
use topmast_engine::{Rejection, Submission, Terminal};
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::principal::{Principal, Right};
use topmast_model::terminal::{PaneEnd, TerminalId};
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    connect::mount(mounting)
        .route(&route::TERMINAL_PLAN, terminal_plan)
        .route(&route::TERMINAL_LIST, terminal_list)
        .route(&route::TERMINAL_GET, terminal_get)
        .route(&route::TERMINAL_RECORDING, terminal_recording)
}

async fn terminal_plan(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<TerminalPlanRequest>,
) -> Result<Json<TerminalPlan>, Refusal> {
    let TerminalPlanRequest { targets, command, account } = request;
    let command = Command::OpenTerminal {
        id: TerminalId(Uuid::now_v7()),
        targets: targets.clone(),
        command,
        reason: None,
        account: account.clone(),
    };
    let rehearsed = context.bus.rehearse(&Submission { principal: authenticated.principal, command });
    let approval = planned_approval(&context.bus.state(), rehearsed)?;
    let planned = targets.into_iter().map(|server| match way_to(&context, &server, account.as_deref()) {
        Ok(way) => PlannedPane { server, account: way.account(), problem: None },
        Err(problem) => PlannedPane { server, account: String::new(), problem: Some(problem) },
    });
    Ok(Json(TerminalPlan { targets: planned.collect(), approval }))
}

/// What a policy wants before it is done: that it waits is told, and nothing to refuse a plan for.
fn planned_approval(
    state: &topmast_engine::State,
    rehearsed: Result<Vec<EventBody>, Rejection>,
) -> Result<Option<PlannedApproval>, Rejection> {
    let of = |id| {
        let permit = state.permits().get(id)?;
        Some(PlannedApproval {
            policies: permit.approval.policies.clone(),
            permit: Some(permit_row(id, permit)),
        })
    };
    match rehearsed {
        Ok(facts) => Ok(facts.into_iter().find_map(|fact| match fact {
            EventBody::PermitAsked { approval, .. } => {
                Some(PlannedApproval { policies: approval.policies, permit: None })
            }
            EventBody::PermitGoverned { id, .. } => of(id),
            _ => None,
        })),
        Err(Rejection::AwaitsApproval { permit, .. }) => Ok(of(permit)),
        Err(rejection) => Err(rejection),
    }
}

async fn terminal_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<TerminalQuery>,
) -> Result<Json<Page<TerminalRow>>, Refusal> {
    let limit = query.limit.unwrap_or(TERMINALS_DEFAULT);
    if !(1..=TERMINALS_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("limit is 1 to {TERMINALS_MAX}")));
    }
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let state = context.bus.state();
    let seen = |(_, terminal): &(&TerminalId, &Terminal)| sees(&authenticated.principal, terminal);
    let total = state.terminals().filter(seen).count();
    let window = state.terminals().rev().filter(seen).skip(offset).take(limit as usize);
    let items = window.map(|(id, terminal)| row(*id, terminal)).collect();
    let revision = state.last_seq().0;
    Ok(Json(Page { items, total: total as u64, revision, facets: Vec::new(), missing: Vec::new() }))
}

async fn terminal_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<Json<TerminalDetails>, Refusal> {
    let state = context.bus.state();
    let id = TerminalId(id);
    let terminal = found(state.terminal(id), &authenticated.principal, id)?;
    let pane =
        |(place, server): (usize, &_)| TerminalPane::of(Clone::clone(server), terminal.results.get(place));
    let panes = terminal.targets.iter().enumerate().map(pane).collect();
    Ok(Json(TerminalDetails { row: row(id, terminal), panes }))
}

async fn terminal_recording(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named((id, pane)): Named<(Uuid, u16)>,
) -> Result<Response, Refusal> {
    let id = TerminalId(id);
    let count = {
        let state = context.bus.state();
        found(state.terminal(id), &authenticated.principal, id)?.targets.len()
    };
    let pane = usize::from(pane);
    if pane >= count {
        return Err(Refusal::not_found("pane", pane));
    }
    let path = recording_path(&context.config.data, id, pane);
    match tokio::fs::read(&path).await {
        Ok(bytes) => Ok(([(CONTENT_TYPE, "application/x-asciicast")], bytes).into_response()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Refusal::new(
            ProblemCode::NotFound,
            "there is no recording of it: it did not run, could not be recorded, or was removed for its age",
        )),
        Err(error) => {
            Err(Refusal::new(ProblemCode::Internal, format!("the recording cannot be read: {error}")))
        }
    }
}

/// A terminal that the principal may see; one that it may not see looks as one that is not there.
fn found<'a>(
    terminal: Option<&'a Terminal>,
    principal: &Principal,
    id: TerminalId,
) -> Result<&'a Terminal, Refusal> {
    terminal
        .filter(|terminal| sees(principal, terminal))
        .ok_or_else(|| Refusal::not_found("terminal (the journal may still know it)", id))
}

fn sees(principal: &Principal, terminal: &Terminal) -> bool {
    let is_own = terminal.actor.kind == principal.actor.kind && terminal.actor.name == principal.actor.name;
    principal.may(Right::ReadAudit, None) || (is_own && principal.may_somewhere(Right::RunCommands))
}

fn row(id: TerminalId, terminal: &Terminal) -> TerminalRow {
    let succeeded = terminal.results.iter().filter(|result| result.end == PaneEnd::Exited(0)).count();
    TerminalRow {
        id: id.0,
        actor: terminal.actor.clone().into(),
        command: terminal.command.clone(),
        reason: terminal.reason.clone(),
        account: terminal.account.clone(),
        opened_at: Timestamp(terminal.opened_at),
        closed_at: terminal.closed_at.map(Timestamp),
        servers: u32::try_from(terminal.targets.len()).unwrap_or(u32::MAX),
        succeeded: u32::try_from(succeeded).unwrap_or(u32::MAX),
    }
}
