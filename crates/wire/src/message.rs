//! Messages: everything an agent and a master say to each other.
//!
//! Plain enums, so that no other crate sees the encoding. Facts and reports are
//! carried as the JSON that the journal keeps, so that they mean the same in
//! both places and need no second schema.

mod agent;
mod field;
mod log;
mod master;
mod package;
mod terminal;

use crate::limits::MESSAGE_MAX;
use topmast_model::application::Operation;
use topmast_model::command::{REPORTS_MAX, ServerRegistration};
use topmast_model::configuration::Rendered;
use topmast_model::custom::CustomStep;
use topmast_model::id::{Epoch, StepId};
use topmast_model::package::Package;
use topmast_model::package::key::TrustKey;
use topmast_model::path::ObjectPath;
use topmast_model::report::NumberedReport;
use uuid::Uuid;

pub use self::log::OpenLog;
pub use self::package::{PackagePiece, PieceRequest};
pub use self::terminal::{OpenPane, PaneId, PaneOutcome, PaneSize, PaneStream};

/// What an agent says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentMessage {
    /// Answers the challenge; the first message of an agent.
    Hello(Box<Hello>),
    /// Samples: one frame of a [`FrameEncoder`](crate::FrameEncoder). Uses up one credit.
    Frame(Vec<u8>),
    /// Facts, ascending by number; sent again until acknowledged. Outcomes of steps are among them.
    Reports(Vec<NumberedReport>),
    /// A step was not taken because this master may not order it: its epoch is old, or it stands by.
    ///
    /// Not an outcome: another master may order the same step, so nothing enters
    /// the ledger or the journal. A step that is refused for good (expired,
    /// unknown application) is a [`StepFinished`](topmast_model::report::Report::StepFinished) report.
    Refused {
        /// Which.
        step: StepId,
        /// The highest epoch that the agent has seen.
        epoch: Epoch,
        /// In words.
        reason: String,
    },
    /// Asks for the next certificate.
    RenewRequest {
        /// The signing request, made with a new key.
        csr_pem: String,
    },
    /// Answers a ping.
    Pong {
        /// The ping's.
        nonce: u64,
    },
    /// A pane runs.
    PaneStarted {
        /// Which.
        pane: PaneId,
        /// The account that it runs as.
        account: String,
    },
    /// What a pane printed. Its bytes use up the pane's credit.
    PaneOutput {
        /// Which.
        pane: PaneId,
        /// Which output.
        stream: PaneStream,
        /// In no particular encoding.
        bytes: Vec<u8>,
    },
    /// A pane is over, or was not begun; nothing of it follows.
    PaneEnded {
        /// Which.
        pane: PaneId,
        /// How.
        outcome: PaneOutcome,
    },
    /// Wants bytes of a package; answered by a [`MasterMessage::PackagePiece`].
    AskPackage(PieceRequest),
    /// Answers a welcome whose journal has fewer reports than were acknowledged: those up to this number are nowhere
    /// any more, and what they told comes again behind them.
    ReportsForgotten {
        /// Number of the last one.
        up_to: u64,
    },
    /// A kind that this build does not know: count it and go on.
    Unknown,
}

/// Who an agent is, and the proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Hello {
    /// Version of the protocol: [`PROTOCOL`](crate::PROTOCOL).
    pub protocol: u32,
    /// The server that the agent speaks for, `tenant/cluster/server`.
    pub server: ObjectPath,
    /// Its certificate from the cluster's CA.
    pub certificate_pem: String,
    /// Signature over [`challenge_text`](crate::challenge_text) with the certificate's key.
    pub signature: Vec<u8>,
    /// What it says about itself.
    pub registration: ServerRegistration,
    /// Number of its newest report; 0 before the first. Lets the master see that reports are missing.
    pub last_report: u64,
}

/// What a master says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MasterMessage {
    /// The first message of a connection.
    Challenge {
        /// Version of the protocol: [`PROTOCOL`](crate::PROTOCOL).
        protocol: u32,
        /// Random bytes for the agent's signature.
        nonce: [u8; 32],
        /// The master's name.
        master: String,
    },
    /// The agent is admitted. Sent again when the master's standing changes.
    Welcome {
        /// The master's epoch.
        epoch: Epoch,
        /// True when it is the active master; a standby orders nothing.
        active: bool,
        /// Number of the last report in the journal; the agent sends those after it.
        reports_acknowledged: u64,
        /// Frames that the agent may send now, in place of any credit it had.
        credit: u32,
        /// Time between two pings; after three without one the agent connects anew.
        heartbeat_ms: u64,
    },
    /// Reports are in the journal; the agent forgets them.
    ReportsAcknowledged {
        /// Number of the last one.
        up_to: u64,
    },
    /// Do one step of an action.
    Execute(Box<Execute>),
    /// Run a scheduled task now.
    RunTask(Box<RunTask>),
    /// The agent may send more frames.
    Credit {
        /// How many more.
        frames: u32,
    },
    /// The next certificate.
    Certificate {
        /// The certificate.
        pem: String,
        /// The CA's certificates, the current one first.
        ca_pem: String,
    },
    /// The master ends the connection.
    Goodbye {
        /// In words.
        reason: String,
        /// When to come back, in milliseconds.
        retry_after_ms: u64,
        /// True when coming back is of no use until a person has done something: revoked, wrong identity.
        fatal: bool,
    },
    /// Are you there?
    Ping {
        /// Comes back in the answer.
        nonce: u64,
    },
    /// Run a command or a shell, if the server's own policy allows it.
    OpenPane(Box<OpenPane>),
    /// Typed into a pane's terminal.
    PaneInput {
        /// Which.
        pane: PaneId,
        /// What a terminal sends.
        bytes: Vec<u8>,
    },
    /// A pane's terminal has another size.
    ResizePane {
        /// Which.
        pane: PaneId,
        /// The size.
        size: PaneSize,
    },
    /// End a pane with everything that it started.
    StopPane {
        /// Which.
        pane: PaneId,
    },
    /// The agent may send more output of a pane.
    PaneCredit {
        /// Which.
        pane: PaneId,
        /// How many more bytes.
        bytes: u64,
    },
    /// Read logs. Its pane is stopped and given credit as one that runs a command; an agent older than this does nothing.
    OpenLog(Box<OpenLog>),
    /// Bytes of a package that the agent asked for.
    PackagePiece(Box<PackagePiece>),
    /// A kind that this build does not know: count it and go on.
    Unknown,
}

/// The order to do one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execute {
    /// Which; done at most once, however often it is ordered.
    pub step: StepId,
    /// The master's epoch; an agent refuses one older than the highest it has seen.
    pub epoch: Epoch,
    /// What to do.
    pub operation: Operation,
    /// On which application of the server.
    pub application: String,
    /// Who asked, for causes and logs, e.g. `user admin`.
    pub principal: String,
    /// Why.
    pub reason: Option<String>,
    /// Time left to begin, from now. A span, not a time of day: the clocks may differ.
    pub expires_in_ms: u64,
    /// What to install.
    pub package: Option<Box<Package>>,
    /// The keys that the package's tenant trusts; only to agents that said that they heed them. With none, unsigned
    /// packages are installed as well. A server with keys of its own trusts those alone.
    pub trust_keys: Vec<TrustKey>,
    /// What is laid down, of [`Operation::Configure`]; only to agents that said that they can.
    pub configuration: Option<Rendered>,
    /// Which custom action, of [`Operation::Act`]; only to agents that declared it.
    pub custom: Option<Box<CustomStep>>,
}

/// The order to run a task now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTask {
    /// Its identity: taken at most once, however often it is ordered.
    pub id: Uuid,
    /// The master's epoch; an agent refuses one older than the highest it has seen.
    pub epoch: Epoch,
    /// The application of the server.
    pub application: String,
    /// The task in it.
    pub task: String,
    /// Who asked, e.g. `user admin`.
    pub principal: String,
}

/// Why a message was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Longer than [`MESSAGE_MAX`].
    #[error("message of {length} bytes is longer than {MESSAGE_MAX}; send it in parts")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Not the bytes of a message.
    #[error("message cannot be taken apart: {problem}; does the peer speak the topmast agent protocol?")]
    Malformed {
        /// What the decoder found, with the field.
        problem: String,
    },
    /// One field is wrong.
    #[error("message field {field}: {problem}")]
    Field {
        /// Its name, e.g. `hello.server`.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// How many of these reports, from the first, fit in one message; 0 only when there are none.
///
/// Reports are in order and none may be left out, so the agent sends them in such batches.
pub fn report_batch(reports: &[NumberedReport]) -> usize {
    let mut room = MESSAGE_MAX - ENVELOPE;
    let fits = |report: &&NumberedReport| {
        let length = field::json(report).len() + ENVELOPE;
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    };
    let count = reports.iter().take(REPORTS_MAX).take_while(fits).count();
    count.max(usize::from(!reports.is_empty()))
}

/// More than the tags and lengths around one report, and around all of them.
const ENVELOPE: usize = 16;

#[cfg(test)]
mod tests;
