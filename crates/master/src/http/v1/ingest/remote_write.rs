//! `POST /api/v1/prometheus/write`: Prometheus remote write, 1.0 and 2.0.
//!
//! A sender tries again after 429 and 5xx, and drops what was answered with another 4xx. So 503 says that
//! nothing of a request is lost yet, and 400 that something of it can never be taken; the rest of it was.

use super::{Stored, read, store};
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_ingest::compression::UNPACKED_MAX;
use topmast_ingest::remote_write::{DecodeError, Version, decode};

const SAMPLES_WRITTEN: HeaderName = HeaderName::from_static("x-prometheus-remote-write-samples-written");
const HISTOGRAMS_WRITTEN: HeaderName =
    HeaderName::from_static("x-prometheus-remote-write-histograms-written");
const EXEMPLARS_WRITTEN: HeaderName = HeaderName::from_static("x-prometheus-remote-write-exemplars-written");

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::REMOTE_WRITE_CREATE, remote_write_create)
        .route(&route::REMOTE_WRITE_CREATE_PROMETHEUS, remote_write_create)
}

async fn remote_write_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    request: Request,
) -> Result<Response, Refusal> {
    let sent = read(&context, &authenticated, request).await?;
    let version = version(&sent.headers)?;
    let decoded = store(&context, sent, UNPACKED_MAX, move |body, sink| {
        let written = decode(version, body, sink).map_err(|error| {
            let code = match error {
                DecodeError::Malformed(_) => ProblemCode::Invalid,
                DecodeError::TooMuch(_) => ProblemCode::TooLarge,
            };
            Refusal::new(code, error.to_string())
        })?;
        Ok((written.outcome, ()))
    });
    let (stored, ()) = decoded.await?;
    Ok(answer(version, &stored))
}

fn version(headers: &HeaderMap) -> Result<Version, Refusal> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // The first senders said nothing.
    Version::of_media_type(media_type.unwrap_or("application/x-protobuf")).ok_or_else(|| {
        Refusal::new(
            ProblemCode::UnsupportedMediaType,
            "send Content-Type: application/x-protobuf, of prometheus.WriteRequest or \
             io.prometheus.write.v2.Request",
        )
    })
}

fn answer(version: Version, stored: &Stored) -> Response {
    let mut response = match stored.missing() {
        Some(missing) => Refusal::new(ProblemCode::Invalid, missing).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    };
    if version == Version::Two {
        let headers = response.headers_mut();
        headers.insert(SAMPLES_WRITTEN, HeaderValue::from(stored.written()));
        headers.insert(HISTOGRAMS_WRITTEN, HeaderValue::from(0));
        headers.insert(EXEMPLARS_WRITTEN, HeaderValue::from(0));
    }
    response
}
