//! Terminals over an agent: what a master asks for, what comes back, and how much of it may.
//!
//! A *pane* is one command or shell on one server. Each has a credit of bytes of its own: without it the agent reads
//! nothing more of what the program prints, so that the program waits, and nothing else on the connection does.

use super::DecodeError;
use super::field::{bounded, wrong};
use crate::limits::{COMMAND_MAX, INPUT_MAX, OUTPUT_MAX, TEXT_MAX};
use prost::Message;
use topmast_model::id::Epoch;
use uuid::Uuid;

/// One pane of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaneId {
    /// The terminal's id in the journal.
    pub terminal: Uuid,
    /// Place of the pane in it.
    pub pane: u16,
}

impl std::fmt::Display for PaneId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.terminal, self.pane)
    }
}

/// Size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneSize {
    /// Characters of a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// The order to run a command or a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPane {
    /// Which; run at most once.
    pub pane: PaneId,
    /// The master's epoch; an agent refuses one older than the highest it has seen.
    pub epoch: Epoch,
    /// What to run, for a shell; a login shell on a terminal when missing.
    pub command: Option<String>,
    /// Size of the terminal.
    pub size: PaneSize,
    /// A command is ended after so long; a shell after so long without a key.
    pub timeout_ms: u64,
    /// A command is ended when it printed more bytes than these.
    pub output_max_bytes: u64,
    /// Bytes of output that may be sent before more credit comes.
    pub credit_bytes: u64,
    /// Who asked, for logs, e.g. `user admin`.
    pub principal: String,
}

/// Which output of a command. A terminal has the first only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaneStream {
    /// Standard output, or all that a terminal shows.
    Output,
    /// Standard error.
    Error,
}

/// How a pane ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaneOutcome {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal, e.g. `KILL`.
    Signalled(String),
    /// It was stopped before it ended by itself.
    Stopped,
    /// It took too long, or printed too much; in words.
    Limited(String),
    /// It could not run; in words, with what to do.
    Failed(String),
    /// In a way that this build does not know.
    Unknown,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PaneFields {
    #[prost(bytes = "vec", tag = "1")]
    terminal: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pane: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OpenFields {
    #[prost(message, optional, tag = "1")]
    pane: Option<PaneFields>,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(string, optional, tag = "3")]
    command: Option<String>,
    #[prost(uint32, tag = "4")]
    columns: u32,
    #[prost(uint32, tag = "5")]
    rows: u32,
    #[prost(uint64, tag = "6")]
    timeout_ms: u64,
    #[prost(uint64, tag = "7")]
    output_max_bytes: u64,
    #[prost(uint64, tag = "8")]
    credit_bytes: u64,
    #[prost(string, tag = "9")]
    principal: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InputFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ResizeFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
    #[prost(uint32, tag = "2")]
    columns: u32,
    #[prost(uint32, tag = "3")]
    rows: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StopFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PaneCreditFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
    #[prost(uint64, tag = "2")]
    pub(super) bytes: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StartedFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
    #[prost(string, tag = "2")]
    pub(super) account: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OutputFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
    #[prost(uint32, tag = "2")]
    pub(super) stream: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct EndedFields {
    #[prost(message, optional, tag = "1")]
    pub(super) pane: Option<PaneFields>,
    #[prost(oneof = "OutcomeFields", tags = "2, 3, 4, 5, 6")]
    pub(super) outcome: Option<OutcomeFields>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum OutcomeFields {
    #[prost(sint32, tag = "2")]
    Exited(i32),
    #[prost(string, tag = "3")]
    Signalled(String),
    #[prost(bool, tag = "4")]
    Stopped(bool),
    #[prost(string, tag = "5")]
    Limited(String),
    #[prost(string, tag = "6")]
    Failed(String),
}

impl From<PaneId> for PaneFields {
    fn from(id: PaneId) -> Self {
        Self { terminal: id.terminal.as_bytes().to_vec(), pane: id.pane.into() }
    }
}

impl ResizeFields {
    pub(super) fn new(pane: PaneId, size: PaneSize) -> Self {
        Self { pane: Some(pane.into()), columns: size.columns.into(), rows: size.rows.into() }
    }

    pub(super) fn size(&self) -> Result<PaneSize, DecodeError> {
        size("resize_pane.size", self.columns, self.rows)
    }
}

pub(super) fn pane(field: &'static str, fields: Option<PaneFields>) -> Result<PaneId, DecodeError> {
    let fields = fields.ok_or_else(|| wrong(field, "is missing"))?;
    let terminal = Uuid::from_slice(&fields.terminal).map_err(|error| wrong(field, error))?;
    let pane = u16::try_from(fields.pane).map_err(|_| wrong(field, "is more than 65535"))?;
    Ok(PaneId { terminal, pane })
}

fn size(field: &'static str, columns: u32, rows: u32) -> Result<PaneSize, DecodeError> {
    let side = |number: u32| u16::try_from(number).map_err(|_| wrong(field, "is more than 65535"));
    Ok(PaneSize { columns: side(columns)?, rows: side(rows)? })
}

pub(super) fn open_fields(open: &OpenPane) -> OpenFields {
    OpenFields {
        pane: Some(open.pane.into()),
        epoch: open.epoch.0,
        command: open.command.clone(),
        columns: open.size.columns.into(),
        rows: open.size.rows.into(),
        timeout_ms: open.timeout_ms,
        output_max_bytes: open.output_max_bytes,
        credit_bytes: open.credit_bytes,
        principal: open.principal.clone(),
    }
}

pub(super) fn open(fields: OpenFields) -> Result<OpenPane, DecodeError> {
    let command = |command| bounded("open_pane.command", command, COMMAND_MAX);
    Ok(OpenPane {
        pane: pane("open_pane.pane", fields.pane)?,
        epoch: Epoch(fields.epoch),
        command: fields.command.map(command).transpose()?,
        size: size("open_pane.size", fields.columns, fields.rows)?,
        timeout_ms: fields.timeout_ms,
        output_max_bytes: fields.output_max_bytes,
        credit_bytes: fields.credit_bytes,
        principal: bounded("open_pane.principal", fields.principal, TEXT_MAX)?,
    })
}

pub(super) fn input(bytes: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    bounded("pane_input.bytes", bytes, INPUT_MAX)
}

pub(super) fn output(bytes: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    bounded("pane_output.bytes", bytes, OUTPUT_MAX)
}

impl From<PaneStream> for u32 {
    fn from(stream: PaneStream) -> Self {
        match stream {
            PaneStream::Output => 0,
            PaneStream::Error => 1,
        }
    }
}

pub(super) fn stream(number: u32) -> Result<PaneStream, DecodeError> {
    match number {
        0 => Ok(PaneStream::Output),
        1 => Ok(PaneStream::Error),
        other => Err(wrong("pane_output.stream", format_args!("{other} is neither 0 nor 1"))),
    }
}

pub(super) fn outcome_fields(outcome: &PaneOutcome) -> Option<OutcomeFields> {
    Some(match outcome {
        PaneOutcome::Exited(code) => OutcomeFields::Exited(*code),
        PaneOutcome::Signalled(name) => OutcomeFields::Signalled(name.clone()),
        PaneOutcome::Stopped => OutcomeFields::Stopped(true),
        PaneOutcome::Limited(words) => OutcomeFields::Limited(words.clone()),
        PaneOutcome::Failed(words) => OutcomeFields::Failed(words.clone()),
        PaneOutcome::Unknown => return None,
    })
}

pub(super) fn outcome(fields: Option<OutcomeFields>) -> Result<PaneOutcome, DecodeError> {
    let words = |words| bounded("pane_ended.outcome", words, TEXT_MAX);
    Ok(match fields {
        Some(OutcomeFields::Exited(code)) => PaneOutcome::Exited(code),
        Some(OutcomeFields::Signalled(name)) => PaneOutcome::Signalled(words(name)?),
        Some(OutcomeFields::Stopped(_)) => PaneOutcome::Stopped,
        Some(OutcomeFields::Limited(text)) => PaneOutcome::Limited(words(text)?),
        Some(OutcomeFields::Failed(text)) => PaneOutcome::Failed(words(text)?),
        None => PaneOutcome::Unknown,
    })
}
