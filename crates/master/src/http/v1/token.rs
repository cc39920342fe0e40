//! `/api/v1/tokens`: API tokens for programs.

use super::network;
use crate::access::secret;
use crate::http::authenticate::{Authenticated, may_see};
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use topmast_api::network::NetworksRequest;
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_api::token::{TokenCreated, TokenRequest, TokenRow};
use topmast_engine::{Submission, Token};
use topmast_model::access::NetworksOf;
use topmast_model::command::Command;
use topmast_model::principal::ActorKind;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::TOKEN_LIST, token_list)
        .route(&route::TOKEN_CREATE, token_create)
        .route(&route::TOKEN_SET_NETWORKS, token_set_networks)
        .route(&route::TOKEN_REVOKE, token_revoke)
}

async fn token_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<TokenRow>> {
    let state = context.bus.state();
    let items: Vec<TokenRow> = state
        .tokens()
        .iter()
        .filter(|(_, token)| may_see(&authenticated.principal, &token.owner, &token.grants))
        .map(|(id, token)| row(&context, *id, token))
        .collect();
    Json(Page::whole(items, state.last_seq().0))
}

async fn token_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<TokenRequest>,
) -> Result<(StatusCode, Json<TokenCreated>), Refusal> {
    let actor = &authenticated.principal.actor;
    let owner = match request.owner {
        Some(owner) => owner,
        None if actor.kind == ActorKind::User => actor.name.clone(),
        None => return Err(Refusal::invalid("owner", "a token is made for a user; name one as owner")),
    };
    let (id, secret) = (Uuid::now_v7(), secret::generate(secret::TOKEN));
    let secret = secret.map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let now = context.bus.clock().now();
    let command = Command::CreateToken {
        id,
        name: request.name,
        owner,
        secret_hash: secret::fingerprint(&secret),
        grants: request.grants,
        expires_at: request.expires_in_s.map(|seconds| now.plus(Duration::from_secs(seconds))),
        speaks_for_users: request.speaks_for_users,
    };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let state = context.bus.state();
    let token = state.tokens().get(&id).ok_or_else(|| Refusal::not_found("token", id))?;
    Ok((StatusCode::CREATED, Json(TokenCreated { secret, row: row(&context, id, token) })))
}

async fn token_set_networks(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
    Body(request): Body<NetworksRequest>,
) -> Result<Json<TokenRow>, Refusal> {
    network::set(&context, authenticated, NetworksOf::Token(id), request).await?;
    let state = context.bus.state();
    let token = state.tokens().get(&id).ok_or_else(|| Refusal::not_found("token", id))?;
    Ok(Json(row(&context, id, token)))
}

async fn token_revoke(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    context
        .bus
        .submit(Submission { principal: authenticated.principal, command: Command::RevokeToken { id } })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(context: &Context, id: Uuid, token: &Token) -> TokenRow {
    let seen = context.last_seen.of(&token.secret_hash);
    TokenRow {
        id,
        name: token.name.clone(),
        owner: token.owner.clone(),
        grants: token.grants.clone(),
        created_at: Timestamp(token.created_at),
        expires_at: Timestamp::maybe(token.expires_at),
        networks: token.networks.clone(),
        speaks_for_users: token.speaks_for_users,
        last_seen_at: Timestamp::maybe(seen.as_ref().map(|seen| seen.at)),
        last_address: seen.and_then(|seen| seen.address).map(|address| address.to_string()),
    }
}
