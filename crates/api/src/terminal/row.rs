//! Terminals as they are listed, shown and planned: who ran what where, and what became of it.

use crate::event::Actor;
use crate::permit::PermitRow;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::terminal::{PaneEnd, PaneResult};
use utoipa::ToSchema;
use uuid::Uuid;

/// Terminals of a page when the request does not say.
pub const TERMINALS_DEFAULT: u32 = 50;
/// Most terminals of a page.
pub const TERMINALS_MAX: u32 = 1_000;

/// Which terminals to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalQuery {
    /// Most terminals: [`TERMINALS_DEFAULT`] when missing, at most [`TERMINALS_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Terminals to leave out at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// One terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminalRow {
    /// Its id.
    pub id: Uuid,
    /// Who.
    pub actor: Actor,
    /// The command line; a login shell when missing.
    pub command: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The account of the own login that was given; the master's login was used when missing.
    pub account: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was over; missing while it is open.
    pub closed_at: Option<Timestamp>,
    /// How many servers.
    pub servers: u32,
    /// On how many of them the command ended with exit code 0; 0 while it is open.
    pub succeeded: u32,
}

/// A terminal with all of its panes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminalDetails {
    /// What the list shows.
    #[serde(flatten)]
    pub row: TerminalRow,
    /// One a server, in the order asked for; a pane's place is the number of its recording.
    pub panes: Vec<TerminalPane>,
}

/// What became of one server of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminalPane {
    /// The server.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// `open`, `not-started`, `exited`, `signalled`, `stopped`, `limited`, `failed` or `unknown`.
    pub outcome: String,
    /// The exit code, when it exited.
    pub exit_code: Option<i32>,
    /// The outcome in words.
    pub detail: String,
    /// As whom and over what it ran; empty when it did not, or is still open.
    pub account: String,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Bytes typed.
    pub bytes_in: u64,
    /// Bytes printed.
    pub bytes_out: u64,
    /// SHA-256 of its recording, lower-case hex.
    pub recording: Option<String>,
    /// Why the recording is missing or ends early.
    pub unrecorded: Option<String>,
}

impl TerminalPane {
    /// Of a server and its result; `None` while it is open.
    pub fn of(server: ObjectPath, result: Option<&PaneResult>) -> Self {
        let (outcome, exit_code) = match result.map(|result| &result.end) {
            None => ("open", None),
            Some(PaneEnd::NotStarted) => ("not-started", None),
            Some(PaneEnd::Exited(code)) => ("exited", Some(*code)),
            Some(PaneEnd::Signalled(_)) => ("signalled", None),
            Some(PaneEnd::Stopped) => ("stopped", None),
            Some(PaneEnd::Limited(_)) => ("limited", None),
            Some(PaneEnd::Failed(_)) => ("failed", None),
            Some(PaneEnd::Unknown) => ("unknown", None),
        };
        let time = |pick: fn(&PaneResult) -> Option<topmast_model::time::UnixMillis>| {
            result.and_then(pick).map(Timestamp)
        };
        Self {
            server,
            outcome: outcome.to_owned(),
            exit_code,
            detail: result.map_or_else(|| "open".to_owned(), |result| result.end.to_string()),
            account: result.map(|result| result.account.clone()).unwrap_or_default(),
            started_at: time(|result| result.started_at),
            ended_at: time(|result| result.ended_at),
            bytes_in: result.map_or(0, |result| result.bytes_in),
            bytes_out: result.map_or(0, |result| result.bytes_out),
            recording: result.and_then(|result| result.recording.clone()),
            unrecorded: result.and_then(|result| result.unrecorded.clone()),
        }
    }
}

/// Asks how servers would be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalPlanRequest {
    /// Servers.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub targets: Vec<ObjectPath>,
    /// The command line; a login shell when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The account of the own login that would be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// How servers would be reached. Nothing was connected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminalPlan {
    /// One a server, in the order asked for.
    pub targets: Vec<PlannedPane>,
    /// The approval that a policy wants before anything runs; null when none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<PlannedApproval>,
}

/// The approval that a policy wants before a terminal is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedApproval {
    /// The policies that want it.
    pub policies: Vec<String>,
    /// The permit that waits, or that was approved and would be used; null when one would be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<PermitRow>,
}

/// How one server would be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedPane {
    /// The server.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// As whom and over what; empty when it would not be reached.
    pub account: String,
    /// Why it would not be reached, and what to do.
    pub problem: Option<String>,
}
