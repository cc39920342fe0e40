//! Between rows of the `record` table and records.

use super::file::is_corrupt;
use crate::fault::{ChainWalk, Fault, WalkError};
use crate::hash::Hash;
use crate::limits::{MAX_READ_BYTES, MAX_READ_RECORDS};
use crate::record::{Head, Record};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Rows, params};
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;

/// In the order in which [`from_row`] reads and [`insert`] writes.
pub(super) const COLUMNS: &str =
    "seq, time, tenant, actor, action, object, kind, version, payload, prev_hash, hash";

/// SQLite counts to 2^63; a sequence number past that asks for what cannot exist.
pub(super) fn to_sql(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

pub(super) fn to_seq(number: i64) -> Seq {
    Seq(u64::try_from(number).unwrap_or(0))
}

pub(super) fn insert(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    let sql = "INSERT INTO record (seq, time, tenant, actor, action, object, kind, version, payload, prev_hash, hash)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(sql)?.execute(params![
        to_sql(record.seq),
        record.time.0,
        record.tenant,
        record.actor,
        record.action,
        record.object,
        record.kind,
        record.version,
        record.payload,
        record.prev_hash.as_bytes(),
        record.hash.as_bytes(),
    ])?;
    Ok(())
}

/// The last record's place as the table has it; unchecked.
pub(super) fn last_seq(connection: &Connection) -> rusqlite::Result<Seq> {
    connection
        .prepare_cached("SELECT ifnull(max(seq), 0) FROM record")?
        .query_row([], |row| row.get(0).map(to_seq))
}

/// The hash of one record as the table has it; unchecked. The genesis hash for `Seq(0)`.
pub(super) fn hash_at(connection: &Connection, seq: Seq) -> rusqlite::Result<Option<Hash>> {
    if seq == Seq(0) {
        return Ok(Some(Hash::GENESIS));
    }
    let mut statement = connection.prepare_cached("SELECT hash FROM record WHERE seq = ?")?;
    let mut rows = statement.query([to_sql(seq)])?;
    rows.next()?.map(|row| row.get(0).map(Hash::from_bytes)).transpose()
}

/// Reads records from where the walk stands, each one checked and linked to the one before.
pub(super) fn read_on(
    connection: &Connection,
    walk: &mut ChainWalk,
    limit: usize,
) -> Result<Vec<Record>, WalkError> {
    let sql = "SELECT seq, time, tenant, actor, action, object, kind, version, payload, prev_hash, hash
               FROM record WHERE seq >= ? ORDER BY seq LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query(params![to_sql(walk.next()), sql_limit(limit)])?;
    collect(rows, |record| walk.step(record)).map_err(|error| match error {
        // The walk knows which record a damaged page should have given.
        WalkError::Storage(cause) if is_corrupt(&cause) => {
            WalkError::Damaged { seq: walk.next(), fault: Fault::Unreadable { cause } }
        }
        other => other,
    })
}

/// Walks up to a record that is known to exist; keeps nothing.
pub(super) fn walk_to(connection: &Connection, walk: &mut ChainWalk, end: Seq) -> Result<Head, WalkError> {
    // Enough to make the statement's start cheap, and few enough for each transaction
    // to be short: a long one would keep the log from being copied back.
    const STEP: usize = 1_000;
    while walk.head().seq < end {
        if read_on(connection, walk, STEP)?.is_empty() {
            return Err(WalkError::Damaged { seq: walk.next(), fault: Fault::Missing });
        }
    }
    Ok(walk.head())
}

/// Runs a query made of conditions; each record is checked by itself, for its neighbours are not read.
pub(super) fn select(
    connection: &Connection,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Record>, WalkError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query(rusqlite::params_from_iter(values))?;
    collect(rows, |record| {
        if record.computed_hash() == record.hash {
            Ok(())
        } else {
            Err(WalkError::Damaged { seq: record.seq, fault: Fault::Altered })
        }
    })
}

pub(super) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit.min(MAX_READ_RECORDS)).unwrap_or(i64::MAX)
}

/// Takes rows until they end or their texts are enough for one answer; `check` judges each record.
fn collect(
    mut rows: Rows<'_>,
    mut check: impl FnMut(&Record) -> Result<(), WalkError>,
) -> Result<Vec<Record>, WalkError> {
    let mut records = Vec::new();
    let mut bytes = 0;
    while bytes < MAX_READ_BYTES
        && let Some(row) = rows.next()?
    {
        let seq = to_seq(row.get(0)?);
        let record =
            from_row(row).map_err(|cause| WalkError::Damaged { seq, fault: Fault::Unreadable { cause } })?;
        check(&record)?;
        bytes += record.text_bytes();
        records.push(record);
    }
    Ok(records)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        seq: to_seq(row.get(0)?),
        time: UnixMillis(row.get(1)?),
        tenant: row.get(2)?,
        actor: row.get(3)?,
        action: row.get(4)?,
        object: row.get(5)?,
        kind: row.get(6)?,
        version: row.get(7)?,
        payload: row.get(8)?,
        prev_hash: row.get(9).map(Hash::from_bytes)?,
        hash: row.get(10).map(Hash::from_bytes)?,
    })
}
