//! Tenants: what they are called, may use, and use.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// A tenant with what it uses. Counts of requests, series and samples are of this master, since it started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenantRow {
    /// Its name.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// What people call it; its name when it was not described.
    pub title: String,
    /// Since when nobody of it is let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_reason: Option<String>,
    /// Its number for AWS' tools; none before it has an access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Servers.
    pub servers: u64,
    /// Applications.
    pub applications: u64,
    /// Users of which all grants lie in it.
    pub users: u64,
    /// Series that its servers have now.
    pub series: TenantUse,
    /// Samples, those of the last second as `now`.
    pub samples: TenantUse,
    /// Requests, those of the last second as `now`.
    pub requests: TenantUse,
    /// Days for which samples are kept as they came; as for all when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_days: Option<u64>,
    /// Days for which their minutes are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute_days: Option<u64>,
    /// Days for which their hours are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour_days: Option<u64>,
    /// MiB of the history's files that samples take at most; as much as the days allow when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_mib: Option<u64>,
    /// MiB that their minutes take at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute_mib: Option<u64>,
    /// MiB that their hours take at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour_mib: Option<u64>,
    /// Bytes of the history's files that are of its samples, what they share with others divided; without the last two
    /// hours. Missing while they are counted, after a start, when it is the only tenant, and of a store outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_bytes: Option<u64>,
    /// Bytes that are of their minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute_bytes: Option<u64>,
    /// Bytes that are of their hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour_bytes: Option<u64>,
}

/// How much of something a tenant uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantUse {
    /// Now.
    pub now: u64,
    /// The most that it may; none knows no bound of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u64>,
    /// All that were taken.
    pub taken: u64,
    /// What was refused because it would have been more.
    pub refused: u64,
}

/// `PUT /api/v1/tenants/{name}`: what is missing knows no bound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantRequest {
    /// What people call it.
    pub title: String,
    /// Series that its servers, and what programs send, have in the history at one time.
    #[serde(default)]
    pub series: Option<u64>,
    /// Samples that its servers bring into the history, a second.
    #[serde(default)]
    pub samples_per_s: Option<u64>,
    /// Requests of its users, tokens and access keys, a second.
    #[serde(default)]
    pub requests_per_s: Option<u64>,
    /// Days for which its samples are kept as they came, when that is less than for all (`history.raw_days`).
    #[serde(default)]
    pub raw_days: Option<u64>,
    /// Days for which their minutes are kept (`history.minute_days`).
    #[serde(default)]
    pub minute_days: Option<u64>,
    /// Days for which their hours are kept (`history.hour_days`).
    #[serde(default)]
    pub hour_days: Option<u64>,
    /// MiB of the history's files that its samples take at most, the newest; the first bound that is reached counts.
    #[serde(default)]
    pub raw_mib: Option<u64>,
    /// MiB that their minutes take at most.
    #[serde(default)]
    pub minute_mib: Option<u64>,
    /// MiB that their hours take at most.
    #[serde(default)]
    pub hour_mib: Option<u64>,
}

/// `POST /api/v1/tenants/{name}/suspend`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspendRequest {
    /// Why, which its people are told.
    pub reason: String,
}

/// What a tenant used on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantUsageRow {
    /// Its name.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// The day, by UTC: `2026-11-29`.
    pub day: String,
    /// Servers, the most at one time.
    pub servers: u64,
    /// Applications, the most at one time.
    pub applications: u64,
    /// Series of its servers in the history, the most at one time.
    pub series: u64,
    /// Samples of its servers that the history took.
    pub samples: u64,
    /// Requests of its users, tokens and access keys.
    pub requests: u64,
    /// Actions that were accepted.
    pub actions: u64,
}

/// `GET /api/v1/tenants/usage`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantUsageQuery {
    /// A month, as `2026-11`; the present one when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
}

/// Most names that are told of a part of a tenant.
pub const TENANT_NAMES_MAX: usize = 100;

/// Things of one kind that a tenant has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantPart {
    /// What they are, as people call several of them.
    pub what: String,
    /// How many there are.
    pub count: u64,
    /// Which, at most [`TENANT_NAMES_MAX`]; none of series.
    pub names: Vec<String>,
}

/// `POST /api/v1/tenants/{name}/remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantRemoveRequest {
    /// Why, for the audit.
    pub reason: String,
    /// The tenant's name once more.
    pub confirm: String,
}
