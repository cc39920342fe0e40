//! The journal's SQLite file: how it is made, recognised and opened.

use crate::journal::OpenError;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The newest format this build reads and the one it writes, in `user_version`.
pub(super) const FORMAT: i64 = 1;
/// Tells a journal from any other SQLite file: `TOPM`.
const APPLICATION_ID: i64 = 0x544f_504d;
/// What a slow disk's flush may take while a second program, such as a backup, holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages in the log after which it is copied into the file: 4 MiB, SQLite's own proven default.
const CHECKPOINT_PAGES: u32 = 1_000;
/// The log is cut back to this size after a large append or snapshot made it grow.
const LOG_BYTES_KEPT: u32 = 16 << 20;

/// Format 1. Every index ends in the record's `seq`, as SQLite's indexes do.
const SCHEMA: &str = "
CREATE TABLE record (
    seq       INTEGER PRIMARY KEY,
    time      INTEGER NOT NULL,
    tenant    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT,
    object    TEXT,
    kind      TEXT NOT NULL,
    version   INTEGER NOT NULL,
    payload   TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash      BLOB NOT NULL
) STRICT;
CREATE INDEX record_by_time ON record (time);
CREATE INDEX record_by_tenant ON record (tenant);
CREATE INDEX record_by_action ON record (action) WHERE action IS NOT NULL;
CREATE INDEX record_by_object ON record (object) WHERE object IS NOT NULL;
CREATE INDEX record_by_kind ON record (kind);
CREATE TRIGGER record_never_changes BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'a record of the journal is never changed'); END;
CREATE TRIGGER record_never_goes BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'a record of the journal is never deleted'); END;
CREATE TABLE snapshot (
    seq      INTEGER PRIMARY KEY,
    version  INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT;
CREATE TABLE projection (
    name    TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    seq     INTEGER NOT NULL
) STRICT;
";

/// Makes the file when there is none, readable by this user only: records hold password hashes.
/// Returns its path free of links, so that every way to the file meets one lock.
pub(super) fn make(path: &Path) -> Result<PathBuf, OpenError> {
    let file_error = |source| OpenError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|_created| path.canonicalize()).map_err(file_error)
}

/// Opens the file for the one writer; makes the tables of an empty one.
pub(super) fn open_writer(path: &Path, page_bytes: u32) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(path, flags)?;
    let is_new = check_format(&connection, path)?;
    let mode = (|| {
        if is_new {
            connection.pragma_update(None, "page_size", page_bytes)?;
        }
        let mode =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
        Ok(mode)
    })()
    .map_err(|source| open_error(path, source))?;
    if mode != "wal" {
        return Err(OpenError::NoWriteAheadLog { path: path.to_owned() });
    }
    if is_new {
        create_tables(&mut connection).map_err(|source| open_error(path, source))?;
        sync_directory(path)?;
    }
    Ok(connection)
}

/// Opens the file for reading only.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    if check_format(&connection, path)? {
        return Err(OpenError::NotAJournal { path: path.to_owned() });
    }
    Ok(connection)
}

/// True when no space is left for the file, its log or the log's index.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error
            .sqlite_error()
            .is_some_and(|cause| cause.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// True when the file's pages contradict each other.
pub(super) fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

pub(super) fn open_error(path: &Path, source: rusqlite::Error) -> OpenError {
    if source.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        OpenError::NotAJournal { path: path.to_owned() }
    } else {
        OpenError::Storage { path: path.to_owned(), source }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    (|| {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Damage inside a page is told when the page is read, not when a query trips over it.
        connection.pragma_update(None, "cell_size_check", true)?;
        Ok(connection)
    })()
    .map_err(|source| open_error(path, source))
}

/// True for an empty file; an error for one that is not a journal of a known format.
fn check_format(connection: &Connection, path: &Path) -> Result<bool, OpenError> {
    let (application, format, tables) = (|| {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let tables =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        Ok((number("application_id")?, number("user_version")?, tables))
    })()
    .map_err(|source| open_error(path, source))?;
    match (application, format, tables) {
        (0, 0, 0) => Ok(true),
        (APPLICATION_ID, 1..=FORMAT, _) => Ok(false),
        (APPLICATION_ID, FORMAT.., _) => {
            Err(OpenError::TooNew { path: path.to_owned(), found: format, newest: FORMAT })
        }
        _ => Err(OpenError::NotAJournal { path: path.to_owned() }),
    }
}

fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()?;
    // Into the file itself: a log that is lost later then never takes the tables with it.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()))
}

/// A new name survives a power cut only once its directory's entry is on the disk.
pub(super) fn sync_directory(path: &Path) -> Result<(), OpenError> {
    let Some(directory) = path.parent() else { return Ok(()) };
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| OpenError::File { path: directory.to_owned(), source })
}
