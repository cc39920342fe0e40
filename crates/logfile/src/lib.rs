//! Log files: which there are, followed across rotation, searched back, without what may not be shown.
//!
//! ```text
//! Files (a disk, another host) ─► Source ─► Follower │ Content ─► lines ─► Expression ─► Redactor ─► Told
//!                                            tail    │ search
//! ```
//!
//! The same code reads the files of an agent's own server and, over ssh, those of a server that has none.
//!
//! Invariants
//! - LF-1: nothing is told that a [`Redactor`] hides, and no line is found by what is hidden of it.
//! - LF-2: a reading has bounds of memory, files and time, whatever the files hold.
//!
//! Elsewhere: the disk (`topmast-agent`, `log`); another host (`topmast-master`, `log::ssh`).

mod content;
mod expression;
mod files;
mod follow;
mod glob;
mod journal;
mod policy;
mod redact;
mod search;
mod shape;
mod source;
mod tail;
mod timestamp;
mod told;

#[cfg(test)]
mod fixture;

pub use files::{FileId, FileStatus, Files, LogFile};
pub use journal::{JournalEntries, JournalEntry, JournalTail, JournalWindow};
pub use policy::{LogPolicy, LogPolicyError, LogPolicyFile, RedactRuleFile};
pub use redact::Redactor;
pub use search::search;
pub use source::{SOURCES_MAX, Source, Written, is_rotated};
pub use tail::tail;
pub use timestamp::Clock;
pub use told::Told;
