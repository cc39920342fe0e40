//! Snapshots: a caller's state as of a record, kept in the journal's file.

use super::rows::{hash_at, to_seq, to_sql};
use crate::hash::Hash;
use crate::journal::{ReadError, Snapshot, SnapshotError};
use crate::limits::MAX_SNAPSHOT_BYTES;
use rusqlite::{Connection, TransactionBehavior, params};
use topmast_model::id::Seq;

/// Keeps a snapshot and the one before it.
pub(super) fn save(
    connection: &mut Connection,
    seq: Seq,
    version: u32,
    bytes: &[u8],
) -> Result<(), SnapshotError> {
    if bytes.len() > MAX_SNAPSHOT_BYTES {
        return Err(SnapshotError::TooLarge { size: bytes.len(), limit: MAX_SNAPSHOT_BYTES });
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let record_hash = hash_at(&transaction, seq)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    transaction.execute(
        "INSERT OR REPLACE INTO snapshot (seq, version, bytes, checksum) VALUES (?, ?, ?, ?)",
        params![to_sql(seq), version, bytes, checksum(seq, record_hash, version, bytes).as_bytes()],
    )?;
    transaction.execute(
        "DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT 2)",
        [],
    )?;
    transaction.commit()?;
    Ok(())
}

/// The newest one up to a record that is as it was saved, and of this very chain.
pub(super) fn newest(connection: &Connection, most: Seq) -> Result<Option<Snapshot>, ReadError> {
    let sql = "SELECT seq, version, bytes, checksum FROM snapshot WHERE seq <= ? ORDER BY seq DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([to_sql(most)])?;
    while let Some(row) = rows.next()? {
        let columns =
            || Ok((row.get(0).map(to_seq)?, row.get(1)?, row.get(2)?, row.get(3).map(Hash::from_bytes)?));
        // A row whose columns are not even of their types is a damaged snapshot like any other.
        let Ok((seq, version, bytes, sum)): rusqlite::Result<(Seq, u32, Vec<u8>, Hash)> = columns() else {
            continue;
        };
        if hash_at(connection, seq)?.is_some_and(|hash| checksum(seq, hash, version, &bytes) == sum) {
            return Ok(Some(Snapshot { seq, version, bytes }));
        }
    }
    Ok(None)
}

fn checksum(seq: Seq, record_hash: Hash, version: u32, bytes: &[u8]) -> Hash {
    Hash::over(&[
        b"topmast-snapshot",
        record_hash.as_bytes(),
        &seq.0.to_be_bytes(),
        &version.to_be_bytes(),
        bytes,
    ])
}
