//! Logs over an agent: what a master asks for.
//!
//! What is read travels as the output of a pane: records as JSON, one a line, bounded by the pane's credit. A tail
//! ends when it is stopped, a search by itself.

use super::DecodeError;
use super::field::{bounded, from_json, json};
use super::terminal::{PaneFields, PaneId, pane};
use crate::limits::{LOG_REQUEST_MAX, TEXT_MAX};
use prost::Message;
use topmast_model::id::Epoch;
use topmast_model::log::LogRequest;

/// The order to read logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLog {
    /// Which; read at most once.
    pub pane: PaneId,
    /// The master's epoch; an agent refuses one older than the highest it has seen.
    pub epoch: Epoch,
    /// What of which applications: a [`LogRequest`] as JSON. One that an agent cannot read is refused by it; it does not
    /// make the connection worthless.
    pub request_json: Vec<u8>,
    /// Bytes of records that may be sent before more credit comes.
    pub credit_bytes: u64,
    /// Who asked, for logs, e.g. `user admin`.
    pub principal: String,
}

impl OpenLog {
    /// The request as bytes.
    pub fn pack(request: &LogRequest) -> Vec<u8> {
        json(request)
    }

    /// The request that the bytes are; what is wrong with it, in words.
    ///
    /// # Errors
    /// [`DecodeError`] when a newer master asks for what this agent does not know.
    pub fn request(&self) -> Result<LogRequest, DecodeError> {
        from_json("open_log.request", &self.request_json, LOG_REQUEST_MAX)
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LogFields {
    #[prost(message, optional, tag = "1")]
    pane: Option<PaneFields>,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(bytes = "vec", tag = "3")]
    request_json: Vec<u8>,
    #[prost(uint64, tag = "4")]
    credit_bytes: u64,
    #[prost(string, tag = "5")]
    principal: String,
}

pub(super) fn fields(open: &OpenLog) -> LogFields {
    LogFields {
        pane: Some(open.pane.into()),
        epoch: open.epoch.0,
        request_json: open.request_json.clone(),
        credit_bytes: open.credit_bytes,
        principal: open.principal.clone(),
    }
}

pub(super) fn open(fields: LogFields) -> Result<OpenLog, DecodeError> {
    Ok(OpenLog {
        pane: pane("open_log.pane", fields.pane)?,
        epoch: Epoch(fields.epoch),
        request_json: bounded("open_log.request", fields.request_json, LOG_REQUEST_MAX)?,
        credit_bytes: fields.credit_bytes,
        principal: bounded("open_log.principal", fields.principal, TEXT_MAX)?,
    })
}
