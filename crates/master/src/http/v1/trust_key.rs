//! `/api/v1/trust-keys`: whose signatures of packages are trusted.

use super::package::may_see;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::package::{TrustKeyRequest, TrustKeyRow};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_engine::package::key::StoredKey;
use topmast_model::command::Command;
use topmast_model::package::key::{TrustKey, TrustKeyError, TrustKeyId, TrustKeyOrder};
use topmast_model::path::{Level, ObjectPath};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::TRUST_KEY_LIST, trust_key_list)
        .route(&route::TRUST_KEY_ADD, trust_key_add)
        .route(&route::TRUST_KEY_REMOVE, trust_key_remove)
}

/// Public keys are no secret to whoever sees what they sign.
async fn trust_key_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<TrustKeyRow>> {
    let state = context.bus.state();
    let seen = state.all_trust_keys().filter(|(tenant, _)| may_see(&authenticated.principal, &state, tenant));
    let rows = seen.map(|(tenant, kept)| row(tenant, kept)).collect();
    Json(Page::whole(rows, state.last_seq().0))
}

async fn trust_key_add(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<TrustKeyRequest>,
) -> Result<(StatusCode, Json<TrustKeyRow>), Refusal> {
    let TrustKeyRequest { tenant, key, comment } = request;
    let tenant = tenant.or_else(|| context.cluster.ancestor(Level::Tenant));
    let tenant = tenant.ok_or_else(|| Refusal::invalid("tenant", "name a tenant"))?;
    let key: TrustKey =
        key.parse().map_err(|error: TrustKeyError| Refusal::invalid("key", error.to_string()))?;
    let comment = comment.map(|comment| comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    let id = key.id();
    let order = TrustKeyOrder::Add { key, comment };
    let command = Command::ChangeTrustKeys { tenant: tenant.clone(), order };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let state = context.bus.state();
    let kept = state.trust_keys(&tenant).get(&id).ok_or_else(|| Refusal::not_found("key", id))?;
    Ok((StatusCode::CREATED, Json(row(tenant.clone(), kept))))
}

async fn trust_key_remove(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named((tenant, id)): Named<(ObjectPath, String)>,
) -> Result<StatusCode, Refusal> {
    let id: TrustKeyId = id.parse().map_err(|_| Refusal::not_found("key", id))?;
    let command = Command::ChangeTrustKeys { tenant, order: TrustKeyOrder::Remove { id } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(tenant: ObjectPath, kept: &StoredKey) -> TrustKeyRow {
    TrustKeyRow {
        tenant,
        id: kept.key.id(),
        key: kept.key.clone(),
        comment: kept.comment.clone(),
        added_at: Timestamp(kept.added_at),
        added_by: kept.added_by.clone(),
    }
}
