//! `/api/v1/problems`: what rules see, and what people do about it.

mod watch;

pub(super) use watch::watched;
pub(crate) use watch::{PACE, ProblemList, look};

use super::object::refuse_past;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting, stream};
use crate::merged;
use crate::view::{self, Query};
use crate::watch::messages;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::fleet_problem::{
    AcknowledgeRequest, CloseRequest, CommentRequest, ProblemDetails, ProblemRow, UnacknowledgeRequest,
};
use topmast_api::page::{ListQuery, Page};
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::principal::{Principal, Right};
use topmast_model::problem::{Acknowledgement, ProblemId};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::PROBLEM_LIST, problem_list)
        .route(&route::PROBLEM_WATCH, problem_watch)
        .route(&route::PROBLEM_ACKNOWLEDGE, problem_acknowledge)
        .route(&route::PROBLEM_UNACKNOWLEDGE, problem_unacknowledge)
        .route(&route::PROBLEM_COMMENT, problem_comment)
        .route(&route::PROBLEM_CLOSE, problem_close)
        .route(&route::PROBLEM_GET, problem_get)
}

async fn problem_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Refusal> {
    let at = query.at;
    let query = Query::of_problems(&query)?;
    let principal = &authenticated.principal;
    if at.is_none() && merged::is_several(&context, principal) {
        return Ok(stream::first(watched(&context, principal, query).await?));
    }
    Ok(match at {
        Some(at) => Json(past_page(&context, principal, &query, at).await?).into_response(),
        None => Json(page(&context, principal, &query)).into_response(),
    })
}

/// The list as of a time in the past.
pub(super) async fn past_page(
    context: &Context,
    principal: &Principal,
    query: &Query,
    at: Timestamp,
) -> Result<Page<Arc<ProblemRow>>, Refusal> {
    let own = |query: Query| async move {
        let past = context.past(at).await?;
        Ok(view::problems(past.state(), principal, &query, past.at()))
    };
    merged::past_list(context, principal, query, at, own).await
}

fn page(context: &Context, principal: &Principal, query: &Query) -> Page<ProblemRow> {
    let now = context.bus.clock().now();
    view::problems(&context.bus.state(), principal, query, now)
}

/// Answers with the list, and with another one whenever it is no longer the same.
async fn problem_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse, Refusal> {
    refuse_past(query.at)?;
    let query = Query::of_problems(&query)?;
    let place = context.streams.enter()?;
    let watched = watched(&context, &authenticated.principal, query).await?;
    Ok(stream::answer(&context, authenticated, place, None, messages(watched)))
}

async fn problem_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<ProblemId>,
) -> Result<Json<ProblemDetails>, Refusal> {
    let found = view::problem_details(&context.bus.state(), &authenticated.principal, id);
    found.map(Json).ok_or_else(|| Refusal::not_found("problem", id))
}

async fn problem_acknowledge(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<AcknowledgeRequest>,
) -> Result<StatusCode, Refusal> {
    let AcknowledgeRequest { problems, comment, expires_in_s, sticky } = request;
    let now = context.bus.clock().now();
    let expires_at = expires_in_s.map(|seconds| now.plus(Duration::from_secs(seconds)));
    let acknowledgement = Acknowledgement { comment, expires_at, sticky };
    handle(&context, authenticated, problems, |problems| Command::AcknowledgeProblems {
        problems,
        acknowledgement,
    })
    .await
}

async fn problem_unacknowledge(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<UnacknowledgeRequest>,
) -> Result<StatusCode, Refusal> {
    handle(&context, authenticated, request.problems, |problems| Command::UnacknowledgeProblems { problems })
        .await
}

async fn problem_comment(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<CommentRequest>,
) -> Result<StatusCode, Refusal> {
    let text = request.text;
    handle(&context, authenticated, request.problems, |problems| Command::CommentProblems { problems, text })
        .await
}

async fn problem_close(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<CloseRequest>,
) -> Result<StatusCode, Refusal> {
    let comment = request.comment;
    handle(&context, authenticated, request.problems, |problems| Command::CloseProblems { problems, comment })
        .await
}

/// Submits what somebody does about problems; one that may not be seen looks as one that is not there.
async fn handle(
    context: &Context,
    authenticated: Authenticated,
    problems: Vec<ProblemId>,
    command: impl FnOnce(Vec<ProblemId>) -> Command,
) -> Result<StatusCode, Refusal> {
    let principal = authenticated.principal;
    let hidden = {
        let state = context.bus.state();
        let is_hidden = |id: &ProblemId| {
            let object = state.problem(*id).map(topmast_engine::Problem::object);
            object.is_none_or(|object| !principal.may(Right::Read, Some(object)))
        };
        problems.iter().copied().find(is_hidden)
    };
    if let Some(id) = hidden {
        return Err(Refusal::not_found("problem", id));
    }
    context.bus.submit(Submission { principal, command: command(problems) }).await?;
    Ok(StatusCode::NO_CONTENT)
}
