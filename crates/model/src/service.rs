//! A business service: a function inside an application, as its source reports it.

use crate::status::ServiceStatus;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// Most status codes kept of one service.
pub const CODES_MAX: usize = 16;

/// State of one service. Transactions, errors and latency are samples, not part of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceState {
    /// What it does now.
    pub status: ServiceStatus,
    /// Business status codes, e.g. `DISCONN01`; at most [`CODES_MAX`].
    pub codes: Vec<String>,
    /// What the source said, in words.
    pub message: Option<String>,
    /// When the status or the codes last changed.
    pub since: UnixMillis,
}
