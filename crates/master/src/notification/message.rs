//! What somebody is told: plain facts of one problem or of several, the same for every kind of channel, and the words
//! that the kinds share.

mod words;

use std::time::Duration;
use topmast_model::path::ObjectPath;
use topmast_model::problem::{Notice, ProblemId};
use topmast_model::status::{AlarmState, Severity};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

#[cfg(test)]
pub(super) use words::tests;
pub(super) use words::{clip, line};

/// Most problems whose facts one message tells; of more the number is told.
pub const FACTS_MAX: usize = 50;

/// One message to one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same for every attempt to deliver it, so that a receiver knows a message that comes twice.
    pub id: Uuid,
    /// When it was made.
    pub time: UnixMillis,
    /// Somebody tries the channel; nothing is wrong.
    pub test: bool,
    /// What an alarm of AWS' tools says; there are no problems beside it.
    pub alarm: Option<AlarmFact>,
    /// The problems, the worst first.
    pub facts: Vec<Fact>,
    /// Problems beside those, of which nothing is told but their number.
    pub left_out: usize,
    /// Why this receiver is told, when it is not the first: `not acknowledged within 15m`.
    pub reason: Option<String>,
    /// Where the console shows all of them.
    pub link: Option<String>,
}

/// What an alarm of AWS' tools says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmFact {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its name in the world.
    pub arn: String,
    /// The region that its tool thought of.
    pub region: String,
    /// The state before.
    pub from: AlarmState,
    /// The state since.
    pub to: AlarmState,
    /// Why it is in that.
    pub reason: String,
    /// Since when.
    pub at: UnixMillis,
    /// What AWS would publish.
    pub document: serde_json::Value,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Which.
    pub problem: ProblemId,
    /// What happened to it.
    pub notice: Notice,
    /// How much it matters.
    pub severity: Severity,
    /// On what.
    pub object: ObjectPath,
    /// By which rule.
    pub rule: String,
    /// Labels that tell a rule's problems on one object apart; mostly empty.
    pub detail: String,
    /// In words.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// Since when.
    pub since: UnixMillis,
    /// How long it lasted until now, or until it was over.
    pub duration: Duration,
    /// Who has it in hand.
    pub owner: Option<String>,
    /// What it comes from, when that is another problem or was found.
    pub cause: Option<String>,
    /// Where the console shows it.
    pub link: Option<String>,
}
