//! Things kept as code: `topmast apply -f DIR`.

use crate::schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::code::CodeKind;
use utoipa::ToSchema;

/// Brings things as code, or tells what that would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// `[[configuration]]` tables, TOML.
    #[serde(default)]
    pub configurations: String,
    /// `[[rule]]` tables, TOML.
    #[serde(default)]
    pub rules: String,
    /// `[[channel]]` tables, TOML.
    #[serde(default)]
    pub channels: String,
    /// `[[route]]` tables, TOML.
    #[serde(default)]
    pub routes: String,
    /// `[[maintenance]]` tables, TOML.
    #[serde(default)]
    pub maintenances: String,
    /// The newest revisions of configurations as the plan saw them: refused when one is newer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bases: BTreeMap<String, u64>,
    /// Deletes what is kept as code and is not in these texts, as far as it is for whoever asks to delete.
    #[serde(default)]
    pub prune: bool,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only tells what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

/// What bringing things as code does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct CodePlan {
    /// One after the other, in the order in which it is done.
    pub items: Vec<CodePlanItem>,
}

/// One thing of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodePlanItem {
    /// What it is.
    #[schema(value_type = schema::CodeKind)]
    pub kind: CodeKind,
    /// Which.
    pub name: String,
    /// `added`, `changed`, `deleted`, `unchanged`, or `taken over` when only the lock is new.
    pub change: String,
    /// The newest revision of a configuration that is there.
    pub base: Option<u64>,
    /// True when it was made or changed by hand and is kept as code from now on.
    pub taken_over: bool,
}

/// A thing that is kept as code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodeRow {
    /// What it is.
    #[schema(value_type = schema::CodeKind)]
    pub kind: CodeKind,
    /// Which.
    pub name: String,
}

/// Lets a thing be changed by hand again, until it is brought as code the next time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeReleaseRequest {
    /// What it is.
    #[schema(value_type = schema::CodeKind)]
    pub kind: CodeKind,
    /// Which.
    pub name: String,
    /// Why, for the audit.
    pub reason: String,
}
