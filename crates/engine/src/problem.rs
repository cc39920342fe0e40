//! Problems: what rules see, who is told of it, and who has it in hand.
//!
//! ```text
//! states ─ watch ─┐                      ┌─ who: acknowledge, comment, close, mute, maintenance
//!                 ├► observe ─► OPEN ◄───┘                     │
//! series ─ alarm ─┘              │  settle: cause, suppression, notice (twice changes nothing)
//!                                ▼                             ▼
//!                              CLOSED                    NoticeDecided ─► routes, senders
//! ```
//!
//! Whether a problem is told follows from its state alone, in one order:
//! **maintenance > muted > parent down > flapping > acknowledged > told**. It is worked out by `settle`, which
//! looks at everything and says what is not yet as it is to be; so a notice that could not go out while
//! something was in the way goes out when that ends, whatever happened in between.
//!
//! Invariants
//! - B-1: a rule on an object, and detail, has at most one open problem.
//! - B-2: of a problem that somebody was told of, its end is told as well, and once.
//! - B-3: nobody is told that there is a problem, or still is, while it is suppressed.
//! - B-4: what suppresses a problem is there and shown: it has an end, or it is a state that somebody can see.
//! - B-5: of flapping it is told once; while it lasts the problem stays open.
//! - B-6: causes make no circle: a cause is on something that its symptom is inside of.
//!
//! Elsewhere: when conditions on numbers hold (`alarm.rs`), which rules there are (`rule.rs`), times of
//! maintenance (`maintenance.rs`), to whom and how a notice goes (`topmast-master`).

mod attend;
mod burden;
mod flapping;
mod mute;
mod observe;
mod row;
mod settle;
mod shelf;
mod watch;

pub(crate) use attend::{acknowledge, close, comment, unacknowledge};
pub(crate) use flapping::Changes;
pub(crate) use mute::{mute, unmute};
pub(crate) use observe::observe;
pub(crate) use settle::settle;
pub(crate) use shelf::Problems;
pub(crate) use watch::is_like;

pub use flapping::{FLAPPING_ENDS, FLAPPING_STARTS, FLAPPING_WINDOW};
pub use mute::MUTES_MAX;
pub use row::ProblemRow;
pub use settle::{SETTLED_AT_ONCE, concerns_problems, next_settlement};
pub use shelf::{CLOSED_PROBLEMS_MAX, COMMENTS_MAX, OPEN_PROBLEMS_MAX};
pub use watch::{ObjectRow, Watched, watch};

use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Actor;
use topmast_model::problem::{
    Acknowledgement, CloseReason, Comment, NewProblem, Notice, ProblemId, Suppression, Verdict,
};
use topmast_model::status::{ProblemStatus, Severity};
use topmast_model::time::UnixMillis;

/// One problem, open or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its number.
    pub id: ProblemId,
    /// What it was when it was opened; its severity is the present one.
    pub what: NewProblem,
    /// When it was opened; its condition began at `what.since`.
    pub opened_at: UnixMillis,
    /// What its rule comes to now: firing, unknown, or ok while it is flapping.
    pub verdict: Verdict,
    /// Since when.
    pub verdict_since: UnixMillis,
    /// It comes and goes too often to be told each time.
    pub flapping: bool,
    /// The problem that it is a symptom of.
    pub cause: Option<ProblemId>,
    /// Why nobody is told of it.
    pub suppression: Option<Suppression>,
    /// Who has it in hand.
    pub acknowledged: Option<Acknowledged>,
    /// What was written about it, the oldest first; at most [`COMMENTS_MAX`].
    pub comments: Vec<Comment>,
    /// What people were last told; nothing yet, or that it is over, when none.
    pub told: Option<Told>,
    /// Notices so far.
    pub notices: u32,
    /// When and why it was closed.
    pub closed: Option<Closed>,
}

/// Who has a problem in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who.
    pub owner: Actor,
    /// Since when.
    pub at: UnixMillis,
    /// Why and for how long.
    pub terms: Acknowledgement,
}

/// What people were last told of an open problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: UnixMillis,
    /// How bad it was.
    pub severity: Severity,
    /// They must be told again, for whoever had it in hand has it no longer.
    pub again: bool,
}

/// The end of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: UnixMillis,
    /// Why.
    pub reason: CloseReason,
}

impl Problem {
    pub(crate) fn new(id: ProblemId, what: NewProblem, opened_at: UnixMillis) -> Self {
        Self {
            id,
            verdict_since: what.since,
            what,
            opened_at,
            verdict: Verdict::Firing,
            flapping: false,
            cause: None,
            suppression: None,
            acknowledged: None,
            comments: Vec::new(),
            told: None,
            notices: 0,
            closed: None,
        }
    }

    /// On what it is.
    pub fn object(&self) -> &ObjectPath {
        &self.what.key.object
    }

    /// Whether it is over.
    pub fn status(&self) -> ProblemStatus {
        if self.closed.is_some() { ProblemStatus::Closed } else { ProblemStatus::Open }
    }

    /// How bad people were last told that it is.
    pub(crate) fn severity_told(&self) -> Option<Severity> {
        self.told.map(|told| told.severity)
    }

    /// How long it has lasted at `now`, or lasted in all.
    pub fn duration(&self, now: UnixMillis) -> std::time::Duration {
        self.what.since.until(self.closed.map_or(now, |closed| closed.at))
    }

    /// The notice that is due of an open problem that nothing is in the way of telling of.
    ///
    /// - `severity`, `flapping`, `again`: what they have just become.
    pub(crate) fn due(&self, severity: Severity, flapping: bool, again: bool) -> Option<Notice> {
        match self.told {
            None if flapping => Some(Notice::Flapping),
            None => Some(Notice::Opened),
            Some(told) if severity > told.severity => Some(Notice::Worse),
            Some(told) if told.again || again => Some(Notice::StillOpen),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
mod tests;
