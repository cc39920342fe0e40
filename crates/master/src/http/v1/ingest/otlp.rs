//! `POST /v1/metrics`: OTLP over HTTP, protobuf or JSON. What was left out is said in a partial success, as the
//! protocol has it: a sender does not try again.

use super::{read, store};
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_ingest::otlp::{Format, OTLP_UNPACKED_MAX, OtlpError, answer, decode};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::OTLP_CREATE, otlp_create).route(&route::OTLP_CREATE_ROOT, otlp_create)
}

async fn otlp_create(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    request: Request,
) -> Result<Response, Refusal> {
    let sent = read(&context, &authenticated, request).await?;
    let media_type = sent.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = Format::of_media_type(media_type).ok_or_else(|| {
        Refusal::new(
            ProblemCode::UnsupportedMediaType,
            "send Content-Type: application/x-protobuf or application/json",
        )
    })?;
    let now = context.bus.clock().now().0;
    let decoded = store(&context, sent, OTLP_UNPACKED_MAX, move |body, sink| {
        let outcome = decode(format, body, now, sink).map_err(|error| {
            let code = match error {
                OtlpError::TooMuch(_) => ProblemCode::TooLarge,
                OtlpError::Malformed(_) | OtlpError::Json(_) => ProblemCode::Invalid,
            };
            Refusal::new(code, error.to_string())
        })?;
        Ok((outcome, ()))
    });
    let (stored, ()) = decoded.await?;
    let body = answer(format, stored.lost(), stored.missing().as_deref());
    let media_type = match format {
        Format::Protobuf => "application/x-protobuf",
        Format::Json => "application/json",
    };
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response())
}
