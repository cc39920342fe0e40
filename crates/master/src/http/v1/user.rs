//! `/api/v1/users`.

use super::network;
use crate::access::password::{self, PasswordError};
use crate::access::second_factor;
use crate::http::authenticate::{Authenticated, Peer, manages_all, verify_password};
use crate::http::body::{Body, Named};
use crate::http::problem::{Refusal, not_current};
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_api::network::NetworksRequest;
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_api::user::{GrantsRequest, PasswordRequest, UserRequest, UserRow};
use topmast_engine::{State as EngineState, Submission, User};
use topmast_model::access::{AccessOrder, NetworksOf};
use topmast_model::command::Command;
use topmast_model::principal::{ActorKind, Principal};
use topmast_model::time::UnixMillis;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::USER_LIST, user_list)
        .route(&route::USER_CREATE, user_create)
        .route(&route::USER_SET_PASSWORD, user_set_password)
        .route(&route::USER_SET_GRANTS, user_set_grants)
        .route(&route::USER_DELETE, user_delete)
        .route(&route::USER_UNLOCK, user_unlock)
        .route(&route::USER_RESET_SECOND_FACTOR, user_reset_second_factor)
        .route(&route::USER_SET_NETWORKS, user_set_networks)
        .route(&route::USER_END_SESSIONS, user_end_sessions)
        .route(&route::USER_REVOKE_TOKENS, user_revoke_tokens)
}

async fn user_list(State(context): State<Arc<Context>>, authenticated: Authenticated) -> Json<Page<UserRow>> {
    let seen = Seen::now(&context);
    let state = context.bus.state();
    let items: Vec<UserRow> = state
        .users()
        .iter()
        .filter(|(_, user)| manages(&authenticated.principal, user))
        .map(|(name, user)| seen.row(&state, name, user))
        .collect();
    Json(Page::whole(items, state.last_seq().0))
}

async fn user_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<UserRequest>,
) -> Result<(StatusCode, Json<UserRow>), Refusal> {
    let UserRequest { name, password, grants } = request;
    let submission = |password_hash| {
        let command = Command::CreateUser { name: name.clone(), password_hash, grants: grants.clone() };
        Submission { principal: authenticated.principal.clone(), command }
    };
    context.bus.authorise(&submission(String::new()))?;
    if context.bus.state().user(&name).is_some() {
        let detail = format!("there is a user {name} already; set the password or the grants instead");
        return Err(Refusal::new(ProblemCode::Conflict, detail));
    }
    let password_hash = hash(&context, &name, password).await?;
    context.bus.submit(submission(password_hash)).await?;
    Ok((StatusCode::CREATED, Json(found(&context, &name)?)))
}

async fn user_set_password(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Peer(address): Peer,
    Body(request): Body<PasswordRequest>,
) -> Result<StatusCode, Refusal> {
    let actor = &authenticated.principal.actor;
    if actor.kind == ActorKind::User && actor.name == name {
        let current = request.current.ok_or_else(|| {
            Refusal::invalid("current", "changing one's own password needs the present one in `current`")
        })?;
        verify_password(&context, &name, current, address).await.map_err(not_current("current"))?;
        context.throttle.succeeded(&name, address);
    }
    let password_hash = hash(&context, &name, request.password).await?;
    let command = Command::SetPassword { name, password_hash };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn user_set_grants(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Body(request): Body<GrantsRequest>,
) -> Result<Json<UserRow>, Refusal> {
    let command = Command::SetGrants { name: name.clone(), grants: request.grants };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(Json(found(&context, &name)?))
}

async fn user_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let command = Command::DeleteUser { name };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn user_unlock(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<Json<UserRow>, Refusal> {
    let command = Command::ChangeAccess { order: AccessOrder::Unlock { user: name.clone() } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    context.throttle.unlock(&name);
    Ok(Json(found(&context, &name)?))
}

async fn user_reset_second_factor(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<Json<UserRow>, Refusal> {
    let actor = &authenticated.principal.actor;
    if actor.kind == ActorKind::User && actor.name == name {
        // Whoever has only the session must not get rid of it.
        let detail = "remove your own second factor with a code: `topmast second-factor remove`";
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    let command = Command::ChangeAccess { order: AccessOrder::ResetSecondFactor { user: name.clone() } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(Json(found(&context, &name)?))
}

async fn user_set_networks(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Body(request): Body<NetworksRequest>,
) -> Result<Json<UserRow>, Refusal> {
    network::set(&context, authenticated, NetworksOf::User(name.clone()), request).await?;
    Ok(Json(found(&context, &name)?))
}

async fn user_end_sessions(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(user): Named<String>,
) -> Result<StatusCode, Refusal> {
    let order = AccessOrder::CloseSessions { user, except: Some(authenticated.secret_hash) };
    let command = Command::ChangeAccess { order };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn user_revoke_tokens(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(user): Named<String>,
) -> Result<StatusCode, Refusal> {
    let command = Command::ChangeAccess { order: AccessOrder::RevokeTokens { user } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// True when everything that the user may do is within what the principal manages.
fn manages(principal: &Principal, user: &User) -> bool {
    manages_all(principal, &user.grants)
}

/// What is known of users beside the state, at one moment.
struct Seen<'a> {
    context: &'a Context,
    now: UnixMillis,
    locked: HashMap<String, Duration>,
}

impl<'a> Seen<'a> {
    fn now(context: &'a Context) -> Self {
        Self { context, now: context.bus.clock().now(), locked: context.throttle.locked(Instant::now()) }
    }

    fn row(&self, state: &EngineState, name: &str, user: &User) -> UserRow {
        let all = state.sessions().values();
        let open = all.filter(|session| session.user == name && session.expires_at > self.now).count();
        UserRow {
            name: name.to_owned(),
            grants: user.grants.clone(),
            created_at: Timestamp(user.created_at),
            password_set_at: Timestamp(user.password_set_at),
            sessions: u32::try_from(open).unwrap_or(u32::MAX),
            second_factor: second_factor::state_of(self.context, user),
            networks: user.networks.clone(),
            locked_until: self.locked.get(name).map(|time| Timestamp(self.now.plus(*time))),
        }
    }
}

fn found(context: &Context, name: &str) -> Result<UserRow, Refusal> {
    let seen = Seen::now(context);
    let state = context.bus.state();
    state.user(name).map(|user| seen.row(&state, name, user)).ok_or_else(|| Refusal::not_found("user", name))
}

async fn hash(context: &Context, user: &str, password: String) -> Result<String, Refusal> {
    let least = context.config.access.password_min;
    password::hash(least, user, password).await.map_err(|error| match error {
        PasswordError::Crowded(_) => Refusal::new(ProblemCode::Busy, error.to_string()),
        PasswordError::Policy(_) => Refusal::invalid("password", error.to_string()),
        PasswordError::Hash(_) => Refusal::new(ProblemCode::Internal, error.to_string()),
    })
}
