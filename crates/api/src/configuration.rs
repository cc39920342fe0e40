//! Configurations: sets of files of applications, their revisions, and what of them lies on servers.

use crate::action::Rolling;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::configuration::ConfigurationStatus;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::status::ApplicationStatus;
use utoipa::ToSchema;

/// One configuration in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationRow {
    /// Identity.
    pub name: String,
    /// Where its applications are.
    #[schema(value_type = schema::ObjectPath)]
    pub within: ObjectPath,
    /// The name of these applications.
    pub application: String,
    /// The number of its newest revision.
    pub revision: u64,
    /// Who made that.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// Paths of its files.
    pub files: Vec<String>,
    /// True when it is kept as code, so that it is not changed by hand.
    pub as_code: bool,
    /// Applications that it is for, of those that may be read.
    pub targets: u64,
    /// Those with the newest revision as it was laid down.
    pub in_sync: u64,
    /// Those with another revision, or none.
    pub pending: u64,
    /// Those with files that are not what was laid down.
    pub drifted: u64,
}

/// A configuration as one revision has it, with what lies on servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationDetails {
    /// The configuration.
    pub configuration: ConfigurationRow,
    /// The revision that is told here.
    pub revision: u64,
    /// All of it in the text form, `<secret>` for secrets.
    pub text: String,
    /// Its revisions, the newest first.
    pub revisions: Vec<ConfigurationRevision>,
    /// The applications that it is for.
    pub targets: Vec<ConfigurationTarget>,
    /// Files that are not the same everywhere.
    pub peers: Vec<ConfigurationPeers>,
}

/// One revision in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationRevision {
    /// Its number, from 1.
    pub number: u64,
    /// Who made it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// An application that a configuration is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationTarget {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// How what lies there compares with the newest revision.
    #[schema(value_type = schema::ConfigurationStatus)]
    pub status: ConfigurationStatus,
    /// The revision that lies there; null when none does.
    pub revision: Option<u64>,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// Files that are not what was laid down.
    pub drifted: Vec<DriftedFile>,
}

/// A file that is not what was laid down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftedFile {
    /// Its path.
    pub path: String,
    /// SHA-256 of what was laid down.
    pub laid: String,
    /// SHA-256 of what is there; null when nothing is.
    pub found: Option<String>,
}

/// A file that is not the same on all servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationPeers {
    /// Its path.
    pub path: String,
    /// What is in it where, what most have first.
    pub contents: Vec<PeerContent>,
}

/// What is in a file on some servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerContent {
    /// SHA-256 of what is there; null where nothing is.
    pub sha256: Option<String>,
    /// The applications.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
}

/// Which revision to tell; the newest when missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationQuery {
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// Which two revisions to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffQuery {
    /// The older one; the one before `to` when missing, 0 is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The newer one; the newest when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// Makes a configuration, or gives one another revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationRequest {
    /// One `[[configuration]]` table, TOML. `<secret>` stands for the secret that there is.
    pub text: String,
    /// The revision that it was made from; null of a configuration that is new. Refused when there is a newer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// Why, for the audit; at most 1,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only tells what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

/// Makes what an older revision says the newest one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationRevertRequest {
    /// The older revision.
    pub to: u64,
    /// The newest revision as far as is known; refused when there is a newer one.
    pub base: u64,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a change makes of a configuration, or would make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationRevised {
    /// Which.
    pub name: String,
    /// The number of the new revision; null when nothing changes.
    pub revision: Option<u64>,
    /// What is another one than before.
    pub diff: ConfigurationDiff,
}

/// What differs between two revisions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationDiff {
    /// The older one; 0 is nothing.
    pub from: u64,
    /// The newer one.
    pub to: u64,
    /// Files that differ; `(settings)` is everything beside the files' content.
    pub files: Vec<FileDiff>,
}

/// What differs in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileDiff {
    /// Its path.
    pub path: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
    /// In the form of `diff -u`.
    pub unified: String,
    /// Every line, for two columns side by side.
    pub lines: Vec<DiffLine>,
}

/// A line of one side, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffLine {
    /// Its number in the older file; null when it is not there.
    pub left: Option<u64>,
    /// Its number in the newer file; null when it is not there.
    pub right: Option<u64>,
    /// What it says.
    pub text: String,
}

/// Lays a revision down on servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationApplyRequest {
    /// Identity and idempotency key of the action, as of any other. Made when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<ActionId>,
    /// Which revision; the newest when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The applications' paths; all that the configuration is for when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Milliseconds until a target without an outcome becomes UNKNOWN; 120,000 when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// A few targets at a time; all at once when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<Rolling>,
    /// Writes over what somebody changed by hand on the servers; such a target FAILS when missing.
    #[serde(default)]
    pub overwrite: bool,
    /// Although guards refuse; takes a reason, and the right to override guards on every target.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_guards: bool,
    /// Only tells what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What laying a revision down would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationApplyPlan {
    /// The configuration.
    pub name: String,
    /// The revision.
    pub revision: u64,
    /// On what, in order.
    pub targets: Vec<ConfigurationPlannedTarget>,
}

/// One target of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationPlannedTarget {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// What it does now.
    #[schema(value_type = schema::ApplicationStatus)]
    pub application: ApplicationStatus,
    /// How what lies there compares with the newest revision.
    #[schema(value_type = schema::ConfigurationStatus)]
    pub status: ConfigurationStatus,
    /// The revision that lies there.
    pub revision: Option<u64>,
    /// Files whose content becomes another one.
    pub changed: Vec<String>,
    /// Files that somebody changed by hand.
    pub drifted: Vec<String>,
    /// What would happen, in words.
    pub effect: String,
    /// The batch in which it would begin, counted from 1.
    pub batch: u32,
}
