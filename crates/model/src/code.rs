//! What is kept as code: things that `topmast apply` brought from files, which nobody is to change by hand meanwhile.
//!
//! A lock, not a right: whoever may change a thing may release it first, with a reason that the audit keeps.

use crate::command::Command;
use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What can be kept as code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    /// A configuration.
    Configuration,
    /// A rule.
    Rule,
    /// A channel.
    Channel,
    /// A route.
    Route,
    /// A maintenance, which has one name and one only while it is kept so.
    Maintenance,
}

impl CodeKind {
    /// Every kind, in the order in which they are applied: routes name channels.
    pub const ALL: &'static [Self] =
        &[Self::Configuration, Self::Rule, Self::Channel, Self::Route, Self::Maintenance];

    /// The word used in CLI and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Rule => "rule",
            Self::Channel => "channel",
            Self::Route => "route",
            Self::Maintenance => "maintenance",
        }
    }
}

impl fmt::Display for CodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CodeKind {
    type Err = CodeKindError;

    fn from_str(text: &str) -> Result<Self, CodeKindError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| CodeKindError(text.into()))
    }
}

/// A text that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not kept as code; it is one of configuration, rule, channel, route, maintenance")]
pub struct CodeKindError(String);

/// What to do as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeOrder {
    /// Do what a command says; what it makes or changes is kept as code from then on.
    Do(Box<Command>),
    /// Let a thing be changed by hand again.
    Release {
        /// What it is.
        kind: CodeKind,
        /// Which.
        name: String,
        /// Why, for the audit.
        reason: String,
    },
}

/// What happened to what is kept as code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum CodeChange {
    /// It is kept as code from now on.
    Kept {
        /// Where it belongs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<ObjectPath>,
        /// What it is.
        kind: CodeKind,
        /// Which.
        name: String,
    },
    /// It may be changed by hand again.
    Released {
        /// Where it belongs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<ObjectPath>,
        /// What it is.
        kind: CodeKind,
        /// Which.
        name: String,
        /// Why.
        reason: String,
    },
}
