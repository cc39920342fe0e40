//! What can be wrong with a kept record, and the walk that finds it.

use crate::hash::Hash;
use crate::record::{Head, Record};
use topmast_model::id::Seq;

/// What is wrong with a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A column was altered, or the hash itself.
    #[error("its content does not give its hash; a column was altered")]
    Altered,
    /// It was taken out, or never reached the disk.
    #[error("it is missing, though a later one exists")]
    Missing,
    /// It or the record before was replaced as a whole.
    #[error("it does not follow the record before: it names {found} as its hash, which is {expected}")]
    Unlinked {
        /// What the record says.
        found: Hash,
        /// The hash of the record before.
        expected: Hash,
    },
    /// The journal once went further.
    #[error("the journal ends before it, though a snapshot or projection holds records up to {seen}")]
    Lost {
        /// The furthest record known to have been there.
        seen: Seq,
    },
    /// An index leads astray: queries may leave records out.
    #[error("all records are good, but the indexes are not: {report}")]
    Index {
        /// What SQLite says.
        report: String,
    },
    /// SQLite cannot read the record's page or one of its columns.
    #[error("it cannot be read: {cause}")]
    Unreadable {
        /// What SQLite says.
        cause: rusqlite::Error,
    },
}

/// Why a walk stopped short: a record that is not as it was written, or a file that cannot be read.
#[derive(Debug)]
pub(crate) enum WalkError {
    Damaged { seq: Seq, fault: Fault },
    Storage(rusqlite::Error),
}

impl From<rusqlite::Error> for WalkError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error)
    }
}

/// Walks records in order and tells the first that is not as it was written.
pub(crate) struct ChainWalk {
    last: Seq,
    /// Unknown when the walk begins amid the journal.
    hash: Option<Hash>,
}

impl ChainWalk {
    /// Begins at the first record.
    pub(crate) fn from_start() -> Self {
        Self { last: Seq(0), hash: Some(Hash::GENESIS) }
    }

    /// Begins after any record; the first step's link to it stays unchecked.
    pub(crate) fn after(seq: Seq) -> Self {
        if seq == Seq(0) { Self::from_start() } else { Self { last: seq, hash: None } }
    }

    /// The record that must come now.
    pub(crate) fn next(&self) -> Seq {
        Seq(self.last.0.saturating_add(1))
    }

    /// Where the walk has arrived.
    pub(crate) fn head(&self) -> Head {
        Head { seq: self.last, hash: self.hash.unwrap_or(Hash::GENESIS) }
    }

    /// Takes one more record, or tells which one is bad and why.
    pub(crate) fn step(&mut self, record: &Record) -> Result<(), WalkError> {
        let damaged = |seq, fault| Err(WalkError::Damaged { seq, fault });
        if record.seq != self.next() {
            return damaged(self.next(), Fault::Missing);
        }
        if record.computed_hash() != record.hash {
            return damaged(record.seq, Fault::Altered);
        }
        if let Some(expected) = self.hash
            && expected != record.prev_hash
        {
            return damaged(record.seq, Fault::Unlinked { found: record.prev_hash, expected });
        }
        self.last = record.seq;
        self.hash = Some(record.hash);
        Ok(())
    }
}
