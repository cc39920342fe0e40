//! The journal on JetStream: its servers decide which append comes next, and every master keeps a whole copy.
//!
//! ```text
//! append ─► parts ─► stream, after the position expected ─► acknowledged ─► own copy ─► answer
//!                       └─ follow ─► batch ─► copy of another master
//! ```
//!
//! An append is one *batch*: a message, or a few when it is large. A position is the number of a message in the
//! stream. Who appends names the position after which it must come, so a master that another one has
//! overtaken appends nothing.
//!
//! Invariants
//! - S-1: the copies hold the same records with the same hashes: one that does not takes nothing more in, and nothing is
//!   appended from it.
//! - S-2: an append is in all copies or in none: parts without their last one are passed over.
//! - S-3: an append whose acknowledgement was lost is looked for before it is sent again: it is never in the stream twice.
//!
//! Elsewhere: who may lead (`engine::lease`); the copy (`embedded`); what becomes of a copy that has other records
//! (`master::cluster::mend`). Bytes: docs/formats/journal.md.
//! Why so: docs/adr/0024-journal-on-jetstream.md.

mod batch;
mod bring;
mod bucket;
mod follow;
mod fork;
mod link;
mod rest;
#[cfg(test)]
mod tests;

pub use batch::{Batch, BatchError};
pub use bring::{BringError, bring, prove};
pub use bucket::{Bucket, Entry, WriteError};
pub use follow::{Follower, Found};
pub use fork::{ForkError, fork};
pub use link::{Link, LinkError, StreamOptions};
pub use rest::{GiveBackError, Rest, RestError};

use crate::embedded::EmbeddedJournal;
use crate::journal::{AppendError, Journal, JournalReader, OpenError, SnapshotError, TakeError};
use crate::limits;
use crate::record::{Head, NewRecord, Record};
use fork::head_at;
use rusqlite::Connection;
use tokio::runtime::Handle;
use topmast_model::id::Seq;

/// A journal whose order JetStream decides, with a whole copy in one SQLite file.
///
/// It waits for servers on the given runtime, so it is used from a thread that is not one of its own.
pub struct StreamJournal {
    copy: EmbeddedJournal,
    link: Link,
    runtime: Handle,
    /// Position of the last message that the copy has; none until [`locate`](Follower::locate) found it.
    position: Option<u64>,
}

impl StreamJournal {
    /// A journal over `copy`. It appends nothing before it took a first batch or [`StreamJournal::stand_at`].
    pub fn new(copy: EmbeddedJournal, link: Link, runtime: Handle) -> Self {
        Self { copy, link, runtime, position: None }
    }

    /// A connection that only reads, for queries on the projections' tables.
    ///
    /// # Errors
    /// When the file cannot be opened once more.
    pub fn connect(&self) -> Result<Connection, OpenError> {
        self.copy.connect()
    }
}

impl Journal for StreamJournal {
    fn append(&mut self, expected: Seq, records: &[NewRecord]) -> Result<Vec<Record>, AppendError> {
        let head = self.copy.head();
        if expected != head.seq {
            return Err(AppendError::Conflict { expected, found: head.seq });
        }
        limits::check(records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let after = self.position.ok_or(AppendError::Unplaced)?;
        let parts = batch::parts(&batch::seal(records, head));
        self.position = Some(self.runtime.block_on(self.link.append(&parts, after))?);
        // The stream has it from here on: whatever fails now, the copy is read again from the stream at the next start.
        self.copy.append(expected, records).map_err(|source| AppendError::Copy { source: Box::new(source) })
    }

    fn head(&self) -> Head {
        self.copy.head()
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, OpenError> {
        self.copy.reader()
    }

    fn save_snapshot(&mut self, seq: Seq, version: u32, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.copy.save_snapshot(seq, version, bytes)
    }

    fn stand_at(&mut self, position: u64, last: Head) -> Result<(), TakeError> {
        let head = self.copy.head();
        if head != last {
            return Err(TakeError::Diverged { seq: last.seq, head: head.seq });
        }
        self.position = Some(position);
        Ok(())
    }

    fn take(&mut self, batch: &Batch) -> Result<Vec<Record>, TakeError> {
        if self.position.is_some_and(|position| batch.position <= position) {
            return Ok(Vec::new());
        }
        let head = self.copy.head();
        let before = Seq(batch.first.0.saturating_sub(1));
        let before =
            if before == head.seq { Some(head) } else { head_at(self.copy.reader()?.as_ref(), before)? };
        let diverged = TakeError::Diverged { seq: batch.first, head: head.seq };
        let beyond = before.and_then(|before| batch.beyond(before, head)).ok_or(diverged)?;
        let taken = self.copy.append(head.seq, beyond).map_err(|source| TakeError::Copy { source })?;
        self.position = Some(batch.position);
        Ok(taken)
    }
}
