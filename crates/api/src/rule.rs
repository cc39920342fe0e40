//! Rules: what is to be a problem, as code.

use crate::schema;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::status::Severity;
use utoipa::ToSchema;

/// One rule in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleRow {
    /// Identity.
    pub name: String,
    /// How much its problems matter.
    #[schema(value_type = schema::Severity)]
    pub severity: Severity,
    /// What it looks at: `threshold`, `server`, `application`, …
    pub kind: String,
    /// Where it looks; null for everywhere.
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub within: Option<ObjectPath>,
    /// True for one of ours, perhaps in the place of a shipped one.
    pub own: bool,
    /// Whether it is looked at.
    pub enabled: bool,
    /// Its open problems that may be read.
    pub problems: u64,
    /// What to do about its problems.
    pub advice: String,
    /// The rule itself, in the text form.
    pub text: String,
}

/// Applies rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesRequest {
    /// A file of `[[rule]]` tables, TOML.
    pub text: String,
    /// Deletes rules of ours that are not in it.
    #[serde(default)]
    pub prune: bool,
    /// Only tells what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

/// What applying rules does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct RulesPlan {
    /// Rules that are new.
    pub added: Vec<String>,
    /// Rules that become others.
    pub changed: Vec<String>,
    /// Rules that are as they are to be.
    pub unchanged: Vec<String>,
    /// Rules of ours that go.
    pub deleted: Vec<String>,
}
