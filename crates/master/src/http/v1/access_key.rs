//! `/api/v1/access-keys`: keys with which AWS' own tools sign their requests.

use crate::access::signing;
use crate::http::authenticate::{Authenticated, may_see};
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use topmast_api::access_key::{AccessKeyCreated, AccessKeyRequest, AccessKeyRow};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::{AccessKey, Submission};
use topmast_model::account::AccessKeyId;
use topmast_model::command::Command;
use topmast_model::path::Level;
use topmast_model::principal::ActorKind;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::ACCESS_KEY_LIST, access_key_list)
        .route(&route::ACCESS_KEY_CREATE, access_key_create)
        .route(&route::ACCESS_KEY_REVOKE, access_key_revoke)
}

async fn access_key_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<AccessKeyRow>> {
    let state = context.bus.state();
    let items: Vec<AccessKeyRow> = state
        .access_keys()
        .iter()
        .filter(|(_, key)| may_see(&authenticated.principal, &key.owner, &key.grants))
        .map(|(id, key)| row(id, key))
        .collect();
    Json(Page::whole(items, state.last_seq().0))
}

async fn access_key_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<AccessKeyRequest>,
) -> Result<(StatusCode, Json<AccessKeyCreated>), Refusal> {
    let actor = &authenticated.principal.actor;
    let owner = match request.owner {
        Some(owner) => owner,
        None if actor.kind == ActorKind::User => actor.name.clone(),
        None => return Err(Refusal::invalid("owner", "a key is made for a user; name one as owner")),
    };
    let id = signing::new_id().map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let now = context.bus.clock().now();
    // Without a tenant the engine refuses the key, whatever its account.
    let path = request.grants.first().and_then(|grant| grant.path.as_ref());
    let tenant = path.and_then(|path| path.name_at(Level::Tenant)).unwrap_or_default();
    let command = Command::CreateAccessKey {
        id: id.clone(),
        name: request.name,
        owner,
        account: signing::account_of(tenant),
        grants: request.grants,
        expires_at: request.expires_in_s.map(|seconds| now.plus(Duration::from_secs(seconds))),
    };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let state = context.bus.state();
    let key = state.access_keys().get(&id).ok_or_else(|| Refusal::not_found("access key", &id))?;
    let secret = signing::secret(&context.seal, &id);
    Ok((StatusCode::CREATED, Json(AccessKeyCreated { secret, row: row(&id, key) })))
}

async fn access_key_revoke(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<AccessKeyId>,
) -> Result<StatusCode, Refusal> {
    context
        .bus
        .submit(Submission { principal: authenticated.principal, command: Command::RevokeAccessKey { id } })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(id: &AccessKeyId, key: &AccessKey) -> AccessKeyRow {
    AccessKeyRow {
        id: id.clone(),
        name: key.name.clone(),
        owner: key.owner.clone(),
        tenant: key.tenant().to_owned(),
        account: key.account.clone(),
        grants: key.grants.clone(),
        created_at: Timestamp(key.created_at),
        expires_at: Timestamp::maybe(key.expires_at),
    }
}
