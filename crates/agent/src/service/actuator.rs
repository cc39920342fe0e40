//! The `actuator` source: Spring Boot's health components as services, Micrometer's request counts.
//!
//! | Spring | status |
//! |---|---|
//! | `UP` | STARTED |
//! | `DOWN` | MALFUNCTION with code `DOWN` |
//! | `OUT_OF_SERVICE` | STOPPED with code `OUT_OF_SERVICE` |
//! | `UNKNOWN` | UNKNOWN |
//! | any other word | MALFUNCTION with that word as its code |
//!
//! The whole health is one service, `application`; every component is another, and a component of a component
//! is named `outer.inner`. The request counts belong to `application`.

use super::{CODE_MAX, CheckError, Observation, RESPONSES_MAX, SERVICES_MAX, ServiceObservation, shortened};
use crate::endpoint::Endpoint;
use crate::http::{self, Answer};
use rustls::ClientConfig;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use topmast_model::path::check_name;
use topmast_model::status::ServiceStatus;

/// The service that stands for the whole application.
const WHOLE: &str = "application";
/// Deepest nesting of health contributors that is followed. Spring's own are two deep.
const DEPTH_MAX: usize = 8;
/// Micrometer's timer of served requests.
const REQUESTS: &str = "http.server.requests";

#[derive(Deserialize)]
struct Health {
    status: String,
    /// Spring Boot 2.0 and 2.1 say `details` instead, for components and for their details alike.
    #[serde(default, alias = "details")]
    components: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(default)]
    measurements: Vec<Measurement>,
    #[serde(default, rename = "availableTags")]
    available_tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Measurement {
    statistic: String,
    value: f64,
}

#[derive(Deserialize)]
struct Tag {
    tag: String,
    #[serde(default)]
    values: Vec<String>,
}

impl Metric {
    fn statistic(&self, name: &str) -> Option<f64> {
        self.measurements.iter().find(|measurement| measurement.statistic == name).map(|found| found.value)
    }

    fn tag_values(&self, name: &str) -> &[String] {
        self.available_tags.iter().find(|tag| tag.tag == name).map_or(&[], |tag| &tag.values)
    }
}

/// Asks an application for its health and its request counts.
///
/// - `base`: scheme, host, port and the actuator's base path, usually `/actuator`.
/// - `timeout`: for all requests together.
///
/// # Errors
/// [`CheckError`] when the health cannot be had. Counts that cannot be had are left out: many applications
/// do not expose them.
pub(super) async fn observe(
    base: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    timeout: Duration,
) -> Result<Observation, CheckError> {
    let deadline = Instant::now() + timeout;
    let url = base.with_path(&format!("{}/health", base.path().trim_end_matches('/')));
    let answer = http::get(&url, tls, timeout).await?;
    // Spring answers 503 together with the body when the health is DOWN or OUT_OF_SERVICE.
    if !matches!(answer.status, 200 | 503) {
        let (url, status) = (url.to_string(), answer.status);
        return Err(CheckError::Status { url, status, expected: "200 or 503" });
    }
    let mut services = parse_health(&answer.body)?;
    if let Some(whole) = services.first_mut() {
        count_requests(base, tls, deadline, whole).await;
    }
    Ok(Observation { services, ..Observation::default() })
}

fn parse_health(body: &[u8]) -> Result<Vec<ServiceObservation>, CheckError> {
    let health: Health = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
    let mut services = vec![service(WHOLE, &health.status, None)];
    for (name, component) in &health.components {
        collect(name, component, 1, &mut services)?;
    }
    Ok(services)
}

fn collect(
    name: &str,
    component: &Value,
    depth: usize,
    services: &mut Vec<ServiceObservation>,
) -> Result<(), CheckError> {
    let Some(status) = component.get("status").and_then(Value::as_str) else {
        // A plain detail beside the components, as Spring Boot 2.0 mixes them.
        return Ok(());
    };
    check_name(name).map_err(|error| wrong(error.to_string()))?;
    if services.len() == SERVICES_MAX || depth > DEPTH_MAX {
        return Err(wrong(format!("more than {SERVICES_MAX} components, or nested deeper than {DEPTH_MAX}")));
    }
    let error = component.pointer("/details/error").and_then(Value::as_str);
    services.push(service(name, status, error));
    if let Some(inner) = component.get("components").and_then(Value::as_object) {
        for (inner_name, inner) in inner {
            collect(&format!("{name}.{inner_name}"), inner, depth + 1, services)?;
        }
    }
    Ok(())
}

fn service(name: &str, status: &str, message: Option<&str>) -> ServiceObservation {
    let (mapped, code) = match status {
        "UP" => (ServiceStatus::Started, None),
        "OUT_OF_SERVICE" => (ServiceStatus::Stopped, Some(status)),
        "UNKNOWN" => (ServiceStatus::Unknown, None),
        other => (ServiceStatus::Malfunction, Some(other)),
    };
    let service = ServiceObservation::new(name, mapped).message(message.unwrap_or(""));
    match code {
        Some(code) => service.code(code),
        None => service,
    }
}

/// Adds transactions, errors (outcome `SERVER_ERROR`) and counts by status code.
async fn count_requests(
    base: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    deadline: Instant,
    whole: &mut ServiceObservation,
) {
    let metric = async |filter: &str| -> Option<Metric> {
        let path = format!("{}/metrics/{REQUESTS}{filter}", base.path().trim_end_matches('/'));
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(Answer { status: 200, body }) = http::get(&base.with_path(&path), tls, left).await else {
            return None;
        };
        serde_json::from_slice(&body).ok()
    };
    let Some(all) = metric("").await else { return };
    whole.figures.transactions_total = all.statistic("COUNT");
    let outcomes = all.tag_values("outcome");
    whole.figures.errors_total = if outcomes.iter().any(|outcome| outcome == "SERVER_ERROR") {
        metric("?tag=outcome:SERVER_ERROR").await.and_then(|errors| errors.statistic("COUNT"))
    } else {
        Some(0.0)
    };
    for code in all.tag_values("status").iter().take(RESPONSES_MAX) {
        // A status tag is three digits; anything else would not be safe in the query.
        if !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        let count = metric(&format!("?tag=status:{code}")).await.and_then(|metric| metric.statistic("COUNT"));
        if let Some(count) = count {
            whole.figures.responses.push((shortened(code, CODE_MAX), count));
        }
    }
}

fn wrong(reason: String) -> CheckError {
    CheckError::Answer { source_name: "actuator", reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::RawQuery;
    use axum::routing::get;

    const HEALTH: &str = r#"{"status":"DOWN","groups":["liveness"],"components":{
        "db":{"status":"DOWN","components":{
            "primary":{"status":"UP","details":{"database":"PostgreSQL"}},
            "replica":{"status":"DOWN","details":{"error":"java.sql.SQLException: refused"}}}},
        "diskSpace":{"status":"UP","details":{"free":1}},
        "gateway":{"status":"OUT_OF_SERVICE"},
        "queue":{"status":"DEGRADED"}}}"#;

    #[test]
    fn components_become_services_and_nested_ones_keep_their_path() {
        let services = parse_health(HEALTH.as_bytes()).unwrap();
        let found: Vec<_> = services
            .iter()
            .map(|service| (service.name.as_str(), service.status, service.codes.join(",")))
            .collect();
        let expect = |name, status, code: &str| (name, status, code.to_owned());
        assert_eq!(
            found,
            [
                expect("application", ServiceStatus::Malfunction, "DOWN"),
                expect("db", ServiceStatus::Malfunction, "DOWN"),
                expect("db.primary", ServiceStatus::Started, ""),
                expect("db.replica", ServiceStatus::Malfunction, "DOWN"),
                expect("diskSpace", ServiceStatus::Started, ""),
                expect("gateway", ServiceStatus::Stopped, "OUT_OF_SERVICE"),
                expect("queue", ServiceStatus::Malfunction, "DEGRADED"),
            ]
        );
        assert_eq!(services[3].message.as_deref(), Some("java.sql.SQLException: refused"));
    }

    #[test]
    fn health_without_components_is_one_service() {
        // Spring hides components unless told to show them.
        let services = parse_health(br#"{"status":"UP"}"#).unwrap();
        assert_eq!(services.len(), 1);
        assert_eq!(services[0].status, ServiceStatus::Started);
    }

    #[test]
    fn wrong_health_says_what_is_wrong() {
        let deep = format!(
            "{}{{\"status\":\"UP\"}}{}",
            "{\"status\":\"UP\",\"components\":{\"a\":".repeat(20),
            "}}".repeat(20)
        );
        for body in [
            b"\xff".as_slice(),
            b"",
            b"{}",
            br#"{"status":1}"#,
            br#"{"status":"UP","components":{"a b":{"status":"UP"}}}"#,
            deep.as_bytes(),
        ] {
            assert!(parse_health(body).unwrap_err().to_string().starts_with("actuator answer: "));
        }
    }

    #[tokio::test]
    async fn observe_adds_request_counts_by_outcome_and_status() {
        let requests = |RawQuery(query): RawQuery| async move {
            let count = match query.as_deref() {
                None => 100,
                Some("tag=status:200") => 93,
                Some(_) => 7,
            };
            format!(
                r#"{{"name":"http.server.requests","measurements":[{{"statistic":"COUNT","value":{count}}}],
                "availableTags":[{{"tag":"outcome","values":["SUCCESS","SERVER_ERROR"]}},{{"tag":"status","values":["200","500"]}}]}}"#
            )
        };
        let app = Router::new()
            .route("/actuator/health", get(|| async { HEALTH }))
            .route("/actuator/metrics/http.server.requests", get(requests));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Endpoint = format!("http://{}/actuator", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let observation = observe(&base, None, Duration::from_mins(1)).await.unwrap();
        let figures = &observation.services[0].figures;
        assert_eq!((figures.transactions_total, figures.errors_total), (Some(100.0), Some(7.0)));
        assert_eq!(figures.responses, [("200".to_owned(), 93.0), ("500".to_owned(), 7.0)]);
    }
}
