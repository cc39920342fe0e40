//! Liveness: `GET /healthz`, the one thing that everybody may ask.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The master answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Liveness {
    /// `ok`.
    pub status: String,
    /// Topmast's version.
    pub version: String,
}
