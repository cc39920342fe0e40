//! Where a copy and the stream part.

use super::link::{Link, LinkError};
use crate::journal::{JournalReader, ReadError};
use crate::record::{Head, Record};
use topmast_model::id::Seq;

/// Why it is not known where a copy and the stream part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForkError {
    /// The servers did not tell.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The copy cannot be read.
    #[error("read the copy")]
    Read(#[from] ReadError),
}

/// The last record that the stream and a copy share, where a batch of the stream ends: a binary search over its
/// messages, for who has a record's hash has all before it. Record 0 when they share none.
///
/// # Errors
/// [`ForkError`]
pub async fn fork(link: &Link, reader: &dyn JournalReader) -> Result<Head, ForkError> {
    let (mut low, mut high, mut shared) = (0, link.end().await?, Head::default());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let (position, last) = link.last_batch_until(middle).await?;
        if position <= low {
            // Nothing but parts of batches that were never whole.
            low = middle;
        } else if holds(reader, last)? {
            (low, shared) = (middle, last);
        } else {
            high = position - 1;
        }
    }
    Ok(shared)
}

/// True when the copy has that very record.
pub(super) fn holds(reader: &dyn JournalReader, last: Head) -> Result<bool, ReadError> {
    Ok(head_at(reader, last.seq)? == Some(last))
}

/// The end that the copy had when it went up to a record; none when it does not go so far.
pub(super) fn head_at(reader: &dyn JournalReader, seq: Seq) -> Result<Option<Head>, ReadError> {
    let Some(before) = seq.0.checked_sub(1) else { return Ok(Some(Head::default())) };
    Ok(reader.read(Seq(before), 1)?.first().map(Record::head).filter(|head| head.seq == seq))
}
