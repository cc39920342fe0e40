//! Availability of what a tenant has: how long it was up, what it was promised, and what went wrong.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// Most rows and outages of an answer.
pub const AVAILABILITY_ROWS_MAX: usize = 1_000;

/// `GET /api/v1/tenants/{name}/availability`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityQuery {
    /// `today`, `7d`, `30d` or `90d`, by UTC, the present day included; 30d when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// A month, as `2026-11`, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
}

/// How available a tenant was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Availability {
    /// Its name.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// What people call it.
    pub title: String,
    /// From here …
    pub from: Timestamp,
    /// … to here: now, when the time goes on.
    pub until: Timestamp,
    /// Until when the error budget is for.
    pub ends_at: Timestamp,
    /// What is promised of all that has no objective of its own, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<f64>,
    /// All of the kind that the tenant is judged by: its services; its applications when it has none, else its servers.
    pub judged_by: AvailabilityKind,
    /// Added up over all of that kind.
    pub total: AvailabilityTime,
    /// The same by parts of the time: hours of a day, days of what is longer.
    pub parts: Vec<AvailabilityPart>,
    /// Services, applications and servers, the worst of each first, at most [`AVAILABILITY_ROWS_MAX`] of each.
    pub rows: Vec<AvailabilityRow>,
    /// The newest first, at most [`AVAILABILITY_ROWS_MAX`].
    pub outages: Vec<OutageRow>,
    /// Times in which no master watched, the oldest first.
    pub gaps: Vec<AvailabilityGap>,
    /// Applications and services that were STOPPED all the time, which count as not in use.
    pub idle: u64,
    /// True when there were more rows or outages.
    pub is_cut: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AvailabilityKind {
    /// A service of an application, on all servers of a cluster.
    Service,
    /// An application, on all servers of a cluster.
    Application,
    /// A server.
    Server,
}

impl AvailabilityKind {
    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Application => "application",
            Self::Server => "server",
        }
    }
}

/// How long it was what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityTime {
    /// The part of the known time in which it was up, in percent; none when nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Up.
    pub up_ms: u64,
    /// Down.
    pub down_ms: u64,
    /// Not known: no master watched, or nothing was heard.
    pub unknown_ms: u64,
    /// In maintenance that was announced, which counts as neither.
    pub maintenance_ms: u64,
    /// How long it may be down in all; none without an objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<u64>,
    /// What is left of that; negative when it was longer down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_left_ms: Option<i64>,
}

/// A part of the time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityPart {
    /// Where it begins.
    pub from: Timestamp,
    /// How long all of the kind that the tenant is judged by was what.
    pub time: AvailabilityTime,
}

/// One thing that was measured: up while one of its instances is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityRow {
    /// What it is.
    pub kind: AvailabilityKind,
    /// Where it is.
    #[schema(value_type = schema::ObjectPath)]
    pub cluster: ObjectPath,
    /// `APPLICATION/SERVICE`, `APPLICATION` or `SERVER`.
    pub name: String,
    /// How many instances it had.
    pub instances: u64,
    /// One of them, to look at.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// How it is at the end: `UP`, `DOWN`, `UNKNOWN` or `GONE`.
    pub now: String,
    /// How long it was what.
    #[serde(flatten)]
    pub time: AvailabilityTime,
    /// What is promised of it, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<f64>,
    /// How often it went down.
    pub outages: u64,
}

/// A time in which something was down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutageRow {
    /// What it is.
    pub kind: AvailabilityKind,
    /// Where it is.
    #[schema(value_type = schema::ObjectPath)]
    pub cluster: ObjectPath,
    /// `APPLICATION/SERVICE`, `APPLICATION` or `SERVER`.
    pub name: String,
    /// One of its instances, to look at.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// From here …
    pub from: Timestamp,
    /// … to here; none of one that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How long, without what is not known of it.
    pub down_ms: u64,
    /// What became of it first.
    pub status: String,
    /// Why, in words.
    pub cause: String,
}

/// A time in which no master watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AvailabilityGap {
    /// From here …
    pub from: Timestamp,
    /// … to here.
    pub until: Timestamp,
}

/// `PUT /api/v1/tenants/{name}/objective`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveRequest {
    /// Of what: `SERVER`, `APPLICATION` or `APPLICATION/SERVICE`, in all clusters of the tenant; all that has none of
    /// its own when missing.
    #[serde(default)]
    pub of: Option<String>,
    /// In percent, as 99.9; nothing is promised any more when missing.
    #[serde(default)]
    pub objective: Option<f64>,
}
