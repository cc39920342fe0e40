//! `/api/v1/tenants`: tenants with what they may use and use.

mod availability;
mod removal;

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked as Query, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Instant;
use topmast_api::availability::ObjectiveRequest;
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::tenant::{SuspendRequest, TenantRequest, TenantRow, TenantUsageQuery, TenantUsageRow};
use topmast_api::time::Timestamp;
use topmast_engine::tenant::only_tenant;
use topmast_engine::{State as EngineState, Submission};
use topmast_history::Weights;
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Right;
use topmast_model::tenant::{Objective, Quotas, TenantOrder};
use topmast_model::time::UnixMillis;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::TENANT_LIST, tenant_list)
        .route(&route::TENANT_USAGE, tenant_usage)
        .route(&route::TENANT_AVAILABILITY, availability::tenant_availability)
        .route(&route::TENANT_PROMISE, tenant_promise)
        .route(&route::TENANT_CONTENT, removal::tenant_content)
        .route(&route::TENANT_REMOVE, removal::tenant_remove)
        .route(&route::TENANT_SET, tenant_set)
        .route(&route::TENANT_FORGET, tenant_forget)
        .route(&route::TENANT_SUSPEND, tenant_suspend)
        .route(&route::TENANT_RESUME, tenant_resume)
}

async fn tenant_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<TenantRow>> {
    let weights = weights(&context);
    let state = context.bus.state();
    let names = state.tenant_names().into_iter().filter_map(|name| ObjectPath::tenant(name).ok());
    // Whoever may read all of one sees what it uses.
    let seen = names.filter(|tenant| authenticated.principal.may(Right::Read, Some(tenant)));
    let rows = seen.map(|tenant| row(&context, &state, weights.as_ref(), tenant)).collect();
    Json(Page::whole(rows, state.last_seq().0))
}

async fn tenant_usage(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Query(query): Query<TenantUsageQuery>,
) -> Result<Json<Page<TenantUsageRow>>, Refusal> {
    let days = month(query.month.as_deref(), context.bus.clock().now())?;
    let state = context.bus.state();
    let names = state.tenant_names().into_iter().filter_map(|name| ObjectPath::tenant(name).ok());
    let seen = names.filter(|tenant| authenticated.principal.may(Right::Read, Some(tenant)));
    let mut rows = Vec::new();
    for tenant in seen {
        for (day, usage) in state.usage(tenant.as_str()) {
            let Some(date) = days.iter().find(|(number, _)| *number == day).map(|(_, date)| date) else {
                continue;
            };
            rows.push(TenantUsageRow {
                tenant: tenant.clone(),
                day: date.clone(),
                servers: usage.servers,
                applications: usage.applications,
                series: usage.series,
                samples: usage.samples,
                requests: usage.requests,
                actions: usage.actions,
            });
        }
    }
    Ok(Json(Page::whole(rows, state.last_seq().0)))
}

/// The days of a month, as days since the Unix epoch and as they are written.
fn month(text: Option<&str>, now: UnixMillis) -> Result<Vec<(i64, String)>, Refusal> {
    let wrong = || Refusal::invalid("month", "write a month as 2026-11");
    let first = match text {
        Some(text) if text.len() == 7 => format!("{text}-01").parse::<Date>().map_err(|_| wrong())?,
        Some(_) => return Err(wrong()),
        None => {
            let now = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
            now.to_zoned(TimeZone::UTC).date().first_of_month()
        }
    };
    let epoch = Date::constant(1970, 1, 1);
    let days = first.series(1.day()).take(usize::try_from(first.days_in_month()).unwrap_or(31));
    Ok(days.map(|date| (i64::from((date - epoch).get_days()), date.to_string())).collect())
}

async fn tenant_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
    Body(request): Body<TenantRequest>,
) -> Result<Json<TenantRow>, Refusal> {
    let quotas = Quotas {
        series: request.series,
        samples_per_s: request.samples_per_s,
        requests_per_s: request.requests_per_s,
        raw_days: request.raw_days,
        minute_days: request.minute_days,
        hour_days: request.hour_days,
        raw_mib: request.raw_mib,
        minute_mib: request.minute_mib,
        hour_mib: request.hour_mib,
    };
    let order = TenantOrder::Describe { title: request.title, quotas };
    change(&context, authenticated, &tenant, order).await?;
    let weights = weights(&context);
    let state = context.bus.state();
    Ok(Json(row(&context, &state, weights.as_ref(), tenant)))
}

async fn tenant_promise(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
    Body(request): Body<ObjectiveRequest>,
) -> Result<StatusCode, Refusal> {
    let ObjectiveRequest { of, objective } = request;
    let objective = objective.map(Objective::try_from).transpose();
    let objective = objective.map_err(|error| Refusal::invalid("objective", error))?;
    change(&context, authenticated, &tenant, TenantOrder::Promise { of, objective }).await
}

async fn tenant_forget(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
) -> Result<StatusCode, Refusal> {
    change(&context, authenticated, &tenant, TenantOrder::Forget).await
}

async fn tenant_suspend(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
    Body(request): Body<SuspendRequest>,
) -> Result<StatusCode, Refusal> {
    change(&context, authenticated, &tenant, TenantOrder::Suspend { reason: request.reason }).await
}

async fn tenant_resume(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
) -> Result<StatusCode, Refusal> {
    change(&context, authenticated, &tenant, TenantOrder::Resume).await
}

async fn change(
    context: &Context,
    authenticated: Authenticated,
    tenant: &ObjectPath,
    order: TenantOrder,
) -> Result<StatusCode, Refusal> {
    let command = Command::ChangeTenant { tenant: tenant.clone(), order };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let quotas = context.bus.state().tenants().get(tenant.as_str()).map(|kept| kept.quotas);
    context.meters.of(tenant.as_str()).allow(quotas.unwrap_or_default());
    Ok(StatusCode::NO_CONTENT)
}

/// How many bytes of the history are of whom, once that is known.
fn weights(context: &Context) -> Option<Weights> {
    let weights = context.history.embedded()?.weights();
    (weights.is_whole && !weights.bytes.is_empty()).then_some(weights)
}

fn row(context: &Context, state: &EngineState, weights: Option<&Weights>, tenant: ObjectPath) -> TenantRow {
    let bytes = weights.map(|weights| weights.bytes.get(tenant.as_str()).copied().unwrap_or_default());
    let [raw_bytes, minute_bytes, hour_bytes] = bytes.map_or([None; 3], |bytes| bytes.map(Some));
    let kept = state.tenants().get(tenant.as_str());
    let quotas = kept.map(|kept| kept.quotas).unwrap_or_default();
    let suspended = kept.and_then(|kept| kept.suspended.as_ref());
    let [requests, series, samples] = context.meters.of(tenant.as_str()).told(quotas, Instant::now());
    let count = |count: usize| count as u64;
    let users = state.users().values().filter(|user| only_tenant(&user.grants) == Some(tenant.as_str()));
    let mut keys = state.access_keys().values().filter(|key| key.tenant() == tenant.as_str());
    TenantRow {
        title: kept.map_or_else(|| tenant.as_str().to_owned(), |kept| kept.title.clone()),
        suspended_since: suspended.map(|suspension| Timestamp(suspension.since)),
        suspended_reason: suspended.map(|suspension| suspension.reason.clone()),
        account: keys.next().map(|key| key.account.to_string()),
        servers: count(state.servers().within(Some(&tenant)).count()),
        applications: count(state.applications().within(Some(&tenant)).count()),
        users: count(users.count()),
        series,
        samples,
        requests,
        raw_days: quotas.raw_days,
        minute_days: quotas.minute_days,
        hour_days: quotas.hour_days,
        raw_mib: quotas.raw_mib,
        minute_mib: quotas.minute_mib,
        hour_mib: quotas.hour_mib,
        raw_bytes,
        minute_bytes,
        hour_bytes,
        tenant,
    }
}
