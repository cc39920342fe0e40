//! `DELETE /api/v1/servers/…`: forgetting a server.

use super::object::readable;
use crate::http::authenticate::Authenticated;
use crate::http::body::Named;
use crate::http::problem::{Refusal, refuse_asked};
use crate::http::{Context, Mounting};
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::route;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::path::{Level, ObjectPath};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::SERVER_REMOVE, server_remove)
}

async fn server_remove(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<StatusCode, Refusal> {
    let server = readable(&authenticated.principal, &path, Level::Server, "server")?;
    let inside: Vec<ObjectPath> = {
        let state = context.bus.state();
        topmast_engine::guests(&state, &server).map(|(path, ..)| path.clone()).collect()
    };
    let command = Command::RemoveServer { server: server.clone() };
    let facts = context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    refuse_asked(&context.bus.state(), &facts)?;
    context.registry.disconnect(&server);
    inside.iter().chain([&server]).for_each(|path| context.live.forget(path));
    Ok(StatusCode::NO_CONTENT)
}
