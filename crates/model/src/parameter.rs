//! Parameters as AWS' tools keep them: values with a name, of which every change is a version.
//!
//! Elsewhere: what is kept of them (`topmast-engine`, `parameter`); AWS' rules and messages (`topmast-aws`, `parameter`).

use crate::agentless::Sealed;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a value in clear.
pub const VALUE_MAX: usize = 8 << 10;
/// Bytes of a sealed value: base64 of such a value with nonce and tag.
pub const SEALED_MAX: usize = VALUE_MAX.div_ceil(3) * 4 + 64;
/// Bytes of each text beside the value: 1,024 characters.
pub const TEXT_MAX: usize = 4 << 10;
/// Characters of a name.
pub const NAME_MAX: usize = 1_011;
/// Parts of a name that is a path.
pub const LEVELS_MAX: usize = 15;
/// Most labels of a version.
pub const LABELS_MAX: usize = 10;
/// Most parameters that one command names.
pub const NAMED_MAX: usize = 10;
/// Characters of a label.
const LABEL_MAX: usize = 100;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ParameterKind {
    /// A text.
    String,
    /// Texts with commas between.
    StringList,
    /// A text that is kept sealed.
    SecureString,
}

impl ParameterKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::String, Self::StringList, Self::SecureString];

    /// AWS' word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::SecureString => "SecureString",
        }
    }
}

/// How large a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ParameterTier {
    /// 4 KiB.
    Standard,
    /// 8 KiB.
    Advanced,
}

impl ParameterTier {
    /// AWS' word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Advanced => "Advanced",
        }
    }

    /// Bytes of a value in clear.
    pub const fn value_max(self) -> usize {
        match self {
            Self::Standard => VALUE_MAX / 2,
            Self::Advanced => VALUE_MAX,
        }
    }
}

/// A value, in clear or sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterValue {
    /// In clear.
    Plain(Arc<str>),
    /// Of a [`ParameterKind::SecureString`]: only the master can open it.
    Sealed(Sealed),
}

impl ParameterValue {
    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Sealed(sealed) => sealed.0.len(),
        }
    }
}

/// What a parameter is from one change to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterVersion {
    /// The value.
    pub value: ParameterValue,
    /// What the value is.
    pub kind: ParameterKind,
    /// How large it may be.
    pub tier: ParameterTier,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The regular expression that values have to match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// The name of the key that it is said to be sealed with; there is only the master's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the value stands for, `text` mostly.
    pub data_type: String,
    /// Whoever put it, as AWS names them.
    pub put_by: String,
}

/// True for what a parameter can be called: parts of letters, digits, `.`, `-` and `_`, with slashes before and between;
/// a name of one part needs none.
pub fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let path = name.strip_prefix('/');
    let parts = path.unwrap_or(name);
    name.len() <= NAME_MAX
        && parts.split('/').all(is_part)
        && parts.split('/').count() <= LEVELS_MAX
        && (path.is_some() || !parts.contains('/'))
}

/// What a name is known by: `port` and `/port` are one parameter.
pub fn key(name: &str) -> Cow<'_, str> {
    if name.starts_with('/') { Cow::Borrowed(name) } else { Cow::Owned(format!("/{name}")) }
}

/// True for what can be a version's label.
pub fn is_label(label: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let begins = |with: &str| label.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    (1..=LABEL_MAX).contains(&label.len())
        && label.bytes().all(is_fit)
        && !label.starts_with(|first: char| first.is_ascii_digit())
        && !begins("aws")
        && !begins("ssm")
}

/// What to do with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterOrder {
    /// Make one, or give one another version.
    Put {
        /// Its name.
        name: String,
        /// The number of the version: 1 of a parameter that is new, else one more than the newest has.
        number: u64,
        /// What it is from now on.
        version: Box<ParameterVersion>,
        /// Of one that is new.
        tags: BTreeMap<String, String>,
    },
    /// Delete them with all of their versions, those of these that there are.
    Delete {
        /// Which.
        names: Vec<String>,
    },
    /// Give a version labels, which no other has from then on, and take some from it.
    Label {
        /// Which.
        name: String,
        /// Which of its versions.
        version: u64,
        /// New ones.
        labels: Vec<String>,
        /// Those that go.
        removed: Vec<String>,
    },
    /// Give one tags, and take some from it.
    Tag {
        /// Which.
        name: String,
        /// New ones, and new values of others.
        tags: BTreeMap<String, String>,
        /// Keys of those that go.
        removed: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_or_one_part() {
        let deepest = "/a".repeat(LEVELS_MAX);
        for name in ["a", "/a", "/a/b", "A.b-c_9", &deepest] {
            assert!(is_name(name), "{name}");
        }
        let too_deep = "/a".repeat(LEVELS_MAX + 1);
        for name in
            ["", "/", "a/b", "/a/", "//a", "/a//b", "a b", "/a:1", "\u{e9}", &too_deep, &"a".repeat(1_012)]
        {
            assert!(!is_name(name), "{name}");
        }
        assert_eq!(key("a"), key("/a"));
    }

    #[test]
    fn labels_do_not_begin_with_digits_and_reserved_words() {
        for label in ["prod", "Prod-1.0_x", "a", "law"] {
            assert!(is_label(label), "{label}");
        }
        for label in ["", "9a", "aws1", "AWS", "ssmx", "a b", "a/b", "\u{e9}", &"a".repeat(101)] {
            assert!(!is_label(label), "{label}");
        }
    }
}
