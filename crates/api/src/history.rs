//! The history: what is kept, and what it costs.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/v1/history/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryStatus {
    /// Series that are written now.
    pub series: u64,
    /// Most series that may be, of all servers; they are all of this master's one tenant.
    pub series_max: u64,
    /// Most series that one server or scrape target may have.
    pub server_series_max: u64,
    /// New series that were refused since the master started, for there were too many.
    pub refused_series: u64,
    /// Samples of agents that could not be taken since the master started, for the disk took nothing.
    pub lost_samples: u64,
    /// Bytes that were taken in and are in no file yet.
    pub waiting_bytes: u64,
    /// Why nothing could be written the last time; null while writing works.
    pub trouble: Option<String>,
    /// Bytes of what is new: the log, its checkpoints and the windows that are open.
    pub head_bytes: u64,
    /// What is older: every sample, a value a minute, a value an hour.
    pub tiers: Vec<HistoryTier>,
    /// Metrics with the most series now, the largest first.
    pub by_metric: Vec<Cardinality>,
    /// Servers with the most series now, the largest first.
    pub by_server: Vec<Cardinality>,
    /// What was found damaged since the master started: file, byte and what is wrong. Everything else serves.
    pub damages: Vec<String>,
    /// A store outside of the master: null when there is none. Numbers above are of the embedded store, and 0
    /// when there is only the one outside.
    #[serde(default)]
    pub remote: Option<RemoteStatus>,
}

/// The way to a store outside of the master. Samples are counted since the master started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemoteStatus {
    /// Where samples are sent.
    pub write_url: String,
    /// Where queries go; null when the embedded store answers them.
    pub query_url: Option<String>,
    /// Bytes that wait on the disk.
    pub waiting_bytes: u64,
    /// Most bytes that may; the oldest go first.
    pub waiting_bytes_max: u64,
    /// Since when the oldest of them waits.
    pub waiting_since: Option<Timestamp>,
    /// Samples that the store took.
    pub sent_samples: u64,
    /// Samples that the store refused for good.
    pub refused_samples: u64,
    /// Samples that were dropped because too much waited, or the disk took nothing.
    pub lost_samples: u64,
    /// Since when the store takes nothing; null when it takes what is sent.
    pub failing_since: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// One tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryTier {
    /// `raw`, `1m` or `1h`.
    pub name: String,
    /// Days for which it is kept.
    pub keep_days: u64,
    /// Files.
    pub segments: u64,
    /// Samples in them; of minutes and hours the number of those.
    pub samples: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Bytes a sample; null when there is none.
    pub bytes_per_sample: Option<f64>,
    /// The oldest sample.
    pub oldest: Option<Timestamp>,
    /// The newest sample.
    pub newest: Option<Timestamp>,
}

/// How many series have a value of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cardinality {
    /// The value.
    pub name: String,
    /// Series with it.
    pub series: u64,
}
