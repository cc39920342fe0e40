//! `parse`: fields out of a text, by `*` in a template or by the names of a regular expression.

use super::datum::Datum;
use super::expression::{Expression, Scope};
use super::record::Record;
use regex::{Regex, RegexBuilder};

/// Bytes that a compiled expression may take.
const COMPILED_MAX: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Capture {
    pub(super) of: Expression,
    pub(super) how: How,
}

#[derive(Debug)]
pub(super) enum How {
    /// What stands between the stars, and the names of what stands for them.
    Template(Vec<String>, Vec<String>),
    Expression(Regex),
}

/// An expression within its bounds.
pub(super) fn regex(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(COMPILED_MAX).build().ok()
}

impl Capture {
    /// The fields that it makes.
    pub(super) fn names(&self) -> Vec<&str> {
        match &self.how {
            How::Template(_, names) => names.iter().map(String::as_str).collect(),
            How::Expression(regex) => regex.capture_names().flatten().collect(),
        }
    }

    pub(super) fn apply(&self, record: &mut Record, now: i64) {
        let text = self.of.value(Scope { record, aggregates: &[], now });
        let Some(text) = text.text() else { return };
        match &self.how {
            How::Template(parts, names) => {
                let Some(values) = values(&text, parts) else { return };
                for (name, value) in names.iter().zip(values) {
                    record.set(name, Datum::Text(value.to_owned()));
                }
            }
            How::Expression(regex) => {
                let Some(found) = regex.captures(&text) else { return };
                for name in regex.capture_names().flatten() {
                    if let Some(value) = found.name(name) {
                        record.set(name, Datum::Text(value.as_str().to_owned()));
                    }
                }
            }
        }
    }
}

/// What stands for the stars between these parts, the first of which may be anywhere.
fn values<'a>(text: &'a str, parts: &[String]) -> Option<Vec<&'a str>> {
    let (first, rest) = parts.split_first()?;
    let mut behind = &text[text.find(first.as_str())? + first.len()..];
    let mut values = Vec::new();
    for (place, part) in rest.iter().enumerate() {
        // A star at the end takes the rest.
        let end = if part.is_empty() && place + 1 == rest.len() {
            behind.len()
        } else {
            behind.find(part.as_str())?
        };
        values.push(&behind[..end]);
        behind = &behind[end + part.len()..];
    }
    Some(values)
}
