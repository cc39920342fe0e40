//! `/api/v1/maintenances`: times announced beforehand in which nobody is told of problems.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use std::sync::Arc;
use topmast_api::maintenance::{MaintenancePeriod, MaintenanceRequest, MaintenanceRow};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::{Announced, Submission};
use topmast_model::command::Command;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::principal::{Principal, Right};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::MAINTENANCE_LIST, maintenance_list)
        .route(&route::MAINTENANCE_SET, maintenance_set)
        .route(&route::MAINTENANCE_CANCEL, maintenance_cancel)
}

async fn maintenance_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<MaintenanceRow>> {
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let announced = state.maintenances().iter();
    let readable = announced.filter(|(_, announced)| may_see(&authenticated.principal, announced));
    let rows = readable.map(|(id, announced)| row(*id, announced, now)).collect();
    Json(Page::whole(rows, state.last_seq().0))
}

/// One is for those who may read something that it is about.
fn may_see(principal: &Principal, announced: &Announced) -> bool {
    announced.what.objects.iter().any(|object| principal.may(Right::Read, Some(object)))
}

async fn maintenance_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<MaintenanceRequest>,
) -> Result<Json<MaintenanceRow>, Refusal> {
    let MaintenanceRequest { id, name, objects, window } = request;
    let id = id.unwrap_or_else(Uuid::now_v7);
    let maintenance = Maintenance { name, objects, window: window.into() };
    check_zone(&maintenance.window)?;
    let command = Command::SetMaintenance { id, maintenance };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let announced = state.maintenances().get(&id).ok_or_else(|| Refusal::not_found("maintenance", id))?;
    Ok(Json(row(id, announced, now)))
}

/// Refuses a time zone by which nothing can be planned here.
pub(super) fn check_zone(window: &Window) -> Result<(), Refusal> {
    let Window::Recurring { zone, .. } = window else { return Ok(()) };
    match TimeZone::get(zone) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(Refusal::invalid("zone", format!("this master does not know time zone {zone:?}: {error}")))
        }
    }
}

async fn maintenance_cancel(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    let principal = authenticated.principal;
    let hidden = {
        let state = context.bus.state();
        state.maintenances().get(&id).is_none_or(|announced| !may_see(&principal, announced))
    };
    if hidden {
        return Err(Refusal::not_found("maintenance", id));
    }
    context.bus.submit(Submission { principal, command: Command::CancelMaintenance { id } }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(id: Uuid, announced: &Announced, now: UnixMillis) -> MaintenanceRow {
    let Maintenance { name, objects, window } = announced.what.clone();
    let period = |period: &topmast_model::maintenance::Period| MaintenancePeriod {
        from: Timestamp(period.from),
        to: Timestamp(period.to),
    };
    MaintenanceRow {
        id,
        name,
        objects,
        window: window.into(),
        by: announced.by.clone().into(),
        in_force: announced.is_in_force(now),
        periods: announced.periods.iter().map(period).collect(),
    }
}
