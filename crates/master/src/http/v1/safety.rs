//! `/api/v1/freezes` and `/api/v1/approval-policies`: what keeps orders from doing harm.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use std::sync::Arc;
use topmast_api::maintenance::MaintenancePeriod;
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::safety::{FreezeRequest, FreezeRow, PolicyRow};
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_engine::safety::KeptFreeze;
use topmast_model::command::Command;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::principal::{Principal, Right};
use topmast_model::rule::Scope;
use topmast_model::safety::{ApprovalPolicy, EXPIRES_DEFAULT, Freeze, SafetyOrder};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::FREEZE_LIST, freeze_list)
        .route(&route::FREEZE_SET, freeze_set)
        .route(&route::FREEZE_LIFT, freeze_lift)
        .route(&route::POLICY_LIST, policy_list)
        .route(&route::POLICY_SET, policy_set)
        .route(&route::POLICY_DELETE, policy_delete)
}

async fn freeze_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<FreezeRow>> {
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let standing = state.freezes().iter().filter(|(_, kept)| !kept.announced.is_over(now));
    let readable = standing.filter(|(_, kept)| may_see(&authenticated.principal, kept));
    let rows = readable.map(|(id, kept)| freeze_row(*id, kept, now)).collect();
    Json(Page::whole(rows, state.last_seq().0))
}

/// One is for those who may read something that it is about.
fn may_see(principal: &Principal, kept: &KeptFreeze) -> bool {
    kept.announced.what.objects.iter().any(|object| principal.may(Right::Read, Some(object)))
}

async fn freeze_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<FreezeRequest>,
) -> Result<Json<FreezeRow>, Refusal> {
    let FreezeRequest { id, name, objects, only, window } = request;
    let id = id.unwrap_or_else(Uuid::now_v7);
    let what = Maintenance { name, objects, window: window.into() };
    if let Window::Recurring { zone, .. } = &what.window
        && let Err(error) = TimeZone::get(zone)
    {
        return Err(Refusal::invalid(
            "zone",
            format!("this master does not know time zone {zone:?}: {error}"),
        ));
    }
    let freeze = Box::new(Freeze { what, only: scope(only)? });
    let command = Command::ChangeSafety { order: SafetyOrder::SetFreeze { id, freeze } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let kept = state.freezes().get(&id).ok_or_else(|| Refusal::not_found("freeze", id))?;
    Ok(Json(freeze_row(id, kept, now)))
}

fn scope(text: Option<String>) -> Result<Scope, Refusal> {
    Scope::parse(&text.unwrap_or_default()).map_err(|error| Refusal::invalid("only", error.to_string()))
}

async fn freeze_lift(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    let principal = authenticated.principal;
    let hidden = context.bus.state().freezes().get(&id).is_none_or(|kept| !may_see(&principal, kept));
    if hidden {
        return Err(Refusal::not_found("freeze", id));
    }
    let command = Command::ChangeSafety { order: SafetyOrder::LiftFreeze { id } };
    context.bus.submit(Submission { principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn freeze_row(id: Uuid, kept: &KeptFreeze, now: UnixMillis) -> FreezeRow {
    let Maintenance { name, objects, window } = kept.announced.what.clone();
    let period = |period: &topmast_model::maintenance::Period| MaintenancePeriod {
        from: Timestamp(period.from),
        to: Timestamp(period.to),
    };
    FreezeRow {
        id,
        name,
        objects,
        only: kept.only.as_str().to_owned(),
        window: window.into(),
        by: kept.announced.by.clone().into(),
        in_force: kept.announced.is_in_force(now),
        periods: kept.announced.periods.iter().map(period).collect(),
    }
}

async fn policy_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<PolicyRow>> {
    let state = context.bus.state();
    // Everybody whose orders a policy can be about may know it.
    let concerns = |policy: &&ApprovalPolicy| match &policy.within {
        None => true,
        Some(within) => {
            let grants = &authenticated.principal.grants;
            let inside = |path: &_| within.is_within(path) || path.is_within(within);
            grants.iter().any(|grant| grant.path.as_ref().is_none_or(inside))
        }
    };
    let rows = state.approval_policies().values().filter(concerns).map(policy_row).collect();
    Json(Page::whole(rows, state.last_seq().0))
}

async fn policy_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<PolicyRow>,
) -> Result<Json<PolicyRow>, Refusal> {
    let PolicyRow { name, operations, actions, requests, within, only, expires } = request;
    let (only, expires) = (scope(only)?, expires.unwrap_or(EXPIRES_DEFAULT));
    let policy = ApprovalPolicy { name, operations, actions, requests, within, only, expires };
    let row = policy_row(&policy);
    let command = Command::ChangeSafety { order: SafetyOrder::SetPolicy { policy: Box::new(policy) } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(Json(row))
}

async fn policy_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let command = Command::ChangeSafety { order: SafetyOrder::DeletePolicy { name } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn policy_row(policy: &ApprovalPolicy) -> PolicyRow {
    PolicyRow {
        name: policy.name.clone(),
        operations: policy.operations.clone(),
        actions: policy.actions.clone(),
        requests: policy.requests.clone(),
        within: policy.within.clone(),
        only: (!policy.only.is_empty()).then(|| policy.only.as_str().to_owned()),
        expires: Some(policy.expires),
    }
}
