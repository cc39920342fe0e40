//! Tags: what AWS' tools tell the fleet's objects apart by, and their bounds.
//!
//! A label is given to a server by whoever installs its agent and belongs to it; a tag is given through the master, to
//! an object of any level, and taken away again.
//!
//! Elsewhere: tags that are kept (`topmast-engine`, `tag`).

use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Most tags of anything, as at AWS.
pub const TAGS_MAX: usize = 50;
/// Characters of a key.
pub const KEY_MAX: usize = 128;
/// Characters of a value.
pub const VALUE_MAX: usize = 256;
/// Most objects that one command tags.
pub const TARGETS_MAX: usize = 1_000;
/// What keys do not begin with: AWS' own, and what is told of every object here.
pub const RESERVED: [&str; 2] = ["aws:", "topmast:"];

/// Values by key.
pub type Tags = BTreeMap<String, String>;

/// What has tags: an object, or all applications of one name in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TagTarget {
    /// The object; the cluster of the applications.
    pub path: ObjectPath,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
}

impl TagTarget {
    /// One object.
    pub fn object(path: ObjectPath) -> Self {
        Self { path, application: None }
    }

    /// The applications of a name.
    pub fn applications(cluster: ObjectPath, name: impl Into<String>) -> Self {
        Self { path: cluster, application: Some(name.into()) }
    }
}

impl fmt::Display for TagTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.application {
            Some(name) => write!(f, "applications {name} of {}", self.path),
            None => write!(f, "{}", self.path),
        }
    }
}

/// Checks one tag.
///
/// # Errors
/// [`TagError`] with what is wrong.
pub fn check_tag(key: &str, value: &str) -> Result<(), TagError> {
    let is_reserved = RESERVED.iter().any(|prefix| {
        key.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
    });
    match (key.chars().count(), value.chars().count()) {
        (0, _) => Err(TagError::NoKey),
        (length, _) if length > KEY_MAX => Err(TagError::LongKey),
        (_, length) if length > VALUE_MAX => Err(TagError::LongValue),
        _ if is_reserved => Err(TagError::Reserved),
        _ => Ok(()),
    }
}

/// Why a key and a value are no tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The key is empty.
    #[error("a key has 1 to {KEY_MAX} characters")]
    NoKey,
    /// The key is too long.
    #[error("a key has at most {KEY_MAX} characters")]
    LongKey,
    /// The value is too long.
    #[error("a value has at most {VALUE_MAX} characters")]
    LongValue,
    /// The key begins as those do that nobody sets.
    #[error("keys do not begin with aws: or topmast:")]
    Reserved,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_have_bounds_in_characters() {
        let check = |key: &str, value: &str, expected| assert_eq!(check_tag(key, value), expected, "{key}");
        check("team", "", Ok(()));
        check(&"\u{e9}".repeat(KEY_MAX), &"\u{e9}".repeat(VALUE_MAX), Ok(()));
        check("", "x", Err(TagError::NoKey));
        check(&"k".repeat(KEY_MAX + 1), "", Err(TagError::LongKey));
        check("k", &"v".repeat(VALUE_MAX + 1), Err(TagError::LongValue));
        check("aws:team", "x", Err(TagError::Reserved));
        check("AWS:team", "x", Err(TagError::Reserved));
        check("topmast:path", "x", Err(TagError::Reserved));
        check("aw\u{e9}:", "x", Ok(()));
    }
}
