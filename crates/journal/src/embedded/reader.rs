//! The reading end: a connection of its own that cannot write.

use super::rows::{last_seq, read_on, walk_to};
use super::{file, refuse_lost, select, snapshot};
use crate::fault::{ChainWalk, Fault, WalkError};
use crate::journal::{JournalReader, OpenError, ReadError, Snapshot, Verified, VerifyError};
use crate::query::RecordQuery;
use crate::record::{Head, Record};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use topmast_model::id::Seq;

/// Reads a journal's file, whether or not a writer has it open.
pub struct EmbeddedReader {
    connection: Connection,
}

impl EmbeddedReader {
    /// Opens an existing journal for reading.
    ///
    /// # Errors
    /// See [`OpenError`]; a missing file is one.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: file::open_reader(path)? })
    }

    /// Copies the journal as it is now to a file that is not there, while a writer goes on.
    ///
    /// # Errors
    /// When the file cannot be written; what is in it then is of no use.
    pub fn copy_to(&self, path: &Path) -> Result<(), ReadError> {
        let mut copy = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        // All pages in one step, in one view of the source: a writer's append can neither tear the copy nor begin it anew.
        let step = Backup::new(&self.connection, &mut copy)?.step(-1)?;
        match step {
            StepResult::Done => Ok(()),
            _ => Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                None,
            )
            .into()),
        }
    }

    /// Asks SQLite to compare the table with its indexes, which the chain says nothing about.
    fn check_indexes(&self, head: Head) -> Result<(), WalkError> {
        let report = self
            .connection
            .query_row("PRAGMA integrity_check('record')", [], |row| row.get::<_, String>(0))?;
        if report == "ok" {
            return Ok(());
        }
        Err(WalkError::Damaged { seq: head.seq, fault: Fault::Index { report } })
    }
}

impl JournalReader for EmbeddedReader {
    fn read(&self, after: Seq, limit: usize) -> Result<Vec<Record>, ReadError> {
        Ok(read_on(&self.connection, &mut ChainWalk::after(after), limit)?)
    }

    fn select(&self, query: &RecordQuery) -> Result<Vec<Record>, ReadError> {
        select::select(&self.connection, query)
    }

    fn verify(&self) -> Result<Verified, VerifyError> {
        let mut walk = ChainWalk::from_start();
        let outcome = (|| {
            // The end is fixed first: a busy writer must not keep the walk going for ever.
            let head = walk_to(&self.connection, &mut walk, last_seq(&self.connection)?)?;
            refuse_lost(&self.connection)?;
            self.check_indexes(head)?;
            Ok(Verified { records: head.seq.0, head })
        })();
        outcome.map_err(|error| match error {
            WalkError::Damaged { seq, fault } => VerifyError { seq, what: fault },
            WalkError::Storage(cause) => VerifyError { seq: walk.next(), what: Fault::Unreadable { cause } },
        })
    }

    fn snapshot_until(&self, most: Seq) -> Result<Option<Snapshot>, ReadError> {
        snapshot::newest(&self.connection, most)
    }
}
