//! Terminals: commands and shells on many servers at once, over one WebSocket.
//!
//! `GET /api/v1/terminals/connect`. Texts are JSON: a [`TerminalRequest`] goes to the master, [`TerminalMessage`]s
//! come back. What servers print comes as binary messages, [`TerminalOutput`].
//!
//! ```text
//! ► {"open":{"targets":["acme/prod/db-1","acme/prod/db-2"],"columns":80,"rows":24}}      first of all, once
//! ◄ {"event":"opened","data":{"terminal":"0199…"}}                                       it is in the journal
//! ► {"start":{"panes":[0]}}                                                              a pane is a target, by its place
//! ◄ {"event":"started","data":{"pane":0}}
//! ◄ binary: pane, stream, bytes
//! ► {"input":{"panes":[0,1],"text":"uptime\r"}}
//! ◄ {"event":"ended","data":{"pane":0,"outcome":{"exited":0}}}
//! ◄ {"event":"refused","data":{problem}}                                                 the connection ends
//! ```
//!
//! With a `command` each pane runs it without a terminal and with an empty standard input, and ends with its exit
//! code; without one each pane is a login shell on a terminal. The master pings every ten seconds; who does not
//! answer is gone.
//!
//! Invariants
//! - T-1: nothing runs on any server before `opened`: the journal holds who runs what where first.
//! - T-2: only panes that were started run, and each at most once.
//! - T-3: a pane ends once, and nothing of it comes after its `ended`.
//! - T-4: when the connection ends, all of its panes are ended.

mod row;

pub use row::{
    PlannedApproval, PlannedPane, TERMINALS_DEFAULT, TERMINALS_MAX, TerminalDetails, TerminalPane,
    TerminalPlan, TerminalPlanRequest, TerminalQuery, TerminalRow,
};

use crate::problem::Problem;
use crate::schema;
use serde::{Deserialize, Serialize};
use topmast_model::agentless::LoginKind;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;
use uuid::Uuid;

/// Largest text of a client, in bytes: what is pasted, and the paths of all targets.
pub const TERMINAL_REQUEST_MAX: usize = 256 << 10;
/// Largest binary message of the master, in bytes.
pub const TERMINAL_OUTPUT_MAX: usize = 32 << 10;

/// One text of a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TerminalRequest {
    /// Says what is to run where. The first message.
    Open(TerminalOpen),
    /// Begins with these panes.
    Start(Panes),
    /// Types into these panes.
    Input(TerminalInput),
    /// Gives the terminals of these panes another size.
    Resize(TerminalResize),
    /// Ends these panes: the connection to their server is closed.
    Stop(Panes),
}

/// What is to run where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalOpen {
    /// Servers. Their places in this list are the numbers of the panes.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
    /// What to run, for a shell; a login shell on a terminal when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Size of the terminals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<TerminalSize>,
    /// A command is ended after so long; a shell after so long without a key. Bounded by the master.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// A command is ended when it printed more bytes than these. Bounded by the master.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_max_bytes: Option<u64>,
    /// One's own login for servers that are reached over ssh; the one that the master reads them with when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<TerminalLogin>,
}

/// A login that is used for this connection only, kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalLogin {
    /// The account.
    pub user: String,
    /// What the secret is.
    #[schema(value_type = schema::LoginKind)]
    pub kind: LoginKind,
    /// A private key without a passphrase, or a password.
    pub secret: String,
}

impl std::fmt::Debug for TerminalLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TerminalLogin")
            .field("user", &self.user)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalSize {
    /// Characters of a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// Some panes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Panes {
    /// Places of their targets.
    pub panes: Vec<u16>,
}

/// What is typed or pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalInput {
    /// Into which panes.
    pub panes: Vec<u16>,
    /// As a terminal sends it: `\r` is the key Enter.
    pub text: String,
}

/// Another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalResize {
    /// Of which panes.
    pub panes: Vec<u16>,
    /// The size.
    pub size: TerminalSize,
}

/// One text of the master.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum TerminalMessage {
    /// It is in the journal; panes may be started.
    Opened(TerminalOpened),
    /// A pane runs.
    Started(PaneStarted),
    /// A pane is over.
    Ended(PaneEnded),
    /// The connection ends.
    Refused(Problem),
}

/// What was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminalOpened {
    /// Its id: in the audit, and of its recordings.
    pub terminal: Uuid,
}

/// Which pane runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaneStarted {
    /// Place of its target.
    pub pane: u16,
    /// As whom and over what, for people: `monitor@db-1 over ssh`.
    pub account: String,
}

/// Which pane is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaneEnded {
    /// Place of its target.
    pub pane: u16,
    /// How.
    pub outcome: PaneOutcome,
}

/// How a pane ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaneOutcome {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal, e.g. `KILL`.
    Signalled(String),
    /// It was stopped before it ended by itself.
    Stopped,
    /// It took too long, or printed too much; in words.
    Limited(String),
    /// It could not run, or its connection broke; in words, with what to do.
    Failed(String),
}

/// Which of a command's outputs. A terminal has the first only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputStream {
    /// Standard output, or all that a terminal shows.
    Output,
    /// Standard error.
    Error,
}

/// What a pane printed: a binary message of the pane (two bytes, big-endian), the stream (0 output, 1 error), the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOutput<'a> {
    /// Place of its target.
    pub pane: u16,
    /// Which output.
    pub stream: OutputStream,
    /// What it printed, in no particular encoding.
    pub bytes: &'a [u8],
}

/// Bytes before what was printed.
const HEAD: usize = 3;

impl<'a> TerminalOutput<'a> {
    /// As a binary message.
    pub fn encode(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(HEAD + self.bytes.len());
        message.extend_from_slice(&self.pane.to_be_bytes());
        message.push(match self.stream {
            OutputStream::Output => 0,
            OutputStream::Error => 1,
        });
        message.extend_from_slice(self.bytes);
        message
    }

    /// Of a binary message; `None` when it is none.
    pub fn decode(message: &'a [u8]) -> Option<Self> {
        let (head, bytes) = message.split_first_chunk::<HEAD>()?;
        let stream = match head[2] {
            0 => OutputStream::Output,
            1 => OutputStream::Error,
            _ => return None,
        };
        Some(Self { pane: u16::from_be_bytes([head[0], head[1]]), stream, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_survives_its_message() {
        for stream in [OutputStream::Output, OutputStream::Error] {
            let output = TerminalOutput { pane: 0x0102, stream, bytes: b"load\xff" };
            let message = output.encode();
            assert_eq!(message[..3], [1, 2, u8::from(stream == OutputStream::Error)]);
            assert_eq!(TerminalOutput::decode(&message), Some(output));
        }
    }

    #[test]
    fn what_is_no_output_is_refused() {
        for message in [&[][..], &[0, 1], &[0, 1, 2, b'x']] {
            assert_eq!(TerminalOutput::decode(message), None, "{message:?}");
        }
    }

    #[test]
    fn requests_are_written_as_documented() {
        let open = r#"{"open":{"targets":["acme/prod/db-1"],"command":"uptime"}}"#;
        let TerminalRequest::Open(open) = serde_json::from_str(open).unwrap() else { panic!("no open") };
        assert_eq!((open.targets.len(), open.command.as_deref(), open.size), (1, Some("uptime"), None));
        let ended = TerminalMessage::Ended(PaneEnded { pane: 0, outcome: PaneOutcome::Exited(0) });
        assert_eq!(
            serde_json::to_string(&ended).unwrap(),
            r#"{"event":"ended","data":{"pane":0,"outcome":{"exited":0}}}"#
        );
        let stopped = serde_json::to_string(&PaneOutcome::Stopped).unwrap();
        assert_eq!(stopped, r#""stopped""#);
    }

    #[test]
    fn a_login_is_not_shown() {
        let login =
            TerminalLogin { user: "root".into(), kind: LoginKind::Password, secret: "hunter2".into() };
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
