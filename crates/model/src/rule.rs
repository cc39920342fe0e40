//! Rules: what is to be a problem, how bad it is, and in which words it is told.
//!
//! ```text
//! rules.toml ─► rule::text ─► Rule ─► condition holds for long enough ─► problem
//! ```
//!
//! One form everywhere: the fields here are those of the text form, of the API and
//! of the journal. A rule on numbers names a `PromQL` query, whose every series is
//! looked at by itself; a rule on states looks at servers, applications, services or
//! tasks.
//!
//! Invariants
//! - R-1: a rule that [`Rule::check`] passes has bounded texts, a scope that parses and only known placeholders.
//! - R-2: a rule, written as TOML or JSON and read again, is the same rule.
//!
//! Elsewhere: when a condition holds (`topmast-engine`, `alarm`), what becomes of it (`topmast-engine`,
//! `problem`), whether a query is `PromQL` (`topmast-history`).

mod condition;
mod number;
mod scope;
mod span;
mod template;
pub mod text;

pub use condition::{Comparison, Condition, Drift, MissingData};
pub use number::Number;
pub use scope::Scope;
pub use span::{Span, SpanError};
pub use template::{PLACEHOLDERS, Template};

use crate::label::{LABELS_MAX, check_label};
use crate::path::{Level, ObjectPath, check_name};
use crate::status::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest name of a rule, in bytes: it stands in lists and file names.
pub const NAME_MAX: usize = 63;
/// Longest advice, in bytes: a short runbook.
pub const ADVICE_MAX: usize = 4_000;
/// Longest query, in bytes.
pub const QUERY_MAX: usize = 4_000;
/// Longest `for` and `keep_firing_for`: a week; what takes longer is a report.
pub const SPAN_MAX: Span = Span::from_hours(7 * 24);

/// What is to be a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its identity: what a name in a path may be.
    pub name: String,
    /// How much its problems matter.
    pub severity: Severity,
    /// What must be so.
    pub when: Condition,
    /// How long it must be so before it is a problem.
    #[serde(default, rename = "for", skip_serializing_if = "Span::is_zero")]
    pub hold: Span,
    /// How long it must not be so before the problem is over.
    #[serde(default, skip_serializing_if = "Span::is_zero")]
    pub keep_firing_for: Span,
    /// Where the rule belongs: it looks at nothing outside, and who manages rules there manages it. Everywhere when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<ObjectPath>,
    /// Which objects it looks at: a filter over [`OBJECTS`](crate::filter::fields::OBJECTS).
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// The problem in words, with placeholders.
    pub message: Template,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// What its problems carry for routes and filters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Whether what is inside the object cannot be well meanwhile: problems there become its symptoms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<bool>,
    /// Whether it is looked at.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_yes(enabled: &bool) -> bool {
    *enabled
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule:?}, {field}: {message}")]
pub struct RuleError {
    /// The rule's name.
    pub rule: String,
    /// The field, as the text form calls it.
    pub field: &'static str,
    /// What is wrong with it, and what to write instead.
    pub message: String,
}

impl Rule {
    /// True when problems inside the object are symptoms of this rule's problem on it.
    pub fn is_outage(&self) -> bool {
        self.outage.unwrap_or_else(|| self.when.is_outage())
    }

    /// True when the rule looks at an object, as far as its place tells; its scope may still leave it out.
    pub fn reaches(&self, object: &ObjectPath) -> bool {
        self.within.as_ref().is_none_or(|within| object.is_within(within))
    }

    /// The message for an object.
    ///
    /// - `value`: what its condition found, by placeholder: `value`, `status`, `label.mount`, …; what the rule
    ///   and the path say is filled in here.
    pub fn render(&self, object: &ObjectPath, value: impl Fn(&str) -> Option<String>) -> String {
        self.message.render(|name| {
            let level = match name {
                "object" => return Some(object.to_string()),
                "name" => return Some(object.name().to_owned()),
                "rule" => return Some(self.name.clone()),
                "severity" => return Some(self.severity.to_string()),
                "for" => return Some(self.hold.to_string()),
                "threshold" => {
                    return value(name).or_else(|| self.when.bound().map(|bound| bound.to_string()));
                }
                "tenant" => Level::Tenant,
                "cluster" => Level::Cluster,
                "server" => Level::Server,
                "application" => Level::Application,
                "service" => Level::Service,
                _ => return value(name),
            };
            object.name_at(level).map(str::to_owned)
        })
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`RuleError`] with the first field that is wrong.
    pub fn check(&self) -> Result<(), RuleError> {
        let wrong = |field, message| Err(RuleError { rule: self.name.clone(), field, message });
        if let Err(error) = check_name(&self.name) {
            return wrong("name", error.to_string());
        }
        if self.name.len() > NAME_MAX {
            return wrong("name", format!("is longer than {NAME_MAX} bytes; shorten it"));
        }
        for (field, span) in [("for", self.hold), ("keep_firing_for", self.keep_firing_for)] {
            if span > SPAN_MAX {
                return wrong(field, format!("{span} is too long; give at most {SPAN_MAX}"));
            }
        }
        if self.advice.len() > ADVICE_MAX {
            return wrong("advice", format!("is longer than {ADVICE_MAX} bytes; link to the rest"));
        }
        if self.labels.len() > LABELS_MAX {
            return wrong("labels", format!("are more than {LABELS_MAX}; remove some"));
        }
        for (name, value) in &self.labels {
            if let Err(error) = check_label(name, value) {
                return wrong("labels", error.to_string());
            }
        }
        if !self.when.is_timed() && (self.hold > Span::ZERO || self.keep_firing_for > Span::ZERO) {
            let field = if self.hold > Span::ZERO { "for" } else { "keep_firing_for" };
            return wrong(
                field,
                format!("does not go with {}, which looks back itself; remove it", self.when.kind()),
            );
        }
        self.when.check().or_else(|message| wrong("when", message))
    }
}

#[cfg(test)]
mod tests;
