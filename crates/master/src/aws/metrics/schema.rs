//! The file's tables, and rows as what they mean.

use super::spread;
use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use std::path::Path;
use std::time::Duration;
use topmast_aws::summary::Summary;

/// Another layout is another number; there is one so far.
const VERSION: i64 = 1;

/// Pages that gather before they go from the log into the file, 16 MiB: most are written again before that.
const WAL_PAGES: i64 = 4_096;

const TABLES: &str = "
    CREATE TABLE metric (
        id INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        dimensions TEXT NOT NULL,
        newest INTEGER NOT NULL,
        UNIQUE (tenant, namespace, name, dimensions)
    );
    CREATE TABLE point (
        metric INTEGER NOT NULL REFERENCES metric (id) ON DELETE CASCADE,
        second INTEGER NOT NULL,
        unit TEXT NOT NULL,
        resolution INTEGER NOT NULL,
        count REAL NOT NULL,
        sum REAL NOT NULL,
        minimum REAL NOT NULL,
        maximum REAL NOT NULL,
        spread BLOB,
        PRIMARY KEY (metric, second, unit)
    ) WITHOUT ROWID;
    CREATE INDEX point_by_age ON point (resolution, second);
";

pub(super) fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction()?;
    if transaction.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// A summary of five columns of a row, from `first` on.
pub(super) fn summary(row: &Row<'_>, first: usize) -> Result<Summary, rusqlite::Error> {
    let spread: Option<Vec<u8>> = row.get(first + 4)?;
    Ok(Summary {
        count: row.get(first)?,
        sum: row.get(first + 1)?,
        minimum: row.get(first + 2)?,
        maximum: row.get(first + 3)?,
        spread: spread.as_deref().map(spread::unpack),
    })
}

/// Dimensions as they are looked up by.
pub(super) fn dimensions_text(dimensions: &[(String, String)]) -> String {
    serde_json::to_string(dimensions).unwrap_or_default()
}

pub(super) fn dimensions(text: &str) -> Result<Vec<(String, String)>, rusqlite::Error> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, Box::new(error)))
}
