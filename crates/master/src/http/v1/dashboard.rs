//! `/api/v1/dashboards`: those that AWS' tools put, read by whoever may read all of their tenant.

use crate::aws::{Asker, console};
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::dashboard::{Dashboard, DashboardRow, WidgetData, WidgetQuery};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_aws::dashboard::placed;
use topmast_engine::dashboard::Dashboard as Kept;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};

/// Longest span that is asked for: as long as metrics are kept.
const MINUTES_MAX: u32 = 455 * 24 * 60;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::DASHBOARD_LIST, dashboard_list)
        .route(&route::DASHBOARD_GET, dashboard_get)
        .route(&route::WIDGET_GET, widget_get)
}

async fn dashboard_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<DashboardRow>> {
    let state = context.bus.state();
    let all = state.all_dashboards().filter(|(tenant, _, _)| may_see(&authenticated.principal, tenant));
    let rows = all.map(|(tenant, name, kept)| DashboardRow {
        tenant,
        name: name.to_owned(),
        put_at: kept.put_at.into(),
        bytes: u64::try_from(kept.body.len()).unwrap_or_default(),
    });
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

/// A dashboard belongs to a whole tenant.
fn may_see(principal: &Principal, tenant: &ObjectPath) -> bool {
    principal.may(Right::Read, Some(tenant))
}

/// The dashboard of a name, if it may be seen.
fn found(
    context: &Context,
    authenticated: &Authenticated,
    tenant: &str,
    name: &str,
) -> Result<(ObjectPath, Kept), Refusal> {
    let missing = || Refusal::not_found("dashboard", format!("{tenant}/{name}"));
    let path: ObjectPath = tenant.parse()?;
    if path.level() != Level::Tenant || !may_see(&authenticated.principal, &path) {
        return Err(missing());
    }
    let kept = context.bus.state().dashboards(&path).get(name).cloned();
    Ok((path, kept.ok_or_else(missing)?))
}

async fn dashboard_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named((tenant, name)): Named<(String, String)>,
) -> Result<Json<Dashboard>, Refusal> {
    let (tenant, kept) = found(&context, &authenticated, &tenant, &name)?;
    let all = placed(&kept.body);
    let state = context.bus.state();
    let widgets = all.iter().map(|placed| console::told(&state, &tenant, placed)).collect();
    Ok(Json(Dashboard { tenant, name, put_at: kept.put_at.into(), widgets }))
}

async fn widget_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named((tenant, name, index)): Named<(String, String, usize)>,
    Asked(query): Asked<WidgetQuery>,
) -> Result<Json<WidgetData>, Refusal> {
    let (tenant, kept) = found(&context, &authenticated, &tenant, &name)?;
    let widget = placed(&kept.body).into_iter().find(|placed| placed.index == index);
    let widget = widget.ok_or_else(|| Refusal::not_found("widget", index))?;
    let now = context.bus.clock().now().0;
    let told = match widget.kind.as_str() {
        "alarm" => return Ok(Json(console::alarms(&context.bus.state(), &tenant, &widget.properties, now))),
        "metric" => console::read(&context.bus.state(), &tenant, &widget.properties),
        kind => Err(format!("a widget of kind {kind} has no data here")),
    };
    let told = told.map_err(|fault| Refusal::new(ProblemCode::Invalid, fault))?;
    let span = match query.minutes {
        None => {
            told.span(now).ok_or_else(|| Refusal::new(ProblemCode::Invalid, "it begins after its end"))?
        }
        Some(minutes @ 1..=MINUTES_MAX) => (now - i64::from(minutes) * 60_000, now),
        Some(_) => return Err(Refusal::invalid("minutes", format!("give 1 to {MINUTES_MAX}"))),
    };
    let asker = Asker::of_console(authenticated.principal, tenant);
    let data = console::data(&context, asker, told, span, now).await;
    let data = data.map_err(|fault| Refusal::new(ProblemCode::Invalid, fault.message.unwrap_or_default()))?;
    Ok(Json(data))
}
