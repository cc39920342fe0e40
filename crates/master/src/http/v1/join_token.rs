//! `/api/v1/join-tokens`: tokens with which servers join a cluster.

use crate::enrol;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use topmast_api::join_token::{JOIN_TOKEN_S_DEFAULT, JoinTokenCreated, JoinTokenRequest, JoinTokenRow};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::{JoinToken, Submission};
use topmast_model::command::Command;
use topmast_model::principal::Right;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::JOIN_TOKEN_LIST, join_token_list)
        .route(&route::JOIN_TOKEN_CREATE, join_token_create)
        .route(&route::JOIN_TOKEN_REVOKE, join_token_revoke)
}

async fn join_token_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<JoinTokenRow>> {
    let state = context.bus.state();
    let items: Vec<JoinTokenRow> = state
        .join_tokens()
        .iter()
        .filter(|(_, token)| authenticated.principal.may(Right::ManageServers, Some(&token.cluster)))
        .map(|(id, token)| row(*id, token))
        .collect();
    Json(Page::whole(items, state.last_seq().0))
}

async fn join_token_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<JoinTokenRequest>,
) -> Result<(StatusCode, Json<JoinTokenCreated>), Refusal> {
    let lifetime = Duration::from_secs(request.expires_in_s.unwrap_or(JOIN_TOKEN_S_DEFAULT));
    let uses = request.uses.unwrap_or(1);
    let join = request.cluster.as_ref().and_then(|cluster| cluster.join_name());
    if let Some(join) = join.filter(|join| context.federation.join(join).is_some()) {
        let detail =
            format!("nobody could tell it from one of the joined cluster {join}; choose another name");
        return Err(Refusal::invalid("cluster", detail));
    }
    let made =
        enrol::make_join_token(&context, authenticated.principal, request.cluster, uses, lifetime).await?;
    let state = context.bus.state();
    let token = state.join_tokens().get(&made.id).ok_or_else(|| Refusal::not_found("join token", made.id))?;
    Ok((StatusCode::CREATED, Json(JoinTokenCreated { secret: made.secret, row: row(made.id, token) })))
}

async fn join_token_revoke(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    context
        .bus
        .submit(Submission { principal: authenticated.principal, command: Command::RevokeJoinToken { id } })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(id: Uuid, token: &JoinToken) -> JoinTokenRow {
    JoinTokenRow {
        id,
        cluster: token.cluster.clone(),
        uses: token.uses,
        uses_left: token.uses_left,
        created_at: Timestamp(token.created_at),
        expires_at: Timestamp(token.expires_at),
    }
}
