//! Charts: how the figures of one object went, for `GET /api/v1/charts/{*path}`.
//!
//! Which figures an object has depends on its level alone ([`figures_of`]); what
//! was not heard is null, and nothing is ever drawn across it.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::{Level, ObjectPath};
use utoipa::ToSchema;

/// Points of a chart when the request does not say: one a pixel or two of a usual one.
pub const POINTS_DEFAULT: u32 = 600;
/// Most points of a chart: more than the pixels of a wide screen's half.
pub const POINTS_MAX: u32 = 2_000;
/// Milliseconds of history that a chart shows when the request does not say.
pub const SPAN_MS_DEFAULT: i64 = 5 * 60 * 1_000;

/// Which figures, when, and how finely.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartQuery {
    /// Names of figures separated by commas; all that the object has when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<String>,
    /// From when on; [`SPAN_MS_DEFAULT`] before the end when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Until when; now when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Most points: [`POINTS_DEFAULT`] when missing, at most [`POINTS_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
}

/// Figures of one object over time. It begins where the history kept begins, if that is later than asked.
///
/// The last five minutes are as rows showed them, second by second; what reaches further back is worked out
/// from the samples kept, those that came late included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Chart {
    /// The object.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// Milliseconds from one point to the next. A point averages what was heard in that time, and at least in
    /// the three intervals of the agent (four for what is counted) before its end.
    pub resolution_ms: u64,
    /// From when on the master keeps samples, in milliseconds since the Unix epoch; missing while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_since: Option<i64>,
    /// When each point begins: milliseconds since the Unix epoch, ascending, without holes.
    pub times: Vec<i64>,
    /// The figures, in the order asked for.
    pub figures: Vec<ChartFigure>,
}

/// One figure of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChartFigure {
    /// Its name, as in rows and filters.
    pub name: String,
    /// What its values count.
    pub unit: Unit,
    /// One a time; null where nothing was heard.
    pub values: Vec<Option<f32>>,
}

/// What a figure's values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100; an application may use several processors, 100 each.
    Percent,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Transactions a second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// A plain number.
    Number,
}

/// A figure that objects of a level have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// What its values count.
    pub unit: Unit,
}

const fn figure(name: &'static str, unit: Unit) -> Figure {
    Figure { name, unit }
}

/// Figures of a cluster: sums over its services.
pub const CLUSTER_FIGURES: [Figure; 2] = [figure("tps", Unit::PerSecond), figure("error_pct", Unit::Percent)];
/// Figures of a server.
pub const SERVER_FIGURES: [Figure; 7] = [
    figure("cpu_pct", Unit::Percent),
    figure("memory_pct", Unit::Percent),
    figure("load1", Unit::Number),
    figure("swap_pct", Unit::Percent),
    figure("disk_pct", Unit::Percent),
    figure("network_rx_bytes_per_s", Unit::BytesPerSecond),
    figure("network_tx_bytes_per_s", Unit::BytesPerSecond),
];
/// Figures of an application; `tps` and `error_pct` are sums over its services.
pub const APPLICATION_FIGURES: [Figure; 4] = [
    figure("cpu_pct", Unit::Percent),
    figure("memory_bytes", Unit::Bytes),
    figure("tps", Unit::PerSecond),
    figure("error_pct", Unit::Percent),
];
/// Figures of a service.
pub const SERVICE_FIGURES: [Figure; 4] = [
    figure("tps", Unit::PerSecond),
    figure("error_pct", Unit::Percent),
    figure("latency_p50_ms", Unit::Milliseconds),
    figure("latency_p95_ms", Unit::Milliseconds),
];

/// The figures that objects of a level have; none for a tenant.
pub const fn figures_of(level: Level) -> &'static [Figure] {
    match level {
        Level::Tenant => &[],
        Level::Cluster => &CLUSTER_FIGURES,
        Level::Server => &SERVER_FIGURES,
        Level::Application => &APPLICATION_FIGURES,
        Level::Service => &SERVICE_FIGURES,
    }
}
