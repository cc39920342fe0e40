//! Refusals: every error answer is a problem+json that says what to do.

use crate::bus::SubmitError;
use crate::federation::WatchError;
use crate::merged::ListError;
use crate::view::QueryError;
use crate::watch::Crowded;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use topmast_api::problem::{MEDIA_TYPE, Problem, ProblemCode};
use topmast_engine::console::ConsoleError;
use topmast_engine::permit::awaits;
use topmast_engine::{Rejection, State};
use topmast_model::error::with_sources;
use topmast_model::event::{Event, EventBody};
use topmast_model::path::PathError;
use topmast_model::principal::{Principal, Right};

/// An error answer.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

impl Refusal {
    /// A problem with a text.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// What is wrong, in words.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// A problem that goes away by itself.
    pub(crate) fn retry(code: ProblemCode, detail: impl Into<String>, after_s: u64) -> Self {
        Self(Box::new(Problem { retry_after_s: Some(after_s), ..Problem::new(code, detail) }))
    }

    /// A field of the request is wrong.
    pub(crate) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let problem = Problem { field: Some(field.to_owned()), ..Problem::new(ProblemCode::Invalid, detail) };
        Self(Box::new(problem))
    }

    /// What a field of the request asks for is nowhere.
    pub(crate) fn none_found(field: &str, detail: impl Into<String>) -> Self {
        let problem =
            Problem { field: Some(field.to_owned()), ..Problem::new(ProblemCode::NotFound, detail) };
        Self(Box::new(problem))
    }

    /// What is named does not exist, or may not be seen, which must look the same.
    pub(crate) fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        Self::new(ProblemCode::NotFound, format!("there is no {what} {name} that you may see"))
    }

    /// Refuses a principal that has a right nowhere.
    pub(crate) fn unless_somewhere(principal: &Principal, right: Right) -> Result<(), Self> {
        if principal.may_somewhere(right) {
            return Ok(());
        }
        let who = &principal.actor;
        Err(Self::new(
            ProblemCode::Forbidden,
            format!("{who} has no role that may {right}; ask an administrator for one which does"),
        ))
    }

    /// What is told.
    pub(crate) fn problem(&self) -> &Problem {
        &self.0
    }

    pub(crate) fn no_credentials() -> Self {
        Self::new(
            ProblemCode::Unauthenticated,
            "this needs a login: send a session or API token as Authorization: Bearer, or use HTTP Basic",
        )
    }

    /// The same for a wrong name, a wrong password and an ended token: a guesser learns nothing.
    pub(crate) fn wrong_credentials() -> Self {
        Self::new(ProblemCode::Unauthenticated, "the credentials are wrong or have ended; log in again")
    }

    /// What comes from a network that is not allowed.
    pub(crate) fn from_elsewhere(address: Option<IpAddr>) -> Self {
        let from = address.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string());
        let detail = format!("{from} is in none of the networks that are allowed here; ask an administrator");
        Self::new(ProblemCode::Forbidden, detail)
    }

    /// The same for names that do not exist.
    pub(crate) fn throttled(wait: Duration, locked: bool) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let detail = if locked {
            let minutes = seconds.div_ceil(60);
            format!(
                "locked after too many failed logins; try again in {minutes} min, or let an administrator unlock it"
            )
        } else {
            format!("too many failed logins; try again in {seconds} s")
        };
        let problem = Problem::new(ProblemCode::TooManyRequests, detail);
        Self(Box::new(Problem { retry_after_s: Some(seconds), ..problem }))
    }
}

/// Refuses what was not done, but asked for under a policy: its permit waits for another person.
pub(crate) fn refuse_asked(state: &State, facts: &[Arc<Event>]) -> Result<(), Refusal> {
    let asked = facts.iter().find_map(|fact| match &fact.body {
        EventBody::PermitAsked { id, .. } => Some(*id),
        _ => None,
    });
    let permit = asked.and_then(|id| Some((id, state.permits().get(id)?)));
    permit.map_or(Ok(()), |(id, permit)| Err(awaits(id, permit).into()))
}

/// A wrong present password is a wrong field: who asks is known, and no new login would help.
pub(crate) fn not_current(field: &'static str) -> impl FnOnce(Refusal) -> Refusal {
    move |refusal| match refusal.problem().code {
        ProblemCode::Unauthenticated => {
            Refusal::invalid(field, "the present password is wrong; nothing was changed")
        }
        _ => refusal,
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let code = match &rejection {
            Rejection::Forbidden { .. } | Rejection::OwnAction { .. } => ProblemCode::Forbidden,
            Rejection::Guarded { .. } => ProblemCode::Guarded,
            Rejection::NotFound { .. } => ProblemCode::NotFound,
            Rejection::Invalid { .. } => ProblemCode::Invalid,
            Rejection::AwaitsApproval { .. } => ProblemCode::AwaitsApproval,
            Rejection::Expired { .. } => ProblemCode::Expired,
            Rejection::LimitReached { .. } => ProblemCode::LimitReached,
            _ => ProblemCode::Conflict,
        };
        let field = match &rejection {
            Rejection::Invalid { field, .. } => Some((*field).to_owned()),
            _ => None,
        };
        Self(Box::new(Problem { field, ..Problem::new(code, rejection.to_string()) }))
    }
}

impl From<ConsoleError> for Refusal {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Token => Self::wrong_credentials(),
            ConsoleError::NoConsole => Self::invalid(topmast_api::console::USER, error.to_string()),
            ConsoleError::User(_) | ConsoleError::Elsewhere(_) => {
                Self::new(ProblemCode::Forbidden, error.to_string())
            }
        }
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        let code = match error {
            SubmitError::Rejected(rejection) => return rejection.into(),
            SubmitError::Storage(_) => ProblemCode::Storage,
            SubmitError::TooLarge(_) => ProblemCode::TooLarge,
            SubmitError::Unknown(_) => ProblemCode::OutcomeUnknown,
            SubmitError::Standby => ProblemCode::Standby,
            SubmitError::Busy => ProblemCode::Busy,
            SubmitError::Stopping => ProblemCode::Stopping,
        };
        Self::new(code, error.to_string())
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Filter(error) => {
                let column = u32::try_from(error.column).ok();
                let problem = Problem::new(ProblemCode::InvalidFilter, error.to_string());
                Self(Box::new(Problem { column, field: Some("filter".into()), ..problem }))
            }
            QueryError::Sort(error) => Self::invalid("sort", error.to_string()),
            QueryError::Facets(error) => Self::invalid("facets", error.to_string()),
            QueryError::Limit => Self::invalid("limit", error.to_string()),
        }
    }
}

impl From<Crowded> for Refusal {
    fn from(error: Crowded) -> Self {
        Self::retry(ProblemCode::Busy, error.to_string(), 1)
    }
}

impl From<ListError> for Refusal {
    fn from(error: ListError) -> Self {
        let detail = error.to_string();
        match error {
            ListError::TooDeep { .. } => Self::invalid("offset", detail),
            // A list that was asked for once is kept true for two seconds.
            ListError::Watch(WatchError::OfPerson { .. }) => {
                Self::retry(ProblemCode::TooManyRequests, detail, 2)
            }
            ListError::Watch(WatchError::OfAll { .. }) => Self::new(ProblemCode::Busy, detail),
        }
    }
}

impl From<PathError> for Refusal {
    fn from(error: PathError) -> Self {
        Self::invalid("path", error.to_string())
    }
}

impl From<topmast_journal::ReadError> for Refusal {
    fn from(error: topmast_journal::ReadError) -> Self {
        tracing::error!(error = %with_sources(&error), "the journal cannot be read");
        Self::new(ProblemCode::Storage, with_sources(&error))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.0.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            // Basic is taken but not offered: a browser would open its own login window over the console.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
