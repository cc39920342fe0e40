//! `/api/v1/applications`.

use super::list::{list, readable, watch};
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::view::{Applications, application_details};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use std::sync::Arc;
use topmast_api::application::{ApplicationDetails, ApplicationRow};
use topmast_api::page::{ListQuery, Page};
use topmast_api::route;
use topmast_model::path::Level;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::APPLICATION_LIST, application_list)
        .route(&route::APPLICATION_WATCH, application_watch)
        .route(&route::APPLICATION_GET, application_get)
}

async fn application_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<ApplicationRow>>, Refusal> {
    list::<Applications>(&context, &authenticated, &query).await
}

async fn application_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse, Refusal> {
    watch::<Applications>(context, authenticated, &query).await
}

async fn application_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<ApplicationDetails>, Refusal> {
    let path = readable(&authenticated, &path, Level::Application, "application")?;
    context
        .see(|sight| application_details(sight, &path))
        .map(Json)
        .ok_or_else(|| Refusal::not_found("application", &path))
}
