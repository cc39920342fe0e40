//! Labels: what servers are told apart by beside their names, e.g. `role=database`.
//!
//! An agent is given them by whoever installs it; every server has its own.

use crate::path::{PathError, check_name};
use std::str::FromStr;

/// Most labels of one server: more than anybody filters by.
pub const LABELS_MAX: usize = 32;
/// Longest name, in bytes: it stands in front of every value.
pub const NAME_MAX: usize = 63;
/// Longest value, in bytes: a word or two, not a text.
pub const VALUE_MAX: usize = 200;

/// One label, written `name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name: what a name in a path may be.
    pub name: String,
    /// Any text but control characters.
    pub value: String,
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let (name, value) = text.split_once('=').ok_or_else(|| LabelError::Form(text.to_owned()))?;
        check_label(name, value)?;
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// Checks one label.
///
/// # Errors
/// [`LabelError`] with what to write instead.
pub fn check_label(name: &str, value: &str) -> Result<(), LabelError> {
    check_name(name)?;
    if name.len() > NAME_MAX {
        return Err(LabelError::Name(name.to_owned()));
    }
    let is_text = !value.trim().is_empty() && !value.chars().any(char::is_control);
    if !is_text || value.len() > VALUE_MAX {
        return Err(LabelError::Value { name: name.to_owned() });
    }
    Ok(())
}

/// Why a text is not a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// There is no `=` in it.
    #[error("{0:?} is not a label; write it like role=database")]
    Form(String),
    /// The name has characters that a name cannot have.
    #[error("label name: {0}")]
    Characters(#[from] PathError),
    /// The name is too long.
    #[error("label name {0:?} is longer than {NAME_MAX} bytes")]
    Name(String),
    /// The value is no text, or too long.
    #[error("the value of label {name} is to be a text of 1 to {VALUE_MAX} bytes without control characters")]
    Value {
        /// The label.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_is_a_name_and_any_text() {
        let check = |text: &str, name: &str, value: &str| {
            assert_eq!(text.parse(), Ok(Label { name: name.into(), value: value.into() }));
        };
        check("role=database", "role", "database");
        check("owner=Payments, Zürich (a=b)", "owner", "Payments, Zürich (a=b)");
    }

    #[test]
    fn what_is_no_label_says_what_to_write() {
        let check = |text: &str, problem: &str| {
            let error = text.parse::<Label>().unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        };
        check("database", "write it like role=database");
        check("=x", "a name is empty");
        check("a b=x", "only letters");
        check(&format!("{}=x", "n".repeat(64)), "longer than 63 bytes");
        for value in ["", "  ", "a\nb", &"v".repeat(201)] {
            check(&format!("role={value}"), "text of 1 to 200 bytes");
        }
        assert!(format!("role={}", "v".repeat(200)).parse::<Label>().is_ok());
    }
}
