//! Applications: `GET /api/v1/applications`.

use crate::row::{Health, LatestSample, row};
use crate::schema;
use crate::service::ServiceRow;
use crate::task::TaskRow;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::application::{ApplicationKind, Desired};
use topmast_model::cause::Cause;
use topmast_model::path::ObjectPath;
use topmast_model::status::ApplicationStatus;
use utoipa::ToSchema;

/// One application in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationRow {
    /// Name within its server.
    pub name: String,
    /// Name of its server.
    pub server: String,
    /// What it does now.
    #[schema(value_type = schema::ApplicationStatus)]
    pub status: ApplicationStatus,
    /// Its version, when the unit tells how to find it.
    pub version: Option<String>,
    /// Restarts since the unit was first seen.
    pub restarts: u32,
    /// Port of its HTTP endpoint.
    pub http_port: Option<u16>,
    /// Resident memory of its processes.
    pub memory_bytes: Option<u64>,
    /// Processor time of its processes; 100 is one processor.
    pub cpu_pct: Option<f64>,
    /// When its main process started.
    pub started_at: Option<Timestamp>,
    /// Why the status was entered, in words.
    pub cause: String,
    /// Why the status was entered, for programs.
    #[schema(value_type = schema::Cause)]
    pub cause_detail: Cause,
    /// Where it is addressed.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// How it is run.
    #[schema(value_type = schema::ApplicationKind)]
    pub kind: ApplicationKind,
    /// What was last asked for: `started` or `stopped`.
    #[schema(value_type = String)]
    pub desired: Desired,
    /// Its main process.
    pub pid: Option<u32>,
    /// When the status was entered.
    pub since: Timestamp,
    /// Age of the newest data in milliseconds; null when there is none.
    pub age_ms: Option<u64>,
    /// True when the data is late (older than three intervals) or there is none.
    pub stale: bool,
    /// The worst health in it.
    pub health: Health,
}

row!(ApplicationRow, Applications);

/// Everything known of one application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationDetails {
    /// Its row.
    #[serde(flatten)]
    pub row: ApplicationRow,
    /// Its services.
    pub services: Vec<ServiceRow>,
    /// Its tasks.
    pub tasks: Vec<TaskRow>,
    /// The latest value of every series of its processes.
    pub samples: Vec<LatestSample>,
}
