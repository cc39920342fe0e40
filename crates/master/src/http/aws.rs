//! Requests of AWS' tools: found out among all others, read, answered in the protocol that they were asked in.

use super::Context;
use crate::aws::{self, Caller};
use crate::tenant::Kept;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, DATE, HOST};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use topmast_aws::codec::body_max;
use topmast_aws::{Common, Fault, Target, Value};
use uuid::Uuid;

/// Where suites of tests forget what they brought.
const RESET: &str = "/moto-api/reset";

/// True for what only AWS' tools send: a page or a program of ours never signs, names a target or posts to `/`.
pub(super) fn is_for_us(request: &Request) -> bool {
    let headers = request.headers();
    let is_signed = headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"));
    let query = request.uri().query().unwrap_or_default();
    is_signed
        || request.uri().path() == RESET
        || query.contains("X-Amz-Algorithm=")
        || headers.contains_key("x-amz-target")
        || headers.contains_key("smithy-protocol")
        || (request.method() == Method::POST && request.uri().path() == "/")
}

/// Answers a request, whatever it is.
pub(super) async fn answer(context: Arc<Context>, request: Request) -> Response<Body> {
    if request.uri().path() == RESET {
        return reset(&context, request.method()).await;
    }
    let id = Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let body_max = body_max(target);
    let body = to_bytes(body, body_max + 1).await;
    let mut headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    // HTTP/2 names the host in the address.
    if let Some(host) = parts.uri.authority().filter(|_| !parts.headers.contains_key(HOST)) {
        headers.push(("host", host.as_str().as_bytes()));
    }
    let request = topmast_aws::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &headers,
        body: body.as_deref().unwrap_or_default(),
    };
    let mut target = Target::of(&request);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
    let result = match &body {
        Ok(_) => serve(&context, &request, &mut target, peer).await,
        Err(_) => {
            Err(Fault::common(Common::TooLarge, format!("Request size exceeds limit of {body_max} bytes")))
        }
    };
    // Bytes in place of members are the whole answer, in no protocol: pictures that were asked for alone.
    let answer = match &result {
        Ok(Value::Blob(picture)) => topmast_aws::Response {
            status: 200,
            headers: vec![("content-type", "image/png".to_owned()), ("x-amzn-requestid", id)],
            body: picture.clone(),
        },
        result => target.answer(&id, result),
    };
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    // Tools whose clock is wrong mend it by this.
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        headers.insert(DATE, value);
    }
    response
}

async fn reset(context: &Arc<Context>, method: &Method) -> Response<Body> {
    let (status, text) = if !context.config.aws_test_keys || method != Method::POST {
        (StatusCode::FORBIDDEN, "for POST to `topmast dev --aws-test-keys` only")
    } else if aws::reset(context).await.is_err() {
        (StatusCode::INTERNAL_SERVER_ERROR, "failed; the master's log tells more")
    } else {
        (StatusCode::OK, "ok")
    };
    let mut response = Response::new(Body::from(format!("{{\"status\": \"{text}\"}}")));
    *response.status_mut() = status;
    response
}

async fn serve(
    context: &Arc<Context>,
    request: &topmast_aws::Request<'_>,
    target: &mut Target,
    peer: Option<String>,
) -> Result<Value, Fault> {
    let caller = Caller::of(context, request, peer, context.bus.clock().now())?;
    context.meters.admit(&context.bus.state(), &caller.principal.grants, Instant::now()).map_err(|kept| {
        match kept {
            Kept::Suspended(words) => Fault::common(Common::AccessDenied, words),
            Kept::Late(..) => Fault::common(Common::Throttling, "Rate exceeded"),
        }
    })?;
    let call = target.decode(request)?;
    aws::answer(context, &caller, &call).await
}
