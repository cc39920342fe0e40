//! `/api/v1/tasks`.

use super::list::{list, readable, watch};
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::view::{Tasks, task_row};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use std::sync::Arc;
use topmast_api::page::{ListQuery, Page};
use topmast_api::route;
use topmast_api::task::TaskRow;
use topmast_model::path::Level;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::TASK_LIST, task_list)
        .route(&route::TASK_WATCH, task_watch)
        .route(&route::TASK_GET, task_get)
}

async fn task_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<TaskRow>>, Refusal> {
    list::<Tasks>(&context, &authenticated, &query).await
}

async fn task_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse, Refusal> {
    watch::<Tasks>(context, authenticated, &query).await
}

async fn task_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<TaskRow>, Refusal> {
    let path = readable(&authenticated, &path, Level::Service, "task")?;
    context.see(|sight| task_row(sight, &path)).map(Json).ok_or_else(|| Refusal::not_found("task", &path))
}
