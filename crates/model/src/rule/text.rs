//! Rules as code: a TOML file of `[[rule]]` tables, read with the place of what is wrong.

use super::Rule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::de::DeTable;

/// Most rules of a file.
pub const RULES_MAX: usize = 1_000;
/// Largest file, in bytes: far above what as many rules need.
pub const BYTES_MAX: usize = 1 << 20;
/// Longest message of what is wrong, in characters: what is quoted there may be as long as the file.
const MESSAGE_MAX: usize = 400;

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

impl RulesTextError {
    /// What is wrong with a field of a rule that reads well, e.g. with its query.
    ///
    /// - `index`: which rule of the text, from 0.
    pub fn at(text: &str, index: usize, field: &str, message: &str) -> Self {
        Self::within(text, &place(text, index, field), message)
    }

    pub(crate) fn within(text: &str, span: &Range<usize>, message: &str) -> Self {
        let before = &text[..text.floor_char_boundary(span.start)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let mut short: String = message.chars().take(MESSAGE_MAX).map(plain).collect();
        if short.len() < message.len() {
            short.push('…');
        }
        Self { line, column, message: short }
    }
}

/// Reads and checks rules.
///
/// # Errors
/// [`RulesTextError`] with the first thing that is wrong.
pub fn read(text: &str) -> Result<Vec<Rule>, RulesTextError> {
    let wrong = |span: Range<usize>, message: &str| RulesTextError::within(text, &span, message);
    if text.len() > BYTES_MAX {
        let most = BYTES_MAX >> 20;
        let message = format!("{} bytes are too many; a file has at most {most} MiB: split it", text.len());
        return Err(wrong(0..0, &message));
    }
    let rules = toml::from_str::<File>(text)
        .map_err(|error| wrong(error.span().unwrap_or(0..0), error.message().trim_end_matches('.')))?
        .rule;
    if rules.len() > RULES_MAX {
        let message = format!(
            "{} rules are too many; there are at most {RULES_MAX}: one rule looks at every object that its query or scope names",
            rules.len()
        );
        return Err(RulesTextError::at(text, RULES_MAX, "name", &message));
    }
    let mut names = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        if let Err(error) = rule.check() {
            return Err(RulesTextError::at(text, index, error.field, &error.to_string()));
        }
        if !names.insert(rule.name.as_str()) {
            let message = format!("there are two rules {:?}; rename one", rule.name);
            return Err(RulesTextError::at(text, index, "name", &message));
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
