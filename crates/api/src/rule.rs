//! Rules: what is to be a problem, as code.

use crate::schema;
use crate::time::Timestamp;
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
    /// A file of `[[rule]]` tables, TOML. Names of new ones that people of a tenant make end in `@TENANT`.
    pub text: String,
    /// Deletes rules of ours that are not in it, as far as they are for whoever asks to delete.
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

/// Most problems of one trial that are told; there may have been more.
pub const TRIED_MAX: usize = 1_000;

/// Most series of one trial that are given to be drawn.
pub const DRAWN_MAX: u32 = 10;

/// Tries a rule on the past. Nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTestRequest {
    /// A file of one `[[rule]]` table, TOML.
    pub text: String,
    /// From when on; at most 400 days ago.
    pub since: Timestamp,
    /// Until when; now when missing.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Seconds between two looks of a rule on numbers; what makes some 2,000 looks when missing. A rule on datapoints
    /// has its period.
    #[serde(default)]
    pub step_s: Option<u32>,
    /// Only objects that this filter lets through, as a rule's `scope`.
    #[serde(default)]
    pub on: Option<String>,
    /// Of a rule on numbers, only series with this detail, as a problem has it.
    #[serde(default)]
    pub detail: Option<String>,
    /// So many series, at most 10, are given with their values to be drawn: those with the most problems.
    #[serde(default)]
    pub draw: u32,
}

/// What a rule would have made of the past, if nothing had been in the way of telling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleTrial {
    /// The rule.
    pub name: String,
    /// How much its problems would have mattered.
    #[schema(value_type = schema::Severity)]
    pub severity: Severity,
    /// From when on it was tried: what was asked for, or the first time that is kept.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Milliseconds between two looks; null of a rule on states, which is looked at with each event.
    pub step_ms: Option<u64>,
    /// Series, or objects, that it looked at.
    pub looked_at: u64,
    /// The bound that values are compared with; null of a rule without one.
    pub bound: Option<f64>,
    /// How many problems there would have been.
    pub total: u64,
    /// How long they would have been open, added up, in milliseconds.
    pub lasted_ms: u64,
    /// How often people would have been told, of ends as well.
    pub notices: u64,
    /// What was not looked at, in words: times from which nothing is kept, say.
    pub gaps: Vec<String>,
    /// By 24 hours from `since` on, those without any as well.
    pub days: Vec<TriedDay>,
    /// The newest problems, the oldest first; at most 1,000.
    pub problems: Vec<TriedProblem>,
    /// Series to be drawn, if that was asked for.
    pub series: Vec<TriedSeries>,
}

/// A series that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TriedSeries {
    /// Of what.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// Labels that tell it from others of the object; mostly empty.
    pub detail: String,
    /// Its value at each look, `step_ms` from each other since `first`; null where there was none.
    pub values: Vec<Option<f64>>,
    /// When the first one was.
    pub first: Timestamp,
}

/// What would have been within 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TriedDay {
    /// Their beginning.
    pub from: Timestamp,
    /// Problems opened.
    pub problems: u64,
    /// Notices of these.
    pub notices: u64,
}

/// A problem that would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TriedProblem {
    /// On what.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// Labels that tell it from others of the rule on the object; mostly empty.
    pub detail: String,
    /// When its condition began.
    pub since: Timestamp,
    /// When it would have been opened.
    pub opened: Timestamp,
    /// When it would have been closed; null when it would still be open.
    pub closed: Option<Timestamp>,
    /// The value with which it would have been opened; null of a rule on states or absence.
    pub value: Option<f64>,
    /// The value furthest beyond the bound; null of a rule without a bound.
    pub peak: Option<f64>,
    /// In words, as it would have been told when it was opened.
    pub message: String,
    /// It would have come and gone too often to be told each time.
    pub flapping: bool,
    /// How often people would have been told of it.
    pub notices: u32,
}
