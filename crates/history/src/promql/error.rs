//! What is said when a query cannot be read or answered.

use crate::budget::BudgetError;
use crate::source::SourceError;

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}{}", .hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default())]
pub struct ParseError {
    /// Byte of the text at which the trouble begins.
    pub position: usize,
    /// The line of that byte, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ParseError {
    /// An error whose line and column are not known yet.
    pub(super) fn new(position: usize, message: impl Into<String>) -> Self {
        Self { position, line: 1, column: 1, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Finds line and column in the text that was parsed.
    pub(super) fn located(mut self, text: &str) -> Self {
        let before = text.get(..self.position).unwrap_or(text);
        self.line = before.matches('\n').count() + 1;
        self.column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        self
    }
}

/// Why a query has no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The samples could not be had.
    #[error(transparent)]
    Source(SourceError),
    /// The query costs too much, or has to end.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// It asks for too many steps.
    #[error("the query has {steps} steps, and {limit} are allowed: ask for a shorter range or a longer step")]
    Steps {
        /// Steps asked for.
        steps: u64,
        /// Steps allowed.
        limit: u64,
    },
    /// It answers too many series.
    #[error("the answer has {found} series, and {limit} are allowed: aggregate, or narrow the labels")]
    Series {
        /// Series that it would have.
        found: usize,
        /// Series allowed.
        limit: usize,
    },
    /// The times do not make a range.
    #[error("{0}")]
    Time(&'static str),
    /// The expression yields what cannot be drawn over time.
    #[error("a range query cannot answer a {0}: ask at one time, or apply a function such as rate")]
    NotOverTime(&'static str),
    /// Two series of the result have the same labels.
    #[error(
        "two series of the result have the same labels {labels}: keep a label that tells them apart, or aggregate"
    )]
    SameLabels {
        /// Those.
        labels: String,
    },
    /// One series meets several.
    #[error(
        "several series on the {side} side match {group}: name more labels in on(), aggregate that side, \
         or allow many on the other with group_left or group_right"
    )]
    ManyMatches {
        /// `left` or `right`.
        side: &'static str,
        /// The labels that they have in common.
        group: String,
    },
    /// An argument is outside what the function takes.
    #[error("{function} {reason}")]
    Argument {
        /// Which function or operator.
        function: &'static str,
        /// What is wrong and what it takes.
        reason: String,
    },
}

impl From<SourceError> for EvalError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Budget(error) => Self::Budget(error),
            other => Self::Source(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn located_counts_characters_from_one() {
        let error = ParseError::new("ä\nöb".len(), "x").hint("do y").located("ä\nöbc");
        assert_eq!(error.to_string(), "2:3: x: do y");
    }
}
