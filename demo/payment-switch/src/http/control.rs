//! Control routes: faults, the rate, the task.

use super::Shared;
use super::problem::Problem;
use crate::end_of_day;
use crate::fault::{Asked, FaultRequest};
use crate::simulate::TPS_MAX;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /fault`: the faults in force, oldest first.
pub(super) async fn fault_list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "faults": shared.switch().faults.list() }))
}

/// `POST /fault`: breaks something. 201 with the faults in force, or 202 when the process will end.
pub(super) async fn fault_create(
    State(shared): State<Arc<Shared>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let request: FaultRequest = parse(body, r#"{"kind":"malfunction","service":"MC_CREDIT"}"#)?;
    let mut switch = shared.switch();
    match request.check(switch.now()).map_err(Problem::bad_request)? {
        Asked::Fault(fault) => {
            switch.faults.insert(fault);
            // The next request already sees the fault, without waiting for a tick.
            switch.refresh();
            shared.publish(&switch);
            Ok((StatusCode::CREATED, Json(json!({ "faults": switch.faults.list() }))))
        }
        Asked::Order(order) => {
            shared.orders.try_send(order).map_err(|_| Problem::conflict("the process is ending already"))?;
            Ok((StatusCode::ACCEPTED, Json(json!({ "ending": format!("{order:?}") }))))
        }
    }
}

/// `DELETE /fault`: mends everything.
pub(super) async fn fault_clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    let mut switch = shared.switch();
    switch.faults.clear();
    switch.refresh();
    shared.publish(&switch);
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateRequest {
    tps: f64,
}

/// `PUT /rate`: changes the transactions per second.
pub(super) async fn rate_update(
    State(shared): State<Arc<Shared>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let RateRequest { tps } = parse(body, r#"{"tps":500}"#)?;
    if !(0.0..=TPS_MAX).contains(&tps) {
        return Err(Problem::bad_request(format!("tps is {tps}: write a number from 0 to {TPS_MAX}")));
    }
    let mut switch = shared.switch();
    switch.set_tps(tps);
    Ok(Json(json!({ "tps": switch.tps() })))
}

/// `POST /task/end-of-day`: runs the task now; 409 while it runs.
pub(super) async fn task_start(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if name != end_of_day::NAME {
        return Err(Problem::not_found(format!(
            "there is no task {name:?}: the one task is {}",
            end_of_day::NAME
        )));
    }
    let mut switch = shared.switch();
    let now = switch.now();
    if switch.end_of_day.start(now) {
        Ok(StatusCode::ACCEPTED)
    } else {
        Err(Problem::conflict(format!("{} is running already: wait until it has finished", end_of_day::NAME)))
    }
}

/// Reads a JSON body whatever its declared content type, so that `curl -d` just works.
pub(super) fn parse<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
    example: &str,
) -> Result<T, Problem> {
    serde_json::from_slice(&body?).map_err(|error| {
        Problem::bad_request(format!("the body is not understood: {error}; write e.g. {example}"))
    })
}
