//! Projections: tables made from the records, in the same file.
//!
//! ```text
//! append ─┬─ record 7 ──────────► record table   ┐ one transaction:
//!         └─ record 7 ─apply()──► its own tables  ┘ both or neither
//! ```
//!
//! A projection may be thrown away at any time: the journal makes it again.

use crate::record::Record;
use rusqlite::Transaction;

/// Whatever went wrong inside a projection: SQL or a payload it cannot read.
pub type ProjectionError = Box<dyn std::error::Error + Send + Sync>;

/// A read model kept by the journal. The same records give the same tables,
/// whenever they are applied: no clock, no random number.
pub trait Projection: Send {
    /// Its name in the journal, and the prefix of its tables' names.
    fn name(&self) -> &str;

    /// Raise it when the tables or their meaning change: they are then made again at the next open.
    fn version(&self) -> u32;

    /// Drops the tables that any earlier version left, and makes empty ones.
    ///
    /// # Errors
    /// Whatever SQL fails; the journal is then not opened.
    fn create(&self, transaction: &Transaction<'_>) -> Result<(), ProjectionError>;

    /// Takes in the next record. A kind it does not know is passed over.
    ///
    /// # Errors
    /// Refuses the whole append, so only what must never be in the journal may fail.
    fn apply(&self, transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError>;
}
