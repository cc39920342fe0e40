//! The journal in one SQLite file: the writing end.
//!
//! ```text
//!  append ─► check ─► one transaction: records + projections ─► log, flushed ─► head
//!                                                                 │ every 1,000 pages
//!  readers, each with its own connection ◄──── journal.db ◄───────┘
//! ```
//!
//! Invariants
//! - J-1: `seq` grows by exactly one per record, from 1, across restarts.
//! - J-2: an append is whole or absent, and is on the disk once `append` has returned.
//! - J-3: a record is handed out only if its content gives its hash.
//! - J-4: a file has one writer; a second one is told who the first is.
//! - J-5: a projection holds the same records as the journal, never more or fewer.
//!
//! Elsewhere: the file's making (`file`) and putting away (`aside`), the reading end (`reader`, `select`),
//! read models (`projections`), a caller's state (`snapshot`). Bytes: docs/formats/journal.md.
//! Why SQLite: docs/adr/0002-embedded-journal-in-sqlite.md.

mod aside;
mod file;
mod lock;
mod projections;
mod reader;
mod rows;
mod select;
mod snapshot;
#[cfg(test)]
mod tests;

pub use aside::{PutAsideError, put_aside};
pub use reader::EmbeddedReader;

use crate::fault::{ChainWalk, Fault, WalkError};
use crate::journal::{AppendError, Journal, JournalReader, OpenError, RebuildError, SnapshotError};
use crate::limits;
use crate::projection::Projection;
use crate::record::{Head, NewRecord, Record};
use lock::WriterLock;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use topmast_model::id::Seq;

/// Records at the end whose chain is checked at each open. The last ones are those that a
/// crash could have touched; older ones are checked when they are read, and by `verify`.
const CHECKED_AT_OPEN: u64 = 64;

/// Bytes of a page of a new file: SQLite's default, and the block size of the file systems below it.
const PAGE_BYTES: u32 = 4_096;

/// What a journal is opened with.
#[derive(Default)]
pub struct Options {
    /// The read models to keep beside the records.
    pub projections: Vec<Box<dyn Projection>>,
}

/// A journal in one SQLite file, open for writing. See the file's header.
pub struct EmbeddedJournal {
    path: PathBuf,
    connection: Connection,
    head: Head,
    projections: Vec<Box<dyn Projection>>,
    /// Last, so that the file is closed before the next writer may open it.
    _lock: WriterLock,
}

impl EmbeddedJournal {
    /// Opens the journal at `path`, or makes it there; its directory must exist.
    ///
    /// Checks the last records, and brings the projections up to date. Without
    /// projections to make anew it takes the same time however long the journal is.
    ///
    /// # Errors
    /// See [`OpenError`]; the file is left as it was.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_with_pages(path, options, PAGE_BYTES)
    }

    /// Small pages let the tests cut and flip every byte of a file.
    fn open_with_pages(path: &Path, options: Options, page_bytes: u32) -> Result<Self, OpenError> {
        let path = file::make(path)?;
        let lock = WriterLock::take(&path)?;
        let connection = file::open_writer(&path, page_bytes)?;
        let head = checked_head(&connection).map_err(|error| match error {
            WalkError::Damaged { seq, fault } => OpenError::Damaged { path: path.clone(), seq, what: fault },
            WalkError::Storage(source) => file::open_error(&path, source),
        })?;
        let mut journal = Self { path, connection, head, projections: options.projections, _lock: lock };
        projections::bring_up_to_date(&mut journal.connection, &journal.projections, head)
            .map_err(|source| OpenError::Projections { path: journal.path.clone(), source: source.into() })?;
        Ok(journal)
    }

    /// Makes every projection anew from the records, as after a doubt about its tables.
    ///
    /// # Errors
    /// See [`RebuildError`]. What was done is kept, and the next open goes on from there;
    /// until then appends are refused, for they could not keep J-5.
    pub fn rebuild_projections(&mut self) -> Result<(), RebuildError> {
        projections::forget(&mut self.connection, &self.projections)?;
        projections::bring_up_to_date(&mut self.connection, &self.projections, self.head)
    }

    /// A connection that only reads, for queries on the projections' tables.
    ///
    /// # Errors
    /// When the file cannot be opened once more.
    pub fn connect(&self) -> Result<Connection, OpenError> {
        file::open_reader(&self.path)
    }

    fn write(&mut self, records: &[NewRecord]) -> Result<Vec<Record>, WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sealed = Vec::with_capacity(records.len());
        let mut head = self.head;
        for new in records {
            let record = Record::seal(new, Seq(head.seq.0 + 1), head.hash);
            rows::insert(&transaction, &record)?;
            projections::apply(&transaction, &self.projections, &record)?;
            head = record.head();
            sealed.push(record);
        }
        projections::advance(&transaction, &self.projections, self.head.seq, head.seq)?;
        transaction.commit()?;
        self.head = head;
        Ok(sealed)
    }
}

impl Journal for EmbeddedJournal {
    fn append(&mut self, expected: Seq, records: &[NewRecord]) -> Result<Vec<Record>, AppendError> {
        if expected != self.head.seq {
            return Err(AppendError::Conflict { expected, found: self.head.seq });
        }
        limits::check(records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        self.write(records).map_err(|error| error.at(&self.path))
    }

    fn head(&self) -> Head {
        self.head
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, OpenError> {
        Ok(Box::new(EmbeddedReader::open(&self.path)?))
    }

    fn save_snapshot(&mut self, seq: Seq, version: u32, bytes: &[u8]) -> Result<(), SnapshotError> {
        if seq > self.head.seq {
            return Err(SnapshotError::Beyond { seq, head: self.head.seq });
        }
        snapshot::save(&mut self.connection, seq, version, bytes)
    }
}

/// Why a transaction was given up; [`AppendError`] without the file's name.
enum WriteError {
    Sqlite(rusqlite::Error),
    Projection { name: String, seq: Seq, source: crate::projection::ProjectionError },
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl WriteError {
    fn at(self, path: &Path) -> AppendError {
        let path = path.to_owned();
        match self {
            Self::Sqlite(source) if file::is_full(&source) => AppendError::Full { path },
            Self::Sqlite(source) => AppendError::Storage { path, source },
            Self::Projection { name, seq, source } => AppendError::Projection { name, seq, source },
        }
    }
}

/// The head, once the last records have been found good and nothing once seen is gone.
fn checked_head(connection: &Connection) -> Result<Head, WalkError> {
    let last = rows::last_seq(connection)?;
    let mut walk = ChainWalk::after(Seq(last.0.saturating_sub(CHECKED_AT_OPEN)));
    let head = rows::walk_to(connection, &mut walk, last)?;
    refuse_lost(connection)?;
    Ok(head)
}

/// A snapshot or projection that went further than the records shows that some were cut off.
fn refuse_lost(connection: &Connection) -> Result<(), WalkError> {
    // One statement, so that an append in between does not look like a loss.
    let (last, seen) = connection.query_row(
        "SELECT ifnull((SELECT max(seq) FROM record), 0),
                max(ifnull((SELECT max(seq) FROM snapshot), 0), ifnull((SELECT max(seq) FROM projection), 0))",
        [],
        |row| Ok((row.get(0).map(rows::to_seq)?, row.get(1).map(rows::to_seq)?)),
    )?;
    if seen > last {
        return Err(WalkError::Damaged { seq: Seq(last.0 + 1), fault: Fault::Lost { seen } });
    }
    Ok(())
}
