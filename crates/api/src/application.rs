//! Applications: `GET /api/v1/applications`.

use crate::custom as described;
use crate::row::{LatestSample, row};
use crate::schema;
use crate::service::ServiceRow;
use crate::task::TaskRow;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::application::{ApplicationKind, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::custom::CustomAction;
use topmast_model::id::ActionId;
use topmast_model::package::PackageVersion;
use topmast_model::path::ObjectPath;
use topmast_model::status::{ActionStatus, ApplicationStatus, Health, Severity};
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
    /// The package that it was installed from, `NAME@VERSION`.
    #[schema(value_type = Option<String>)]
    pub package: Option<PackageVersion>,
    /// Whether its version is another than most instances have (at a tie: than the newest of those);
    /// null without a version.
    pub version_differs: Option<bool>,
    /// Instances that run: applications of this name in this cluster, itself among them.
    pub instances_started: u32,
    /// Instances in all.
    pub instances_total: u32,
    /// Restarts since the unit was first seen.
    pub restarts: u32,
    /// Restarts within the last hour, give or take five minutes.
    pub restarts_1h: u32,
    /// Restarts within the last 24 hours, give or take five minutes.
    pub restarts_24h: u32,
    /// Port of its HTTP endpoint.
    pub http_port: Option<u16>,
    /// Resident memory of its processes.
    pub memory_bytes: Option<u64>,
    /// Processor time of its processes; 100 is one processor.
    pub cpu_pct: Option<f64>,
    /// Transactions a second of all its services.
    pub tps: Option<f64>,
    /// Transactions of all its services that ended in an error.
    pub errors_total: Option<u64>,
    /// Share of errors in the last five seconds' transactions of all its services, 0 to 100.
    pub error_pct: Option<f64>,
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
    /// What was last asked of it; null when nothing was, or so long ago that the action is in the audit only.
    pub last_action: Option<LastAction>,
    /// When the status was entered.
    pub since: Timestamp,
    /// Age of the newest data in milliseconds; null when there is none.
    pub age_ms: Option<u64>,
    /// True when the data is late (older than three intervals) or there is none.
    pub stale: bool,
    /// The worst health in it.
    #[schema(value_type = schema::Health)]
    pub health: Health,
    /// The worst severity of the open problems on it and inside it of which people are told; null without any.
    #[schema(value_type = Option<schema::Severity>)]
    pub problem: Option<Severity>,
}

row!(ApplicationRow, Applications);

/// The action that was last asked of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastAction {
    /// Identity.
    #[schema(value_type = Uuid)]
    pub id: ActionId,
    /// What was asked.
    #[schema(value_type = schema::Operation)]
    pub operation: Operation,
    /// How far it is with this application.
    #[schema(value_type = schema::ActionStatus)]
    pub status: ActionStatus,
    /// Who asked, e.g. `user admin`.
    pub principal: String,
    /// When it was accepted.
    pub at: Timestamp,
}

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
    /// The custom actions that it offers of itself.
    #[serde(default)]
    #[schema(value_type = Vec<described::CustomAction>)]
    pub actions: Vec<CustomAction>,
    /// The latest value of every series of its processes.
    pub samples: Vec<LatestSample>,
}
