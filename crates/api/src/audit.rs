//! Audit: proof that the journal is whole, and the journal for others to keep.

use crate::event::Event;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::id::Seq;
use utoipa::ToSchema;

/// Deeds of a page when the request does not say.
pub const DEEDS_DEFAULT: u32 = 100;
/// Most deeds of a page.
pub const DEEDS_MAX: u32 = 1_000;

/// Something that somebody did: who, how known, from where, what, why, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Who, how known, from where, when and what: the event as the journal has it.
    pub event: Event,
    /// Of an action: `start`, `stop`, `restart`, …; `cancel` of the end of one.
    pub operation: Option<String>,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// Who approved it, where that was needed.
    pub approved_by: Vec<String>,
    /// What came of it.
    pub result: AuditResult,
    /// When that was known; null while it is not, and where it was known at once.
    pub ended_at: Option<Timestamp>,
    /// What the first target that went wrong says.
    pub message: Option<String>,
}

/// What came of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AuditResult {
    /// It took effect with the record of it, as a changed rule does.
    Done,
    /// It goes on.
    Pending,
    /// All targets succeeded.
    Succeeded,
    /// A target failed.
    Failed,
    /// Of a target nothing was heard.
    Unknown,
    /// It was not allowed.
    Refused,
}

impl AuditResult {
    /// Every result.
    pub const ALL: &'static [Self] =
        &[Self::Done, Self::Pending, Self::Succeeded, Self::Failed, Self::Unknown, Self::Refused];

    /// The word shown to people and kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Pending => "PENDING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Unknown => "UNKNOWN",
            Self::Refused => "REFUSED",
        }
    }

    /// The result of that word, in any case.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|result| result.as_str().eq_ignore_ascii_case(word))
    }
}

impl std::str::FromStr for AuditResult {
    type Err = AuditResultError;

    fn from_str(text: &str) -> Result<Self, AuditResultError> {
        Self::named(text).ok_or_else(|| AuditResultError(text.chars().take(40).collect()))
    }
}

/// A text that is not a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a result; it is one of done, pending, succeeded, failed, unknown, refused")]
pub struct AuditResultError(String);

/// Which deeds; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only those of this user, or of a token or access key: its name after its owner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Only those on this object or something inside it; a name finds whatever has it, be it an
    /// application, a user, a rule or a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Only those of this kind of event, or with this operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only those with this result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<AuditResult>,
    /// Only those at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only those before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only those before this position: the page before gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Most deeds: [`DEEDS_DEFAULT`] when missing, at most [`DEEDS_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A window of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// The deeds, the newest first.
    pub items: Vec<AuditEntry>,
    /// The next `before`; null at the end.
    #[schema(value_type = Option<u64>)]
    pub next: Option<Seq>,
}

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
    /// Position of the first record that is not: every one before it is good.
    #[schema(value_type = Option<u64>)]
    pub broken_seq: Option<Seq>,
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
