//! The `topmast` service source: the contract between an application and the agent.
//!
//! An application that answers `GET /topmast/v1/services` with this JSON needs no other
//! integration. The agent reads it every interval; counters only grow and start again
//! at 0 with the process, and rates are derived from them by the reader.
//!
//! ```json
//! { "version": "2.4.1",
//!   "services": [ { "name": "MC_CREDIT", "status": "MALFUNCTION", "codes": ["DISCONN01"],
//!                   "message": "MC_CREDIT is disconnected", "since": 1732394506000,
//!                   "transactions_total": 123, "errors_total": 4,
//!                   "responses": { "00": 119, "91": 4 },
//!                   "latency_seconds": { "0.5": 0.021, "0.95": 0.080, "0.99": 0.2 } } ],
//!   "tasks": [ { "name": "end-of-day", "status": "OK", "schedule": "every simulated day",
//!                "last_started": null, "last_finished": null, "next_due": 1732395106000,
//!                "message": null } ] }
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `version` | the application's own version |
//! | `services[].status` | STARTED, STOPPED, MALFUNCTION or UNKNOWN |
//! | `services[].codes` | business status codes, empty when all is well |
//! | `services[].message` | the cause in words, or null |
//! | `since`, `last_started`, `last_finished`, `next_due` | ms since the Unix epoch, or null |
//! | `errors_total` | technical failures; a decline is a transaction, not an error |
//! | `responses` | transactions by response code; codes never seen are left out |
//! | `latency_seconds` | quantiles over the last minute; empty without transactions |
//! | `tasks[].status` | OK, RUNNING, FAILED or LATE |

use super::Shared;
use crate::end_of_day::{self, TaskStatus};
use crate::service::{ServiceName, ServiceStatus};
use crate::simulate::Switch;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version that the simulated switch says it has.
pub(super) const VERSION: &str = "2.4.1";

#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    services: Vec<ServiceReport>,
    tasks: [TaskReport; 1],
}

#[derive(Debug, Serialize)]
struct ServiceReport {
    name: ServiceName,
    status: ServiceStatus,
    codes: Vec<&'static str>,
    message: Option<String>,
    since: u64,
    transactions_total: u64,
    errors_total: u64,
    responses: BTreeMap<&'static str, u64>,
    latency_seconds: BTreeMap<&'static str, f64>,
}

#[derive(Debug, Serialize)]
struct TaskReport {
    name: &'static str,
    status: TaskStatus,
    schedule: &'static str,
    last_started: Option<u64>,
    last_finished: Option<u64>,
    next_due: Option<u64>,
    message: Option<String>,
}

/// `GET /topmast/v1/services`: every service and task, as the header of this file says.
pub(super) async fn services_show(State(shared): State<Arc<Shared>>) -> Json<impl Serialize> {
    let switch = shared.switch();
    let task = &switch.end_of_day;
    Json(Report {
        version: VERSION,
        services: ServiceName::ALL.into_iter().map(|name| service_report(&switch, name)).collect(),
        tasks: [TaskReport {
            name: end_of_day::NAME,
            status: task.status(switch.now()),
            schedule: "every simulated day",
            last_started: task.last_started,
            last_finished: task.last_finished,
            next_due: Some(task.next_due),
            message: task.message().map(str::to_owned),
        }],
    })
}

fn service_report(switch: &Switch, name: ServiceName) -> ServiceReport {
    let service = switch.service(name);
    let quantiles = service.latencies.quantiles(switch.now(), [0.5, 0.95, 0.99]);
    ServiceReport {
        name,
        status: service.status(),
        codes: service.failure.iter().map(|failure| failure.code).collect(),
        message: service.message(),
        since: service.since,
        transactions_total: service.transactions(),
        errors_total: service.errors(),
        responses: service.responses().map(|(response, count)| (response.code(), count)).collect(),
        latency_seconds: quantiles
            .map(|seconds| ["0.5", "0.95", "0.99"].into_iter().zip(seconds).collect())
            .unwrap_or_default(),
    }
}

/// `GET /health`: 200 while Platform works, else 503; the body is its status.
pub(super) async fn health_show(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<impl Serialize>) {
    let status = shared.switch().service(ServiceName::Platform).status();
    let code =
        if status == ServiceStatus::Started { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(serde_json::json!({ "status": status })))
}
