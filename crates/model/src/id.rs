//! Identifiers: newtypes, so that one kind is never taken for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Position of an event in the journal; the first event has 1, so 0 means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Term of an active master. Grows at every hand-over; agents refuse commands of an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identity of one action, and at the same time the idempotency key of its command.
///
/// The client makes it (a version 7 UUID, so ids sort by time); sending the
/// same id again asks for the same action, never for a second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub Uuid);

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ActionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError { text: text.to_owned() })
    }
}

/// One target of an action: what an agent executes at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId {
    /// The action.
    pub action: ActionId,
    /// Position of the target in the action's list.
    pub target: u32,
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.action, self.target)
    }
}

impl FromStr for StepId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError { text: text.to_owned() };
        let (action, target) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self { action: action.parse()?, target: target.parse().map_err(|_| wrong())? })
    }
}

/// A text that is not an action or step id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an action id; it looks like 0192f0c1-2a3b-7c4d-8e5f-60718293a4b5")]
pub struct IdError {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_id_reads_what_it_writes() {
        let step = StepId { action: ActionId(Uuid::from_u128(7)), target: 4_000 };
        assert_eq!(step.to_string().parse(), Ok(step));
    }

    #[test]
    fn step_id_refuses_a_missing_or_wrong_target() {
        for text in
            ["", "x", "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5", "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5/-1"]
        {
            assert!(text.parse::<StepId>().is_err(), "{text:?}");
        }
    }
}
