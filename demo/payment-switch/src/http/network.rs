//! Network management of the scheme links, as operators order it: sign-on, sign-off; and a reset of any service.

use super::Shared;
use super::control::parse;
use super::problem::Problem;
use crate::log::Line;
use crate::service::ServiceName;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Which keys a link is signed on with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Keys {
    /// Those of the last sign-on.
    #[default]
    Current,
    /// New ones, exchanged with it.
    New,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOnRequest {
    #[serde(default)]
    keys: Keys,
}

/// `POST /services/{service}/sign-on`: takes part in a scheme's network again; 409 while its link is broken.
pub(super) async fn sign_on(
    State(shared): State<Arc<Shared>>,
    Path(service): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let body = body?;
    let SignOnRequest { keys } =
        if body.is_empty() { SignOnRequest::default() } else { parse(Ok(body), r#"{"keys":"new"}"#)? };
    let service = scheme(&service)?;
    let name = service.as_str();
    let mut switch = shared.switch();
    if let Some(code) = switch.faults.malfunction(service) {
        let message = format!("{name} {} ({}); reset it first", code.text(), code.as_str());
        return Err(Problem::conflict(message));
    }
    let keys = if keys == Keys::New { "new" } else { "its current" };
    let message = if switch.sign(service, true) {
        format!("{name} is signed on with {keys} keys")
    } else {
        format!("{name} was signed on already")
    };
    Ok(told(&message))
}

/// `POST /services/{service}/sign-off`: leaves a scheme's network; its transactions are answered with 91.
pub(super) async fn sign_off(
    State(shared): State<Arc<Shared>>,
    Path(service): Path<String>,
) -> Result<Json<Value>, Problem> {
    let service = scheme(&service)?;
    let name = service.as_str();
    let message = if shared.switch().sign(service, false) {
        format!("{name} is signed off")
    } else {
        format!("{name} was signed off already")
    };
    Ok(told(&message))
}

/// `POST /services/{service}/reset`: ends the faults of a service.
pub(super) async fn reset(
    State(shared): State<Arc<Shared>>,
    Path(service): Path<String>,
) -> Result<Json<Value>, Problem> {
    let service = known(&service)?;
    let mut switch = shared.switch();
    let ended = switch.faults.mend(service);
    // The next request already sees it, without waiting for a tick.
    switch.refresh();
    Ok(told(&format!("{} is reset, {ended} faults ended", service.as_str())))
}

fn told(message: &str) -> Json<Value> {
    Line::info(message.to_owned()).write();
    Json(json!({ "message": message }))
}

fn known(name: &str) -> Result<ServiceName, Problem> {
    ServiceName::parse(name).ok_or_else(|| Problem::not_found(format!("there is no service {name:?}")))
}

fn scheme(name: &str) -> Result<ServiceName, Problem> {
    let service = known(name)?;
    if ServiceName::SCHEMES.contains(&service) {
        return Ok(service);
    }
    Err(Problem::conflict(format!("{name} is no link to a scheme: nothing signs on there")))
}
