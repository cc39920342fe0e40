//! `/api/v1/agents`: enrolment, the agents' connections, revocation.

use crate::connection;
use crate::enrol::{self, EnrolError};
use crate::http::authenticate::{Authenticated, Peer};
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use topmast_api::agent::{AgentRow, EnrolRequest, Enrolment};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Right;
use topmast_wire::limits::MESSAGE_MAX;

/// Buffer of an agent's connection, each way. A tick's frame has some hundred bytes; larger messages
/// pass in parts. The library's own 128 KiB would be most of a server's memory here.
const SOCKET_BUFFER: usize = 4 << 10;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::AGENT_LIST, agent_list)
        .route(&route::AGENT_ENROL, agent_enrol)
        .route(&route::AGENT_CONNECT, agent_connect)
        .route(&route::AGENT_REVOKE, agent_revoke)
}

async fn agent_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<AgentRow>> {
    let state = context.bus.state();
    let items: Vec<AgentRow> = state
        .agents()
        .iter()
        .filter(|(path, _)| authenticated.principal.may(Right::ManageServers, Some(path)))
        .map(|(path, agent)| {
            let newest = agent.certificates.last();
            AgentRow {
                server: path.clone(),
                enrolled_at: Timestamp(agent.enrolled_at),
                revoked_at: Timestamp::maybe(agent.revoked_at),
                fingerprint: newest.map(|certificate| certificate.fingerprint.clone()),
                not_after: newest.map(|certificate| Timestamp(certificate.not_after)),
                connected: context.registry.is_connected(path),
            }
        })
        .collect();
    Json(Page::whole(items, state.last_seq().0))
}

async fn agent_enrol(
    State(context): State<Arc<Context>>,
    Peer(address): Peer,
    Body(request): Body<EnrolRequest>,
) -> Result<(StatusCode, Json<Enrolment>), Refusal> {
    // Only an address's own failures slow it down: a guesser elsewhere cannot stop a roll-out.
    if let Some(wait) = context.throttle.wait_of_address(address, Instant::now()) {
        return Err(Refusal::throttled(wait, false));
    }
    let from = address.map(|address| address.to_string());
    match enrol::enrol(&context, &request.join_token, &request.server, &request.csr_pem, from).await {
        Ok(enrolled) => {
            let ca_pem = context.ca.certificate_pem().to_owned();
            let enrolment =
                Enrolment { server: enrolled.server, certificate_pem: enrolled.certificate_pem, ca_pem };
            Ok((StatusCode::CREATED, Json(enrolment)))
        }
        Err(EnrolError::Token) => {
            context.throttle.failed_at_address(address, Instant::now());
            Err(Refusal::new(ProblemCode::Unauthenticated, EnrolError::Token.to_string()))
        }
        Err(EnrolError::Name(error)) => Err(Refusal::invalid("server", error.to_string())),
        Err(EnrolError::Ca(error)) => Err(Refusal::invalid("csr_pem", error.to_string())),
        Err(EnrolError::Submit(error)) => Err(error.into()),
    }
}

async fn agent_connect(
    State(context): State<Arc<Context>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let upgrade = upgrade.map_err(|rejection| {
        Refusal::new(
            ProblemCode::Invalid,
            format!("agents connect here by WebSocket over HTTP/1.1: {}", rejection.body_text()),
        )
    })?;
    Ok(upgrade
        .max_message_size(MESSAGE_MAX)
        .max_frame_size(MESSAGE_MAX)
        .read_buffer_size(SOCKET_BUFFER)
        .write_buffer_size(SOCKET_BUFFER)
        .on_upgrade(move |socket| connection::serve(context, socket, peer)))
}

async fn agent_revoke(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<StatusCode, Refusal> {
    let server: ObjectPath = path.parse()?;
    let command = Command::RevokeAgent { server: server.clone() };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    context.registry.disconnect(&server);
    Ok(StatusCode::NO_CONTENT)
}
