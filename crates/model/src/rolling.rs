//! Acting in batches: how an action goes over its targets a few at a time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest wait between two batches, in milliseconds: an hour, in which any cache is warm again. Until its last
/// batch is over an action keeps its targets from every other one.
pub const WAIT_MS_MAX: u64 = 60 * 60 * 1_000;

/// How an action goes over its targets, in the order in which they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rolling {
    /// Targets at a time; the next batch begins when all of these have their outcome.
    pub batch: u32,
    /// Milliseconds from the last outcome of a batch to the next batch.
    pub wait_ms: u64,
    /// What a target that FAILED or became UNKNOWN means for those not begun.
    pub on_error: OnError,
}

/// What an error means for the targets not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// They are not begun at all and become FAILED.
    #[default]
    Stop,
    /// They are done all the same.
    Continue,
}

impl OnError {
    /// Every choice.
    pub const ALL: &'static [Self] = &[Self::Stop, Self::Continue];

    /// The word used in CLI and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Continue => "continue",
        }
    }
}

impl fmt::Display for OnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OnError {
    type Err = OnErrorError;

    fn from_str(text: &str) -> Result<Self, OnErrorError> {
        let found = Self::ALL.iter().copied().find(|choice| choice.as_str() == text);
        found.ok_or_else(|| OnErrorError(text.into()))
    }
}

/// A text that does not say what an error means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not say what an error means; it is one of stop, continue")]
pub struct OnErrorError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_error_is_the_same_word_in_text_and_json() {
        for choice in OnError::ALL {
            assert_eq!(choice.to_string().parse(), Ok(*choice));
            assert_eq!(serde_json::to_value(choice).unwrap(), choice.as_str());
        }
        assert!("halt".parse::<OnError>().is_err());
    }
}
