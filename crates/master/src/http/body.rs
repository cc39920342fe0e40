//! Requests' paths, queries and bodies, with errors in our own form.

use super::problem::Refusal;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use topmast_api::problem::ProblemCode;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let media_type =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type
            .split(';')
            .next()
            .is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"))
        {
            return Err(Refusal::new(
                ProblemCode::UnsupportedMediaType,
                "the body must be JSON; send Content-Type: application/json",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                Refusal::new(ProblemCode::TooLarge, "the body is larger than 2 MiB; ask for less at once")
            }
            other => Refusal::new(ProblemCode::Invalid, format!("the body did not arrive whole: {other}")),
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Refusal::new(ProblemCode::Invalid, format!("the body is not what is expected here: {error}"))
        })
    }
}

/// The parameters in the path.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(named)| Self(named)).map_err(|rejection| {
            Refusal::new(
                ProblemCode::Invalid,
                format!("the address is not what is expected here: {}", rejection.body_text()),
            )
        })
    }
}

/// The query's parameters.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked)).map_err(|rejection| {
            Refusal::new(
                ProblemCode::Invalid,
                format!("the query is not what is expected here: {}", rejection.body_text()),
            )
        })
    }
}
