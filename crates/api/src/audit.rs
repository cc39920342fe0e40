//! Audit: proof that the journal is whole, and the journal for others to keep.

use serde::{Deserialize, Serialize};
use topmast_model::id::Seq;
use utoipa::ToSchema;

/// Result of walking the journal's hash chain from its first record to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerification {
    /// Records looked at.
    pub records: u64,
    /// Position of the last good record.
    #[schema(value_type = u64)]
    pub head_seq: Seq,
    /// Its hash, lower-case hex.
    pub head_hash: String,
    /// True when every record is what was written.
    pub ok: bool,
    /// The first fault, in words.
    pub problem: Option<String>,
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// One JSON object a line, with the hashes of the chain.
    #[default]
    Jsonl,
    /// Common Event Format (CEF), one event a line.
    Cef,
}

impl ExportFormat {
    /// The word used in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Cef => "cef",
        }
    }

    /// Media type of the export.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl",
            Self::Cef => "text/plain; charset=utf-8",
        }
    }
}

/// What to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// Its form.
    #[serde(default)]
    pub format: ExportFormat,
    /// Only what comes after this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}
