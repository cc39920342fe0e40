//! Keeping the projections at the journal's head.
//!
//! The `projection` table says up to which record each one has come. An append moves
//! all of them with it; one that is new, changed or was left behind by an older
//! build catches up here, a batch a transaction, and may be interrupted at any time.

use super::WriteError;
use super::rows::{read_on, to_seq, to_sql};
use crate::fault::ChainWalk;
use crate::journal::RebuildError;
use crate::projection::{Projection, ProjectionError};
use crate::record::{Head, Record};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use topmast_model::id::Seq;

/// Records a transaction: few enough for the log to stay small, many enough for its flush not to count.
const BATCH: usize = 1_000;

/// Brings each projection to the head; one of another version is made anew.
pub(super) fn bring_up_to_date(
    connection: &mut Connection,
    projections: &[Box<dyn Projection>],
    head: Head,
) -> Result<(), RebuildError> {
    for (index, projection) in projections.iter().enumerate() {
        let name = projection.name();
        if projections[..index].iter().any(|other| other.name() == name) {
            return Err(RebuildError::NameTaken { name: name.to_owned() });
        }
        let mut position = match kept_position(connection, projection.as_ref())? {
            Some(position) => position,
            None => create(connection, projection.as_ref())?,
        };
        while position < head.seq {
            position = catch_up(connection, projection.as_ref(), position)?;
        }
    }
    Ok(())
}

/// Forgets how far the projections had come, so that they are made anew.
pub(super) fn forget(
    connection: &mut Connection,
    projections: &[Box<dyn Projection>],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for projection in projections {
        transaction.execute("DELETE FROM projection WHERE name = ?", [projection.name()])?;
    }
    transaction.commit()
}

/// Takes one record of an append into every projection.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    projections: &[Box<dyn Projection>],
    record: &Record,
) -> Result<(), WriteError> {
    for projection in projections {
        projection
            .apply(transaction, record)
            .map_err(|source| refusal(projection.as_ref(), record.seq, source))?;
    }
    Ok(())
}

/// Moves every projection on with an append.
pub(super) fn advance(
    transaction: &Transaction<'_>,
    projections: &[Box<dyn Projection>],
    from: Seq,
    to: Seq,
) -> Result<(), WriteError> {
    for projection in projections {
        let moved = transaction
            .prepare_cached("UPDATE projection SET seq = ? WHERE name = ? AND seq = ?")?
            .execute(params![to_sql(to), projection.name(), to_sql(from)])?;
        if moved != 1 {
            let source = "it is not at the journal's head; open the journal again to bring it there";
            return Err(refusal(projection.as_ref(), to, source.into()));
        }
    }
    Ok(())
}

/// A disk that is full is told as such, also when a projection met it first.
fn refusal(projection: &dyn Projection, seq: Seq, source: ProjectionError) -> WriteError {
    match source.downcast::<rusqlite::Error>() {
        Ok(error) if error.sqlite_error_code().is_some() => WriteError::Sqlite(*error),
        Ok(error) => WriteError::Projection { name: projection.name().to_owned(), seq, source: error },
        Err(source) => WriteError::Projection { name: projection.name().to_owned(), seq, source },
    }
}

/// How far a projection of this very version has come.
fn kept_position(connection: &Connection, projection: &dyn Projection) -> rusqlite::Result<Option<Seq>> {
    connection
        .query_row(
            "SELECT seq FROM projection WHERE name = ? AND version = ?",
            params![projection.name(), projection.version()],
            |row| row.get(0).map(to_seq),
        )
        .optional()
}

fn create(connection: &mut Connection, projection: &dyn Projection) -> Result<Seq, RebuildError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    projection.create(&transaction).map_err(|source| failure(projection, Seq(0), source))?;
    transaction.execute(
        "INSERT OR REPLACE INTO projection (name, version, seq) VALUES (?, ?, 0)",
        params![projection.name(), projection.version()],
    )?;
    transaction.commit()?;
    Ok(Seq(0))
}

fn catch_up(
    connection: &mut Connection,
    projection: &dyn Projection,
    position: Seq,
) -> Result<Seq, RebuildError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut walk = ChainWalk::after(position);
    let records = read_on(&transaction, &mut walk, BATCH)
        .map_err(|error| RebuildError::Read { name: projection.name().to_owned(), source: error.into() })?;
    for record in &records {
        projection.apply(&transaction, record).map_err(|source| failure(projection, record.seq, source))?;
    }
    transaction.execute(
        "UPDATE projection SET seq = ? WHERE name = ?",
        params![to_sql(walk.head().seq), projection.name()],
    )?;
    transaction.commit()?;
    Ok(walk.head().seq)
}

fn failure(projection: &dyn Projection, seq: Seq, source: ProjectionError) -> RebuildError {
    RebuildError::Projection { name: projection.name().to_owned(), seq, source }
}
