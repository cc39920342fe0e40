//! Services: `GET /api/v1/services`.

use crate::custom as described;
use crate::row::{LatestSample, row};
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::custom::CustomAction;
use topmast_model::path::ObjectPath;
use topmast_model::status::{Health, ServiceStatus, Severity};
use utoipa::ToSchema;

/// One service in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceRow {
    /// Name within its application.
    pub name: String,
    /// Name of its application.
    pub application: String,
    /// Name of its server.
    pub server: String,
    /// What it does now.
    #[schema(value_type = schema::ServiceStatus)]
    pub status: ServiceStatus,
    /// Business status codes, e.g. `DISCONN01`.
    pub codes: Vec<String>,
    /// Transactions a second, over the last five seconds.
    pub tps: Option<f64>,
    /// Transactions completed, good and bad, since the application started counting.
    pub transactions_total: Option<u64>,
    /// Transactions that ended in an error.
    pub errors_total: Option<u64>,
    /// Latency that 95 of 100 transactions do not exceed, in milliseconds.
    pub latency_p95_ms: Option<f64>,
    /// When the status or the codes last changed.
    pub since: Timestamp,
    /// Where it is addressed.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// Share of errors in the last five seconds' transactions, 0 to 100.
    pub error_pct: Option<f64>,
    /// Median latency in milliseconds.
    pub latency_p50_ms: Option<f64>,
    /// What the source said, in words.
    pub message: Option<String>,
    /// Age of the newest data in milliseconds; null when there is none.
    pub age_ms: Option<u64>,
    /// True when the data is late (older than three intervals) or there is none.
    pub stale: bool,
    /// How well it is.
    #[schema(value_type = schema::Health)]
    pub health: Health,
    /// The worst severity of the open problems on it and inside it of which people are told; null without any.
    #[schema(value_type = Option<schema::Severity>)]
    pub problem: Option<Severity>,
}

row!(ServiceRow, Services);

/// Everything known of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceDetails {
    /// Its row.
    #[serde(flatten)]
    pub row: ServiceRow,
    /// The custom actions that it offers.
    #[serde(default)]
    #[schema(value_type = Vec<described::CustomAction>)]
    pub actions: Vec<CustomAction>,
    /// The latest value of every series of it.
    pub samples: Vec<LatestSample>,
}
