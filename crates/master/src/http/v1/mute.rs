//! `/api/v1/mutes`: objects of whose problems nobody is told for a time.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use topmast_api::fleet_problem::{MuteRequest, MuteRow};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::principal::Right;
use topmast_model::problem::Mute;
use uuid::Uuid;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::MUTE_LIST, mute_list)
        .route(&route::MUTE_CREATE, mute_create)
        .route(&route::MUTE_END, mute_end)
}

async fn mute_list(State(context): State<Arc<Context>>, authenticated: Authenticated) -> Json<Page<MuteRow>> {
    let state = context.bus.state();
    let readable = |mute: &Mute| authenticated.principal.may(Right::Read, Some(&mute.object));
    let mutes = state.mutes().iter().filter(|(_, mute)| readable(mute));
    Json(Page::whole(mutes.map(|(id, mute)| row(*id, mute)).collect(), state.last_seq().0))
}

async fn mute_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<MuteRequest>,
) -> Result<(StatusCode, Json<MuteRow>), Refusal> {
    let MuteRequest { object, rule, ends_in_s, comment } = request;
    let until = context.bus.clock().now().plus(Duration::from_secs(ends_in_s));
    let (id, mute) = (Uuid::now_v7(), Mute { object, rule, until, comment });
    let command = Command::MuteObject { id, mute: mute.clone() };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok((StatusCode::CREATED, Json(row(id, &mute))))
}

async fn mute_end(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    let principal = authenticated.principal;
    let hidden = {
        let state = context.bus.state();
        state.mutes().get(&id).is_none_or(|mute| !principal.may(Right::Read, Some(&mute.object)))
    };
    if hidden {
        return Err(Refusal::not_found("mute", id));
    }
    context.bus.submit(Submission { principal, command: Command::UnmuteObject { id } }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(id: Uuid, mute: &Mute) -> MuteRow {
    let Mute { object, rule, until, comment } = mute.clone();
    MuteRow { id, object, rule, until: Timestamp(until), comment }
}
