//! Relabelling, as Prometheus does it: rules that keep, drop and rewrite a set of labels, one after the other.
//!
//! The same rules serve targets, before they are scraped, and samples, before they are stored. A label that is
//! missing is the same as an empty one. Expressions are anchored at both ends.

use crate::exposition::is_label_name;
use md5::{Digest as _, Md5};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Names and values of labels; a metric's name is the label `__name__`.
pub type Labels = BTreeMap<String, String>;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Sets the target label to the replacement when the expression matches.
    Replace,
    /// Keeps only what the expression matches.
    Keep,
    /// Drops what the expression matches.
    Drop,
    /// Keeps only what has the source's value in the target label.
    KeepEqual,
    /// Drops what has the source's value in the target label.
    DropEqual,
    /// Sets the target label to a hash of the source, modulo `modulus`.
    HashMod,
    /// Copies every label whose name the expression matches to the name that the replacement makes of it.
    LabelMap,
    /// Removes labels whose names the expression matches.
    LabelDrop,
    /// Removes labels whose names the expression does not match.
    LabelKeep,
    /// Sets the target label to the source in lower case.
    Lowercase,
    /// Sets the target label to the source in upper case.
    Uppercase,
}

/// A rule as a configuration has it; defaults are Prometheus'.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleText {
    /// Labels whose values are joined.
    pub source_labels: Vec<String>,
    /// What they are joined with.
    pub separator: String,
    /// What is matched.
    pub regex: String,
    /// The label that is set or compared.
    pub target_label: String,
    /// What it is set to; `$1` and `${name}` are groups of the expression.
    pub replacement: String,
    /// For `hashmod`.
    pub modulus: u64,
    /// What is done.
    pub action: Action,
}

impl Default for RuleText {
    fn default() -> Self {
        Self {
            source_labels: Vec::new(),
            separator: ";".into(),
            regex: "(.*)".into(),
            target_label: String::new(),
            replacement: "$1".into(),
            modulus: 0,
            action: Action::Replace,
        }
    }
}

impl RuleText {
    /// What is missing or too much.
    fn fault(&self) -> Option<&'static str> {
        let default = Self::default();
        let plain = self.separator == default.separator && self.replacement == default.replacement;
        let named = is_label_name(&self.target_label);
        let (is_fault, reason) = match self.action {
            Action::Keep | Action::Drop => return None,
            Action::Replace => {
                (!named && !self.target_label.contains('$'), "target_label is missing or no name of a label")
            }
            Action::LabelMap => {
                let like = self.replacement.replace(['$', '{', '}'], "_");
                (!is_label_name(&like), "replacement makes no name of a label")
            }
            Action::LabelDrop | Action::LabelKeep => {
                let alone = plain && self.source_labels.is_empty() && self.target_label.is_empty();
                (!alone, "it takes a regex and nothing else")
            }
            Action::KeepEqual | Action::DropEqual => {
                let alone = named && plain && self.regex == default.regex;
                (!alone, "it takes source_labels and target_label and nothing else")
            }
            Action::HashMod if self.modulus == 0 => (true, "modulus is missing"),
            Action::HashMod | Action::Lowercase | Action::Uppercase => {
                (!named, "target_label is missing or no name of a label")
            }
        };
        is_fault.then_some(reason)
    }
}

/// Why a rule cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The expression cannot be read.
    #[error("regex {0:?}: {1}")]
    Regex(String, String),
    /// Something is missing or too much.
    #[error("a rule with the action {action}: {reason}")]
    Invalid {
        /// The action.
        action: Action,
        /// What to write instead.
        reason: &'static str,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        })
    }
}

/// A rule that can be applied.
#[derive(Debug, Clone)]
pub struct Rule {
    text: RuleText,
    regex: Regex,
}

impl TryFrom<RuleText> for Rule {
    type Error = RuleError;

    fn try_from(text: RuleText) -> Result<Self, RuleError> {
        if let Some(reason) = text.fault() {
            return Err(RuleError::Invalid { action: text.action, reason });
        }
        let regex = Regex::new(&format!("^(?s:{})$", text.regex)).map_err(|error| {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default();
            RuleError::Regex(text.regex.clone(), last.trim_start_matches("error: ").to_owned())
        })?;
        Ok(Self { text, regex })
    }
}

/// Applies rules in their order; false when what has these labels is dropped.
pub fn apply(rules: &[Rule], labels: &mut Labels) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

impl Rule {
    fn apply(&self, labels: &mut Labels) -> bool {
        let Self { text, regex } = self;
        let get = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
        let source: Vec<&str> =
            text.source_labels.iter().map(|name| labels.get(name).map_or("", String::as_str)).collect();
        let source = source.join(&text.separator);
        let target = &text.target_label;
        match text.action {
            Action::Keep => return regex.is_match(&source),
            Action::Drop => return !regex.is_match(&source),
            Action::KeepEqual => return get(labels, target) == source,
            Action::DropEqual => return get(labels, target) != source,
            Action::Replace => {
                let Some(groups) = regex.captures(&source) else { return true };
                let (mut name, mut value) = (String::new(), String::new());
                groups.expand(target, &mut name);
                groups.expand(&text.replacement, &mut value);
                if is_label_name(&name) {
                    set(labels, name, value);
                }
            }
            Action::Lowercase => set(labels, target.clone(), source.to_lowercase()),
            Action::Uppercase => set(labels, target.clone(), source.to_uppercase()),
            Action::HashMod => {
                let hash: [u8; 16] = Md5::digest(&source).into();
                // The lower half, as Prometheus has it.
                let low = hash[8..].iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
                set(labels, target.clone(), (low % text.modulus).to_string());
            }
            Action::LabelMap => {
                let mut copies = Vec::new();
                for (name, value) in &*labels {
                    if let Some(groups) = regex.captures(name) {
                        let mut copy = String::new();
                        groups.expand(&text.replacement, &mut copy);
                        copies.push((copy, value.clone()));
                    }
                }
                for (name, value) in copies {
                    if is_label_name(&name) {
                        set(labels, name, value);
                    }
                }
            }
            Action::LabelDrop => labels.retain(|name, _| !regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| regex.is_match(name)),
        }
        true
    }
}

fn set(labels: &mut Labels, name: String, value: String) {
    if value.is_empty() {
        labels.remove(&name);
    } else {
        labels.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
