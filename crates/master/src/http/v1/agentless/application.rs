//! `/api/v1/agentless-applications`: what is run on servers without an agent for their applications.

use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::v1::object::readable;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::agentless::{AgentlessApplications, AgentlessApplicationsRequest, PlannedCommand};
use topmast_engine::Submission;
use topmast_model::agentless::AgentlessApplication;
use topmast_model::command::Command;
use topmast_model::path::{Level, ObjectPath};

pub(super) async fn agentless_applications_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<AgentlessApplications>, Refusal> {
    let server = readable(&authenticated.principal, &path, Level::Server, "server")?;
    let applications = context.bus.state().agentless_applications(&server).to_vec();
    // Commands may tell what only those should know who can change them: to see them needs what setting them needs.
    let command =
        Command::SetAgentlessApplications { server: server.clone(), applications: applications.clone() };
    context.bus.rehearse(&Submission { principal: authenticated.principal, command })?;
    told(&context, server, applications)
}

pub(super) async fn agentless_applications_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Body(request): Body<AgentlessApplicationsRequest>,
) -> Result<Json<AgentlessApplications>, Refusal> {
    let server = readable(&authenticated.principal, &path, Level::Server, "server")?;
    let applications: Vec<AgentlessApplication> = request.applications.into_iter().map(Into::into).collect();
    let command =
        Command::SetAgentlessApplications { server: server.clone(), applications: applications.clone() };
    let submission = Submission { principal: authenticated.principal, command };
    if request.dry_run {
        context.bus.rehearse(&submission)?;
    } else {
        context.bus.submit(submission).await?;
    }
    told(&context, server, applications)
}

fn told(
    context: &Context,
    server: ObjectPath,
    applications: Vec<AgentlessApplication>,
) -> Result<Json<AgentlessApplications>, Refusal> {
    let account = context.bus.state().agentless().get(&server).map(|host| host.endpoint.to_string());
    let account = account.ok_or_else(|| Refusal::not_found("server that is read over ssh", &server))?;
    let commands = applications.iter().flat_map(commands).collect();
    let applications = applications.into_iter().map(Into::into).collect();
    Ok(Json(AgentlessApplications { server, account, applications, commands }))
}

/// Everything that is run for an application.
fn commands(application: &AgentlessApplication) -> Vec<PlannedCommand> {
    let when = |field: &str| match field {
        "status_command" => "every reading, before and after each action",
        "start_command" if application.restart_command.is_some() => "to start it",
        "start_command" => "to start and to restart it",
        "stop_command" if application.restart_command.is_some() => "to stop it",
        "stop_command" => "to stop and to restart it",
        "restart_command" => "to restart it",
        _ => "every ten minutes",
    };
    let planned = |(field, command): (&str, &str)| PlannedCommand {
        name: application.name.clone(),
        when: when(field).to_owned(),
        command: command.to_owned(),
    };
    application.commands().map(planned).collect()
}
