//! `/api/v1/tenants/{name}/content` and `…/remove`: what there is of a tenant, and its removal with all of that.
//!
//! ```text
//! remove ─► agents connected and not suspended? 409
//!        └► suspend ─► each part's commands, one after the other ─► Remove ─► what is kept outside of the state
//! ```
//! Every step is a command of whoever asked, so it is authorised and in the audit by itself. What fails on the way leaves the
//! tenant suspended and the rest of it there; asking again goes on.

use crate::aws;
use crate::bus::SubmitError;
use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::{Refusal, refuse_asked};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use std::time::Instant;
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::tenant::{TENANT_NAMES_MAX, TenantPart, TenantRemoveRequest};
use topmast_engine::tenant::removal::{Part, content};
use topmast_engine::{Rejection, Submission};
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};
use topmast_model::tenant::{Quotas, TenantOrder};

pub(super) async fn tenant_content(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
) -> Result<Json<Page<TenantPart>>, Refusal> {
    check(&authenticated.principal)?;
    let (parts, revision) = {
        let state = context.bus.state();
        (content(&state, &tenant, ""), state.last_seq().0)
    };
    Ok(Json(Page::whole(told(&context, &tenant, &parts), revision)))
}

pub(super) async fn tenant_remove(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
    Body(request): Body<TenantRemoveRequest>,
) -> Result<Json<Page<TenantPart>>, Refusal> {
    let principal = authenticated.principal;
    check(&principal)?;
    let TenantRemoveRequest { reason, confirm } = request;
    if confirm != tenant.as_str() {
        let detail = format!("write {tenant} once more to say that it is to be removed with all that it has");
        return Err(Refusal::invalid("confirm", detail));
    }
    let own = context.cluster.is_within(&tenant);
    if own {
        let detail = format!("{tenant} is the tenant of this master's own cluster, and cannot be removed");
        return Err(Refusal::new(ProblemCode::Conflict, detail));
    }
    suspend(&context, &principal, &tenant, &reason).await?;
    let parts = content(&context.bus.state(), &tenant, &reason);
    let told = told(&context, &tenant, &parts);
    for part in parts {
        remove(&context, &principal, part).await?;
    }
    let command = Command::ChangeTenant { tenant: tenant.clone(), order: TenantOrder::Remove { reason } };
    context.bus.submit(Submission { principal, command }).await?;
    context.meters.of(tenant.as_str()).allow(Quotas::default());
    aws::forget(&context, &tenant).await.map_err(|fault| {
        let detail =
            format!("{tenant} is removed, but not all metrics and logs that AWS' tools put: {fault}");
        Refusal::new(ProblemCode::Storage, detail)
    })?;
    let revision = context.bus.state().last_seq().0;
    Ok(Json(Page::whole(told, revision)))
}

/// Only who manages access everywhere is told what there is; whether there is something is told to nobody else.
fn check(principal: &Principal) -> Result<(), Refusal> {
    if principal.may(Right::ManageAccess, None) {
        return Ok(());
    }
    let detail = "only who manages access on everything removes tenants; ask whoever runs this master";
    Err(Refusal::new(ProblemCode::Forbidden, detail))
}

/// Lets nobody in while it is removed. Agents that are connected are a sign that it is still in use.
async fn suspend(
    context: &Arc<Context>,
    principal: &Principal,
    tenant: &ObjectPath,
    reason: &str,
) -> Result<(), Refusal> {
    let (is_there, described, suspended, connected) = {
        let state = context.bus.state();
        let kept = state.tenants().get(tenant.as_str());
        let servers = state.servers().within(Some(tenant));
        let connected = servers.filter(|(path, _)| context.registry.is_connected(path)).count();
        let suspended = kept.is_some_and(|kept| kept.suspended.is_some());
        (state.tenant_names().contains(tenant.as_str()), kept.is_some(), suspended, connected)
    };
    if !is_there {
        return Err(Refusal::not_found("tenant", tenant));
    }
    if suspended {
        return Ok(());
    }
    if connected > 0 {
        let detail = format!(
            "{connected} agents of {tenant} are connected; suspend it first if it is to be removed all the same: \
             `topmast tenants suspend {tenant} --reason …`"
        );
        return Err(Refusal::new(ProblemCode::Conflict, detail));
    }
    let submit = async |order| {
        let command = Command::ChangeTenant { tenant: tenant.clone(), order };
        context.bus.submit(Submission { principal: principal.clone(), command }).await
    };
    if !described {
        let (title, quotas) = (tenant.to_string(), Quotas::default());
        submit(TenantOrder::Describe { title, quotas }).await?;
    }
    submit(TenantOrder::Suspend { reason: reason.to_owned() }).await?;
    Ok(())
}

/// Removes a part; what has gone with something else meanwhile is gone.
async fn remove(context: &Arc<Context>, principal: &Principal, part: Part) -> Result<(), Refusal> {
    let who = if part.by_master { Principal::master() } else { principal.clone() };
    for command in part.commands {
        let server = match &command {
            Command::RemoveServer { server } => Some(server.clone()),
            _ => None,
        };
        match context.bus.submit(Submission { principal: who.clone(), command }).await {
            // What a policy wants another person for is not removed along the way.
            Ok(facts) => refuse_asked(&context.bus.state(), &facts)?,
            Err(SubmitError::Rejected(Rejection::NotFound { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(server) = server {
            context.registry.disconnect(&server);
            context.live.forget(&server);
        }
    }
    Ok(())
}

fn told(context: &Context, tenant: &ObjectPath, parts: &[Part]) -> Vec<TenantPart> {
    let mut told: Vec<TenantPart> = parts
        .iter()
        .map(|part| TenantPart {
            what: part.what.to_owned(),
            count: part.names.len() as u64,
            names: part.names.iter().take(TENANT_NAMES_MAX).cloned().collect(),
        })
        .collect();
    let [_, series, _] = context.meters.of(tenant.as_str()).told(Quotas::default(), Instant::now());
    if series.now > 0 {
        told.push(TenantPart { what: "series".into(), count: series.now, names: Vec::new() });
    }
    told
}
