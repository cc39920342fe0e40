//! `/api/v1/servers`.

use super::list::{list, readable, watch};
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::view::{Servers, server_details};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use std::sync::Arc;
use topmast_api::page::{ListQuery, Page};
use topmast_api::route;
use topmast_api::server::{ServerDetails, ServerRow};
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::path::Level;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::SERVER_LIST, server_list)
        .route(&route::SERVER_WATCH, server_watch)
        .route(&route::SERVER_GET, server_get)
        .route(&route::SERVER_REMOVE, server_remove)
}

async fn server_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<ServerRow>>, Refusal> {
    list::<Servers>(&context, &authenticated, &query).await
}

async fn server_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse, Refusal> {
    watch::<Servers>(context, authenticated, &query).await
}

async fn server_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<ServerDetails>, Refusal> {
    let path = readable(&authenticated, &path, Level::Server, "server")?;
    context
        .see(|sight| server_details(sight, &path))
        .map(Json)
        .ok_or_else(|| Refusal::not_found("server", &path))
}

async fn server_remove(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<StatusCode, Refusal> {
    let server = readable(&authenticated, &path, Level::Server, "server")?;
    let command = Command::RemoveServer { server: server.clone() };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    context.registry.disconnect(&server);
    context.live.forget(&server);
    Ok(StatusCode::NO_CONTENT)
}
