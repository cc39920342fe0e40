//! Checks shared by the messages' fields: each names the field that is wrong.

use super::DecodeError;
use crate::limits::MESSAGE_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;
use topmast_model::id::{ActionId, StepId};
use uuid::Uuid;

/// A step's identity as it travels.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Step {
    #[prost(bytes = "vec", tag = "1")]
    action: Vec<u8>,
    #[prost(uint32, tag = "2")]
    target: u32,
}

impl From<StepId> for Step {
    fn from(step: StepId) -> Self {
        Self { action: step.action.0.as_bytes().to_vec(), target: step.target }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "errors and format arguments are made for this call")]
pub(super) fn wrong(field: &'static str, problem: impl ToString) -> DecodeError {
    DecodeError::Field { field, problem: problem.to_string() }
}

pub(super) fn step(field: &'static str, step: Option<Step>) -> Result<StepId, DecodeError> {
    let step = step.ok_or_else(|| wrong(field, "is missing"))?;
    let action = Uuid::from_slice(&step.action).map_err(|error| wrong(field, error))?;
    Ok(StepId { action: ActionId(action), target: step.target })
}

/// Takes a text or bytes of at most `max` bytes.
pub(super) fn bounded<T: AsRef<[u8]>>(field: &'static str, value: T, max: usize) -> Result<T, DecodeError> {
    let length = value.as_ref().len();
    if length > max {
        return Err(wrong(field, format_args!("has {length} bytes, more than {max}")));
    }
    Ok(value)
}

/// The JSON of plain data, which always has one; should that ever break, the empty text is refused by the peer.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

pub(super) fn from_json<T: DeserializeOwned>(
    field: &'static str,
    bytes: &[u8],
    max: usize,
) -> Result<T, DecodeError> {
    serde_json::from_slice(bounded(field, bytes, max)?).map_err(|error| wrong(field, error))
}

/// Takes an envelope apart.
pub(super) fn envelope<E: prost::Message + Default>(bytes: &[u8]) -> Result<E, DecodeError> {
    if bytes.len() > MESSAGE_MAX {
        return Err(DecodeError::TooLong { length: bytes.len() });
    }
    E::decode(bytes).map_err(|error| DecodeError::Malformed { problem: error.to_string() })
}
