//! `POST /api/v1/statsd`: lines of StatsD with credentials, which the protocol itself has not.

use super::read;
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::ingest::Scratch;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_ingest::compression::{UNPACKED_MAX, UnpackError, unpack};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::STATSD_CREATE, statsd_create)
}

async fn statsd_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let sent = read(&context, &authenticated, request).await?;
    let now = context.bus.clock().now().0;
    let inside = Arc::clone(&context);
    let worked = context.ingest.work(sent.place, move |scratch| {
        let Scratch { unpacked, .. } = scratch;
        let body = unpack(sent.encoding, &sent.body, UNPACKED_MAX, unpacked).map_err(|error| {
            let code = match error {
                UnpackError::Malformed(_) => ProblemCode::Invalid,
                UnpackError::TooLarge(_) => ProblemCode::TooLarge,
            };
            Refusal::new(code, error.to_string())
        })?;
        Ok(inside.statsd.take(body, now))
    });
    let stopping = || Err(Refusal::new(ProblemCode::Stopping, "the master is stopping"));
    let taken = worked.await.unwrap_or_else(stopping)?;
    match taken.reason {
        None => Ok(StatusCode::NO_CONTENT),
        Some(reason) => {
            let lost = taken.wrong + taken.refused;
            let detail = format!("{} lines were taken; {lost} were not: {reason}", taken.lines);
            Err(Refusal::new(ProblemCode::Invalid, detail))
        }
    }
}
