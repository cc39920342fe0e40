//! `/api/v1/services`.

use super::list::{list, readable, watch};
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::view::{Services, service_details};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use std::sync::Arc;
use topmast_api::page::{ListQuery, Page};
use topmast_api::route;
use topmast_api::service::{ServiceDetails, ServiceRow};
use topmast_model::path::Level;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::SERVICE_LIST, service_list)
        .route(&route::SERVICE_WATCH, service_watch)
        .route(&route::SERVICE_GET, service_get)
}

async fn service_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<ServiceRow>>, Refusal> {
    list::<Services>(&context, &authenticated, &query).await
}

async fn service_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse, Refusal> {
    watch::<Services>(context, authenticated, &query).await
}

async fn service_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<ServiceDetails>, Refusal> {
    let path = readable(&authenticated, &path, Level::Service, "service")?;
    context
        .see(|sight| service_details(sight, &path))
        .map(Json)
        .ok_or_else(|| Refusal::not_found("service", &path))
}
