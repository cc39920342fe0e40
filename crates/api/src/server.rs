//! Servers: `GET /api/v1/servers`.

use crate::row::{LatestSample, row};
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::cause::Cause;
use topmast_model::guest::GuestKind;
use topmast_model::path::ObjectPath;
use topmast_model::server::ServerRole;
use topmast_model::status::{Health, ServerStatus, Severity};
use utoipa::ToSchema;
use uuid::Uuid;

/// One server in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerRow {
    /// Name within its cluster.
    pub name: String,
    /// Address its agent connected from; of a neighbour, the one it is read at.
    pub address: String,
    /// What the Topmast process there is, or what else a master reads it through.
    #[schema(value_type = schema::ServerRole)]
    pub role: ServerRole,
    /// Topmast's version there; of a neighbour, what answers and its version.
    pub version: String,
    /// Whether its data arrives.
    #[schema(value_type = schema::ServerStatus)]
    pub status: ServerStatus,
    /// Processor time in use, 0 to 100 over all processors; waiting for disks is not use.
    pub cpu_pct: Option<f64>,
    /// Memory in use, 0 to 100: what cannot be given to programs without swapping.
    pub memory_pct: Option<f64>,
    /// Seconds since the system booted.
    pub uptime_s: Option<u64>,
    /// Operating system as it names itself.
    pub os: Option<String>,
    /// Age of the newest data in milliseconds; null when there is none.
    pub age_ms: Option<u64>,
    /// True when the data is late (older than three intervals) or there is none.
    pub stale: bool,
    /// Where it is addressed.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// `tenant/cluster`.
    #[schema(value_type = schema::ObjectPath)]
    pub cluster: ObjectPath,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Machine architecture, e.g. `x86_64`.
    pub architecture: Option<String>,
    /// `none`, `kvm`, `container:docker`, …
    pub virtualisation: Option<String>,
    /// Processors online.
    pub cpu_count: Option<u32>,
    /// Load average over one minute.
    pub load1: Option<f64>,
    /// Memory in all.
    pub memory_bytes: Option<u64>,
    /// Memory in use.
    pub memory_used_bytes: Option<u64>,
    /// Processors in use, 0 to 100, averaged over ten seconds each: up to thirty, the oldest first; null where
    /// nothing was heard.
    pub cpu_trend: Vec<Option<u8>>,
    /// Swap in use, 0 to 100; null without swap.
    pub swap_pct: Option<f64>,
    /// How full the fullest filesystem is, 0 to 100.
    pub disk_pct: Option<f64>,
    /// Where the fullest filesystem is mounted.
    pub disk_mount: Option<String>,
    /// Bytes received a second, without loopback.
    pub network_rx_bytes_per_s: Option<f64>,
    /// Bytes sent a second, without loopback.
    pub network_tx_bytes_per_s: Option<f64>,
    /// Applications that run.
    pub applications_started: u32,
    /// Applications in all.
    pub applications_total: u32,
    /// Services that are MALFUNCTION or UNKNOWN.
    pub services_bad: u32,
    /// What its agent was given to tell servers apart by, e.g. `role: database`.
    pub labels: BTreeMap<String, String>,
    /// Unit files that were refused.
    pub unit_problems: Vec<UnitProblem>,
    /// When the status was entered.
    pub since: Timestamp,
    /// Why the status was entered, in words.
    pub cause: String,
    /// Why the status was entered, for programs.
    #[schema(value_type = schema::Cause)]
    pub cause_detail: Cause,
    /// Whether its agent is connected to this master now.
    pub connected: bool,
    /// The worst health on it.
    #[schema(value_type = schema::Health)]
    pub health: Health,
    /// The worst severity of the open problems on it and inside it of which people are told; null without any.
    #[schema(value_type = Option<schema::Severity>)]
    pub problem: Option<Severity>,
    /// The server that it is inside of and that tells of it; null for servers that are read by themselves.
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub parent: Option<ObjectPath>,
    /// What it is inside of that server.
    #[schema(value_type = Option<schema::GuestKind>)]
    pub kind: Option<GuestKind>,
}

row!(ServerRow, Servers);

/// A unit file that was refused; the server's other units keep running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitProblem {
    /// Its file name.
    pub file: String,
    /// What is wrong, with the line and what to write instead.
    pub problem: String,
}

/// Everything known of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerDetails {
    /// Its row.
    #[serde(flatten)]
    pub row: ServerRow,
    /// The system's own host name.
    pub hostname: Option<String>,
    /// `linux`, `aix`, …
    pub os_family: Option<String>,
    /// IP addresses, the most useful first.
    pub addresses: Vec<String>,
    /// When the system booted.
    pub booted_at: Option<Timestamp>,
    /// Time between two readings, in milliseconds.
    pub interval_ms: u64,
    /// Identity of the agent's data directory.
    pub instance: Uuid,
    /// The latest value of every series of the host itself.
    pub samples: Vec<LatestSample>,
}
