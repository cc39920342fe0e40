//! Spring Boot's actuator, as Java applications offer it: health and Micrometer metrics.
//!
//! Shapes follow Spring Boot 3: health answers 503 when anything is DOWN; a metric
//! is narrowed by any number of `tag=KEY:VALUE`, and one unknown or emptied by its
//! tags is 404.

use super::Shared;
use super::problem::Problem;
use super::services::VERSION;
use crate::response;
use crate::service::{Service, ServiceName, ServiceStatus};
use crate::simulate::Switch;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Counter of transactions, with the tags `service` and `code`.
const TRANSACTIONS: &str = "payment.transactions";
/// Timer of transactions, with the tag `service`.
const LATENCY: &str = "payment.latency";

/// `GET /actuator/health`: one component a service.
pub(super) async fn health_show(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    let switch = shared.switch();
    let component = |service: &Service| match &service.failure {
        None => json!({ "status": "UP" }),
        Some(failure) => {
            json!({ "status": "DOWN", "details": { "code": failure.code, "error": failure.message } })
        }
    };
    let components: Map<String, Value> = ServiceName::ALL
        .iter()
        .map(|name| (name.as_str().to_owned(), component(switch.service(*name))))
        .collect();
    let all_up = ServiceName::ALL.iter().all(|name| switch.service(*name).status() == ServiceStatus::Started);
    let (code, status) =
        if all_up { (StatusCode::OK, "UP") } else { (StatusCode::SERVICE_UNAVAILABLE, "DOWN") };
    (code, Json(json!({ "status": status, "components": components, "details": { "version": VERSION } })))
}

/// `GET /actuator/metrics`: the names.
pub(super) async fn metric_list() -> Json<Value> {
    Json(json!({ "names": [LATENCY, TRANSACTIONS] }))
}

/// `GET /actuator/metrics/{name}?tag=service:MC_CREDIT&tag=code:00`.
pub(super) async fn metric_show(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Problem> {
    let tags = read_tags(&query)?;
    let switch = shared.switch();
    let found = match name.as_str() {
        TRANSACTIONS => transactions(&switch, &tags),
        LATENCY => latency(&switch, &tags),
        _ => None,
    };
    found.map(Json).ok_or_else(|| Problem::not_found(format!("there is no metric {name:?} with these tags")))
}

fn read_tags(query: &[(String, String)]) -> Result<Vec<(&str, &str)>, Problem> {
    let tags = query.iter().filter(|(key, _)| key == "tag");
    tags.map(|(_, tag)| {
        tag.split_once(':').ok_or_else(|| Problem::bad_request(format!("tag is {tag:?}: write KEY:VALUE")))
    })
    .collect()
}

/// True when no tag of that key asks for another value.
fn admits(tags: &[(&str, &str)], key: &str, value: &str) -> bool {
    tags.iter().all(|(wanted, wanted_value)| *wanted != key || *wanted_value == value)
}

fn transactions(switch: &Switch, tags: &[(&str, &str)]) -> Option<Value> {
    let only = |key: &str| ["service", "code"].contains(&key);
    if !tags.iter().all(|(key, _)| only(key)) {
        return None;
    }
    let rows: Vec<(&str, &str, u64)> = ServiceName::ALL
        .into_iter()
        .flat_map(|name| {
            switch.service(name).responses().map(move |(code, count)| (name.as_str(), code.code(), count))
        })
        .filter(|(service, code, _)| admits(tags, "service", service) && admits(tags, "code", code))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let services = ServiceName::ALL.iter().map(|name| name.as_str());
    let services: Vec<_> =
        services.filter(|name| rows.iter().any(|(service, _, _)| service == name)).collect();
    let codes = response::Response::ALL.iter().map(|response| response.code());
    let codes: Vec<_> = codes.filter(|name| rows.iter().any(|(_, code, _)| code == name)).collect();
    Some(json!({
        "name": TRANSACTIONS,
        "description": "Transactions by service and response code",
        "measurements": [{ "statistic": "COUNT", "value": rows.iter().map(|(_, _, count)| count).sum::<u64>() }],
        "availableTags": available(tags, &[("service", services), ("code", codes)]),
    }))
}

fn latency(switch: &Switch, tags: &[(&str, &str)]) -> Option<Value> {
    if !tags.iter().all(|(key, _)| *key == "service") {
        return None;
    }
    let names: Vec<ServiceName> =
        ServiceName::ALL.into_iter().filter(|name| admits(tags, "service", name.as_str())).collect();
    if names.is_empty() {
        return None;
    }
    let services: Vec<&Service> = names.iter().map(|name| switch.service(*name)).collect();
    let total: f64 = services.iter().map(|service| service.latencies.sum_s()).sum();
    let max = services.iter().map(|service| service.latencies.max_s(switch.now())).fold(0.0, f64::max);
    Some(json!({
        "name": LATENCY,
        "description": "Time to an answer",
        "baseUnit": "seconds",
        "measurements": [
            { "statistic": "COUNT", "value": services.iter().map(|service| service.transactions()).sum::<u64>() },
            { "statistic": "TOTAL_TIME", "value": total },
            { "statistic": "MAX", "value": max },
        ],
        "availableTags": available(tags, &[("service", names.iter().map(|name| name.as_str()).collect())]),
    }))
}

/// The tags that may narrow the metric further: those not asked for yet.
fn available(tags: &[(&str, &str)], all: &[(&str, Vec<&str>)]) -> Vec<Value> {
    let open = all.iter().filter(|(key, _)| tags.iter().all(|(asked, _)| asked != key));
    open.map(|(key, values)| json!({ "tag": key, "values": values })).collect()
}
