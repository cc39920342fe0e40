//! Bringing to the stream what a copy has beyond it: a journal that was alone until now, or records that servers lost.
//!
//! ```text
//! copy:    1 ─── stream's end ─── copy's end
//! stream:  1 ─── same hash? ─┘ ▲ appended, batch by batch, then all read back
//! ```
//!
//! It may end anywhere and be done again: it goes on behind the last batch that is whole.

use super::batch;
use super::follow::Follower;
use super::fork::holds;
use super::link::{Link, LinkError};
use crate::journal::{AppendError, JournalReader, ReadError};
use crate::limits;
use crate::record::Head;
use topmast_model::id::Seq;

/// Records of one batch: a message of some 100 KiB, so that few are asked for and each is acknowledged soon.
const BATCH_RECORDS: usize = 200;

/// Why a copy was not brought to the stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BringError {
    /// The stream has other records than the copy.
    #[error(
        "the stream holds another journal than this copy: they differ at record {seq} or before; nothing of it can be brought there, so name another stream in [journal]"
    )]
    Diverged {
        /// The last record of the stream that was compared.
        seq: Seq,
    },
    /// What was read back is not what was brought.
    #[error(
        "record {seq} that was read back from the stream is not the one that was appended; keep the copy, and do not start a master on that stream"
    )]
    Unproven {
        /// The first of the batch.
        seq: Seq,
    },
    /// The servers did not do it.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The copy cannot be read.
    #[error("read the copy")]
    Read(#[from] ReadError),
    /// An append was refused.
    #[error("append to the stream")]
    Append(#[from] AppendError),
}

/// Appends to the stream what `reader` has beyond it, and returns the end that both have then.
///
/// Tells each batch's end as it was acknowledged. What else appends at the same time makes it fail: nothing comes in
/// between.
///
/// # Errors
/// [`BringError`]; what was appended until then stays, and the same call goes on behind it.
pub async fn bring(
    link: &Link,
    reader: &dyn JournalReader,
    mut told: impl FnMut(Seq),
) -> Result<Head, BringError> {
    // The end first: what is appended after this look makes the first append fail.
    let mut position = link.end().await?;
    let mut last = link.last_batch().await?.1;
    if !holds(reader, last)? {
        return Err(BringError::Diverged { seq: last.seq });
    }
    loop {
        let records = limits::one_append(reader.read(last.seq, BATCH_RECORDS)?);
        let Some(record) = records.last() else { return Ok(last) };
        position = link.append(&batch::parts(&records), position).await?;
        last = record.head();
        told(last.seq);
    }
}

/// Reads the whole stream back and says where its chain ends: each batch has to follow the one before.
///
/// # Errors
/// [`BringError::Unproven`] for the first that does not.
pub async fn prove(link: &Link) -> Result<Head, BringError> {
    let end = link.end().await?;
    let mut follower = Follower::new(link.clone(), 0);
    let mut head = Head::default();
    while let Some(batch) = follower.next_until(end).await? {
        if batch.first != Seq(head.seq.0 + 1) || !batch.follows(head) {
            return Err(BringError::Unproven { seq: batch.first });
        }
        head = batch.last();
    }
    Ok(head)
}
