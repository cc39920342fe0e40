//! Rules as code: a TOML file of `[[rule]]` tables, read with the place of what is wrong.

use super::Rule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::de::DeTable;

/// Most rules of a file.
pub const RULES_MAX: usize = 1_000;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Rule>,
}

/// Why a text is not a file of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RulesTextError {
    /// From 1.
    pub line: usize,
    /// In characters from 1.
    pub column: usize,
    /// What is wrong there, and what to write instead.
    pub message: String,
}

/// Reads and checks rules.
///
/// # Errors
/// [`RulesTextError`] with the first thing that is wrong.
pub fn read(text: &str) -> Result<Vec<Rule>, RulesTextError> {
    let at = |span: Range<usize>, message: String| {
        let before = &text[..text.floor_char_boundary(span.start)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        RulesTextError { line, column, message }
    };
    let rules = toml::from_str::<File>(text)
        .map_err(|error| at(error.span().unwrap_or(0..0), error.message().trim_end_matches('.').to_owned()))?
        .rule;
    if rules.len() > RULES_MAX {
        return Err(at(0..0, format!("{} rules are too many; a file has at most {RULES_MAX}", rules.len())));
    }
    let mut names = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        if let Err(error) = rule.check() {
            return Err(at(place(text, index, error.field), error.to_string()));
        }
        if !names.insert(rule.name.as_str()) {
            let message = format!("there are two rules {:?}; rename one", rule.name);
            return Err(at(place(text, index, "name"), message));
        }
    }
    Ok(rules)
}

/// Writes rules in the form that [`read`] reads.
///
/// # Errors
/// Those of the serialiser, which are bugs here: every rule is plain data.
pub fn write(rules: &[Rule]) -> Result<String, toml::ser::Error> {
    toml::to_string(&File { rule: rules.to_vec() })
}

/// Where a field of a rule stands, or the rule when the field is not there.
fn place(text: &str, index: usize, field: &str) -> Range<usize> {
    let file = DeTable::parse(text).ok();
    let rule = file.as_ref().and_then(|file| file.get_ref().get("rule")?.get_ref().as_array()?.get(index));
    let key = rule.and_then(|rule| rule.get_ref().as_table()?.get_key_value(field));
    key.map(|(key, _)| key.span()).or_else(|| rule.map(toml::Spanned::span)).unwrap_or(0..0)
}
