//! `/api/v1/networks`: from where anybody may come.

use crate::http::authenticate::Authenticated;
use crate::http::body::Body;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::network::{Networks, NetworksRequest};
use topmast_api::route;
use topmast_engine::Submission;
use topmast_model::access::{AccessOrder, NetworksOf};
use topmast_model::command::Command;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::NETWORK_LIST, network_list).route(&route::NETWORK_SET, network_set)
}

async fn network_list(State(context): State<Arc<Context>>) -> Json<Networks> {
    Json(Networks { networks: context.bus.state().networks().to_vec() })
}

async fn network_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<NetworksRequest>,
) -> Result<Json<Networks>, Refusal> {
    set(&context, authenticated, NetworksOf::Everybody, request).await?;
    Ok(network_list(State(context)).await)
}

/// Sets a list of networks.
pub(super) async fn set(
    context: &Context,
    authenticated: Authenticated,
    whose: NetworksOf,
    request: NetworksRequest,
) -> Result<(), Refusal> {
    let NetworksRequest { networks, force } = request;
    let command = Command::ChangeAccess { order: AccessOrder::SetNetworks { whose, networks, force } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(())
}
