//! `POST /api/v1/influx/write`, and where `InfluxDB` has it: lines, as Telegraf sends them.
//!
//! A line that is wrong is answered as `InfluxDB` does, by 400 and a text with "partial write", which tells Telegraf
//! that to send the same again is of no use; the other lines were taken.

use super::{Stored, read, store};
use crate::http::authenticate::Authenticated;
use crate::http::body::Asked;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use topmast_api::problem::{MEDIA_TYPE, Problem, ProblemCode};
use topmast_api::route;
use topmast_ingest::compression::UNPACKED_MAX;
use topmast_ingest::influx::{Lines, Precision, decode};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::INFLUX_CREATE, influx_create)
        .route(&route::INFLUX_CREATE_BUCKET, influx_create)
        .route(&route::INFLUX_CREATE_ROOT, influx_create)
        .route(&route::INFLUX_CREATE_BUCKET_ROOT, influx_create)
        .route(&route::INFLUX_PING, influx_ping)
        .route(&route::INFLUX_PING_ROOT, influx_ping)
}

/// Clients look whether there is a version, and show it.
async fn influx_ping() -> impl IntoResponse {
    const VERSION: &str = concat!("topmast-", env!("CARGO_PKG_VERSION"));
    (StatusCode::NO_CONTENT, [("x-influxdb-version", HeaderValue::from_static(VERSION))])
}

/// What the query says. Databases, buckets and organisations are all the same here.
#[derive(Debug, Deserialize)]
struct InfluxQuery {
    #[serde(default)]
    precision: String,
}

async fn influx_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<InfluxQuery>,
    request: Request,
) -> Result<Response, Refusal> {
    let precision = Precision::named(&query.precision)
        .ok_or_else(|| Refusal::invalid("precision", "precision is one of ns, us, ms, s, m, h"))?;
    let sent = read(&context, &authenticated, request).await?;
    let now = context.bus.clock().now().0;
    let decoded = store(&context, sent, UNPACKED_MAX, move |body, sink| {
        let mut lines = decode(body, precision, now, sink)
            .map_err(|error| Refusal::new(ProblemCode::TooLarge, error.to_string()))?;
        Ok((std::mem::take(&mut lines.outcome), lines))
    });
    let (stored, lines) = decoded.await?;
    Ok(answer(&stored, &lines))
}

fn answer(stored: &Stored, lines: &Lines) -> Response {
    let wrong = (lines.wrong > 0).then(|| {
        let described = lines.descriptions.join("; ");
        let more = lines.wrong - lines.descriptions.len() as u64;
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{} lines are wrong: {described}{more}", lines.wrong)
    });
    let parts: Vec<String> = [wrong, stored.missing()].into_iter().flatten().collect();
    if parts.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let problem = Problem::new(ProblemCode::Invalid, format!("partial write: {}", parts.join("; ")));
    // The members in which clients of both versions look for the text.
    let mut body = serde_json::to_value(&problem).unwrap_or_default();
    body["error"] = problem.detail.as_str().into();
    body["message"] = problem.detail.as_str().into();
    let media_type = [(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))];
    (StatusCode::BAD_REQUEST, media_type, body.to_string()).into_response()
}
