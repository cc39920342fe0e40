//! The overview: the whole fleet on one page, as much of it as the reader may see.
//!
//! `GET /api/v1/overview`, and the watch `overview` of the live connection.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::status::{Health, Severity};
use utoipa::ToSchema;

/// Most business services that it names: more than a page can show, the worst first.
pub const BUSINESS_SERVICES_MAX: usize = 200;
/// Most unhealthy objects that it names: more than anybody reads, the worst first.
pub const UNHEALTHY_MAX: usize = 50;

/// The fleet at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// All servers.
    pub servers: Counts,
    /// All applications.
    pub applications: Counts,
    /// All services.
    pub services: Counts,
    /// All tasks.
    pub tasks: Counts,
    /// Open problems that no other explains, by severity, the worst first; those that none has are left out.
    pub problems: Vec<StatusCount>,
    /// Transactions a second of all services whose server is seen; null when none's are known.
    pub tps: Option<f64>,
    /// Share of errors in them, 0 to 100.
    pub error_pct: Option<f64>,
    /// Each cluster, by path.
    pub clusters: Vec<ClusterSummary>,
    /// The services of one name and application in one cluster, taken together: the worst first, then
    /// the busiest; at most [`BUSINESS_SERVICES_MAX`].
    pub business_services: Vec<BusinessService>,
    /// What somebody has to look at: the worst first, of those the newest first; at most [`UNHEALTHY_MAX`].
    /// What cannot be told only because its server is not seen, or its application does not run, is no
    /// line of its own: that line counts it (`on_it`).
    pub unhealthy: Vec<Unhealthy>,
    /// How many lines `unhealthy` would have without its bound.
    pub unhealthy_total: u64,
    /// The time in the past that it is of; missing for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Joined clusters that are not in it, or only as they last were, each with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// How many objects of one kind are how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// Those that do what was asked for.
    pub healthy: u64,
    /// Those on their way, late, or seen late.
    pub degraded: u64,
    /// Those that cannot be told.
    pub unknown: u64,
    /// Those that do not do what was asked for.
    pub failed: u64,
    /// By status, in the order of the statuses; those that none has are left out.
    pub statuses: Vec<StatusCount>,
}

/// How many objects have a status, or problems a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusCount {
    /// The status, or the severity.
    pub status: String,
    /// How many.
    pub count: u64,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterSummary {
    /// Where it is addressed.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// Its name.
    pub name: String,
    /// The worst health inside.
    #[schema(value_type = schema::Health)]
    pub health: Health,
    /// The worst severity of the open problems on them of which people are told; null without any.
    #[schema(value_type = Option<schema::Severity>)]
    pub problem: Option<Severity>,
    /// Servers in it.
    pub servers: u64,
    /// Those that are not healthy.
    pub servers_bad: u64,
    /// Applications in it.
    pub applications: u64,
    /// Those that are not healthy.
    pub applications_bad: u64,
    /// Services in it.
    pub services: u64,
    /// Those that are not healthy.
    pub services_bad: u64,
    /// Tasks in it.
    pub tasks: u64,
    /// Those that are not healthy.
    pub tasks_bad: u64,
    /// Transactions a second; null when no service's are known.
    pub tps: Option<f64>,
    /// Share of errors in them, 0 to 100.
    pub error_pct: Option<f64>,
}

/// One thing that the fleet does for its users, whatever servers it runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BusinessService {
    /// Name of the application.
    pub application: String,
    /// Name of the service.
    pub name: String,
    /// Path of the cluster.
    #[schema(value_type = schema::ObjectPath)]
    pub cluster: ObjectPath,
    /// The worst health of its instances; one whose server is STALE is degraded at best.
    #[schema(value_type = schema::Health)]
    pub health: Health,
    /// The worst severity of the open problems on them of which people are told; null without any.
    #[schema(value_type = Option<schema::Severity>)]
    pub problem: Option<Severity>,
    /// How many instances are not healthy and how, in words; null when all are healthy.
    pub cause: Option<String>,
    /// Instances by status, in the order of the statuses.
    pub statuses: Vec<StatusCount>,
    /// How many services it is.
    pub instances: u64,
    /// Those that are not healthy.
    pub bad: u64,
    /// Transactions a second of the instances whose server is seen; null when none's are known.
    pub tps: Option<f64>,
    /// Share of errors in them, 0 to 100.
    pub error_pct: Option<f64>,
    /// Business status codes of all instances, e.g. `DISCONN01`.
    pub codes: Vec<String>,
}

/// One object that is not healthy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Unhealthy {
    /// Where it is addressed.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// `server`, `application`, `service` or `task`.
    pub kind: String,
    /// What it does now.
    pub status: String,
    /// How well it is.
    #[schema(value_type = schema::Health)]
    pub health: Health,
    /// Why, in words; null when nobody said.
    pub cause: Option<String>,
    /// What is on it and cannot be told only because of it: no line names those.
    pub on_it: u64,
    /// Since when.
    pub since: Timestamp,
}
