//! Spring Boot's actuator, as Java applications offer it: health and Micrometer metrics.
//!
//! Shapes follow Spring Boot 3: health answers 503 when anything is DOWN; a metric
//! is narrowed by any number of `tag=KEY:VALUE`, and one unknown or emptied by its
//! tags is 404.

use super::Shared;
use super::problem::Problem;
use super::requests::{self, Requests};
use crate::service::{Service, ServiceName, ServiceStatus};
use crate::simulate::Switch;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Timer of the HTTP requests answered, with the tags `status` and `outcome`.
const REQUESTS: &str = "http.server.requests";
/// Timer of transactions, with the tag `service`.
const LATENCY: &str = "payment.latency";
/// Counter of transactions, with the tags `service` and `code`.
const TRANSACTIONS: &str = "payment.transactions";

/// One combination of tags with what was counted under it.
#[derive(Debug)]
struct Row {
    tags: Vec<(&'static str, String)>,
    count: u64,
    /// Total and largest time in seconds; a counter has none.
    seconds: Option<(f64, f64)>,
}

/// `GET /actuator/health`: one component a service.
pub(super) async fn health_show(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    let switch = shared.switch();
    let component = |service: &Service| match &service.failure {
        None if service.signed_off => json!({ "status": "OUT_OF_SERVICE" }),
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
    (code, Json(json!({ "status": status, "components": components })))
}

/// `GET /actuator/metrics`: the names.
pub(super) async fn metric_list() -> Json<Value> {
    Json(json!({ "names": [REQUESTS, LATENCY, TRANSACTIONS] }))
}

/// `GET /actuator/metrics/{name}?tag=service:MC_CREDIT&tag=code:00`.
pub(super) async fn metric_show(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Problem> {
    let asked = read_tags(&query)?;
    let mut rows = match name.as_str() {
        REQUESTS => requests(&shared.requests()),
        LATENCY => latency(&shared.switch()),
        TRANSACTIONS => transactions(&shared.switch()),
        _ => Vec::new(),
    };
    rows.retain(|row| {
        asked.iter().all(|(key, value)| row.tags.iter().any(|tag| tag.0 == *key && tag.1 == *value))
    });
    if rows.is_empty() {
        return Err(Problem::not_found(format!("there is no metric {name:?} with these tags")));
    }
    Ok(Json(metric(&name, &rows, &asked)))
}

fn read_tags(query: &[(String, String)]) -> Result<Vec<(&str, &str)>, Problem> {
    let tags = query.iter().filter(|(key, _)| key == "tag");
    tags.map(|(_, tag)| {
        tag.split_once(':').ok_or_else(|| Problem::bad_request(format!("tag is {tag:?}: write KEY:VALUE")))
    })
    .collect()
}

fn transactions(switch: &Switch) -> Vec<Row> {
    let of_service = |name: ServiceName| {
        switch.service(name).responses().map(move |(response, count)| Row {
            tags: vec![("service", name.as_str().to_owned()), ("code", response.code().to_owned())],
            count,
            seconds: None,
        })
    };
    ServiceName::ALL.into_iter().flat_map(of_service).collect()
}

fn latency(switch: &Switch) -> Vec<Row> {
    let of_service = |name: ServiceName| {
        let service = switch.service(name);
        Row {
            tags: vec![("service", name.as_str().to_owned())],
            count: service.transactions(),
            seconds: Some((service.latencies.sum_s(), service.latencies.max_s(switch.now()))),
        }
    };
    ServiceName::ALL.into_iter().map(of_service).collect()
}

fn requests(requests: &Requests) -> Vec<Row> {
    let of_status = |(status, times): (u16, &requests::Times)| Row {
        tags: vec![("status", status.to_string()), ("outcome", requests::outcome(status).to_owned())],
        count: times.count,
        seconds: Some((times.total_s, times.max_s)),
    };
    requests.by_status().map(of_status).collect()
}

/// The sum of the rows, and the tags that may narrow it further: those not asked for yet.
fn metric(name: &str, rows: &[Row], asked: &[(&str, &str)]) -> Value {
    let count: u64 = rows.iter().map(|row| row.count).sum();
    let mut measurements = vec![json!({ "statistic": "COUNT", "value": count })];
    let mut metric = json!({ "name": name });
    let times: Vec<(f64, f64)> = rows.iter().filter_map(|row| row.seconds).collect();
    if !times.is_empty() {
        let total: f64 = times.iter().map(|(total, _)| total).sum();
        let max = times.iter().map(|(_, max)| *max).fold(0.0, f64::max);
        measurements.push(json!({ "statistic": "TOTAL_TIME", "value": total }));
        measurements.push(json!({ "statistic": "MAX", "value": max }));
        metric["baseUnit"] = json!("seconds");
    }
    let mut open: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in rows.iter().flat_map(|row| &row.tags) {
        if asked.iter().all(|(asked, _)| asked != key) {
            open.entry(key).or_default().insert(value);
        }
    }
    let tags = open.into_iter().map(|(tag, values)| json!({ "tag": tag, "values": values }));
    metric["measurements"] = json!(measurements);
    metric["availableTags"] = tags.collect();
    metric
}
