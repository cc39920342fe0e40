//! What every journal can do, wherever it keeps its records.

use crate::fault::{Fault, WalkError};
use crate::projection::ProjectionError;
use crate::query::RecordQuery;
use crate::record::{Head, NewRecord, Record};
use crate::stream::Batch;
use std::path::PathBuf;
use topmast_model::id::Seq;

/// The writing end. There is one per journal.
pub trait Journal: Send {
    /// Appends records after `expected`, all or none, and returns them sealed and durable.
    ///
    /// # Errors
    /// See [`AppendError`]. Nothing of the append is kept then, and the journal stays usable.
    fn append(&mut self, expected: Seq, records: &[NewRecord]) -> Result<Vec<Record>, AppendError>;

    /// The last record's place and hash.
    fn head(&self) -> Head;

    /// A reading end of its own: any number of them may be used, from any thread, while the writer appends.
    ///
    /// # Errors
    /// When the journal cannot be reached.
    fn reader(&self) -> Result<Box<dyn JournalReader>, OpenError>;

    /// Keeps a caller's state as of record `seq`, so that a start need not replay all. The last two are kept.
    ///
    /// # Errors
    /// See [`SnapshotError`]; the earlier snapshots are untouched then.
    fn save_snapshot(&mut self, seq: Seq, version: u32, bytes: &[u8]) -> Result<(), SnapshotError>;

    /// Takes what another master appended to a journal that several share, and returns it sealed; nothing when it
    /// was taken before.
    ///
    /// # Errors
    /// See [`TakeError`]; the journal is as it was then.
    fn take(&mut self, _batch: &Batch) -> Result<Vec<Record>, TakeError> {
        Err(TakeError::Alone)
    }

    /// Says that everything up to `position` of a shared journal, where its last record is `last`, was taken: the next
    /// append comes behind it.
    ///
    /// # Errors
    /// [`TakeError::Diverged`] when this journal ends with another record: an append behind it would break the chain of all.
    fn stand_at(&mut self, _position: u64, _last: Head) -> Result<(), TakeError> {
        Err(TakeError::Alone)
    }
}

/// A reading end. Each record it hands out has been checked against its hash.
pub trait JournalReader: Send {
    /// The records after `after`, in order, at most `limit`.
    ///
    /// An answer also ends once its texts pass
    /// [`MAX_READ_BYTES`](crate::MAX_READ_BYTES), so only an empty one means the end.
    ///
    /// # Errors
    /// A record that is missing, altered or does not follow the one before.
    fn read(&self, after: Seq, limit: usize) -> Result<Vec<Record>, ReadError>;

    /// The records that meet a query, oldest or newest first; like [`read`](Self::read) an answer may end early.
    ///
    /// # Errors
    /// A record found is altered, or the query names too many values.
    fn select(&self, query: &RecordQuery) -> Result<Vec<Record>, ReadError>;

    /// Walks the whole chain. Memory stays small however long the journal is.
    ///
    /// # Errors
    /// The first record that is not as it was written.
    fn verify(&self) -> Result<Verified, VerifyError>;

    /// The newest snapshot whose checksum holds; a damaged one is passed over.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn snapshot(&self) -> Result<Option<Snapshot>, ReadError> {
        self.snapshot_until(Seq(u64::MAX))
    }

    /// The newest of those that include no record after `most`.
    ///
    /// # Errors
    /// When the journal cannot be read.
    fn snapshot_until(&self, most: Seq) -> Result<Option<Snapshot>, ReadError>;
}

/// A caller's state as of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record it includes; `Seq(0)` for the state before the first.
    pub seq: Seq,
    /// Version of the bytes' shape, the caller's own.
    pub version: u32,
    /// The state.
    pub bytes: Vec<u8>,
}

/// The good outcome of [`JournalReader::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many records were walked.
    pub records: u64,
    /// The end of the chain; compare it with one noted earlier to prove that none was cut off.
    pub head: Head,
}

/// Why an append was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Someone else was first.
    #[error("append after record {expected}: the journal is at {found}; read on from there and decide again")]
    Conflict {
        /// What the caller had seen.
        expected: Seq,
        /// Where the journal is.
        found: Seq,
    },
    /// More than the journal takes.
    #[error("append {size} {what}: at most {limit} are kept; split the append or send less")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// A text is not of its form.
    #[error("append record {index} of the batch: its {field} must be {wanted} on one line")]
    Malformed {
        /// Position in the batch, from 0.
        index: usize,
        /// The field.
        field: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// No space is left.
    #[error("append to {}: its disk is full and nothing was written; free some space and try again, no restart is needed", path.display())]
    Full {
        /// The journal's file.
        path: PathBuf,
    },
    /// A projection refused a record.
    #[error("append record {seq}: projection {name} refused it and nothing was written")]
    Projection {
        /// The projection.
        name: String,
        /// The place the record would have had.
        seq: Seq,
        /// Why.
        source: ProjectionError,
    },
    /// The file could not be written.
    #[error("append to {}: nothing was written; see that its disk is sound and no other program holds the file", path.display())]
    Storage {
        /// The journal's file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// It is not known yet where this copy stands in the shared journal.
    #[error("append: this master has not read the shared journal to its end yet; try again in a second")]
    Unplaced,
    /// Another master appended first.
    #[error("append behind position {position}: another master appended there; nothing of this was written")]
    Overtaken {
        /// Where it was to come.
        position: u64,
    },
    /// The servers did not say whether they have it.
    #[error(
        "append: the servers did not acknowledge it in time ({what}); it may have been written, so look before asking again"
    )]
    Unanswered {
        /// What they said last.
        what: String,
    },
    /// The shared journal has it, this master's copy has not.
    #[error(
        "append to this master's copy of the shared journal, which has it: it was written; this master starts anew to read it"
    )]
    Copy {
        /// Why.
        source: Box<AppendError>,
    },
}

/// Why what another master appended was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// This journal is not shared.
    #[error("take records of another master: this journal is not shared")]
    Alone,
    /// They do not follow what this copy has.
    #[error("record {seq} of the shared journal does not follow record {head} of this master's copy")]
    Diverged {
        /// One of them.
        seq: Seq,
        /// The last record of the copy.
        head: Seq,
    },
    /// The copy could not be written.
    #[error("take records of another master")]
    Copy {
        /// Why.
        source: AppendError,
    },
    /// The copy could not be opened to compare.
    #[error("compare this master's copy with the shared journal")]
    Open(#[from] OpenError),
    /// The copy could not be read to compare.
    #[error("compare this master's copy with the shared journal")]
    Read(#[from] ReadError),
}

impl AppendError {
    /// True when this master can append no more before it has read the shared journal anew.
    pub fn is_deposed(&self) -> bool {
        matches!(self, Self::Overtaken { .. } | Self::Unanswered { .. } | Self::Copy { .. })
    }

    /// True when the same append may succeed later without anyone repairing a file.
    pub fn is_transient(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, OutOfMemory, SystemIoFailure};
        match self {
            Self::Full { .. } => true,
            Self::Storage { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(DatabaseBusy | DatabaseLocked | OutOfMemory | SystemIoFailure)
            ),
            _ => false,
        }
    }
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A record is not as it was written.
    #[error("read record {seq}: {fault}; verify the journal and restore it from a backup")]
    Damaged {
        /// The record.
        seq: Seq,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A query names too many values.
    #[error("select records of {found} {what}: at most {limit} can be named at once")]
    TooManyValues {
        /// Kinds or actions.
        what: &'static str,
        /// How many were named.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// The file could not be read.
    #[error("read the journal")]
    Storage {
        /// What SQLite says.
        #[from]
        source: rusqlite::Error,
    },
}

impl From<WalkError> for ReadError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Damaged { seq, fault } => Self::Damaged { seq, fault },
            WalkError::Storage(source) => Self::Storage { source },
        }
    }
}

/// The first record that is not as it was written.
#[derive(Debug, thiserror::Error)]
#[error("record {seq}: {what}")]
pub struct VerifyError {
    /// The record; every one before it is good.
    pub seq: Seq,
    /// What is wrong with it.
    #[source]
    pub what: Fault,
}

/// Why a snapshot was not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It is of a record that does not exist.
    #[error("save a snapshot of record {seq}: the journal ends at {head}")]
    Beyond {
        /// What it claims to include.
        seq: Seq,
        /// Where the journal ends.
        head: Seq,
    },
    /// More than the journal takes.
    #[error("save a snapshot of {size} bytes: at most {limit} are kept")]
    TooLarge {
        /// Its size.
        size: usize,
        /// The largest that is kept.
        limit: usize,
    },
    /// The file could not be written.
    #[error("save a snapshot; the journal goes on without it, a start takes longer")]
    Storage {
        /// What SQLite says.
        #[from]
        source: rusqlite::Error,
    },
}

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another master has it.
    #[error("open journal {}: {} has it open; stop that one first, or give this one another data directory", path.display(), holder(*pid))]
    Held {
        /// The journal's file.
        path: PathBuf,
        /// The process that holds it, when it has said so.
        pid: Option<u32>,
    },
    /// It is of a later release.
    #[error("open journal {}: its format {found} is newer than this build reads ({newest}); use the newer build", path.display())]
    TooNew {
        /// The journal's file.
        path: PathBuf,
        /// The file's format.
        found: i64,
        /// The newest format known here.
        newest: i64,
    },
    /// It is something else, or its first page is damaged.
    #[error("open journal {}: the file is not a journal; name another file, or restore it from a backup", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// Its last records are not as they were written.
    #[error("open journal {}: record {seq}: {what}; restore the file from a backup", path.display())]
    Damaged {
        /// The journal's file.
        path: PathBuf,
        /// The first bad record.
        seq: Seq,
        /// What is wrong with it.
        what: Fault,
    },
    /// The file system cannot carry a write-ahead log.
    #[error("open journal {}: its file system offers no shared memory for a write-ahead log; use a local disk", path.display())]
    NoWriteAheadLog {
        /// The journal's file.
        path: PathBuf,
    },
    /// The file or its lock could not be made.
    #[error("open {}; see that its directory exists and this user may write there", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A projection could not be brought up to date.
    #[error("open journal {}", path.display())]
    Projections {
        /// The journal's file.
        path: PathBuf,
        /// Which and why.
        source: Box<RebuildError>,
    },
    /// SQLite could not open it.
    #[error("open journal {}; see that its disk is sound and has space", path.display())]
    Storage {
        /// The journal's file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// Why a projection could not be made from the journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// Two projections have one name.
    #[error("register projection {name}: another one has its name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Its own code failed.
    #[error("apply record {seq} to projection {name}")]
    Projection {
        /// The projection.
        name: String,
        /// The record; `Seq(0)` while making its tables.
        seq: Seq,
        /// Why.
        source: ProjectionError,
    },
    /// The journal could not be read.
    #[error("bring projection {name} up to date")]
    Read {
        /// The projection.
        name: String,
        /// Why.
        source: ReadError,
    },
    /// The file could not be written; what was done is kept, the next open goes on.
    #[error("bring projections up to date")]
    Storage {
        /// What SQLite says.
        #[from]
        source: rusqlite::Error,
    },
}
